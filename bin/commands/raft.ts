import { apiDefinition } from '../../api/config.ts';
import { crawlerDefinition, readCrawlerConfig, readSecret } from '../../crawler/config.ts';
import { reasonOf } from '../../lib/errors.ts';
import { endAll, Lifetime } from '../../lib/lifecycle.ts';
import { createStderrLogger } from '../../lib/logger.ts';
import { type Command, type CommandContext, UsageError } from '../command.ts';
import { migrateDatabase, openDatabase } from '../openDatabase.ts';

export const raftCommand: Command = {
  name: 'raft',
  summary: 'Watch Raft clusters (watch), judge a recording (replay FILE), or show who minted blocks (blocks FILE).',
  operands: 'watch | replay FILE | blocks FILE',
  configs: { raft: crawlerDefinition },
  flags: { json: { summary: 'For replay and blocks: print one line of JSON.', value: null } },
  async run(context) {
    const [word, ...operands] = context.operands;
    const args = [...operands, ...(context.flags.json === true ? ['--json'] : [])];
    switch (word) {
      case 'replay':
        return (await import('../../consortium/commands/replayCommand.ts')).runRaftReplay(args, context);
      case 'blocks':
        return (await import('../../consortium/commands/blocksCommand.ts')).runRaftBlocks(args, context);
      case 'watch':
        if (args.length > 0) throw new UsageError('raft watch takes only flags');
        return watch(context);
      default:
        throw new UsageError('raft needs one of: watch, replay FILE, blocks FILE');
    }
  },
};

async function watch(context: CommandContext): Promise<number> {
  const config = readCrawlerConfig(context.configFlags, [apiDefinition]);
  if (config.raftClusters.length === 0) throw new UsageError('there is no cluster to watch; set raftClusters');
  const [
    { collectDefaultMetrics, Registry },
    { startMetricsServer },
    { toClusterConfig, toTarget },
    { watchRaft },
    { createPostgresRaftStore },
    { createRpcBlockStore },
    { blockPauseMs },
    { createRaftLocks, openLockConnection },
    { keepRaftTidy },
    { connect },
    { endWhenUnfit, whileDatabaseFits },
  ] = await Promise.all([
    import('prom-client'),
    import('../../lib/metricsServer.ts'),
    import('../../consortium/raftEndpoints.ts'),
    import('../../consortium/watch/watchRaft.ts'),
    import('../../consortium/store/raftStore.ts'),
    import('../../consortium/store/rpcBlockStore.ts'),
    import('../../consortium/watch/watchBlocks.ts'),
    import('../../consortium/store/raftLocks.ts'),
    import('../../consortium/store/raftRetention.ts'),
    import('../../sql/client.ts'),
    import('../../sql/watchSchema.ts'),
  ]);
  const { systemClock } = await import('../../p2p/net/systemClock.ts');
  const clusters = config.raftClusters.map((cluster) => toClusterConfig(cluster, readSecret));
  const targets = config.notifyTargets.map((target) => toTarget(target, readSecret));
  const secrets = [
    ...(config.databaseUrl === null ? [] : [config.databaseUrl]),
    ...clusters.flatMap(({ endpoints }) =>
      endpoints.flatMap(({ url, headers, bearerToken }) => [url, ...Object.values(headers), bearerToken]),
    ),
    ...targets.flatMap(({ url, headers }) => [url, ...Object.values(headers)]),
  ].flatMap((secret) => (secret === null ? [] : [typeof secret === 'string' ? secret : secret.reveal()]));
  const log = createStderrLogger({
    level: config.logLevel,
    format: config.logFormat,
    secrets,
    fields: { part: 'raft' },
  });
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'forkscope_raft_' });
  const life = new Lifetime();
  try {
    const database = await openDatabase(config, log);
    life.add('database', () => database.stop(), 30_000);
    await migrateDatabase(database.url, log);
    const sql = connect(database.url, {
      max: 4,
      applicationName: 'forkscope raft',
      statementTimeoutMs: 30_000,
      connectTimeoutMs: 5_000,
    });
    life.add('connections', () => sql.end({ timeout: 5 }), 8_000);
    const locks = createRaftLocks(() => openLockConnection(database.url));
    life.add('locks', locks.close, 8_000);
    const server = await startMetricsServer(registry, config.raftMetricsHost, config.raftMetricsPort);
    life.use('metrics', server, 5_000);
    log.info('raft watcher is running', { clusters: clusters.length, metrics: server.url });
    await whileDatabaseFits(database.url, log, context.signal, async (signal) => {
      endWhenUnfit(sql, signal);
      const tidying = keepRaftTidy({ sql, clock: systemClock, log }, config.raftRetentionDays, signal);
      await watchRaft(
        clusters,
        targets,
        {
          clock: systemClock,
          random: { next: () => Math.random() },
          log,
          store: createPostgresRaftStore({
            sql,
            locks,
            onRefused: (cluster, error) =>
              log.error('the database refused rows of a raft cluster', { cluster, reason: reasonOf(error) }),
          }),
          blocks: { store: createRpcBlockStore(sql), everyMs: blockPauseMs(config.splitRoundMs) },
          registry,
        },
        signal,
      );
      await tidying;
    });
    log.info('raft watcher has written everything it knows');
    return 0;
  } finally {
    await endAll(life, log);
  }
}
