/** What endpoints say of their cluster in one round. GoQuorum's own JSON stays in parseNode.ts; everything behind it speaks these types. */

/** All endpoints asked at once. `t` in ms; any origin, but one for all rounds of a cluster, and never backwards. */
export interface Round {
  readonly t: number;
  readonly nodes: ReadonlyMap<string, NodeAnswer>;
}

/** One endpoint's part of a round. `detail` is our own text, never the endpoint's. */
export type NodeAnswer =
  | { readonly result: 'ok'; readonly view: NodeView }
  | { readonly result: Exclude<NodeResult, 'ok'>; readonly detail: string };

/** One node's own view of its cluster. */
export interface NodeView {
  /** The answering node; null when its release does not list members, or its own entry could not be read. */
  readonly self: MemberRef | null;
  /** What the node says it is itself. */
  readonly role: MemberRole | undefined;
  /** Empty in releases that do not list members, or list them only under a leader. */
  readonly entries: readonly ClusterEntry[];
  /** How many more it listed that could not be read: GoQuorum answers null for itself while it is starting, for one. */
  readonly unread: number;
  readonly leader: LeaderView;
  /** Number of the node's newest block. */
  readonly head: number | null;
  /** Transactions waiting in the node's pool. */
  readonly pending: number | null;
  readonly peerCount: number | null;
  /** The Raft term in which `leader` is as it says; undefined where the source has no terms. */
  readonly term?: number;
  /** Leader changes that the node has counted itself, if it counts them. */
  readonly changesSeen?: ChangesSeen;
  /** Alarms that the node raises, in its own words (etcd: `NOSPACE`, `CORRUPT`). */
  readonly alarms?: readonly string[];
}

/** A node's own count of leader changes since its process began at `startedAt`, in s since the epoch; null if it does not say. */
export interface ChangesSeen {
  readonly count: number;
  readonly startedAt: number | null;
}

/** Whom a node takes for the leader. `unknown`: it follows somebody whom this release of its API cannot name. */
export type LeaderView =
  | { readonly at: 'named'; readonly leader: MemberRef }
  | { readonly at: 'none' }
  | { readonly at: 'unknown' };

/**
 * What came of asking one endpoint in one round. Only `ok` is a view; all others mean that nothing is known of the
 * node, never that it has no leader. The strings are also the metric labels and the database values.
 */
export const nodeResults = [
  'ok',
  'removed',
  'timeout',
  'starting',
  'raftHangs',
  'refused',
  'unreachable',
  'tls',
  'unauthorized',
  'vhost',
  'httpStatus',
  'html',
  'tooLarge',
  'badJson',
  'malformed',
  'rpcError',
  'notRaft',
] as const;
export type NodeResult = (typeof nodeResults)[number];

/**
 * What a result says of the node itself. `unaskable`: something alive answered, but not what was asked, so nothing is known
 * of the node: a proxy, a missing token, a wrong host name. `refused`: nothing listens on its port. `silent`: no answer at
 * all. `hangs`: it lives, but its Raft methods do not answer.
 */
export type AnswerKind = 'answers' | 'unaskable' | 'refused' | 'silent' | 'starting' | 'hangs';

const kindOfResult: Readonly<Record<NodeResult, AnswerKind>> = {
  ok: 'answers',
  removed: 'answers',
  notRaft: 'answers',
  timeout: 'silent',
  unreachable: 'silent',
  starting: 'starting',
  raftHangs: 'hangs',
  refused: 'refused',
  tls: 'unaskable',
  unauthorized: 'unaskable',
  vhost: 'unaskable',
  httpStatus: 'unaskable',
  html: 'unaskable',
  tooLarge: 'unaskable',
  badJson: 'unaskable',
  malformed: 'unaskable',
  rpcError: 'unaskable',
};

export function kindOf(result: NodeResult): AnswerKind {
  return kindOfResult[result];
}

/** One entry of `raft_cluster`. Fields that older releases leave out are undefined. */
export interface ClusterEntry extends MemberRef {
  readonly role: MemberRole | undefined;
  /** Whether the answering node's Raft stream to this member is up. True for the node itself. */
  readonly active: boolean | undefined;
  readonly hostname: string | undefined;
}

/** The role a node gives to a member. `''`: the node knows no leader at present. */
export const memberRoles = ['minter', 'verifier', 'learner', ''] as const;
export type MemberRole = (typeof memberRoles)[number];

/** One member of a cluster. `raftId` is given once and never reused; `nodeId` is the node's public key, 128 lower-case hex digits. */
export interface MemberRef {
  readonly raftId: number;
  readonly nodeId: string;
}

export function sameMember(a: MemberRef | null, b: MemberRef | null): boolean {
  return a === null || b === null ? a === b : a.raftId === b.raftId && a.nodeId === b.nodeId;
}
