import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { MemberRef } from '../consortium/ask/round.ts';
import type { Endpoint } from '../consortium/ask/rpcClient.ts';
import type { RaftEvent, StateTransition } from '../consortium/judge/raftEvent.ts';
import type { SealerEvent } from '../consortium/judge/sealerEvent.ts';
import { type ClusterConfig, clusterDefaults } from '../consortium/watch/clusterConfig.ts';
import { createMemoryRaftStore } from '../consortium/watch/raftRecords.ts';
import { type RoundReport, watchCluster } from '../consortium/watch/watchCluster.ts';
import { systemClock } from '../p2p/net/systemClock.ts';

/** The watcher over a real cluster, and what it has reported so far. */
export interface RealWatch {
  readonly reports: readonly RoundReport[];
  /** Endpoints whose Raft port answered. */
  readonly probed: ReadonlySet<string>;
  events(): readonly RaftEvent[];
  sealerEvents(): readonly SealerEvent[];
  states(): readonly StateTransition[];
  /** Waits for a round from which `look` returns something; the failure quotes the last round. */
  until<T>(what: string, look: (report: RoundReport) => T | null): Promise<T>;
  /** A leader other than `other` that at least this many voters name. */
  leader(votes: number, other?: MemberRef): Promise<MemberRef>;
  stop(): Promise<void>;
}

const patienceMs = 120_000;

export function watchEndpoints(endpoints: readonly Endpoint[], more: Partial<ClusterConfig> = {}): RealWatch {
  const ending = new AbortController();
  const reports: RoundReport[] = [];
  const probed = new Set<string>();
  const watching = watchCluster(
    {
      ...clusterDefaults,
      name: 'real',
      intervalMs: 500,
      probeMs: 2_000,
      rpc: { ...clusterDefaults.rpc, timeoutMs: 1_000 },
      endpoints,
      ...more,
    },
    {
      clock: systemClock,
      random: { next: () => 0 },
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      store: createMemoryRaftStore(),
      onRound: (report) => void reports.push(report),
      onProbe: (_cluster, node, outcome) => void (outcome.at === 'alive' && probed.add(node)),
    },
    ending.signal,
  );
  const until = async <T>(what: string, look: (report: RoundReport) => T | null): Promise<T> => {
    const from = reports.length;
    for (const end = Date.now() + patienceMs; Date.now() < end; await delay(50)) {
      const last = reports.at(-1);
      // A round that began before the last intervention does not count.
      const found = last === undefined || reports.length <= from + 1 ? null : look(last);
      if (found !== null) return found;
    }
    const { tally, current } = reports.at(-1)?.judgement ?? {};
    assert.fail(`${what} did not come: ${JSON.stringify({ current, observers: tally?.observers })}`);
  };
  return {
    reports,
    probed,
    events: () => reports.flatMap(({ events }) => events),
    sealerEvents: () => reports.flatMap(({ sealerEvents }) => sealerEvents),
    states: () => reports.flatMap(({ judgement }) => judgement.transitions),
    until,
    leader: (votes, other) =>
      until(`a leader that ${votes} name`, ({ judgement: { current, tally } }) => {
        const { leader } = tally.verdict;
        const settled = current?.state === 'confirmed' && current.leader?.raftId === leader?.raftId;
        return settled && tally.verdict.votes >= votes && leader?.raftId !== other?.raftId ? leader : null;
      }),
    stop: async () => {
      ending.abort();
      await watching;
    },
  };
}
