import type { Sql } from '../../sql/client.ts';
import type { CountWindow, Cut, Population, Resolution } from '../contract/common.ts';

export interface CountsOf {
  readonly network: string;
  readonly cut: Cut;
  readonly population: Population;
  readonly window: CountWindow;
  readonly resolution: Resolution;
  readonly from: Date;
  readonly to: Date;
}

export interface PointRow {
  /** Key of the series; null = the sum of the series beyond the top. */
  readonly key: readonly string[] | null;
  /** 1 = the largest over the range; 0 = nodes without a value. */
  readonly rank: number;
  readonly at: Date;
  readonly ids: number;
  readonly ips: number;
}

/** Stored points of a cut's largest series and of the sum of the others, in order of rank and time. */
export function selectCountPoints(sql: Sql, of: CountsOf, top: number): Promise<PointRow[]> {
  return sql<PointRow[]>`
    with points as materialized (
      select s.series_no, s.key, array_to_string(s.key, '') = '' and s.cut <> 'total' as untold, p.at, p.ids, p.ips
      from count_series s cross join lateral (
        -- Each series by its own key: offset 0 keeps the planner from reading every series of the range instead.
        select at, ids, ips from series_points(s.series_no, ${of.resolution}, ${of.from}, ${of.to}) offset 0
      ) p
      where s.network = ${of.network} and s.cut = ${of.cut}
        and s.population = ${of.population} and s.time_window = ${of.window} and coalesce(s.ended_at >= ${of.from}, true)
    ),
    ranked as (
      select series_no, key,
             case when untold then 0 else row_number() over (order by untold, sum(ids) desc, key) end::int4 as rank
      from points group by series_no, key, untold
    )
    select case when rank <= ${top} then ranked.key end as key, least(rank, ${top + 1})::int4 as rank, at,
           sum(ids)::int4 as ids, sum(ips)::int4 as ips
    from points join ranked using (series_no)
    group by 1, 2, at
    order by 2, at`;
}

/** Points of the network's total over the range, and the last one before it: they show which instants were counted. */
export function selectTotalPoints(sql: Sql, of: CountsOf): Promise<{ at: Date; ids: number }[]> {
  return sql<{ at: Date; ids: number }[]>`
    with series as (
      select series_no from count_series
      where network = ${of.network} and cut = 'total' and key = '{}'
        and population = ${of.population} and time_window = ${of.window}
    )
    (select p.at, p.ids from series s cross join lateral series_points(s.series_no, ${of.resolution}, '-infinity', ${of.from}) p
     order by p.at desc limit 1)
    union all
    select p.at, p.ids from series s cross join lateral series_points(s.series_no, ${of.resolution}, ${of.from}, ${of.to}) p
    order by 1`;
}

/** Instants of the range at which a census ended up at this resolution. */
export async function selectCensusInstants(sql: Sql, of: CountsOf): Promise<Date[]> {
  const instants = {
    census: sql`at`,
    hour: sql`date_trunc('hour', at, 'UTC')`,
    day: sql`date_trunc('day', at, 'UTC')`,
  }[of.resolution];
  const rolled = { census: 0, hour: 1, day: 2 }[of.resolution];
  const rows = await sql<{ at: Date }[]>`
    select distinct ${instants} as at from census_runs
    where at >= ${of.from} and at < ${of.to}
      and ${instants} >= ${of.from}
      and rolled >= ${rolled}
    order by 1`;
  return rows.map((row) => row.at);
}
