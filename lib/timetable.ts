import { CronTimes, isCron } from './cronTimes.ts';
import { formatDuration, parseDuration } from './duration.ts';

/** The times at which something is done again and again, in UTC. */
export interface Timetable {
  /** The first time after `after`, both ms since the epoch. */
  next(after: number): number;
  /** The longest time from one run to the next, ms. */
  readonly longestGapMs: number;
}

const minMs = 1_000;
const maxMs = 86_400_000;

/** What `parseTimetable` accepts, as the end of "give …". */
export const timetableText = `a duration from ${formatDuration(minMs)} to ${formatDuration(maxMs)} with its unit, such as 10m or 6h, or a cron expression of five or six fields`;

/**
 * A duration such as `10m` means its whole multiples since the epoch, so that all processes with this setting act at the
 * same times. Anything else must be a cron expression.
 * @throws RangeError if it is neither
 */
export function parseTimetable(text: string): Timetable {
  const everyMs = parseDuration(text);
  if (everyMs !== null && everyMs >= minMs && everyMs <= maxMs) {
    return { next: (after) => (Math.floor(after / everyMs) + 1) * everyMs, longestGapMs: everyMs };
  }
  if (everyMs !== null || !isCron(text)) throw new RangeError(`not a timetable; give ${timetableText}`);
  return new CronTimes(text);
}

export function isTimetable(text: string): boolean {
  const everyMs = parseDuration(text);
  return everyMs === null ? isCron(text) : everyMs >= minMs && everyMs <= maxMs;
}
