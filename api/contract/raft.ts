import { z } from 'zod';
import { freshnessSchema, hexSchema, instantSchema, nodeIdSchema, uint64Schema } from './common.ts';

/** The operator's name for a cluster. */
export const clusterNameSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/);

/**
 * `confirmed`: a majority of the voters name one leader. `electing`: no leader has been confirmed for less than 30 s;
 * `noLeader`: for longer. `noQuorum`: no leader is confirmed and less than a majority of the voters are active.
 * `unconfirmed`: the voters without a view could decide between these.
 */
export const raftStates = ['confirmed', 'electing', 'noLeader', 'noQuorum', 'unconfirmed'] as const;
export const raftStateSchema = z.enum(raftStates);
export type RaftState = z.infer<typeof raftStateSchema>;

/** The result of asking an endpoint. Only `ok` is a view; all others mean *no view*, never "no leader". */
export const raftResults = [
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
export const raftResultSchema = z.enum(raftResults);

/** `minter` leads. Empty: the node that reports this role knows no leader. */
export const raftRoleSchema = z.enum(['minter', 'verifier', 'learner', '']);

export const raftMemberRefSchema = z.object({
  /** Assigned once and never reused. */
  raftId: z.int().min(1),
  /** Empty for a member known only from block headers. */
  nodeId: nodeIdSchema.or(z.literal('')),
});

/**
 * State of a chain of sealers. `well`: all seal. `degraded`: some do not, and blocks come. `halted`: a block is due and does
 * not come. `idle`: none comes and none is due. `unknown`: too little was told.
 */
const sealerStates = ['well', 'degraded', 'halted', 'idle', 'unknown'] as const;
const sealerStateSchema = z.enum(sealerStates);

/** A chain of sealers in short. */
export const sealingSchema = z.object({
  state: sealerStateSchema,
  stateSince: instantSchema,
  /** Size of the set that most nodes hold. */
  validators: z.int().min(0),
  active: z.int().min(0),
  /** Number of sealers that must be at work. */
  needed: z.int().min(0),
  /** So many more failures halt the chain; 0 = it has halted, or nothing is known. */
  failuresToHalt: z.int().min(0),
  /** When the newest block was made, as near as can be told. */
  headAt: instantSchema.nullable(),
});

/** Who should seal blocks and who does, for IBFT, QBFT and Clique. */
export const sealersSchema = sealingSchema.extend({
  consensus: z.enum(['ibft', 'qbft', 'clique']),
  /** Number of distinct sets of sealers that nodes hold; more than one means that their rules differ. */
  sets: z.int().min(0),
  /** The newest block of any node. */
  head: uint64Schema.nullable(),
  /** Waiting transactions; null if no node can say. */
  pending: uint64Schema.nullable(),
  /** Round changes that the newest block needed; null if headers do not show it. */
  round: z.int().min(0).nullable(),
  rule: z.object({
    /** It makes blocks without transactions too, so long apart, ms; `never`: it does not; null = not known. */
    emptyMs: z.int().min(0).or(z.literal('never')).nullable(),
    /** Shortest time between two blocks, ms. */
    periodMs: z.int().min(0).nullable(),
  }),
  /** Blocks examined, and the round changes in them. */
  window: z.int().min(0),
  roundChanges: z.int().min(0),
  /** Far more round changes than missing sealers explain. */
  storm: z.boolean(),
  sealers: z.array(
    z.object({
      address: hexSchema,
      /** False if it sealed without being in the set. */
      expected: z.boolean(),
      /** The endpoint that seals with it. */
      node: z.string().nullable(),
      sealed: z.int().min(0),
      /** Its part of the blocks examined, and the part that would be its own. */
      share: z.number().min(0).max(1),
      expectedShare: z.number().min(0).max(1),
      /** Turns that passed without it, in the blocks examined. */
      missed: z.int().min(0),
      lastSealed: uint64Schema.nullable(),
      lastSealedAt: instantSchema.nullable(),
      silent: z.boolean(),
      /** Nothing listens or answers at its endpoint. */
      down: z.boolean(),
    }),
  ),
  nodes: z.array(
    z.object({
      node: z.string(),
      /** What it seals with. */
      address: hexSchema.nullable(),
      head: uint64Schema.nullable(),
      headHash: hexSchema.nullable(),
      /** Blocks behind the newest of any node. */
      behind: z.int().min(0).nullable(),
    }),
  ),
  /** Votes under way to add or remove a sealer. */
  votes: z.array(
    z.object({
      candidate: hexSchema,
      add: z.boolean(),
      voters: z.array(hexSchema),
      needed: z.int().min(0),
      /** Endpoints that vote so when it is their turn. */
      proposedBy: z.array(z.string()),
    }),
  ),
  /** The newest blocks, newest last. */
  timeline: z.array(
    z.object({
      number: uint64Schema,
      at: instantSchema,
      sealer: hexSchema.nullable(),
      round: z.int().min(0).nullable(),
      empty: z.boolean(),
      /** The sealers whose turns passed before it, where the order of turns tells. */
      missed: z.array(hexSchema).default([]),
    }),
  ),
});
export type Sealers = z.infer<typeof sealersSchema>;

/** What the members of a cluster run: `etcd`, or `goQuorum` and other chains by JSON-RPC. */
export const raftKindSchema = z.enum(['goQuorum', 'etcd']);

export const raftClusterSchema = z.object({
  name: clusterNameSchema,
  /** Identifies the cluster together with the network ID; null until a member has reported it. */
  genesisHash: hexSchema.nullable(),
  networkId: uint64Schema.nullable(),
  kind: raftKindSchema,
  consensus: z.enum(['raft', 'ibft', 'qbft', 'clique']),
  /** null until two rounds of polls agree, and for a chain of sealers. */
  state: raftStateSchema.nullable(),
  stateSince: instantSchema.nullable(),
  /** In `unconfirmed`, the leader that the answering nodes name. */
  leader: raftMemberRefSchema.nullable(),
  /** The endpoint that proved to be the leader. */
  leaderNode: z.string().nullable(),
  /** Voters whose own view names the leader; without a leader, the most votes that any candidate has. */
  votes: z.int().min(0),
  voters: z.int().min(0),
  /** The largest number of active voters in any one view. */
  votersActive: z.int().min(0),
  learners: z.int().min(0),
  /** Voters that claim to lead. */
  claims: z.int().min(0),
  /** Number of distinct leaders that voters name. */
  leaderViews: z.int().min(0),
  /** Endpoints that are polled, and those of them that gave a view. */
  endpoints: z.int().min(0),
  views: z.int().min(0),
  head: uint64Schema.nullable(),
  /** Waiting transactions. */
  pending: uint64Schema.nullable(),
  stalled: z.boolean(),
  churning: z.boolean(),
  /** Leader changes. Polls and block headers see the same ones, so the larger of the two numbers is given. */
  changes: z.object({ last15m: z.int().min(0), last24h: z.int().min(0) }),
  /** Those that too few nodes reported to be confirmed: counted apart, since a cut-off node sees the same. */
  unconfirmedChanges: z.object({ last15m: z.int().min(0), last24h: z.int().min(0) }),
  lastChangeAt: instantSchema.nullable(),
  /** null for Raft. */
  sealing: sealingSchema.nullable(),
  watchedSince: instantSchema,
  lastRoundAt: instantSchema,
  intervalMs: z.int().min(1),
  /** True after three intervals without a round, at least 30 s: all of this may have changed. */
  stale: z.boolean(),
});
export type RaftCluster = z.infer<typeof raftClusterSchema>;

/** GET /api/v1/raft */
export const listRaftClustersResponse = z.object({ clusters: z.array(raftClusterSchema), freshness: freshnessSchema });
export type ListRaftClustersResponse = z.infer<typeof listRaftClustersResponse>;

export const raftMemberSchema = raftMemberRefSchema.extend({
  nodeId: nodeIdSchema,
  learner: z.boolean(),
  /** False once it has been removed. */
  present: z.boolean(),
  /** As given by most views. */
  role: raftRoleSchema.nullable(),
  /** Whether any view shows its Raft stream as up; null if no node's release reports it. */
  active: z.boolean().nullable(),
  /** null if this site masks addresses. */
  hostname: z.string().nullable(),
  firstSeenAt: instantSchema,
  lastSeenAt: instantSchema,
  lastActiveAt: instantSchema.nullable(),
});
export type RaftMember = z.infer<typeof raftMemberSchema>;

export const raftViewSchema = z.object({
  /** The operator's name for the endpoint. */
  node: z.string(),
  at: instantSchema,
  result: raftResultSchema,
  resultSince: instantSchema,
  lastViewAt: instantSchema.nullable(),
  /** The member it proved to be when it last gave a view. */
  raftId: z.int().min(1).nullable(),
  role: raftRoleSchema.nullable(),
  /** `named`: it follows `leaderRaftId`; `none`: it follows nobody; `unknown`: its release cannot name whom; null: no view. */
  leader: z.enum(['named', 'none', 'unknown']).nullable(),
  leaderRaftId: z.int().min(1).nullable(),
  head: uint64Schema.nullable(),
  pending: uint64Schema.nullable(),
  peerCount: uint64Schema.nullable(),
  /** The Raft term that it is in; null where the source has none. */
  term: uint64Schema.nullable(),
  /** Whether its Raft port answered the last probe; null if it is not probed. */
  raftPortUp: z.boolean().nullable(),
  /** Its clock minus ours, as measured on its Raft port. */
  clockOffsetMs: z.int().nullable(),
  sees: z.array(
    z.object({
      raftId: z.int().min(1),
      role: raftRoleSchema.nullable(),
      /** Whether this node has a live Raft stream to that member. */
      active: z.boolean().nullable(),
    }),
  ),
  /** Polls of the last 24 hours, in whole hours. */
  polls: z.object({ ok: z.int().min(0), all: z.int().min(0) }),
});
export type RaftView = z.infer<typeof raftViewSchema>;

/** GET /api/v1/raft/{cluster} */
export const raftClusterResponse = z.object({
  cluster: raftClusterSchema,
  /** By Raft ID, with removed members at the end. */
  members: z.array(raftMemberSchema),
  /** Each endpoint's own view, or why it gave none. */
  views: z.array(raftViewSchema),
  sealers: sealersSchema.nullable(),
  freshness: freshnessSchema,
});
export type RaftClusterResponse = z.infer<typeof raftClusterResponse>;

/** GET /api/v1/raft/{cluster}/timeline */
export const raftTimelineQuery = z.object({
  /** Default: 24 hours before `to`. */
  from: instantSchema.optional(),
  /** Default: now. */
  to: instantSchema.optional(),
});

export const raftTimelineResponse = z.object({
  cluster: clusterNameSchema,
  from: instantSchema,
  to: instantSchema,
  /** Who led when, in order. Between two bands, nobody was watching. Cut at `from` and `to`. */
  bands: z.array(
    z.object({
      from: instantSchema,
      /** null = still going on. */
      to: instantSchema.nullable(),
      state: raftStateSchema,
      raftId: z.int().min(1).nullable(),
      votes: z.int().min(0),
      voters: z.int().min(0),
    }),
  ),
  /** True if the range has more bands than fit into one answer; these are the newest. */
  cut: z.boolean(),
  step: z.enum(['hour', 'day']),
  /** Leader changes in each hour or day of the range, and those that could not be confirmed. */
  changes: z.array(z.object({ at: instantSchema, changes: z.int().min(0), unconfirmed: z.int().min(0) })),
  freshness: freshnessSchema,
});
export type RaftTimelineResponse = z.infer<typeof raftTimelineResponse>;

export const raftEventKinds = [
  'leaderChanged',
  'minterChanged',
  'reelected',
  'leaderLost',
  'leaderGained',
  'multipleMinters',
  'noQuorum',
  'viewSplit',
  'nodeIsolated',
  'stalled',
  'memberAdded',
  'memberRemoved',
  'memberPromoted',
  'churn',
  'halted',
  'sealerSilent',
  'validatorsChanged',
  'roundChangeStorm',
] as const;
export const raftEventKindSchema = z.enum(raftEventKinds);

/** GET /api/v1/raft/{cluster}/events — newest first, keyset paging. */
export const raftEventsQuery = z.object({
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,256}$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

export const raftEventSchema = z.object({
  id: z.string(),
  kind: raftEventKindSchema,
  /** `minterChanged` is what block headers show of a change; its time is by the minter's clock. */
  openedAt: instantSchema,
  /** null = still going on; equal to `openedAt` for what has no duration. */
  closedAt: instantSchema.nullable(),
  /** False if less than a majority could be asked. */
  confirmed: z.boolean(),
  from: raftMemberRefSchema.nullable(),
  to: raftMemberRefSchema.nullable(),
  /** The endpoint concerned. */
  node: z.string().nullable(),
  /** The sealer concerned. */
  sealer: hexSchema.nullable(),
  /** Who joined the set of sealers, and who left it. */
  added: z.array(hexSchema),
  removed: z.array(hexSchema),
  /** For a chain of sealers: how many were at work. */
  votes: z.int().min(0),
  voters: z.int().min(0),
  source: z.enum(['rpc', 'chain', 'log']),
  /** The watcher was away: more may have happened, or the end is not known. */
  gap: z.boolean(),
  block: uint64Schema.nullable(),
  /** Raft terms of the leaders before and after; null where the source has none. */
  terms: z.object({ from: uint64Schema, to: uint64Schema }).nullable(),
  /** Whom each endpoint named when the event was found. */
  observers: z.array(z.object({ node: z.string(), view: z.int().min(1).nullable(), result: raftResultSchema })),
});
export type RaftEvent = z.infer<typeof raftEventSchema>;

export const raftEventsResponse = z.object({
  events: z.array(raftEventSchema),
  /** Send it as `cursor` to get the next page; null = this is the last one. */
  next: z.string().nullable(),
  freshness: freshnessSchema,
});
export type RaftEventsResponse = z.infer<typeof raftEventsResponse>;
