import { windowMs } from '../../lib/countWindows.ts';
import type { SchedulePolicy } from './backoff.ts';

/**
 * How schedules fit the windows by which nodes are counted. A node that is looked at less often than a window is long
 * falls out of its counts and comes back, though nothing about it has changed: the counts swing.
 */

export type CountWindow = keyof typeof windowMs;

/** A visit waits for its turn, answers take their time, and a crawler may be restarted in between. */
export const slackMs = 5 * 60_000;

/** What a node is looked at for, and by which schedule. */
export type LookKind = 'visit' | 'dialOfFull' | 'visitOfSilent' | 'visitOfNamed';

export interface ScheduleSettings extends SchedulePolicy {
  /** A node stays claimed for so long by a crawler that has died, ms. */
  readonly leaseMs: number;
}

/**
 * The longest time between two looks of each kind, ms, with jitter, what a dead crawler holds, and slack. Of a node that
 * falls silent it is that while the window of that length still counts it. Pure.
 */
export function longestGapMs(kind: LookKind, settings: ScheduleSettings, countedForMs: number): number {
  const { revisitMs, jitter, fullMs, fullJitter, namedMs, minBackoffMs, maxBackoffMs, absenceFactor } = settings;
  const late = settings.leaseMs + slackMs;
  switch (kind) {
    case 'visit':
      return revisitMs * (1 + jitter) + late;
    case 'dialOfFull':
      return fullMs * (1 + fullJitter) + late;
    case 'visitOfSilent':
      return Math.min(maxBackoffMs, Math.max(minBackoffMs, countedForMs * absenceFactor)) * (1 + jitter) + late;
    case 'visitOfNamed':
      return namedMs * (1 + jitter) + late;
  }
}

export interface Misfit {
  readonly kind: LookKind;
  readonly window: CountWindow;
  readonly gapMs: number;
}

const kinds: readonly LookKind[] = ['visit', 'dialOfFull', 'visitOfSilent', 'visitOfNamed'];

/** The schedules that are longer than a window. Counts over such a window say that it is not covered. Pure. */
export function misfitsOf(settings: ScheduleSettings): Misfit[] {
  return (['now', 'day'] as const).flatMap((window) =>
    kinds.flatMap((kind) => {
      const gapMs = longestGapMs(kind, settings, windowMs[window]);
      return gapMs <= windowMs[window] ? [] : [{ kind, window, gapMs }];
    }),
  );
}

/** The longest time between visits with which a window is still covered, ms. Pure. */
export function longestRevisitMs(window: CountWindow, { jitter, leaseMs }: ScheduleSettings): number {
  const mostMs = (windowMs[window] - leaseMs - slackMs) / (1 + jitter);
  return Math.max(0, Math.floor(mostMs / 60_000) * 60_000);
}
