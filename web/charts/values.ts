import type { Numbers } from '../i18n/numbers.ts';

/** What the values of a chart are. `share`: from 0 to 1. `height`: block numbers, far from zero. */
export type ValueKind = 'count' | 'share' | 'height' | 'seconds';

/** One value as text, for legends, tables and tooltips. */
export function formatValue(kind: ValueKind, value: number, numbers: Numbers): string {
  switch (kind) {
    case 'count':
      return numbers.count(value);
    case 'share':
      return numbers.fraction(value);
    case 'height':
      return `#${numbers.count(Math.round(value))}`;
    case 'seconds':
      return numbers.duration(value);
  }
}

/** The same where there is little room: on an axis. */
export function formatTick(kind: ValueKind, value: number, numbers: Numbers): string {
  switch (kind) {
    case 'count':
      return numbers.short(value);
    case 'share':
      return `${Math.round(value * 100)}%`;
    default:
      return formatValue(kind, value, numbers);
  }
}
