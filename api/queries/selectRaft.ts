import type { Sql } from '../../sql/client.ts';

export interface RaftClusterRow {
  readonly cluster: string;
  readonly kind: string;
  readonly genesisHash: Uint8Array | null;
  readonly networkId: bigint | null;
  readonly intervalMs: number;
  readonly watchedSince: Date;
  readonly lastRound: Date;
  readonly state: string | null;
  readonly stateSince: Date | null;
  readonly leaderRaftId: number | null;
  readonly leaderNodeId: Uint8Array | null;
  readonly leaderNode: string | null;
  readonly votes: number;
  readonly voters: number;
  readonly votersActive: number;
  readonly learners: number;
  readonly claims: number;
  readonly leaderViews: number;
  readonly head: bigint | null;
  readonly pending: bigint | null;
  readonly stalled: boolean;
  readonly churning: boolean;
  readonly sealers: unknown;
  readonly endpoints: number;
  readonly views: number;
  readonly changes15m: number;
  readonly changes24h: number;
  readonly unconfirmed15m: number;
  readonly unconfirmed24h: number;
  readonly lastChange: Date | null;
}

/** Watched clusters by name, or the one of that name. Changes are counted to `now`. */
export function selectRaftClusters(sql: Sql, now: Date, cluster: string | null = null): Promise<RaftClusterRow[]> {
  return sql<RaftClusterRow[]>`
    select c.cluster, c.kind, c.genesis_hash as "genesisHash", c.network_id as "networkId", c.interval_ms as "intervalMs",
      c.watched_since as "watchedSince", c.last_round as "lastRound", c.state, c.state_since as "stateSince",
      c.leader_raft_id as "leaderRaftId", c.leader_node_id as "leaderNodeId",
      (
        select min(node) from raft_views x
        where x.cluster = c.cluster and x.raft_id = c.leader_raft_id and x.node_id = c.leader_node_id
      ) as "leaderNode", c.votes, c.voters,
      c.voters_active as "votersActive", c.learners, c.claims, c.leader_views as "leaderViews",
      c.head_number as head, c.pending, c.stalled, c.churning, c.sealers,
      v.endpoints, v.views,
      greatest(e.rpc15, e.chain15) as "changes15m", greatest(e.rpc24, e.chain24) as "changes24h",
      e.unconfirmed15 as "unconfirmed15m", e.unconfirmed24 as "unconfirmed24h",
      l.opened_at as "lastChange"
    from raft_clusters c
    cross join lateral (
      select count(*)::int4 as endpoints, (count(*) filter (where result = 'ok' or (result = 'notRaft' and c.sealers is not null)))::int4 as views
      from raft_views where raft_views.cluster = c.cluster
    ) v
    cross join lateral (
      select (count(*) filter (where confirmed and rpc and recent))::int4 as rpc15,
        (count(*) filter (where confirmed and not rpc and recent))::int4 as chain15,
        (count(*) filter (where confirmed and rpc))::int4 as rpc24,
        (count(*) filter (where confirmed and not rpc))::int4 as chain24,
        (count(*) filter (where not confirmed and recent))::int4 as unconfirmed15,
        (count(*) filter (where not confirmed))::int4 as unconfirmed24
      from (
        select confirmed, kind = 'leaderChanged' as rpc,
          opened_at > ${now}::timestamptz - interval '15 minutes' as recent
        from events
        where subject = 'raft/' || c.cluster and kind in ('leaderChanged', 'minterChanged')
          and opened_at > ${now}::timestamptz - interval '24 hours'
      ) changes
    ) e
    left join lateral (
      select opened_at from events
      where subject = 'raft/' || c.cluster and kind in ('leaderChanged', 'minterChanged') and confirmed
      order by opened_at desc limit 1
    ) l on true
    where ${cluster}::text is null or c.cluster = ${cluster}
    order by c.cluster`;
}

export interface RaftMemberRow {
  readonly raftId: number;
  readonly nodeId: Uint8Array;
  readonly learner: boolean;
  readonly present: boolean;
  readonly role: string | null;
  readonly active: boolean | null;
  readonly hostname: string | null;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  readonly lastActive: Date | null;
}

/** Members, removed ones last, at most `limit`. */
export function selectRaftMembers(sql: Sql, cluster: string, limit: number): Promise<RaftMemberRow[]> {
  return sql<RaftMemberRow[]>`
    select raft_id as "raftId", node_id as "nodeId", learner, present, role, active, hostname,
      first_seen as "firstSeen", last_seen as "lastSeen", last_active as "lastActive"
    from raft_members where cluster = ${cluster}
    order by present desc, raft_id limit ${limit}`;
}

