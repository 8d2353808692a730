import type { Sighting } from './store.ts';
import type { VisitRow } from './visitRow.ts';

/** Two clocks that are apart by less count as equal. */
export const clockToleranceMs = 5_000;

/**
 * A visit as its node may be told of it: not later than now, and with its next one at most the longest wait away. A clock
 * that ran ahead would otherwise keep a node unvisited, and newer facts out, until the time that it told has come. How
 * long the next visit is after this one stays as it is. Pure.
 */
export function boundTimes(row: VisitRow, now: number, longestWaitMs: number): VisitRow {
  const aheadMs = row.at > now + clockToleranceMs ? row.at - now : 0;
  const at = row.at - aheadMs;
  const dueAt = Math.min(row.dueAt - aheadMs, now + longestWaitMs);
  if (aheadMs === 0 && dueAt === row.dueAt) return row;
  return { ...row, at, dueAt };
}

/** A mention as it may be stored, by the same rule. Pure. */
export function boundSighting(sighting: Sighting, now: number, longestWaitMs: number): Sighting {
  const aheadMs = sighting.at > now + clockToleranceMs ? sighting.at - now : 0;
  const dueAt = Math.min(sighting.dueAt - aheadMs, now + longestWaitMs);
  return aheadMs === 0 && dueAt === sighting.dueAt ? sighting : { ...sighting, at: sighting.at - aheadMs, dueAt };
}
