/**
 * The types of the Raft watcher. GoQuorum's own JSON stays in parseNode.ts; everything after it uses these types.
 */

/** One member of a cluster. `raftId` is given once and never reused; `nodeId` is the node's public key, 128 lower-case hex digits. */
export interface MemberRef {
  readonly raftId: number;
  readonly nodeId: string;
}

/** The role a node gives to a member. `''`: the node knows no leader at present. */
export const memberRoles = ['minter', 'verifier', 'learner', ''] as const;
export type MemberRole = (typeof memberRoles)[number];

/** One entry of `raft_cluster`. Fields that older releases leave out are undefined. */
export interface ClusterEntry extends MemberRef {
  readonly role: MemberRole | undefined;
  /** Whether the answering node's Raft stream to this member is up. True for the node itself. */
  readonly active: boolean | undefined;
  readonly hostname: string | undefined;
}

/**
 * The result of asking one endpoint in one round. Only `ok` is a view; all others mean that nothing is known about the
 * node, never that it has no leader. The strings are also the metric labels and the database values.
 */
export const nodeResults = [
  'ok',
  'removed',
  'timeout',
  'starting',
  'raft-hangs',
  'refused',
  'unreachable',
  'tls',
  'unauthorized',
  'vhost',
  'http-status',
  'html',
  'too-large',
  'bad-json',
  'malformed',
  'rpc-error',
  'not-raft',
] as const;
export type NodeResult = (typeof nodeResults)[number];

/** The leader that a node follows. `unknown`: it follows a node that its release cannot name. */
export type LeaderView =
  | { readonly at: 'named'; readonly leader: MemberRef }
  | { readonly at: 'none' }
  | { readonly at: 'unknown' };

/** One node's own view of its cluster. */
export interface NodeView {
  /** The answering node; null when its release does not list members. */
  readonly self: MemberRef | null;
  /** The node's own role, as it reports it. */
  readonly role: MemberRole | undefined;
  /** Empty in releases that do not list members, or list them only under a leader. */
  readonly entries: readonly ClusterEntry[];
  readonly leader: LeaderView;
  /** Number of the node's newest block. */
  readonly head: number | null;
  /** Transactions waiting in the node's pool. */
  readonly pending: number | null;
  readonly peerCount: number | null;
}

/** One endpoint's part of a round. `detail` is our own text, never the endpoint's. */
export type NodeAnswer =
  | { readonly result: 'ok'; readonly view: NodeView }
  | { readonly result: Exclude<NodeResult, 'ok'>; readonly detail: string };

/** All endpoints asked at once. `t` in ms; any origin, but one for all rounds of a cluster, and never backwards. */
export interface Round {
  readonly t: number;
  readonly nodes: ReadonlyMap<string, NodeAnswer>;
}

/**
 * State of a cluster. `confirmed`: a majority of the voters names one leader. `electing`: none is confirmed, for less
 * than `noLeaderMs`; `no_leader`: for longer. `no_quorum`: none is confirmed and fewer than a majority of voters are
 * active. `unconfirmed`: too few voters can be asked to say any of these.
 */
export const clusterStates = ['confirmed', 'electing', 'no_leader', 'no_quorum', 'unconfirmed'] as const;
export type ClusterState = (typeof clusterStates)[number];

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

export const raftEventKinds = [
  'leader_changed',
  'reelected',
  'leader_lost',
  'leader_gained',
  'multiple_minters_started',
  'multiple_minters_ended',
  'no_quorum_started',
  'no_quorum_ended',
  'view_split_started',
  'view_split_ended',
  'node_isolated_started',
  'node_isolated_ended',
  'stalled_started',
  'stalled_ended',
  'member_added',
  'member_removed',
  'member_promoted',
  'churn_started',
  'churn_ended',
] as const;
export type RaftEventKind = (typeof raftEventKinds)[number];

export const raftSources = ['rpc', 'chain', 'log'] as const;
export type RaftSource = (typeof raftSources)[number];

/** What one endpoint said when an event was found. `view` is the Raft ID of the leader it named. */
export interface Observer {
  readonly node: string;
  readonly view: number | null;
  readonly result: NodeResult;
}

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
  /** Number of the block that shows it; only with source `chain`. */
  readonly block?: number;
}

/** Votes that make a leader: more than half. */
export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/** True for a change between two confirmed leaders; false for one that only a minority of views reported. */
export function isConfirmedChange(event: RaftEvent): boolean {
  return event.kind === 'leader_changed' && event.source === 'rpc' && event.votes >= majorityOf(event.voters);
}

export function sameMember(a: MemberRef | null, b: MemberRef | null): boolean {
  return a === null || b === null ? a === b : a.raftId === b.raftId && a.nodeId === b.nodeId;
}
