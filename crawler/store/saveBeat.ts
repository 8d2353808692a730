import { toDate, toMs } from '../../lib/time.ts';
import { column, type Sql } from '../../sql/client.ts';
import type { Beat } from './store.ts';

/** Notes that a crawler is at work, since when, and what waits to be written. */
export async function saveBeat(sql: Sql, vantage: string, beat: Beat): Promise<void> {
  const { spans, bootnodes } = beat;
  const networks = sql`${beat.networks}::text[]`;
  await sql`
    with noted as (
      insert into crawl_spans (vantage, from_at, until_at, heard, late_ms, networks)
      select ${vantage}::text, from_at, until_at, heard, late_ms, ${networks}
      from unnest(
        ${column(
          'timestamptz',
          spans.map(({ fromAt }) => toDate(fromAt)),
        )}::timestamptz[],
        ${column(
          'timestamptz',
          spans.map(({ untilAt }) => toDate(untilAt)),
        )}::timestamptz[],
        ${column(
          'bool',
          spans.map(({ heard }) => heard),
        )}::bool[],
        ${column(
          'int8',
          spans.map(({ lateMs = 0 }) => BigInt(lateMs)),
        )}::int8[]
      ) as s (from_at, until_at, heard, late_ms)
      on conflict (vantage, from_at) do update set
        until_at = excluded.until_at, heard = excluded.heard, late_ms = excluded.late_ms
    )
    insert into vantages (vantage, version, started_at, last_beat, bootnodes_tried, bootnodes_answered, bootnodes_given,
      bootnodes_usable, bootnodes_waiting, bootnodes_pinged, bootnodes_alive, bootnode_problems, frontier_nodes, visits,
      networks, census_interval_ms, unwritten_since, ping_within_ms, dial_within_ms, facts)
    values (${vantage}, ${beat.version}, ${toDate(beat.startedAt)}, ${toDate(beat.at)}, ${bootnodes.tried},
      ${bootnodes.answered}, ${bootnodes.given}, ${bootnodes.usable}, ${bootnodes.waiting}, ${bootnodes.pinged}, ${bootnodes.alive},
      ${sql.json(bootnodes.problems.map((problem) => ({ ...problem })))}, ${beat.frontierNodes}, ${BigInt(beat.visits)},
      ${networks}, ${beat.censusIntervalMs === null ? null : BigInt(beat.censusIntervalMs)}, ${toDate(beat.unwrittenSince)},
      ${BigInt(Math.ceil(beat.pingWithinMs))}, ${BigInt(Math.ceil(beat.dialWithinMs))}, ${sql.json(beat.facts)})
    on conflict (vantage) do update set
      version = excluded.version, started_at = excluded.started_at, last_beat = excluded.last_beat,
      bootnodes_tried = excluded.bootnodes_tried, bootnodes_answered = excluded.bootnodes_answered,
      bootnodes_given = excluded.bootnodes_given, bootnodes_usable = excluded.bootnodes_usable,
      bootnodes_waiting = excluded.bootnodes_waiting, bootnodes_pinged = excluded.bootnodes_pinged,
      bootnodes_alive = excluded.bootnodes_alive, bootnode_problems = excluded.bootnode_problems,
      frontier_nodes = excluded.frontier_nodes, visits = excluded.visits, networks = excluded.networks,
      census_interval_ms = excluded.census_interval_ms, unwritten_since = excluded.unwritten_since,
      ping_within_ms = excluded.ping_within_ms, dial_within_ms = excluded.dial_within_ms, facts = excluded.facts`;
}

/** Until when a crawler was at work on any of these networks, ms since the epoch; null = never. */
export async function lastAtWork(sql: Sql, networks: readonly string[]): Promise<number | null> {
  const [row] = await sql<{ at: Date | null }[]>`
    select max(until_at) as at from crawl_spans where networks && ${column('text', networks)}::text[]`;
  return row === undefined || row.at === null ? null : toMs(row.at);
}
