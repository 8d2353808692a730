import type { Registry } from 'prom-client';
import { createNotifier, notifierDefaults, type Target } from './notify/notifier.ts';
import { type AlertBook, quietBook, raftAlertDefaults, readRaftAlerts } from './notify/raftAlerts.ts';
import type { Clock, Logger, Random } from './ports.ts';
import { judgeDefaults } from './raft/judgeConfig.ts';
import { createRaftMetrics } from './raft/metrics.ts';
import type { RaftStore } from './raft/raftStore.ts';
import { type ClusterConfig, watchCluster } from './raft/watchCluster.ts';

export interface WatchRaftDeps {
  readonly clock: Clock;
  readonly random: Pick<Random, 'next'>;
  readonly logger: Logger;
  readonly store: RaftStore;
  readonly registry: Registry;
}

/** Watches all clusters, keeps their metrics and tells the targets, until `signal` aborts. */
export async function watchRaft(
  clusters: readonly ClusterConfig[],
  targets: readonly Target[],
  deps: WatchRaftDeps,
  signal: AbortSignal,
): Promise<void> {
  const { clock, logger } = deps;
  const measured = clusters.map(({ name, endpoints }) => ({ name, nodes: endpoints.map((endpoint) => endpoint.name) }));
  const metrics = createRaftMetrics(
    deps.registry,
    measured,
    targets.map(({ name }) => name),
  );
  const notifier = createNotifier(
    { ...notifierDefaults, targets },
    { clock, logger, onDelivery: metrics.observeDelivery },
  );
  // BOUNDED: by the clusters
  const books = new Map<string, AlertBook>();
  await Promise.all([
    notifier.run(signal),
    ...clusters.map((cluster) => {
      const thresholds = { ...judgeDefaults, ...cluster.thresholds };
      return watchCluster(
        cluster,
        {
          ...deps,
          onRound: (report) => {
            metrics.observeRound(report);
            const before = books.get(report.cluster) ?? quietBook;
            const read = readRaftAlerts(before, report.cluster, report.judgement, thresholds, raftAlertDefaults);
            books.set(report.cluster, read.book);
            notifier.notify(read.changed);
          },
          onProbe: metrics.observeProbe,
          onDuty: metrics.observeDuty,
        },
        // A signal of its own each: hundreds of sleepers on one would look like a leak.
        AbortSignal.any([signal]),
      );
    }),
  ]);
}
