/**
 * When a series disappears, the store writes one zero and then nothing. So a missing point is either a zero (a census ran
 * and found none) or a gap (none ran). This module tells the two apart.
 */

export interface Point {
  readonly at: Date;
  readonly ids: number;
  readonly ips: number;
}

/**
 * Instants that were counted. `totals` are the points of the network's total in order, beginning with the last one before
 * the range if there is one; `censuses` are the instants at which any census ended. A census counts for the network if
 * its total has a point there or was zero before: zeros after the first are not stored.
 */
export function countedInstants(
  totals: readonly { readonly at: Date; readonly ids: number }[],
  censuses: readonly Date[],
  from: Date,
): number[] {
  const counted = new Set(totals.map(({ at }) => at.getTime()).filter((at) => at >= from.getTime()));
  let index = 0;
  for (const census of censuses) {
    while (index < totals.length && (totals[index]?.at ?? census) <= census) index++;
    if (totals[index - 1]?.ids === 0) counted.add(census.getTime());
  }
  return [...counted].sort((a, b) => a - b);
}

/** The series with a point at each counted instant, and none elsewhere but its own. */
export function fillGaps(points: readonly Point[], counted: readonly number[]): Point[] {
  const own = new Map(points.map((point) => [point.at.getTime(), point]));
  const instants = new Set([...counted, ...own.keys()]);
  return [...instants].sort((a, b) => a - b).map((at) => own.get(at) ?? { at: new Date(at), ids: 0, ips: 0 });
}
