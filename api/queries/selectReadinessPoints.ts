import type { Sql } from '../../sql/client.ts';
import type { CountsOf } from './selectCountPoints.ts';

export interface ReadinessPointRow {
  /** Client, or version of the requested client; empty = unknown. */
  readonly name: string;
  readonly at: Date;
  readonly ready: number;
  readonly current: number;
  readonly conflicting: number;
}

/** Nodes on the active fork over time, by client or by version of one client: the largest over the range, in order. */
export function selectReadinessPoints(
  sql: Sql,
  of: CountsOf,
  client: string | null,
  top: number,
): Promise<ReadinessPointRow[]> {
  return sql<ReadinessPointRow[]>`
    with points as materialized (
      select ${client === null ? sql`s.key[1]` : sql`s.key[2]`} as name, s.key[3] as class, p.at, p.ids
      from count_series s cross join lateral (
        select at, ids from series_points(s.series_no, ${of.resolution}, ${of.from}, ${of.to}) offset 0
      ) p
      where s.network = ${of.network} and s.cut = 'client_fork'
        and s.population = ${of.population} and s.time_window = ${of.window} and coalesce(s.ended_at >= ${of.from}, true)
        and s.key[3] in ('ready', 'current', 'conflicting')
        ${client === null ? sql`` : sql`and s.key[1] = ${client}`}
    ),
    ranked as (
      select name, row_number() over (order by sum(ids) desc, name) as rank from points group by name
    )
    select name, at,
      coalesce(sum(ids) filter (where class = 'ready'), 0)::int4 as ready,
      coalesce(sum(ids) filter (where class = 'current'), 0)::int4 as current,
      coalesce(sum(ids) filter (where class = 'conflicting'), 0)::int4 as conflicting
    from points join ranked using (name)
    where rank <= ${top}
    group by rank, name, at
    order by rank, at`;
}
