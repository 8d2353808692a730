import type { Registry } from 'prom-client';
import { type AlertBook, openBook, quietBook } from '../notify/alertBook.ts';
import { type Notice, type NoticeChange, noticeId } from '../notify/notice.ts';
import type { NoticeStore } from '../notify/noticeStore.ts';
import { createNotifier, notifierDefaults } from '../notify/notifier.ts';
import type { Target } from '../notify/target.ts';
import type { Clock, Logger, Random } from '../p2p/ports.ts';
import { type ClusterAbout, raftSubject } from './alerts/alertRules.ts';
import { readRaftAlerts } from './alerts/raftAlerts.ts';
import { readSealerAlerts } from './alerts/sealerAlerts.ts';
import { judgeDefaults } from './judge/judgeConfig.ts';
import { createRaftMetrics } from './metrics.ts';
import type { BlockStore } from './watch/blockStore.ts';
import type { RaftStore } from './watch/raftRecords.ts';
import type { ScheduleStore } from './watch/scheduleStore.ts';
import { watchBlocks } from './watch/watchBlocks.ts';
import { type ClusterConfig, type RoundReport, watchCluster } from './watch/watchCluster.ts';
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
  const books = new Map<string, AlertBook>();
  // BOUNDED: by the clusters
  const onDuty = new Set<string>();
  // BOUNDED: by the endpoints
  const nodeIds = new Map<string, string>();
  // BOUNDED: by the endpoints
  const clockOffsets = new Map(clusters.map(({ name }) => [name, new Map<string, number>()]));
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
            for (const { node, view } of report.judgement.tally.nodes) {
              if (view?.self != null) nodeIds.set(`${report.cluster}/${node}`, view.self.nodeId);
            }
            const before = books.get(report.cluster) ?? quietBook;
            const about = {
              cluster: report.cluster,
              page: pageOf(deps.publicUrl, report.cluster),
              clockOffsets: clockOffsets.get(report.cluster) ?? new Map(),
            };
            const read = readAlerts(before, about, report, thresholds);
            books.set(report.cluster, read.book);
            notifier.notify(read.changed);
          },
          onProbe: (name, node, outcome) => {
            metrics.observeProbe(name, node, outcome);
            if (outcome.at === 'alive') clockOffsets.get(name)?.set(node, outcome.offsetMs);
            else clockOffsets.get(name)?.delete(node);
          },
          onDuty: async (name, watching) => {
            if (watching) {
              const adopted = await notifier.adopt(raftSubject(name));
              const gone = listGone(adopted, cluster, clock.now());
              books.set(
                name,
                openBook(adopted.filter((each) => !gone.some(({ notice }) => isSame(notice, each.notice)))),
              );
              notifier.notify(gone);
            } else notifier.release(raftSubject(name));
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

/** Notices of endpoints that are configured no more: nothing else would end them. */
function listGone(
  adopted: readonly NoticeChange[],
  { endpoints }: Pick<ClusterConfig, 'endpoints'>,
  now: number,
): readonly NoticeChange[] {
  return adopted.flatMap(({ notice, version }) => {
    const { node } = notice.labels;
    if (notice.endsAt !== null || node === undefined || endpoints.some(({ name }) => name === node)) return [];
    return [{ notice: { ...notice, endsAt: Math.max(notice.startsAt, now) }, version: version + 1 }];
  });
}

function isSame(a: Notice, b: Notice): boolean {
  return noticeId(a) === noticeId(b);
}

function pageOf(publicUrl: string | null, cluster: string): string | null {
  return publicUrl === null ? null : `${publicUrl.replace(/\/$/, '')}/raft/${encodeURIComponent(cluster)}`;
}

/** A chain of sealers has other alerts than a Raft cluster, in the same book. */
function readAlerts(
  before: AlertBook,
  about: ClusterAbout,
  { sealers, judgement }: RoundReport,
  thresholds: Parameters<typeof readRaftAlerts>[3],
) {
  if (sealers !== null) return readSealerAlerts(before, about, judgement.tally, sealers);
  return readRaftAlerts(before, about, judgement, thresholds);
}
