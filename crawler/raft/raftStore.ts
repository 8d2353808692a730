import type { ChainPosition } from './followChain.ts';
import type { RoundTally } from './tallyRound.ts';
import type { MemberRef, RaftEvent, StateTransition } from './types.ts';

/** What the watcher kept of a cluster when it last ran. */
export interface StoredCluster {
  readonly leader: MemberRef | null;
  /** Times of confirmed changes, ms since the epoch, newest last; at least those of the churn window. */
  readonly changesAt: readonly number[];
  readonly chain: ChainPosition;
}

/** The present picture of a cluster, written over the one before. */
export interface ClusterStatus {
  readonly cluster: string;
  readonly current: StateTransition | null;
  readonly tally: RoundTally;
  readonly chain: ChainPosition;
}

/** All that one round adds. */
export interface RaftRecord {
  readonly status: ClusterStatus;
  readonly events: readonly RaftEvent[];
  /** Each holds from its `t` until the next one's: together they are who led when. */
  readonly transitions: readonly StateTransition[];
}

/** Where the watcher keeps what it finds. Times are ms since the epoch. */
export interface RaftStore {
  /** Null for a cluster that was never watched. Rejects when the store is away. */
  load(cluster: string): Promise<StoredCluster | null>;
  /** Keeps records in order, all or nothing. Rejects when the store is away; the same records then come again. */
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

function keepNewest(list: unknown[]): void {
  if (list.length > maxKept) list.splice(0, list.length - maxKept);
}
