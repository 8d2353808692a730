import type { Sql } from '../../sql/client.ts';
import type { CountWindow, Cut, Population } from '../contract/common.ts';

export interface CountRow {
  readonly key: readonly string[];
  readonly ids: number;
  readonly ips: number;
}

export interface TotalRow {
  readonly population: Population;
  readonly window: CountWindow;
  readonly ids: number;
  readonly ips: number;
}

/** One cut at the newest census, the largest first, without zeros. */
export function selectCurrentCounts(
  sql: Sql,
  of: { network: string; cut: Cut; population: Population; window: CountWindow },
): Promise<CountRow[]> {
  return sql<CountRow[]>`
    select key, ids, ips from current_counts
    where network = ${of.network} and cut = ${of.cut} and population = ${of.population} and time_window = ${of.window}
    order by ids desc, key`;
}

/** Every population and window of a network at the newest census, without zeros. */
export function selectCurrentTotals(sql: Sql, network: string): Promise<TotalRow[]> {
  return sql<TotalRow[]>`
    select population, time_window as "window", ids, ips from current_counts
    where network = ${network} and cut = 'total'`;
}
