import { toIso } from '../../lib/time.ts';
import type { Clock } from '../../p2p/ports.ts';
import type { Sql } from '../../sql/client.ts';
import { isDataError } from '../../sql/dataError.ts';
import type { Stall } from '../judge/overlays.ts';
import { addPolls, type RaftRecord, type RaftStore } from '../watch/raftRecords.ts';
import { toEventRows } from './raftEventRows.ts';
import { type RaftLocks, within } from './raftLocks.ts';
import { leaderColumns, toClusterRow, toMemberRows, toStateRows, toViewRows } from './raftStatusRows.ts';
import { lastingKinds, readSealerBook, type StoredBook, toSealerEventRows } from './sealerEventRows.ts';

export interface PostgresRaftStoreOptions {
  readonly sql: Sql;
  readonly locks: RaftLocks;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Called if the database refused values, so that it is useless to keep them for later. */
  readonly onRefused: (cluster: string, error: unknown) => void;
}

/** How long single hours of polls are kept. */
const pollDays = 90;
/** Older changes do not matter to a restarted watcher. */
const resumeMs = 86_400_000;

/** Longer than the server itself lets a statement run: reached only when it does not answer at all. */
const deadlineMs = 45_000;

/** Keeps Raft clusters in Postgres. Every call is one statement. */
export function createPostgresRaftStore({ sql, locks, clock, onRefused }: PostgresRaftStoreOptions): RaftStore {
  return {
    hold: locks.hold,

    async load(cluster) {
      const query = sql<
        {
          raftId: number | null;
          nodeId: string | null;
          block: bigint | null;
          chainRaftId: number | null;
          churning: boolean;
          lastRound: Date;
          rpc: string[];
          chain: string[];
          single: string[];
          book: StoredBook | null;
          stall: (Omit<Stall, 'readAt'> & Partial<Stall>) | null;
          selves: { node: string; raftId: number; nodeId: string }[];
        }[]
      >`
        select c.resume_raft_id as "raftId", encode(c.resume_node_id, 'hex') as "nodeId",
          c.chain_block as block, c.chain_raft_id as "chainRaftId", c.churning, c.last_round as "lastRound",
          c.sealer_book as book, c.stall,
          coalesce((
            select jsonb_agg(jsonb_build_object('node', v.node, 'raftId', v.raft_id, 'nodeId', encode(v.node_id, 'hex')))
            from raft_views v where v.cluster = c.cluster and v.raft_id is not null and v.node_id is not null
          ), '[]') as selves,
          coalesce(e.rpc, '{}') as rpc, coalesce(e.chain, '{}') as chain, coalesce(e.single, '{}') as single
        from raft_clusters c, lateral (
          select
            array_agg(at order by at) filter (where kind = 'leaderChanged' and confirmed) as rpc,
            array_agg(at order by at) filter (where kind = 'minterChanged') as chain,
            array_agg(at order by at) filter (where kind = 'leaderChanged' and not confirmed) as single
          from (
            select kind, confirmed, (extract(epoch from opened_at) * 1000)::int8::text as at from events
            where subject = ${subjectOf(cluster)} and kind in ('leaderChanged', 'minterChanged')
              and opened_at > c.last_round - make_interval(secs => ${resumeMs / 1_000})
          ) e
        ) e
        where c.cluster = ${cluster}`;
      const [row] = await within(query, deadlineMs, clock);
      if (row === undefined) return null;
      const { raftId, nodeId, churning } = row;
      return {
        leader: raftId === null || nodeId === null ? null : { raftId, nodeId },
        changes: { rpc: row.rpc.map(Number), chain: row.chain.map(Number), single: row.single.map(Number) },
        churning,
        selves: new Map(row.selves.map(({ node, ...member }) => [node, member])),
        lastRoundAt: row.lastRound.getTime(),
        chain: { block: row.block === null ? null : Number(row.block), raftId: row.chainRaftId },
        sealers: readSealerBook(row.book),
        // Rows of before have no such time.
        stall: row.stall === null ? null : { readAt: row.lastRound.getTime(), ...row.stall },
      };
    },

    async save(records) {
      const last = records.at(-1);
      if (last === undefined) return;
      try {
        await within(write(sql, records, last), deadlineMs, clock);
      } catch (error) {
        if (!isDataError(error)) throw error;
        onRefused(last.status.cluster, error);
      }
    },
  };
}

