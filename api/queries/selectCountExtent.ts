import type { Sql } from '../../sql/client.ts';

export interface CountExtent {
  /** Oldest point kept of each resolution; null = none. */
  readonly census: Date | null;
  readonly hour: Date | null;
  readonly day: Date | null;
  /** Censuses in the range, counted up to the limit. */
  readonly censuses: number;
}

/** What there is to choose a resolution from. */
export async function selectCountExtent(sql: Sql, from: Date, to: Date, limit: number): Promise<CountExtent> {
  const [row] = await sql<CountExtent[]>`
    select (select min(at) from count_points where resolution = 'census') as census,
           (select min(at) from count_points where resolution = 'hour') as hour,
           (select min(at) from count_points where resolution = 'day') as day,
           (select count(*)::int4 from
             (select 1 from census_runs where at >= ${from} and at < ${to} limit ${limit}) as runs) as censuses`;
  return row ?? { census: null, hour: null, day: null, censuses: 0 };
}
