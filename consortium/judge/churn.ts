import type { RaftSource } from './raftEvent.ts';

/** Most changes kept per source: far more than any window needs, because each takes an election of at least a second. */
export const maxKeptChanges = 10_000;

/** Recent leader changes by where they were seen, and whether they are too many. */
export interface Churn {
  /** BOUNDED: by the window and by maxKeptChanges. */
  readonly changes: Readonly<Record<RaftSource | 'single', readonly number[]>>;
  readonly on: boolean;
  /** Since when the count is below the threshold, while `on`. */
  readonly belowSince: number | null;
}

export const quietChurn: Churn = { changes: { rpc: [], chain: [], log: [], single: [] }, on: false, belowSince: null };

/** Churn as an earlier run left it. */
export function resumeChurn(changes: Omit<Churn['changes'], 'log'>, on: boolean): Churn {
  return { changes: { ...changes, log: [] }, on, belowSince: null };
}

export function addChange(churn: Churn, source: RaftSource | 'single', at: number): Churn {
  const changes = [...churn.changes[source], at].slice(-maxKeptChanges);
  return { ...churn, changes: { ...churn.changes, [source]: changes } };
}

/** More than a healthy rolling restart causes, which is at most one change per voter. */
export function defaultChurnThreshold(voters: number): number {
  return Math.max(4, voters + 1);
}

/**
 * Counts the changes within the window that ends at `now`, separately by source because the sources see the same
 * elections, and takes the largest. Ends only after a whole window below the threshold.
 */
export function readChurn(
  churn: Churn,
  now: number,
  windowMs: number,
  threshold: number,
): { readonly churn: Churn; readonly count: number; readonly turned: 'started' | 'ended' | null } {
  const recent = (times: readonly number[]): readonly number[] => times.filter((at) => at > now - windowMs);
  const { rpc, chain, log, single } = churn.changes;
  const changes = { rpc: recent(rpc), chain: recent(chain), log: recent(log), single: recent(single) };
  const count = Math.max(...Object.values(changes).map((times) => times.length));
  if (count >= threshold) {
    return { churn: { changes, on: true, belowSince: null }, count, turned: churn.on ? null : 'started' };
  }
  if (!churn.on) return { churn: { changes, on: false, belowSince: null }, count, turned: null };
  const belowSince = churn.belowSince ?? now;
  if (now - belowSince < windowMs) return { churn: { changes, on: true, belowSince }, count, turned: null };
  return { churn: { changes, on: false, belowSince: null }, count, turned: 'ended' };
}
