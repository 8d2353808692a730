import type { Sql } from '../../sql/client.ts';
import type { CountWindow, Population } from '../contract/common.ts';

export interface CountExtent {
  /** Oldest point kept of each resolution; null = none. */
  readonly census: Date | null;
  readonly hour: Date | null;
  readonly day: Date | null;
  /** Censuses in the range, counted up to the limit. */
  readonly censuses: number;
}

export interface TotalOf {
  readonly network: string;
  readonly population: Population;
  readonly window: CountWindow;
}

/** What there is to choose a resolution from. Whenever a network was counted, its total has a point. */
export async function selectCountExtent(
  sql: Sql,
  total: TotalOf,
  from: Date,
  to: Date,
  limit: number,
): Promise<CountExtent> {
  const [row] = await sql<CountExtent[]>`
    with total as materialized (
      select series_no from count_series
      where network = ${total.network} and cut = 'total' and key = '{}'
        and population = ${total.population} and time_window = ${total.window}
    )
    select (select series_oldest(series_no, 'census') from total) as census,
           (select series_oldest(series_no, 'hour') from total) as hour,
           (select series_oldest(series_no, 'day') from total) as day,
           (select count(*)::int4 from
             (select 1 from census_runs where at >= ${from} and at < ${to} limit ${limit}) as runs) as censuses`;
  return row ?? { census: null, hour: null, day: null, censuses: 0 };
}
