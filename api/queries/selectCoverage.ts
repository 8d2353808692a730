import type { Sql } from '../../sql/client.ts';
import type { CountWindow, PartialReason, Population } from '../contract/common.ts';
import type { CountsOf } from './selectCountPoints.ts';

export interface CoverageRow {
  readonly due: number;
  readonly looked: number;
  readonly watched: number;
  /** null = an earlier version did not tell. */
  readonly unknownIds: number | null;
  readonly unknownIps: number | null;
  /** Of what the population is a part; null = of none. */
  readonly wholeIds: number | null;
  readonly wholeIps: number | null;
  readonly partial: PartialReason | null;
}

export interface CurrentCoverageRow extends CoverageRow {
  readonly network: string;
  readonly population: Population;
  readonly window: CountWindow;
}

/** What the counts of a range stand on, in order of time. */
export function selectCoveragePoints(
  sql: Sql,
  of: Omit<CountsOf, 'cut'>,
): Promise<(CoverageRow & { readonly at: Date })[]> {
  return sql<(CoverageRow & { at: Date })[]>`
    select ${columns(sql)}, c.at from coverage_points c
    where c.network = ${of.network} and c.population = ${of.population} and c.time_window = ${of.window}
      and c.resolution = ${of.resolution} and c.at >= ${of.from} and c.at < ${of.to}
    order by c.at`;
}

/** What the counts of the newest census stand on, of one network or of all of them. */
export function selectCurrentCoverage(sql: Sql, network: string | null): Promise<CurrentCoverageRow[]> {
  return sql<CurrentCoverageRow[]>`
    select ${columns(sql)}, c.network, c.population, c.time_window as "window" from coverage_points c
    where c.resolution = 'census' and c.at = (select max(at) from census_runs)
      ${network === null ? sql`` : sql`and c.network = ${network}`}`;
}

function columns(sql: Sql) {
  return sql`
    c.due, c.looked, c.watched, c.unknown_ids as "unknownIds", c.unknown_ips as "unknownIps",
    c.whole_ids as "wholeIds", c.whole_ips as "wholeIps", c.partial`;
}
