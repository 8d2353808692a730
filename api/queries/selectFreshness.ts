import type { Sql } from '../../sql/client.ts';

export interface FreshnessRow {
  readonly censusAt: Date | null;
  readonly beatAt: Date | null;
  readonly simulated: boolean;
}

/** When the counts and when the nodes were last updated. */
export async function selectFreshness(sql: Sql): Promise<FreshnessRow> {
  const [row] = await sql<FreshnessRow[]>`
    select (select max(at) from census_runs) as "censusAt",
           (select max(last_beat) from vantages) as "beatAt",
           coalesce((select value = 'true' from settings where key = 'simulated'), false) as simulated`;
  return row ?? { censusAt: null, beatAt: null, simulated: false };
}
