import type { Range } from './router.ts';

const hour = 3_600_000;
const hours: Readonly<Record<Range, number>> = { day: 24, week: 168, month: 720, year: 8_760 };

/** Start of a range that ends now, on a whole hour (a whole day for long ones), so that addresses repeat and caches help. */
export function rangeStart(range: Range, now: number): number {
  const unit = range === 'year' || range === 'month' ? 24 * hour : hour;
  return Math.floor((now - hours[range] * hour) / unit) * unit;
}