export interface RaftViewRow {
  readonly node: string;
  readonly at: Date;
  readonly result: string;
  readonly resultSince: Date;
  readonly lastView: Date | null;
  readonly raftId: number | null;
  readonly role: string | null;
  readonly leaderAt: string | null;
  readonly leaderRaftId: number | null;
  readonly head: bigint | null;
  readonly pending: bigint | null;
  readonly peerCount: bigint | null;
  readonly term: bigint | null;
  readonly raftPortUp: boolean | null;
  readonly clockOffsetMs: number | null;
  readonly sees: unknown;
  readonly pollsOk: number;
  readonly pollsAll: number;
}

/** The newest answer of each endpoint, with its polls since `since`. */
export function selectRaftViews(sql: Sql, cluster: string, since: Date): Promise<RaftViewRow[]> {
  return sql<RaftViewRow[]>`
    select v.node, v.at, v.result, v.result_since as "resultSince", v.last_view as "lastView", v.raft_id as "raftId",
      v.role, v.leader_at as "leaderAt", v.leader_raft_id as "leaderRaftId", v.head_number as head, v.pending,
      v.peer_count as "peerCount", v.term, v.raft_port_up as "raftPortUp", v.clock_offset_ms as "clockOffsetMs", v.sees,
      coalesce(p.ok, 0)::int4 as "pollsOk", coalesce(p.total, 0)::int4 as "pollsAll"
    from raft_views v
    left join (
      select node, sum(polls) filter (where result = 'ok') as ok, sum(polls) as total
      from raft_polls where cluster = ${cluster} and hour >= ${since}::timestamptz group by node
    ) p using (node)
    where v.cluster = ${cluster} order by v.node`;
}

export interface RaftStateRow {
  readonly fromAt: Date;
  readonly untilAt: Date | null;
  readonly state: string;
  readonly raftId: number | null;
  readonly votes: number;
  readonly voters: number;
}

/** States that overlap the range, newest first. `lastRound` ends an open state if nobody is watching any more. */
export function selectRaftStates(sql: Sql, cluster: string, from: Date, to: Date, limit: number) {
  return sql<RaftStateRow[]>`
    (select from_at as "fromAt", until_at as "untilAt", state, raft_id as "raftId", votes, voters
     from raft_states where cluster = ${cluster} and from_at >= ${from} and from_at < ${to}
     order by from_at desc limit ${limit})
    union all
    (select from_at, until_at, state, raft_id, votes, voters
     from raft_states where cluster = ${cluster} and from_at < ${from}
     order by from_at desc limit 1)
    order by "fromAt" desc`;
}

/** Leader changes by hour or day: the larger of polls and block headers, because both see the same ones. */
export function selectRaftChanges(sql: Sql, cluster: string, from: Date, to: Date, step: 'hour' | 'day') {
  return sql<{ at: Date; changes: number; unconfirmed: number }[]>`
    select at,
      greatest(
        count(*) filter (where kind = 'leaderChanged' and confirmed), count(*) filter (where kind = 'minterChanged' and confirmed)
      )::int4 as changes,
      (count(*) filter (where not confirmed))::int4 as unconfirmed
    from (
      select kind, confirmed, date_trunc(${step}, opened_at, 'UTC') as at from events
      where subject = ${`raft/${cluster}`} and kind in ('leaderChanged', 'minterChanged')
        and opened_at >= date_trunc(${step}, ${from}::timestamptz, 'UTC') and opened_at < ${to}
    ) changes
    group by at order by at`;
}

export interface RaftEventRow {
  readonly eventNo: bigint;
  /** Microseconds since the epoch. */
  readonly micros: bigint;
  readonly kind: string;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
  readonly confirmed: boolean;
  readonly data: unknown;
}

/** Events of a cluster, newest first, after the given place. */
export function selectRaftEvents(
  sql: Sql,
  cluster: string,
  after: { readonly micros: bigint; readonly eventNo: bigint } | null,
  limit: number,
): Promise<RaftEventRow[]> {
  return sql<RaftEventRow[]>`
    select event_no as "eventNo", (extract(epoch from opened_at) * 1000000)::int8 as micros, kind,
      opened_at as "openedAt", closed_at as "closedAt", confirmed, data
    from events
    where subject = ${`raft/${cluster}`}
    ${
      after === null
        ? sql``
        : sql`and (opened_at, event_no) < (to_timestamp(0) + ${`${after.micros} microseconds`}::interval, ${after.eventNo})`
    }
    order by opened_at desc, event_no desc limit ${limit}`;
}
