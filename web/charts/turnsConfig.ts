import type { ChartConfiguration } from 'chart.js';
import type { BarValues } from './bandsConfig.ts';
import { colourOf, fade, font, still, tooltip } from './baseOptions.ts';
import type { Theme } from './theme.ts';

/** A block's place in the lane of whoever sealed it, or of whoever let the turn before it pass. */
export interface Turn {
  /** Number of the column, from 0. */
  readonly column: number;
  readonly lane: string;
  readonly slot: number;
  readonly missed: boolean;
  /** Lines of the tooltip. */
  readonly told: readonly string[];
}

/** What stands below a column: few of them do. */
export interface ColumnTick {
  readonly column: number;
  readonly label: readonly string[];
}

/** Part of a column that a block fills. */
const filled = 0.84;

/** Who sealed which block: a lane each, a column a block. A missed turn is an empty box in the colour of what should not be. */
export function turnsConfig(
  data: {
    readonly lanes: readonly string[];
    readonly columns: number;
    readonly turns: readonly Turn[];
    readonly ticks: readonly ColumnTick[];
    /** Room for the names of lanes, in pixels: so much as the chart below leaves too. */
    readonly margin: number;
  },
  theme: Theme,
): ChartConfiguration<'bar', BarValues> {
  const { lanes, columns, turns } = data;
  return {
    type: 'bar',
    data: {
      labels: [...lanes],
      datasets: [
        {
          data: turns.map(({ column, lane }) => ({ x: [column - filled / 2, column + filled / 2], y: lane })),
          backgroundColor: turns.map(({ slot, missed }) => (missed ? fade(theme.bad, 0.12) : colourOf(theme, slot))),
          borderColor: turns.map(({ missed }) => (missed ? theme.bad : 'transparent')),
          borderWidth: turns.map(({ missed }) => (missed ? 1.5 : 0)),
          borderSkipped: false,
          borderRadius: 1,
          barPercentage: 0.7,
          categoryPercentage: 1,
          maxBarThickness: 20,
        },
      ],
    },
    options: {
      ...still,
      events: [...still.events],
      indexAxis: 'y',
      interaction: { mode: 'nearest', axis: 'xy', intersect: true },
      scales: {
        x: columnAxis(columns, data.ticks, theme),
        y: {
          type: 'category',
          labels: [...lanes],
          grid: { color: theme.line },
          border: { display: false },
          afterFit: (axis) => {
            axis.width = data.margin;
          },
          ticks: { color: theme.ink, font: { ...font(theme), size: 12 }, autoSkip: lanes.length > 24 },
        },
      },
      plugins: {
        tooltip: {
          ...tooltip(theme),
          displayColors: false,
          callbacks: { title: () => '', label: ({ dataIndex }) => [...(turns[dataIndex]?.told ?? [])] },
        },
      },
    },
  };
}

/** A linear axis with a place for each block. */
export function columnAxis(columns: number, ticks: readonly ColumnTick[], theme: Theme) {
  const labels = new Map(ticks.map(({ column, label }) => [column, [...label]]));
  return {
    type: 'linear' as const,
    min: -0.5,
    max: Math.max(columns, 1) - 0.5,
    // Without it, a chart of columns leaves half a column free on both sides, and one of lanes none.
    offset: false,
    grid: { display: false, offset: false },
    border: { color: theme.line },
    afterBuildTicks: (axis: { ticks: { value: number }[] }) => {
      axis.ticks = ticks.map(({ column }) => ({ value: column }));
    },
    ticks: {
      color: theme.inkSoft,
      font: font(theme),
      maxRotation: 0,
      autoSkip: false,
      callback: (value: number | string) => labels.get(Number(value)) ?? '',
    },
  };
}
