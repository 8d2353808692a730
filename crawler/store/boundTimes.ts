/** Two clocks that are apart by less count as equal. */
export const clockToleranceMs = 5_000;

/**
 * A visit or a mention as its node may be told of it: not later than now, and with its next visit at most the longest wait
 * away. A clock that ran ahead would otherwise keep a node unvisited, and newer facts out, until the time that it told has
 * come. How long the next visit is after this one stays as it is. Pure.
 */
export function boundTimes<T extends { readonly at: number; readonly dueAt: number }>(
  told: T,
  now: number,
  longestWaitMs: number,
): T {
  const aheadMs = told.at > now + clockToleranceMs ? told.at - now : 0;
  const dueAt = Math.min(told.dueAt - aheadMs, now + longestWaitMs);
  return aheadMs === 0 && dueAt === told.dueAt ? told : { ...told, at: told.at - aheadMs, dueAt };
}
