/** When to ask again. Pure: the hook that owns the timers passes in time and randomness. */

export interface PollState {
  /** ms since the epoch of the last try's end; null = never tried. */
  readonly lastEndedAt: number | null;
  /** Failed attempts in a row. */
  readonly failures: number;
  readonly hidden: boolean;
}

export interface PollPlan {
  readonly intervalMs: number;
  readonly maxBackoffMs: number;
}

export const defaultPollPlan: PollPlan = { intervalMs: 30_000, maxBackoffMs: 300_000 };
/** For what may be urgent: an election takes a second. */
export const quickPollPlan: PollPlan = { intervalMs: 5_000, maxBackoffMs: 60_000 };

/**
 * ms to wait before the next attempt; null = none while the page is hidden. `chance` in [0, 1) spreads the attempts of
 * many open pages by up to a tenth.
 */
export function nextPollDelay(state: PollState, now: number, chance: number, plan = defaultPollPlan): number | null {
  if (state.hidden) return null;
  if (state.lastEndedAt === null) return 0;
  const backoff = Math.min(plan.intervalMs * 2 ** Math.min(state.failures, 16), plan.maxBackoffMs);
  const base = state.failures === 0 ? plan.intervalMs : backoff;
  const wait = base * (1 + chance / 10);
  return Math.max(0, Math.round(state.lastEndedAt + wait - now));
}
