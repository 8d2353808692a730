/** When to restart a child that has ended. Pure: time and randomness are passed in. */
import { type BackoffPolicy, backoffMs, spreadMs } from '../../lib/backoff.ts';

export interface ChildHistory {
  /** ms since the epoch. */
  readonly startedAt: number;
  /** Ends in a row, each soon after its start, before this one. */
  readonly failures: number;
}

export interface RestartPlan {
  readonly delayMs: number;
  /** To be passed on to the next plan. */
  readonly failures: number;
  /** True when somebody should look: it keeps ending soon after its start. */
  readonly alarming: boolean;
}

export const restartBackoff: BackoffPolicy = { firstMs: 500, maxMs: 30_000 };
/** So many machines do not restart in step. */
const restartSpread = { least: 0.5, most: 1 };
/** A child that ran this long had started successfully, so its end starts a new count. */
export const steadyAfterMs = 60_000;
const alarmingFailures = 5;

/** `chance` in [0, 1) spreads the delay over its upper half. */
export function planRestart(now: number, history: ChildHistory, chance: number): RestartPlan {
  const steady = now - history.startedAt >= steadyAfterMs;
  const failures = steady ? 1 : history.failures + 1;
  const delayMs = spreadMs(backoffMs(restartBackoff, failures), restartSpread, chance);
  return { delayMs, failures, alarming: failures >= alarmingFailures };
}
