import type { ProbeOutcome } from '../ask/probeClock.ts';
import type { SealersVerdict } from '../judge/judgeSealers.ts';
import type { Membership } from '../judge/membership.ts';
import type { RoundTally } from '../judge/tallyRound.ts';
import type { MemberRef, NodeResult, RaftEvent, StateTransition } from '../types.ts';
import type { ChainPosition } from '../watch/followChain.ts';

/** What the watcher kept of a cluster when it last ran. */
export interface StoredCluster {
  readonly leader: MemberRef | null;
  /** Times of confirmed changes, ms since the epoch, newest last; at least those of the churn window. */
  readonly changesAt: readonly number[];
  readonly chain: ChainPosition;
}

/** Which chain a cluster keeps: what it is, whatever the operator calls it. */
export interface ChainIdentity {
  /** 64 lower-case hex digits. */
  readonly genesisHash: string;
  /** Unsigned 64-bit, decimal. */
  readonly networkId: string;
}

/** The present picture of a cluster, written over the one before. */
export interface ClusterStatus {
  readonly cluster: string;
  readonly intervalMs: number;
  /** The first round since the watcher began or took the cluster over; before it, nobody may have watched. */
  readonly watchedSince: number;
  /** Null until a member told. */
  readonly identity: ChainIdentity | null;
  readonly current: StateTransition | null;
  readonly tally: RoundTally;
  /** The settled one. */
  readonly membership: Membership;
  readonly stalled: boolean;
  readonly churning: boolean;
  readonly chain: ChainPosition;
  /** Who seals, where the nodes keep another consensus than Raft. */
  readonly sealers: SealersVerdict | null;
  /** What each Raft port last said, by endpoint; those that are not probed are left out. */
  readonly probes: ReadonlyMap<string, ProbeOutcome>;
}

/** How often an endpoint answered so, in the hour that began at `hour`. */
export interface PollCount {
  readonly node: string;
  readonly result: NodeResult;
  readonly hour: number;
  readonly polls: number;
}

/** All that one round adds, with the polls of the quiet rounds before it. */
export interface RaftRecord {
  readonly status: ClusterStatus;
  /** BOUNDED: by the endpoints, the results and the hours in which nothing could be kept. */
  readonly polls: readonly PollCount[];
  readonly events: readonly RaftEvent[];
  /** Each holds from its `t` until the next one's: together they are who led when. */
  readonly transitions: readonly StateTransition[];
}

/** Where the watcher keeps what it finds. Times are ms since the epoch. */
export interface RaftStore {
  /**
   * True while this process is the one that watches the cluster; asked again and again, because a lost connection
   * may give it to another. Rejects when the store is away.
   */
  hold(cluster: string): Promise<boolean>;
  /** Null for a cluster that was never watched. Rejects when the store is away. */
  load(cluster: string): Promise<StoredCluster | null>;
  /** Keeps records of one cluster, in order, all or nothing. Rejects when the store is away; the same records then come again. */
  save(records: readonly RaftRecord[]): Promise<void>;
}

/** A store for tests and for a watcher without a database: it remembers while the process lives. */
export function createMemoryRaftStore(): RaftStore & {
  readonly events: readonly RaftEvent[];
  readonly transitions: readonly StateTransition[];
} {
  // BOUNDED: by keepNewest
  const events: RaftEvent[] = [];
  const transitions: StateTransition[] = [];
  // BOUNDED: by the configured clusters
  const clusters = new Map<string, StoredCluster>();
  return {
    events,
    transitions,
    hold: async () => true,
    load: async (cluster) => clusters.get(cluster) ?? null,
    save: async (records) => {
      for (const { status, events: newEvents, transitions: newTransitions } of records) {
        events.push(...newEvents);
        transitions.push(...newTransitions);
        const before = clusters.get(status.cluster);
        const changes = newEvents.filter((event) => event.kind === 'leader_changed' && event.source === 'rpc');
        const changesAt = [...(before?.changesAt ?? []), ...changes.map((event) => event.at)];
        keepNewest(changesAt);
        const confirmed = newTransitions.findLast((transition) => transition.state === 'confirmed');
        clusters.set(status.cluster, {
          leader: confirmed?.leader ?? before?.leader ?? null,
          changesAt,
          chain: status.chain,
        });
      }
      keepNewest(events);
      keepNewest(transitions);
    },
  };
}

const maxKept = 10_000;

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
