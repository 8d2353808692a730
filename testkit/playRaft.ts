import { setImmediate as nextTick } from 'node:timers/promises';
import { type ClusterConfig, clusterDefaults } from '../consortium/watch/clusterConfig.ts';
import type { RaftStore } from '../consortium/watch/raftRecords.ts';
import { type RoundReport, watchCluster } from '../consortium/watch/watchCluster.ts';
import { Secret } from '../lib/secret.ts';
import { systemClock } from '../p2p/net/systemClock.ts';
import type { Clock, Logger } from '../p2p/ports.ts';
import type { RaftCluster } from './raftCluster.ts';

export interface PlayOptions {
  readonly cluster: Pick<RaftCluster, 'urls' | 'playTo'>;
  readonly store: RaftStore;
  /** The scenario's start, ms since the epoch. */
  readonly startAt: number;
  /** The part that is watched, ms since the scenario's start. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly name?: string;
  readonly config?: Partial<ClusterConfig>;
  readonly onRound?: (report: RoundReport) => void;
}

/** A cluster of the testkit as the watcher is configured for it. */
export function configOf(cluster: Pick<RaftCluster, 'urls'>, name: string): ClusterConfig {
  return {
    ...clusterDefaults,
    name,
    endpoints: cluster.urls.map((url, index) => ({
      name: `n${index + 1}`,
      url: new Secret(url),
      headers: {},
      bearerToken: null,
      psi: null,
      ca: null,
      probeUrl: url,
    })),
  };
}

/** Watches a cluster in its own time: sleeping lets the scenario play on, so nothing waits for real. */
export async function playRaft(options: PlayOptions): Promise<void> {
  const { cluster, store, startAt, fromMs, toMs, name = 'mock', config = {} } = options;
  let played = fromMs;
  await cluster.playTo(played);
  const ended = new AbortController();
  const clock: Clock = {
    now: () => startAt + played,
    sleep: async (ms) => {
      played += ms;
      await cluster.playTo(played);
      await nextTick();
      if (played >= toMs) ended.abort();
    },
    after: systemClock.after,
  };
  await watchCluster(
    {
      ...configOf(cluster, name),
      intervalMs: 500,
      startGraceMs: 0,
      rpc: { timeoutMs: 400, maxBodyBytes: 1 << 20 },
      ...config,
    },
    {
      clock,
      random: { next: () => 0 },
      log: silent,
      store,
      onRound: options.onRound ?? (() => {}),
      onProbe: () => {},
    },
    ended.signal,
  );
}

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