function subjectOf(cluster: string): string {
  return `raft/${cluster}`;
}

/**
 * Everything in a batch, all or nothing. Writing it again after a lost answer adds only polls.
 * `renewed`: the watcher has been restarted since the last save. What it left open is taken to have ended with the last
 * round of its earlier run, but for churn and a stall, which go on if the judge says so.
 */
async function write(sql: Sql, records: readonly RaftRecord[], { status }: RaftRecord): Promise<void> {
  const { cluster } = status;
  const subject = subjectOf(cluster);
  const [fromRaft, fromSealers] = [toEventRows(records), toSealerEventRows(records)];
  const rows = [...fromRaft.rows, ...fromSealers.rows];
  const ends = [...fromRaft.ends, ...fromSealers.ends];
  const confirmed = records.flatMap((record) => record.transitions).findLast(({ state }) => state === 'confirmed');
  const polls = records.reduce<RaftRecord['polls']>((sum, record) => addPolls(sum, record.polls), []);
  const clusterRow = { ...toClusterRow(status), ...leaderColumns('resume', confirmed?.leader ?? null) };
  const pollRows = polls.map((count) => ({ ...count, hour: toIso(count.hour) }));
  await sql`
    with given as (
      select * from jsonb_to_record(${json(clusterRow)}::text::jsonb) as x(
        cluster text, kind text, genesis_hash text, network_id numeric, interval_ms int4, watched_since timestamptz,
        last_round timestamptz, state text, state_since timestamptz, leader_raft_id int4, leader_node_id text,
        votes int2, voters int2, voters_active int2, learners int2, claims int2, leader_views int2,
        head_number int8, pending int8, stalled boolean, churning boolean, resume_raft_id int4, resume_node_id text,
        chain_block int8, chain_raft_id int4, sealers jsonb, sealer_book jsonb, stall jsonb)
    ), renewed as (
      select c.last_round from raft_clusters c join given g using (cluster) where c.watched_since <> g.watched_since
    ), event_rows as (
      select * from jsonb_to_recordset(${json(rows)}::text::jsonb) as x(
        kind text, opened_at timestamptz, closed_at timestamptz, confirmed boolean, data jsonb)
    ), ends as (
      select * from jsonb_to_recordset(${json(ends)}::text::jsonb) as x(
        kind text, node text, sealer text, closed_at timestamptz, data jsonb)
    ), abandoned as (
      update events e set closed_at = greatest(e.opened_at, r.last_round), updated_at = g.last_round,
        data = e.data || '{"gap": true}'
      from renewed r, given g
      where e.subject = ${subject} and e.closed_at is null
        and (e.kind <> all (${[...lastingKinds]}) or g.sealer_book = 'null')
        and not exists (select from event_rows x where x.kind = e.kind and x.opened_at = e.opened_at)
        and not (e.kind = 'stalled' and (g.stalled or exists (select from ends x where x.kind = 'stalled')))
        and not (
          e.kind = 'churn' and (g.churning or exists (select from ends x where x.kind = 'churn'))
          and not exists (select from event_rows x where x.kind = 'churn')
        )
    ), ended as (
      update events e set closed_at = greatest(e.opened_at, x.closed_at), updated_at = g.last_round, data = e.data || x.data
      from ends x, given g
      where e.subject = ${subject} and e.kind = x.kind and e.closed_at is null
        and (x.node is null or e.data ->> 'node' = x.node)
        and (x.sealer is null or e.data ->> 'sealer' = x.sealer)
        and (e.kind in ('churn', 'stalled') or e.kind = any (${[...lastingKinds]}) or not exists (select from renewed))
    ), written as (
      insert into events (kind, subject, opened_at, closed_at, confirmed, data, updated_at)
      select distinct on (x.kind, x.opened_at) x.kind, ${subject}, x.opened_at, x.closed_at, x.confirmed, x.data,
        g.last_round
      from event_rows x, given g
      on conflict (kind, subject, opened_at) do update set closed_at = coalesce(events.closed_at, excluded.closed_at)
      returning kind, confirmed, data ->> 'source' as source, xmax = 0 as fresh
    ), fresh as (
      select
        count(*) filter (where kind = 'leaderChanged' and confirmed and source <> 'log') as rpc,
        count(*) filter (where kind = 'leaderChanged' and source = 'log') as log,
        count(*) filter (where kind = 'leaderChanged' and not confirmed) as unconfirmed,
        count(*) filter (where kind = 'minterChanged') as chain,
        count(*) filter (where kind = 'reelected') as reelections,
        count(*) filter (where kind = 'leaderLost') as losses
      from written where fresh
    ), cluster_row as (
      insert into raft_clusters as c (cluster, kind, genesis_hash, network_id, interval_ms, first_watched, watched_since,
        last_round, state, state_since, leader_raft_id, leader_node_id, votes, voters, voters_active, learners, claims,
        leader_views, head_number, pending, stalled, churning, resume_raft_id, resume_node_id, chain_block,
        chain_raft_id, sealers, sealer_book, stall, changes_rpc, changes_unconfirmed, changes_chain, changes_log, reelections, losses)
      select g.cluster, g.kind, decode(g.genesis_hash, 'hex'), g.network_id, g.interval_ms, g.watched_since, g.watched_since,
        g.last_round, g.state, g.state_since, g.leader_raft_id, decode(g.leader_node_id, 'hex'), g.votes, g.voters,
        g.voters_active, g.learners, g.claims, g.leader_views, g.head_number, g.pending, g.stalled, g.churning,
        g.resume_raft_id, decode(g.resume_node_id, 'hex'), g.chain_block, g.chain_raft_id,
        nullif(g.sealers, 'null'), nullif(g.sealer_book, 'null'), g.stall,
        f.rpc, f.unconfirmed, f.chain, f.log, f.reelections, f.losses
      from given g, fresh f
      on conflict (cluster) do update set
        kind = excluded.kind, genesis_hash = coalesce(excluded.genesis_hash, c.genesis_hash),
        network_id = coalesce(excluded.network_id, c.network_id),
        interval_ms = excluded.interval_ms, watched_since = excluded.watched_since, last_round = excluded.last_round,
        state = excluded.state, state_since = excluded.state_since,
        leader_raft_id = excluded.leader_raft_id, leader_node_id = excluded.leader_node_id,
        votes = excluded.votes, voters = excluded.voters, voters_active = excluded.voters_active,
        learners = excluded.learners, claims = excluded.claims, leader_views = excluded.leader_views,
        head_number = coalesce(excluded.head_number, c.head_number), pending = excluded.pending,
        stalled = excluded.stalled, churning = excluded.churning,
        resume_raft_id = coalesce(excluded.resume_raft_id, c.resume_raft_id),
        resume_node_id = coalesce(excluded.resume_node_id, c.resume_node_id),
        chain_block = excluded.chain_block, chain_raft_id = excluded.chain_raft_id, sealers = excluded.sealers,
        sealer_book = excluded.sealer_book, stall = excluded.stall,
        changes_rpc = c.changes_rpc + excluded.changes_rpc,
        changes_unconfirmed = c.changes_unconfirmed + excluded.changes_unconfirmed,
        changes_chain = c.changes_chain + excluded.changes_chain, changes_log = c.changes_log + excluded.changes_log,
        reelections = c.reelections + excluded.reelections, losses = c.losses + excluded.losses
      returning cluster
    ), state_rows as (
      select * from jsonb_to_recordset(${json(toStateRows(records))}::text::jsonb) as x(
        from_at timestamptz, until_at timestamptz, state text, raft_id int4, node_id text,
        votes int2, voters int2, voters_active int2)
    ), turned as (
      update raft_states s set until_at = greatest(s.from_at, x.at)
      from (
        select coalesce((select last_round from renewed), (select min(from_at) from state_rows)) as at
      ) x
      where s.cluster = ${cluster} and s.until_at is null and x.at is not null
        and s.from_at not in (select from_at from state_rows)
    ), states as (
      insert into raft_states (cluster, from_at, until_at, state, raft_id, node_id, votes, voters, voters_active)
      select c.cluster, x.from_at, x.until_at, x.state, x.raft_id, decode(x.node_id, 'hex'), x.votes, x.voters,
        x.voters_active
      from state_rows x, cluster_row c
      on conflict (cluster, from_at) do update set until_at = coalesce(raft_states.until_at, excluded.until_at)
    ), member_rows as (
      select raft_id, decode(node_id, 'hex') as node_id, learner, role, active, hostname
      from jsonb_to_recordset(${json(toMemberRows(status))}::text::jsonb) as x(
        raft_id int4, node_id text, learner boolean, role text, active boolean, hostname text)
    ), gone as (
      update raft_members m set present = false, active = null, role = null
      where m.cluster = ${cluster} and m.present and exists (select from member_rows)
        and not exists (select from member_rows x where x.raft_id = m.raft_id and x.node_id = m.node_id)
    ), members as (
      insert into raft_members as m (cluster, raft_id, node_id, learner, present, role, active, hostname, first_seen,
        last_seen, last_active)
      select c.cluster, x.raft_id, x.node_id, x.learner, true, x.role, x.active, x.hostname, g.last_round,
        g.last_round, case when x.active then g.last_round end
      from member_rows x, given g, cluster_row c
      on conflict (cluster, raft_id, node_id) do update set
        learner = excluded.learner, present = true, role = excluded.role, active = excluded.active,
        hostname = coalesce(excluded.hostname, m.hostname), last_seen = excluded.last_seen,
        last_active = coalesce(excluded.last_active, m.last_active)
    ), view_rows as (
      select * from jsonb_to_recordset(${json(toViewRows(status))}::text::jsonb) as x(
        node text, result text, raft_id int4, node_id text, role text, leader_at text,
        leader_raft_id int4, head_number int8, pending int8, peer_count int8, sees jsonb,
        raft_port_up boolean, clock_offset_ms int4, term int8)
    ), unasked as (
      delete from raft_views v where v.cluster = ${cluster} and v.node not in (select node from view_rows)
    ), views as (
      insert into raft_views as v (cluster, node, at, result, result_since, last_view, raft_id, node_id, role,
        leader_at, leader_raft_id, head_number, pending, peer_count, sees, raft_port_up, clock_offset_ms, term)
      select c.cluster, x.node, g.last_round, x.result, g.last_round,
        case when x.result = 'ok' then g.last_round end, x.raft_id, decode(x.node_id, 'hex'), x.role, x.leader_at,
        x.leader_raft_id, x.head_number, x.pending, x.peer_count, x.sees, x.raft_port_up, x.clock_offset_ms, x.term
      from view_rows x, given g, cluster_row c
      on conflict (cluster, node) do update set
        at = excluded.at, result = excluded.result,
        result_since = case when v.result = excluded.result then v.result_since else excluded.result_since end,
        last_view = coalesce(excluded.last_view, v.last_view),
        raft_id = coalesce(excluded.raft_id, v.raft_id), node_id = coalesce(excluded.node_id, v.node_id),
        role = excluded.role, leader_at = excluded.leader_at, leader_raft_id = excluded.leader_raft_id,
        head_number = excluded.head_number, pending = excluded.pending, peer_count = excluded.peer_count,
        sees = excluded.sees, raft_port_up = excluded.raft_port_up, clock_offset_ms = excluded.clock_offset_ms,
        term = excluded.term
    ), old_polls as (
      delete from raft_polls p using given g
      where p.cluster = ${cluster} and p.hour < g.last_round - make_interval(days => ${pollDays})
    )
    insert into raft_polls as p (cluster, node, hour, result, polls)
    select c.cluster, x.node, x.hour, x.result, x.polls
    from jsonb_to_recordset(${json(pollRows)}::text::jsonb) as x(node text, hour timestamptz, result text, polls int4),
      cluster_row c
    on conflict (cluster, hour, node, result) do update set polls = p.polls + excluded.polls`;
}

/** Values as one parameter; their size was bounded where they were read. */
function json(value: unknown): string {
  return JSON.stringify(value);
}
