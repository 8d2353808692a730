import { CronTimes, isCron } from './cronTimes.ts';
import { formatDuration, parseDuration } from './duration.ts';

/** When something is done again and again, in UTC. */
export interface Timetable {
  /** The first time after `after`, both ms since the epoch. */
  next(after: number): number;
  /** The longest time from one run to the next, ms. */
  readonly longestGapMs: number;
}

const minMs = 1_000;
const maxMs = 86_400_000;

/** What a text must be for `parseTimetable`, as the end of "give …". */
export const timetableText = `a duration from ${formatDuration(minMs)} to ${formatDuration(maxMs)} with its unit, such as 10m or 6h, or a cron expression of five or six fields`;

/**
 * A duration such as `10m` means the whole multiples of it since the epoch, so that all who follow it do so at the same
 * times; anything else is a cron expression.
 * @throws RangeError for what is neither
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
