import type { Coverage, Figures } from '../contract/common.ts';
import type { CoverageRow } from '../queries/selectCoverage.ts';

/** null = no census, or one of a version that did not note it. */
export function toCoverage(row: CoverageRow | undefined): Coverage | null {
  if (row === undefined) return null;
  const { due, looked, watched, unknownIds, unknownIps, partial } = row;
  return { due, looked, watched: round(watched), unknown: toFigures(unknownIds, unknownIps), partial };
}

/** Of what a population is a part. */
export function toWhole(row: CoverageRow | undefined): Figures | null {
  return row === undefined ? null : toFigures(row.wholeIds, row.wholeIps);
}

/** Share of what was due that was looked at; where nothing was due, nothing was missed. */
export function coverageShare({ due, looked }: Pick<CoverageRow, 'due' | 'looked'>): number {
  return due === 0 ? 1 : looked / due;
}

function toFigures(ids: number | null, ips: number | null): Figures | null {
  return ids === null || ips === null ? null : { ids, ips };
}

/** A share of hours needs no more. */
function round(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}
