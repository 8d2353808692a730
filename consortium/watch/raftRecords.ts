import type { ProbeOutcome } from '../ask/probeClock.ts';
import type { ChainIdentity } from '../ask/readIdentity.ts';
import type { MemberRef, NodeResult } from '../ask/round.ts';
import type { ClusterKind } from '../ask/roundSource.ts';
import type { KnownChanges } from '../judge/judgeRounds.ts';
import type { Membership } from '../judge/membership.ts';
import type { Stall } from '../judge/overlays.ts';
import { isConfirmedChange, type RaftEvent, type StateTransition } from '../judge/raftEvent.ts';
import type { SealerBook } from '../judge/sealerBook.ts';
import type { SealerEvent } from '../judge/sealerEvent.ts';
import type { SealersVerdict } from '../judge/sealersVerdict.ts';
import type { RoundTally } from '../judge/tallyRound.ts';
import type { ChainPosition } from './followChain.ts';

/** What the watcher stored about a cluster when it last ran. */
export interface StoredCluster {
  readonly leader: MemberRef | null;
  /** Times of changes, ms since the epoch, newest last; at least those of the churn window. */
  readonly changes: KnownChanges;
  /** The leader changed too often at `lastRoundAt`. */
  readonly churning: boolean;
  readonly stall: Stall | null;
  /** Which member each endpoint was last. */
  readonly selves: ReadonlyMap<string, MemberRef>;
  readonly lastRoundAt: number;
  readonly chain: ChainPosition;
  /** What was known of a chain of sealers; null for Raft. */
  readonly sealers: SealerBook | null;
}

/** The present picture of a cluster, written over the one before. */
export interface ClusterStatus {
  readonly cluster: string;
  /** Whose members these are. */
  readonly kind: ClusterKind;
  readonly intervalMs: number;
  /** The first round since the watcher started or took over the cluster; before that, nobody may have watched. */
  readonly watchedSince: number;
  /** Null until a member has reported it. */
  readonly identity: ChainIdentity | null;
  readonly current: StateTransition | null;
  readonly tally: RoundTally;
  /** The settled one. */
  readonly membership: Membership;
  readonly stall: Stall;
  readonly churning: boolean;
  readonly chain: ChainPosition;
  /** Who seals, if the nodes use a consensus other than Raft. */
  readonly sealers: SealersVerdict | null;
  readonly sealerBook: SealerBook | null;
  /** The last probe of each Raft port, by endpoint, without endpoints that are not probed. */
  readonly probes: ReadonlyMap<string, ProbeOutcome>;
}

/** How often an endpoint gave this result in the hour that began at `hour`. */
export interface PollCount {
  readonly node: string;
  readonly result: NodeResult;
  readonly hour: number;
  readonly polls: number;
}

/** Everything that one round adds, with the polls of the quiet rounds before it. */
export interface RaftRecord {
  readonly status: ClusterStatus;
  /** BOUNDED: by the endpoints, the results and the hours in which nothing could be kept. */
  readonly polls: readonly PollCount[];
  readonly events: readonly RaftEvent[];
  readonly sealerEvents: readonly SealerEvent[];
  /** Each lasts from its `t` until the next one's; together they show who led when. */
  readonly transitions: readonly StateTransition[];
}

/** Where the watcher stores what it finds. Times are ms since the epoch. */
export interface RaftStore {
  /**
   * True while this process is the one that watches the cluster; called again and again, because a lost connection may
   * give the cluster to another process. Rejects if the store is away.
   */
  hold(cluster: string): Promise<boolean>;
  /** Null for a cluster that was never watched. Rejects when the store is away. */
  load(cluster: string): Promise<StoredCluster | null>;
  /** Stores records of one cluster, in order, all or nothing. Rejects if the store is away; the same records then come again. */
  save(records: readonly RaftRecord[]): Promise<void>;
}

/** A store in memory, for tests and for a watcher without a database. */
export function createMemoryRaftStore(): RaftStore & {
  readonly events: readonly RaftEvent[];
  readonly transitions: readonly StateTransition[];
  readonly sealerEvents: readonly SealerEvent[];
} {
  // BOUNDED: by keepNewest
  const events: RaftEvent[] = [];
  // BOUNDED: by keepNewest
  const transitions: StateTransition[] = [];
  const sealerEvents: SealerEvent[] = [];
  // BOUNDED: by the configured clusters
  const clusters = new Map<string, StoredCluster>();
  return {
    events,
    transitions,
    sealerEvents,
    hold: async () => true,
    load: async (cluster) => clusters.get(cluster) ?? null,
    save: async (records) => {
      for (const { status, events: newEvents, sealerEvents: fromSealers, transitions: newTransitions } of records) {
        events.push(...newEvents);
        sealerEvents.push(...fromSealers);
        transitions.push(...newTransitions);
        const before = clusters.get(status.cluster);
        const changes = { ...(before?.changes ?? noChanges) };
        for (const event of newEvents) {
          if (event.kind !== 'leaderChanged' || event.source === 'log') continue;
          const source = event.source === 'chain' ? 'chain' : isConfirmedChange(event) ? 'rpc' : 'single';
          changes[source] = [...changes[source], event.at].slice(-maxKept);
        }
        const confirmed = newTransitions.findLast((transition) => transition.state === 'confirmed');
        clusters.set(status.cluster, {
          leader: confirmed?.leader ?? before?.leader ?? null,
          changes,
          churning: status.churning,
          stall: status.stall,
          selves: new Map(status.tally.nodes.flatMap(({ node, self }) => (self === null ? [] : [[node, self]]))),
          lastRoundAt: status.tally.t,
          chain: status.chain,
          sealers: status.sealerBook,
        });
      }
      keepNewest(events);
      keepNewest(sealerEvents);
      keepNewest(transitions);
    },
  };
}

const maxKept = 10_000;
const noChanges: KnownChanges = { rpc: [], chain: [], single: [] };

/** Adds up counts of the same endpoint, result and hour. */
export function addPolls(a: readonly PollCount[], b: readonly PollCount[]): readonly PollCount[] {
  const sums = new Map<string, PollCount>();
  for (const count of [...a, ...b]) {
    const key = `${count.node} ${count.result} ${count.hour}`;
    sums.set(key, { ...count, polls: count.polls + (sums.get(key)?.polls ?? 0) });
  }
  return [...sums.values()];
}

function keepNewest(list: unknown[]): void {
  if (list.length > maxKept) list.splice(0, list.length - maxKept);
}
