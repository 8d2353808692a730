import { coverageKey, type PublishedCensus } from './readCensuses.ts';
import type { Figures } from './trueCounts.ts';

/** A count of an unmarked census that is off by more than it says. */
export interface WrongCount {
  /** ms since the epoch. */
  readonly at: number;
  readonly key: string;
  readonly figure: keyof Figures;
  readonly published: number;
  readonly truth: number;
  /** What it may be off by: its unknown share, or half a per cent. */
  readonly allowed: number;
}

/** How the counts of one population, window and cut compare with the truth, over all censuses of a run. */
export interface ErrorRow {
  readonly population: string;
  readonly window: string;
  readonly cut: string;
  readonly figure: keyof Figures;
  /** Counts of censuses that are not marked, and that are. */
  readonly complete: number;
  readonly partial: number;
  readonly wrong: number;
  /** Of the complete ones, |published − truth|: on average, at most, and the most in per cent of the truth. */
  readonly meanError: number;
  readonly maxError: number;
  readonly maxPercent: number;
  /** Mean of published − truth: negative = it counts too few. */
  readonly bias: number;
  readonly meanTruth: number;
  /** Mean of what the complete ones say that they do not know. */
  readonly meanUnknown: number;
}

const tolerance = 0.005;

type Tally = { -readonly [K in keyof ErrorRow]: ErrorRow[K] };

/** Compares each published count with the truth of its moment. */
export function compareCensuses(
  censuses: readonly PublishedCensus[],
  truthAt: (at: number) => ReadonlyMap<string, Figures>,
): { readonly rows: readonly ErrorRow[]; readonly wrong: readonly WrongCount[] } {
  const rows = new Map<string, Tally>();
  const wrong: WrongCount[] = [];
  for (const census of censuses) {
    const truth = truthAt(census.at);
    for (const key of new Set([...truth.keys(), ...census.counts.keys()])) {
      const [network = '', population = '', window = '', cut = ''] = key.split('|');
      const coverage = census.coverage.get(coverageKey(network, population, window));
      for (const figure of ['ids', 'ips'] as const) {
        const published = census.counts.get(key)?.[figure] ?? 0;
        const real = truth.get(key)?.[figure] ?? 0;
        const row = rowOf(rows, { population, window, cut, figure });
        if (coverage !== undefined && coverage.partial !== null) {
          row.partial += 1;
          continue;
        }
        const unknown = unknownOf(census, key, figure);
        const allowed = Math.max(tolerance * real, unknown);
        const error = Math.abs(published - real);
        row.complete += 1;
        row.meanError += error;
        row.bias += published - real;
        row.meanTruth += real;
        row.meanUnknown += unknown;
        row.maxError = Math.max(row.maxError, error);
        row.maxPercent = Math.max(row.maxPercent, (100 * error) / Math.max(1, real));
        if (error <= allowed) continue;
        row.wrong += 1;
        wrong.push({ at: census.at, key, figure, published, truth: real, allowed });
      }
    }
  }
  for (const row of rows.values()) {
    const { complete } = row;
    if (complete === 0) continue;
    for (const field of ['meanError', 'bias', 'meanTruth', 'meanUnknown'] as const) row[field] /= complete;
  }
  return { rows: [...rows.values()], wrong };
}

/**
 * What the census says that it does not know of a count. Of all nodes by network: what it does not know of that network;
 * a mere name that is on none may be on any.
 */
function unknownOf({ coverage }: PublishedCensus, key: string, figure: keyof Figures): number {
  const [network = '', population = '', window = '', cut, value = ''] = key.split('|');
  const of = (scope: string): number => coverage.get(coverageKey(scope, population, window))?.unknown?.[figure] ?? 0;
  if (cut !== 'network') return of(network);
  if (coverage.has(coverageKey(value, population, window))) return of(value);
  if (population !== 'seen') return of(network);
  const scopes = new Set([...coverage.keys()].map((name) => name.split('|', 1)[0] ?? ''));
  scopes.delete(network);
  return [...scopes].reduce((sum, scope) => sum + of(scope), of(network));
}

function rowOf(rows: Map<string, Tally>, name: Pick<ErrorRow, 'population' | 'window' | 'cut' | 'figure'>): Tally {
  const key = Object.values(name).join('|');
  let row = rows.get(key);
  if (row === undefined) {
    row = {
      ...name,
      complete: 0,
      partial: 0,
      wrong: 0,
      meanError: 0,
      maxError: 0,
      maxPercent: 0,
      bias: 0,
      meanTruth: 0,
      meanUnknown: 0,
    };
    rows.set(key, row);
  }
  return row;
}
