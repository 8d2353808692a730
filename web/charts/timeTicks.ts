import { formatDay, formatTime } from '../lib/format.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const steps = [
  minute,
  5 * minute,
  15 * minute,
  30 * minute,
  hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
  2 * day,
  7 * day,
  14 * day,
  28 * day,
  91 * day,
  182 * day,
  364 * day,
];

/** Even ticks on whole UTC units: the smallest step that gives at most `most` of them. Ends are ms since the epoch. */
export function timeTicks(from: number, to: number, most: number): number[] {
  const span = Math.max(0, to - from);
  const step = steps.find((size) => span / size <= most) ?? 364 * day;
  const ticks: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push(at);
  return ticks;
}

/** Clock time if the ticks are closer than a day, otherwise the day; midnight always shows its day. */
export function formatTimeTick(at: number, stepMs: number): string {
  if (stepMs >= day || at % day === 0) {
    const text = formatDay(at);
    return stepMs >= 182 * day ? text.slice(0, 7) : text.slice(5);
  }
  return formatTime(at).slice(0, 5);
}
