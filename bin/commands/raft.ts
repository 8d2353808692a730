import { apiDefinition } from '../../api/config.ts';
import { crawlerDefinition, readCrawlerConfig, readSecret } from '../../crawler/config.ts';
import { createStderrLogger } from '../../lib/logger.ts';
import { type Command, type CommandContext, UsageError } from '../command.ts';

export const raftCommand: Command = {
  name: 'raft',
  summary: 'Watch Raft clusters (watch), judge a recording (replay FILE), or name who minted blocks (blocks FILE).',
  operands: 'watch | replay FILE | blocks FILE',
  configs: { raft: crawlerDefinition },
  flags: { json: { summary: 'For replay and blocks: one line of JSON.', value: null } },
  async run(context) {
    const [word, ...operands] = context.operands;
    const args = [...operands, ...(context.flags.json === true ? ['--json'] : [])];
    switch (word) {
      case 'replay':
        return (await import('../../crawler/raft/replayCommand.ts')).runRaftReplay(args, context);
      case 'blocks':
        return (await import('../../crawler/raft/blocksCommand.ts')).runRaftBlocks(args, context);
      case 'watch':
        if (args.length > 0) throw new UsageError('raft watch takes configuration only');
        return watch(context);
      default:
        throw new UsageError('raft needs one of: watch, replay FILE, blocks FILE');
    }
  },
};

async function watch(context: CommandContext): Promise<number> {
  const config = readCrawlerConfig(context.configFlags, [apiDefinition]);
  if (config.raftClusters.length === 0) throw new UsageError('no cluster to watch; set raftClusters');
  const [
    { Registry },
    { startMetricsServer },
    { toClusterConfig, toTarget },
    { watchRaft },
    { createMemoryRaftStore },
  ] = await Promise.all([
    import('prom-client'),
    import('../../lib/metricsServer.ts'),
    import('../../crawler/raftEndpoints.ts'),
    import('../../crawler/watchRaft.ts'),
    import('../../crawler/raft/raftStore.ts'),
  ]);
  const { systemClock } = await import('../../crawler/net/systemClock.ts');
  const clusters = config.raftClusters.map((cluster) => toClusterConfig(cluster, readSecret));
  const targets = config.notifyTargets.map((target) => toTarget(target, readSecret));
  const secrets = [
    ...clusters.flatMap(({ endpoints }) =>
      endpoints.flatMap(({ headers, bearerToken }) => [...Object.values(headers), bearerToken]),
    ),
    ...targets.flatMap(({ url, headers }) => [url, ...Object.values(headers)]),
  ].flatMap((secret) => (secret === null ? [] : [secret.reveal()]));
  const log = createStderrLogger({
    level: config.logLevel,
    format: config.logFormat,
    secrets,
    fields: { part: 'raft' },
  });
  const registry = new Registry();
  const server = await startMetricsServer(registry, config.raftMetricsHost, config.raftMetricsPort);
  log.info('raft watcher runs', { clusters: clusters.length, metrics: server.url });
  try {
    await watchRaft(
      clusters,
      targets,
      {
        clock: systemClock,
        random: { next: () => Math.random() },
        logger: log,
        store: createMemoryRaftStore(),
        registry,
      },
      context.signal,
    );
    return 0;
  } finally {
    await server[Symbol.asyncDispose]();
  }
}
