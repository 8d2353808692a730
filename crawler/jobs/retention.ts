import { utcDay } from '../../lib/time.ts';
import { column, type Sql } from '../../sql/client.ts';

export interface RetentionOptions {
  /** Days for which individual visits are kept. */
  readonly visitDays: number;
  /** Days for which the points of every census are kept; hours and days are kept forever. */
  readonly censusDays?: number;
  /** Days after its last mention at which a node that never answered is forgotten. */
  readonly unprovenDays?: number;
  /** Most nodes that never answered. */
  readonly unprovenNodes?: number;
  /** Most rows that one transaction removes. */
  readonly batchRows?: number;
}

/** What remove_old knows, in order: what hangs on a node goes before it. */
const steps = [
  'census_points',
  'coverage_points',
  'crawl_spans',
  'sessions',
  'churn_points',
  'endpoints',
  'nodes',
  'gone_nodes',
  'crowded_nodes',
  'clients',
  'fork_ids',
  'head_estimates',
  'block_facts',
  'rpc_heads',
] as const;

/** How often a partition that is being read is tried again, every 300 ms. Else the next night has one more to drop. */
const maxBusy = 100;

/**
 * Removes what is old, in transactions that keep nobody waiting. Resolves with what was removed, by kind; null if not all of
 * it could be, because another process is doing it or a backup holds it up. After an abort it begins no further one.
 */
export async function applyRetention(
  sql: Sql,
  now: number,
  options: RetentionOptions,
  signal?: AbortSignal,
): Promise<Record<string, number> | null> {
  const { visitDays, censusDays = 7, unprovenDays = 14, unprovenNodes = 1_000_000, batchRows = 20_000 } = options;
  const [census] = await sql<{ day: string }[]>`
    select to_char(census_cutoff(${new Date(now)}, ${censusDays}) at time zone 'UTC', 'YYYY-MM-DD') as day`;
  const visitDay = utcDay(now - visitDays * 86_400_000);
  const removed: Record<string, number> = { visit_days: 0, census_days: 0 };
  for (const [what, table, day] of [
    ['visit_days', 'visit_log', visitDay],
    ['visit_days', 'visits_before', visitDay],
    ['census_days', 'census_counts', census?.day ?? '-infinity'],
  ] as const) {
    const dropped = await dropDays(sql, table, day, signal);
    if (dropped === null) return null;
    removed[what] = (removed[what] ?? 0) + dropped;
  }
  for (const what of steps) {
    removed[what] = 0;
    for (let more = true; more && signal?.aborted !== true; ) {
      const [row] = await sql<{ gone: bigint | null }[]>`
        select remove_old(${what}, ${new Date(now)}, ${visitDays}, ${censusDays}, ${unprovenDays}, ${unprovenNodes}, ${batchRows}) as gone`;
      if (row === undefined || row.gone === null) return null;
      removed[what] += Number(row.gone);
      more = Number(row.gone) === batchRows;
    }
  }
  return removed;
}

/** Drops the days before `day`; resolves with how many, null if another process is doing it. */
async function dropDays(
  sql: Sql,
  table: 'visit_log' | 'visits_before' | 'census_counts',
  day: string,
  signal?: AbortSignal,
): Promise<number | null> {
  let dropped = 0;
  for (let busy = 0; busy < maxBusy && signal?.aborted !== true; ) {
    const [row] = await sql<{ step: string | null }[]>`select retire_partition(${table}, ${day}::text::date) as step`;
    if (row === undefined || row.step === null) return null;
    if (row.step === 'none') break;
    if (row.step === 'dropped') dropped++;
    if (row.step === 'busy') {
      busy++;
      await sql`select pg_sleep(0.3)`;
    }
  }
  return dropped;
}

/** Creates the partitions of visits for today and the next days, so that they exist before midnight. */
export async function createVisitPartitions(sql: Sql, now: number, days = 3): Promise<void> {
  const list = Array.from({ length: days }, (_, day) => utcDay(now + day * 86_400_000));
  await sql`select create_visit_partition(d) from unnest(${column('text', list)}::text[]::date[]) as g (d)`;
}
