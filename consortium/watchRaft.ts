import type { Registry } from 'prom-client';
import type { NoticeStore } from '../notify/noticeStore.ts';
import { createNotifier, notifierDefaults } from '../notify/notifier.ts';
import type { Target } from '../notify/target.ts';
import type { Clock, Logger, Random } from '../p2p/ports.ts';
import { ClusterNotices } from './clusterNotices.ts';
import { createRaftMetrics } from './metrics.ts';
import type { BlockStore } from './watch/blockStore.ts';
import type { ClusterConfig } from './watch/clusterConfig.ts';
import type { RaftStore } from './watch/raftRecords.ts';
import type { ScheduleStore } from './watch/scheduleStore.ts';
import { watchBlocks } from './watch/watchBlocks.ts';
import { watchCluster } from './watch/watchCluster.ts';
import { watchForkConfig } from './watch/watchForkConfig.ts';

export interface WatchRaftDeps {
  readonly clock: Clock;
  readonly random: Pick<Random, 'next'>;
  readonly log: Logger;
  readonly store: RaftStore;
  /** Where blocks become facts, and how often they are asked for; null: not at all. */
  readonly blocks: { readonly store: BlockStore; readonly schedules: ScheduleStore; readonly everyMs: number } | null;
  readonly registry: Registry;
  /** Where notices are kept over restarts; null: nowhere. */
  readonly notices: NoticeStore | null;
  /** Where people open the pages; null: notices hold no link. */
  readonly publicUrl: string | null;
}

/** Watches all clusters, keeps their metrics and notifies the targets, until `signal` aborts. */
export async function watchRaft(
  clusters: readonly ClusterConfig[],
  targets: readonly Target[],
  deps: WatchRaftDeps,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = deps;
  const measured = clusters.map(({ name, endpoints }) => ({ name, nodes: endpoints.map((endpoint) => endpoint.name) }));
  const targetNames = targets.map(({ name }) => name);
  const metrics = createRaftMetrics(deps.registry, measured, targetNames);
  const notifier = createNotifier(
    { ...notifierDefaults, targets },
    { clock, log, onDelivery: metrics.observeDelivery, store: deps.notices },
  );
  const chains = clusters.filter(({ kind }) => kind === 'goQuorum');
  // BOUNDED: by the clusters
  const onDuty = new Set<string>();
  // BOUNDED: by the endpoints
  const nodeIds = new Map<string, string>();
  await Promise.all([
    notifier.run(signal),
    ...clusters.map((cluster) => {
      const notices = new ClusterNotices(cluster, notifier, deps.publicUrl);
      return watchCluster(
        cluster,
        {
          ...deps,
          onRound: (report) => {
            metrics.observeRound(report);
            for (const { node, view } of report.judgement.tally.nodes) {
              if (view?.self != null) nodeIds.set(`${report.cluster}/${node}`, view.self.nodeId);
            }
            notices.observeRound(report);
          },
          onProbe: (name, node, outcome) => {
            metrics.observeProbe(name, node, outcome);
            notices.observeProbe(node, outcome);
          },
          onDuty: async (name, watching) => {
            if (watching) await notices.begin(clock.now());
            else notices.release();
            if (watching) onDuty.add(name);
            else onDuty.delete(name);
            metrics.observeDuty(name, watching);
          },
        },
        // Each has its own signal: hundreds of listeners on one would look like a leak.
        AbortSignal.any([signal]),
      );
    }),
    ...chains.map(({ name, endpoints, rpc }) =>
      deps.blocks === null
        ? undefined
        : watchBlocks(
            { name, endpoints, rpc, everyMs: deps.blocks.everyMs },
            {
              ...deps,
              blocks: deps.blocks.store,
              isOnDuty: () => onDuty.has(name),
              nodeIdOf: (endpoint) => nodeIds.get(`${name}/${endpoint}`) ?? null,
            },
            AbortSignal.any([signal]),
          ),
    ),
    ...chains.map(({ name, endpoints, rpc }) =>
      deps.blocks === null
        ? undefined
        : watchForkConfig(
            { name, endpoints, rpc },
            { ...deps, schedules: deps.blocks.schedules, isOnDuty: () => onDuty.has(name) },
            AbortSignal.any([signal]),
          ),
    ),
  ]);
}
