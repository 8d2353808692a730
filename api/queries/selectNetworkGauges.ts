import type { Sql } from '../../sql/client.ts';
import type { CountWindow, Population } from '../contract/common.ts';

export interface GaugeRow {
  readonly network: string;
  readonly cut: 'total' | 'client' | 'fork_id' | 'fork_class' | 'identity';
  readonly population: Population;
  readonly window: CountWindow;
  /** The whole key, but only the hash of a fork ID. */
  readonly key: string;
  readonly ids: number;
  readonly ips: number;
}

/**
 * What the network metrics are made from: all totals, and a population and window for each other cut. Where nobody is
 * alive, as on a network of static nodes without UDP, forks are those of reachable nodes.
 */
export function selectNetworkGauges(sql: Sql): Promise<GaugeRow[]> {
  return sql<GaugeRow[]>`
    with newest as materialized (
      select network, cut, population, time_window, key, ids, ips from current_counts
      where cut in ('total', 'client', 'fork_id', 'fork_class', 'identity')
    ), told as (
      select network, case when sum(ids) filter (where population = 'alive') > 0 then 'alive' else 'reachable' end as population
      from newest where cut = 'total' and time_window = 'day' group by 1
    )
    select network, cut, c.population, time_window as "window", coalesce(key[1], '') as key,
           sum(ids)::int4 as ids, sum(ips)::int4 as ips
    from newest c left join told t using (network)
    where cut = 'total'
       or (cut = 'client' and c.population = 'identified' and time_window = 'day')
       or (cut in ('fork_id', 'fork_class', 'identity') and c.population = coalesce(t.population, 'alive') and time_window = 'day')
    group by 1, 2, 3, 4, 5`;
}
