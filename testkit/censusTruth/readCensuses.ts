import type { Sql } from '../../sql/client.ts';
import { type Figures, keyOf } from './trueCounts.ts';

/** What a census says of how much it knows, for one scope, population and window. */
interface CoverageFigures {
  /** A reason, or null where the census stands for all. */
  readonly partial: string | null;
  /** Who may be in the population and was not looked at; null where nobody can say. */
  readonly unknown: Figures | null;
}

export interface PublishedCensus {
  /** ms since the epoch. */
  readonly at: number;
  /** By `keyOf`; zeros are left out. */
  readonly counts: ReadonlyMap<string, Figures>;
  /** By `coverageKey`. */
  readonly coverage: ReadonlyMap<string, CoverageFigures>;
}

const cuts = ['total', 'network', 'client', 'fork_class'];

/** One name for a coverage. */
export function coverageKey(network: string, population: string, window: string): string {
  return [network, population, window].join('|');
}

/** All censuses that a run has published, oldest first. */
export async function readCensuses(sql: Sql): Promise<PublishedCensus[]> {
  const runs = await sql<{ at: Date }[]>`select at from census_runs order by at`;
  const censuses = new Map(
    runs.map(({ at }) => [
      at.getTime(),
      { counts: new Map<string, Figures>(), coverage: new Map<string, CoverageFigures>() },
    ]),
  );
  const points = await sql<
    {
      at: Date;
      network: string;
      population: string;
      window: string;
      cut: string;
      key: string[];
      ids: number;
      ips: number;
    }[]
  >`
    select p.at, s.network, s.population, s.time_window as window, s.cut, s.key, p.ids, p.ips
    from count_points p join count_series s using (series_no)
    where p.resolution = 'census' and s.cut = any(${cuts}) and p.ids > 0`;
  for (const { at, ids, ips, ...series } of points) {
    censuses.get(at.getTime())?.counts.set(keyOf(series), { ids, ips });
  }
  for (const { at, key, figures } of await readCoverage(sql)) censuses.get(at)?.coverage.set(key, figures);
  return [...censuses].map(([at, census]) => ({ at, ...census }));
}

async function readCoverage(sql: Sql): Promise<{ at: number; key: string; figures: CoverageFigures }[]> {
  const [there] = await sql<{ there: boolean }[]>`select to_regclass('coverage_points') is not null as there`;
  if (there?.there !== true) return [];
  const rows = await sql<
    {
      at: Date;
      network: string;
      population: string;
      window: string;
      unknown_ids: number | null;
      unknown_ips: number | null;
      partial: string | null;
    }[]
  >`
    select at, network, population, time_window as window, unknown_ids, unknown_ips, partial
    from coverage_points where resolution = 'census'`;
  return rows.map(({ at, network, population, window, unknown_ids: ids, unknown_ips: ips, partial }) => ({
    at: at.getTime(),
    key: coverageKey(network, population, window),
    figures: { partial, unknown: ids === null || ips === null ? null : { ids, ips } },
  }));
}
