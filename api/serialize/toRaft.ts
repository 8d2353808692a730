import { z } from 'zod';
import { toIso } from '../../lib/time.ts';
import { type Freshness, hexSchema } from '../contract/common.ts';
import {
  type RaftCluster,
  type RaftEvent,
  type RaftMember,
  type RaftTimelineResponse,
  type RaftView,
  raftEventKindSchema,
  raftKindSchema,
  raftMemberRefSchema,
  raftResultSchema,
  raftRoleSchema,
  raftStateSchema,
  raftViewSchema,
  type Sealers,
  sealersSchema,
  sealingSchema,
} from '../contract/raft.ts';
import type { RaftClusterRow, RaftEventRow, RaftMemberRow, RaftStateRow, RaftViewRow } from '../queries/selectRaft.ts';
import { toHex } from './toHex.ts';

/** How many missed rounds make a cluster's data stale. */
const staleRounds = 3;
const staleAtLeastMs = 30_000;

export function toRaftCluster(row: RaftClusterRow, now: number): RaftCluster {
  const { genesisHash, leaderRaftId, leaderNodeId } = row;
  const sealers = toSealers(row.sealers);
  return {
    name: row.cluster,
    genesisHash: genesisHash === null ? null : `0x${toHex(genesisHash)}`,
    networkId: row.networkId?.toString() ?? null,
    kind: raftKindSchema.parse(row.kind),
    consensus: sealers?.consensus ?? 'raft',
    state: row.state === null ? null : raftStateSchema.parse(row.state),
    stateSince: toIso(row.stateSince),
    leader:
      leaderRaftId === null || leaderNodeId === null ? null : { raftId: leaderRaftId, nodeId: toHex(leaderNodeId) },
    leaderNode: row.leaderNode,
    votes: row.votes,
    voters: row.voters,
    votersActive: row.votersActive,
    learners: row.learners,
    claims: row.claims,
    leaderViews: row.leaderViews,
    endpoints: row.endpoints,
    views: row.views,
    head: row.head?.toString() ?? null,
    pending: row.pending?.toString() ?? null,
    stalled: row.stalled,
    churning: row.churning,
    changes: { last15m: row.changes15m, last24h: row.changes24h },
    unconfirmedChanges: { last15m: row.unconfirmed15m, last24h: row.unconfirmed24h },
    lastChangeAt: toIso(row.lastChange),
    sealing: sealers === null ? null : sealingSchema.parse(sealers),
    watchedSince: toIso(row.watchedSince),
    lastRoundAt: toIso(row.lastRound),
    intervalMs: row.intervalMs,
    stale: isStale(row, now),
  };
}

/** How fresh an answer about these clusters is: by the one that was polled longest ago. */
export function raftFreshness(rows: readonly RaftClusterRow[], now: number, simulated: boolean): Freshness {
  const oldest = rows.reduce<RaftClusterRow | null>(
    (found, row) => (found === null || row.lastRound < found.lastRound ? row : found),
    null,
  );
  if (oldest === null) return { asOf: null, ageSeconds: null, stale: false, simulated };
  return {
    asOf: toIso(oldest.lastRound),
    ageSeconds: Math.floor(Math.max(0, now - oldest.lastRound.getTime()) / 1_000),
    stale: rows.some((row) => isStale(row, now)),
    simulated,
  };
}

function isStale(row: RaftClusterRow, now: number): boolean {
  return now - row.lastRound.getTime() > Math.max(staleAtLeastMs, staleRounds * row.intervalMs);
}

export function toRaftMember(row: RaftMemberRow, maskIps: boolean): RaftMember {
  return {
    raftId: row.raftId,
    nodeId: toHex(row.nodeId),
    learner: row.learner,
    present: row.present,
    role: toRole(row.role),
    active: row.active,
    hostname: maskIps ? null : row.hostname,
    firstSeenAt: toIso(row.firstSeen),
    lastSeenAt: toIso(row.lastSeen),
    lastActiveAt: toIso(row.lastActive),
  };
}

export function toRaftView(row: RaftViewRow): RaftView {
  const { sees, leader } = raftViewSchema
    .pick({ sees: true, leader: true })
    .parse({ sees: row.sees, leader: row.leaderAt });
  return {
    node: row.node,
    at: toIso(row.at),
    result: raftResultSchema.parse(row.result),
    resultSince: toIso(row.resultSince),
    lastViewAt: toIso(row.lastView),
    raftId: row.raftId,
    role: toRole(row.role),
    leader,
    leaderRaftId: row.leaderRaftId,
    head: row.head?.toString() ?? null,
    pending: row.pending?.toString() ?? null,
    peerCount: row.peerCount?.toString() ?? null,
    term: row.term?.toString() ?? null,
    raftPortUp: row.raftPortUp,
    clockOffsetMs: row.clockOffsetMs,
    sees,
    polls: { ok: row.pollsOk, all: row.pollsAll },
  };
}

export function toSealers(value: unknown): Sealers | null {
  const parsed = sealersSchema.safeParse(value);
  return parsed.success ? parsed.data : null;
}

/** A state within a range. An open state lasts only as long as somebody watches. */
export function toBand(
  row: RaftStateRow,
  range: { readonly from: Date; readonly to: Date; readonly lastRound: Date; readonly stale: boolean },
): RaftTimelineResponse['bands'][number] | null {
  const until = row.untilAt ?? (range.stale ? range.lastRound : null);
  const from = row.fromAt < range.from ? range.from : row.fromAt;
  const to = until !== null && until > range.to ? range.to : until;
  if (to !== null && to <= from) return null;
  return {
    from: toIso(from),
    to: toIso(to),
    state: raftStateSchema.parse(row.state),
    raftId: row.raftId,
    votes: row.votes,
    voters: row.voters,
  };
}

const eventDataSchema = z.object({
  from: raftMemberRefSchema.nullable(),
  to: raftMemberRefSchema.nullable(),
  votes: z.int().min(0),
  voters: z.int().min(0),
  observers: z.array(z.object({ node: z.string(), view: z.int().min(1).nullable(), result: raftResultSchema })),
  source: z.enum(['rpc', 'chain', 'log']),
  gap: z.boolean(),
  node: z.string().optional(),
  block: z.int().optional(),
  sealer: hexSchema.optional(),
  added: z.array(hexSchema).default([]),
  removed: z.array(hexSchema).default([]),
  terms: z.object({ from: z.int().min(0), to: z.int().min(0) }).optional(),
});

export function toRaftEvent(row: RaftEventRow): RaftEvent {
  const { node, block, sealer, terms, ...data } = eventDataSchema.parse(row.data);
  return {
    id: row.eventNo.toString(),
    kind: raftEventKindSchema.parse(row.kind),
    openedAt: toIso(row.openedAt),
    closedAt: toIso(row.closedAt),
    confirmed: row.confirmed,
    node: node ?? null,
    sealer: sealer ?? null,
    block: block === undefined ? null : String(block),
    terms: terms === undefined ? null : { from: String(terms.from), to: String(terms.to) },
    ...data,
  };
}

function toRole(role: string | null): RaftMember['role'] {
  return role === null ? null : raftRoleSchema.parse(role);
}
