import type { Sql } from '../../sql/client.ts';

export interface FreshnessRow {
  readonly censusAt: Date | null;
  /** Longest time until the next census, as told by the crawler that took the last one, ms; null = it did not tell. */
  readonly censusIntervalMs: number | null;
  /** The shortest census interval of the crawlers that are alive, ms; null = none of them tells one. */
  readonly aliveIntervalMs: number | null;
  readonly beatAt: Date | null;
  readonly simulated: boolean;
}

/**
 * When the counts and the nodes were last updated, and how long until the next census at most. A crawler whose last
 * heartbeat is not before `aliveSince` counts as alive.
 */
export async function selectFreshness(sql: Sql, aliveSince: Date): Promise<FreshnessRow> {
  const [row] = await sql<FreshnessRow[]>`
    select c.at as "censusAt", c.interval_ms::float8 as "censusIntervalMs",
           (select min(census_interval_ms)::float8 from vantages where last_beat >= ${aliveSince}) as "aliveIntervalMs",
           (select max(last_beat) from vantages) as "beatAt",
           coalesce((select value = 'true' from settings where key = 'simulated'), false) as simulated
    from (select) one left join (select at, interval_ms from census_runs order by at desc limit 1) c on true`;
  return row ?? { censusAt: null, censusIntervalMs: null, aliveIntervalMs: null, beatAt: null, simulated: false };
}
