import { apiDefinition } from '../../api/config.ts';
import { raftDefinition, readRaftConfig, readSecret } from '../../consortium/config.ts';
import { crawlerDefinition } from '../../crawler/config.ts';
import { processDatabase } from '../supervisor/processDatabase.ts';
import { type Command, type CommandContext, UsageError } from './command.ts';

export const raftCommand: Command = {
  name: 'raft',
  summary: 'Watch Raft clusters (watch), judge a recording (replay FILE), or show who minted blocks (blocks FILE).',
  operands: 'watch | replay FILE | blocks FILE',
  configs: { crawl: crawlerDefinition, raft: raftDefinition },
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
  const config = readRaftConfig(context.configFlags, [crawlerDefinition, apiDefinition]);
  if (config.raftClusters.length === 0) throw new UsageError('there is no cluster to watch; set raftClusters');
  const { run: watchClusters } = await import('../../consortium/main.ts');
  const { secretsOf, toRaftSetup } = await import('../../consortium/raftEndpoints.ts');
  const { runProcess } = await import('../../lib/runProcess.ts');
  const { realWorld } = await import('./realWorld.ts');
  const { clusters, targets } = toRaftSetup(config, readSecret);
  return runProcess(
    {
      part: 'raft',
      config,
      isSupervised: context.isSupervised,
      secrets: secretsOf(clusters, targets),
      metricsPrefix: 'forkscope_raft_',
      database: processDatabase(config, { migrates: true, patienceMs: Number.POSITIVE_INFINITY }),
    },
    context.signal,
    async ({ log, registry, databaseUrl, signal, serveMetrics }) => {
      const at = { host: config.raftMetricsHost, port: config.raftMetricsPort };
      await watchClusters(
        { config, clusters, targets, log, registry, onReady: () => serveMetrics(at) },
        realWorld(databaseUrl),
        signal,
      );
      return 0;
    },
  );
}
