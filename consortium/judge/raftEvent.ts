import type { MemberRef, NodeResult } from '../ask/round.ts';

/**
 * Something that happened to a cluster. `at` is the first round that showed it, `detectedAt` the one that made it
 * sure. `from` and `to` are the leaders before and after; in member and node events the member concerned (`to` when
 * it joined or was promoted, else `from`), and `observers` of a node event holds that node alone.
 * `votes` below a majority of `voters` marks what was seen by too few nodes to be confirmed.
 */
export interface RaftEvent {
  readonly cluster: string;
  readonly kind: RaftEventKind;
  readonly at: number;
  readonly detectedAt: number;
  readonly from: MemberRef | null;
  readonly to: MemberRef | null;
  readonly votes: number;
  readonly voters: number;
  readonly observers: readonly Observer[];
  readonly source: RaftSource;
  /** The watcher was away before this: there may have been more. */
  readonly gap: boolean;
  /** The Raft terms of the leaders before and after, where the source has terms: no more elections than these lie between. */
  readonly terms?: RaftTerms;
  /** Number of the block that shows it; only with source `chain`. */
  readonly block?: number;
}

export interface RaftTerms {
  readonly from: number;
  readonly to: number;
}

/** What one endpoint said when an event was found. `view` is the Raft ID of the leader it named. */
export interface Observer {
  readonly node: string;
  readonly view: number | null;
  readonly result: NodeResult;
}

export const raftEventKinds = [
  'leaderChanged',
  'reelected',
  'leaderLost',
  'leaderGained',
  'multipleMintersStarted',
  'multipleMintersEnded',
  'noQuorumStarted',
  'noQuorumEnded',
  'viewSplitStarted',
  'viewSplitEnded',
  'nodeIsolatedStarted',
  'nodeIsolatedEnded',
  'stalledStarted',
  'stalledEnded',
  'memberAdded',
  'memberRemoved',
  'memberPromoted',
  'churnStarted',
  'churnEnded',
] as const;
export type RaftEventKind = (typeof raftEventKinds)[number];

export const raftSources = ['rpc', 'chain', 'log'] as const;
export type RaftSource = (typeof raftSources)[number];

/** A state that began at `t`. In `unconfirmed`, `leader` is whom the reachable nodes name, if they agree. */
export interface StateTransition {
  readonly t: number;
  readonly state: ClusterState;
  readonly leader: MemberRef | null;
  /** Voters whose own view names `leader`; without one, the most that any candidate has. */
  readonly votes: number;
  readonly voters: number;
  readonly votersActive: number;
}

/**
 * State of a cluster. `confirmed`: a majority of the voters names one leader. `electing`: none is confirmed, for less
 * than `noLeaderMs`; `noLeader`: for longer. `noQuorum`: none is confirmed and fewer than a majority of voters are
 * active. `unconfirmed`: the voters without a view could decide between these.
 */
export const clusterStates = ['confirmed', 'electing', 'noLeader', 'noQuorum', 'unconfirmed'] as const;
export type ClusterState = (typeof clusterStates)[number];

/** Votes that make a leader: more than half. */
export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/**
 * True for a change between two confirmed leaders; false for one that only a minority of views reported. A leader of a
 * higher term was elected by a majority, whoever tells.
 */
export function isConfirmedChange(event: RaftEvent): boolean {
  return (
    event.kind === 'leaderChanged' &&
    event.source === 'rpc' &&
    (event.votes >= majorityOf(event.voters) || isByTerm(event))
  );
}

function isByTerm({ terms }: RaftEvent): boolean {
  return terms !== undefined && terms.to > terms.from;
}
