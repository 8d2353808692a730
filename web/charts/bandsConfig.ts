import type { ChartConfiguration } from 'chart.js';
import { formatInstant } from '../lib/format.ts';
import { colourOf, fade, font, still, timeAxis, tooltip } from './baseOptions.ts';
import type { Theme } from './theme.ts';

/** A span of time in one lane. */
export interface Band {
  /** ms since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly lane: string;
  /** -1 = the colour for what should not be; null = the one for what is not known. */
  readonly slot: number | null;
  /** Drawn paler: not confirmed. */
  readonly faint: boolean;
  /** What the tooltip says in addition to the times. */
  readonly label: string;
}

interface BandPoint {
  readonly x: [number, number];
  readonly y: string;
}

/** A length at a place of a linear axis. */
interface ColumnPoint {
  readonly x: number;
  readonly y: number;
}

/** What bars are drawn from: lengths, or spans in lanes. */
export type BarValues = (number | BandPoint | ColumnPoint)[];

/** Spans in lanes over time: who led when. Each is at least a few pixels wide, so that none is missed. */
export function bandsConfig(
  data: {
    readonly lanes: readonly string[];
    readonly bands: readonly Band[];
    readonly from: number;
    readonly to: number;
  },
  theme: Theme,
  narrow: boolean,
): ChartConfiguration<'bar', BarValues> {
  const { lanes, bands, from, to } = data;
  const colours = bands.map(({ slot, faint }) => {
    const colour = slot === null ? theme.untold : slot < 0 ? theme.bad : colourOf(theme, slot);
    return faint ? fade(colour, 0.45) : colour;
  });
  return {
    type: 'bar',
    data: {
      labels: [...lanes],
      datasets: [
        {
          data: bands.map((band) => ({ x: [band.from, band.to], y: band.lane })),
          backgroundColor: colours,
          borderSkipped: false,
          borderRadius: 2,
          barPercentage: 0.62,
          categoryPercentage: 1,
          maxBarThickness: 22,
          minBarLength: 3,
        },
      ],
    },
    options: {
      ...still,
      events: [...still.events],
      indexAxis: 'y',
      interaction: { mode: 'nearest', axis: 'xy', intersect: true },
      scales: {
        x: timeAxis(theme, from, to, narrow),
        y: {
          type: 'category',
          labels: [...lanes],
          grid: { color: theme.line },
          border: { display: false },
          ticks: { color: theme.ink, font: { ...font(theme), size: 12 }, autoSkip: false },
        },
      },
      plugins: {
        tooltip: {
          ...tooltip(theme),
          displayColors: false,
          callbacks: {
            title: () => '',
            label: ({ dataIndex }) => bands[dataIndex]?.label ?? '',
            footer: ([item]) => {
              const band = bands[item?.dataIndex ?? -1];
              return band === undefined ? '' : `${formatInstant(band.from)}\n${formatInstant(band.to)}`;
            },
          },
        },
      },
    },
  };
}
