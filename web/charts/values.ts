import { formatCount, formatDuration, formatFraction, formatShort } from '../lib/format.ts';

/** What the values of a chart are. `share`: from 0 to 1. `height`: block numbers, far from zero. */
export type ValueKind = 'count' | 'share' | 'height' | 'seconds';

/** One value in words: in legends, tables and tooltips. */
export function formatValue(kind: ValueKind, value: number): string {
  switch (kind) {
    case 'count':
      return formatCount(value);
    case 'share':
      return formatFraction(value);
    case 'height':
      return `#${formatCount(Math.round(value))}`;
    case 'seconds':
      return formatDuration(value);
  }
}

/** The same where there is little room: at an axis. */
export function formatTick(kind: ValueKind, value: number): string {
  switch (kind) {
    case 'count':
      return formatShort(value);
    case 'share':
      return `${Math.round(value * 100)}%`;
    default:
      return formatValue(kind, value);
  }
}
