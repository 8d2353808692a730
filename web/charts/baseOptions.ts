import type { ScaleOptionsByType, TooltipOptions } from 'chart.js';
import type { Numbers } from '../i18n/numbers.ts';
import { formatMinute } from '../lib/format.ts';
import { untoldSlot } from './seriesColours.ts';
import type { Theme } from './theme.ts';
import { formatTimeTick, timeTicks } from './timeTicks.ts';
import { formatTick, formatValue, type ValueKind } from './values.ts';

type LinearOptions = ScaleOptionsByType<'linear'>;
type Callable = (...args: never[]) => unknown;
type Partly<T> = T extends Callable | readonly unknown[]
  ? T
  : T extends object
    ? { [Key in keyof T]?: Partly<T[Key]> }
    : T;

/** Shared by all charts. Nothing moves: a number that changes must not distract from one that does not. */
export const still = {
  responsive: true,
  maintainAspectRatio: false,
  animation: false,
  events: ['mousemove', 'mouseout', 'touchstart', 'touchmove'],
} as const;

export function colourOf(theme: Theme, slot: number): string {
  return theme.series[slot] ?? (slot === untoldSlot ? theme.untold : theme.other);
}

/** The same colour with transparency: `rgb(a, b, c)` as computed by browsers, or `#rrggbb`. */
export function fade(colour: string, alpha: number): string {
  const parts = /^rgba?\((\d+),\s*(\d+),\s*(\d+)/.exec(colour);
  if (parts !== null) return `rgba(${parts[1]}, ${parts[2]}, ${parts[3]}, ${alpha})`;
  const hex = /^#([0-9a-f]{6})$/i.exec(colour)?.[1];
  if (hex === undefined) return colour;
  return `#${hex}${Math.round(alpha * 255)
    .toString(16)
    .padStart(2, '0')}`;
}

export function font(theme: Theme): { family: string; size: number } {
  return { family: theme.font, size: 11 };
}

/** Time runs on a plain linear scale in ms; ticks fall on whole UTC units. */
export function timeAxis(
  theme: Theme,
  from: number,
  to: number,
  narrow: boolean,
): Partly<LinearOptions> & { type: 'linear' } {
  const ticks = timeTicks(from, to, narrow ? 4 : 8);
  const step = (ticks[1] ?? to) - (ticks[0] ?? from);
  return {
    type: 'linear',
    min: from,
    max: to,
    grid: { display: false },
    border: { color: theme.line },
    afterBuildTicks: (axis) => {
      axis.ticks = ticks.map((value) => ({ value }));
    },
    ticks: {
      color: theme.inkSoft,
      font: font(theme),
      maxRotation: 0,
      autoSkip: false,
      callback: (value) => formatTimeTick(Number(value), step),
    },
  };
}

export function valueAxis(
  theme: Theme,
  stacked: boolean,
  kind: ValueKind,
  numbers: Numbers,
): Partly<LinearOptions> & { type: 'linear' } {
  return {
    type: 'linear',
    stacked,
    // On an axis from zero, a head's progress since yesterday would be a flat line.
    beginAtZero: kind !== 'height',
    ...(kind === 'share' ? { min: 0, max: 1 } : {}),
    position: 'right',
    ...(kind === 'share' ? {} : { grace: '4%' }),
    grid: { color: theme.line, drawTicks: false },
    border: { display: false },
    ticks: {
      color: theme.inkSoft,
      font: font(theme),
      padding: 6,
      maxTicksLimit: 5,
      ...(kind === 'share' ? {} : { precision: 0 }),
      callback: (value) => formatTick(kind, Number(value), numbers),
    },
  };
}

export function tooltip(theme: Theme): Partly<TooltipOptions> {
  return {
    backgroundColor: theme.surface,
    titleColor: theme.inkSoft,
    bodyColor: theme.ink,
    footerColor: theme.inkSoft,
    borderColor: theme.line,
    borderWidth: 1,
    cornerRadius: 6,
    padding: 10,
    boxPadding: 6,
    boxWidth: 8,
    boxHeight: 8,
    titleFont: { ...font(theme), weight: 'normal' },
    bodyFont: { family: theme.font, size: 12 },
    footerFont: { ...font(theme), weight: 'normal' },
  };
}

export function timeTitle(ms: number): string {
  return `${formatMinute(ms)} UTC`;
}

export function valueLabel(label: string, value: number, kind: ValueKind, numbers: Numbers): string {
  return ` ${label}  ${formatValue(kind, value, numbers)}`;
}
