import type { ChartConfiguration } from 'chart.js';
import type { Numbers } from '../i18n/numbers.ts';
import type { BarValues } from './bandsConfig.ts';
import { colourOf, still, tooltip, valueAxis } from './baseOptions.ts';
import type { Theme } from './theme.ts';
import { type ColumnTick, columnAxis } from './turnsConfig.ts';

/** How long a block came after the one before it. */
export interface Pause {
  readonly column: number;
  readonly seconds: number;
  /** A round change or a missed turn stood before it. */
  readonly late: boolean;
  /** Lines of the tooltip. */
  readonly told: readonly string[];
}

/** Seconds before each block, in the columns of the chart of turns. */
export function pausesConfig(
  data: {
    readonly columns: number;
    readonly pauses: readonly Pause[];
    readonly ticks: readonly ColumnTick[];
    readonly margin: number;
  },
  theme: Theme,
  numbers: Numbers,
): ChartConfiguration<'bar', BarValues> {
  const { columns, pauses } = data;
  return {
    type: 'bar',
    data: {
      datasets: [
        {
          data: pauses.map(({ column, seconds }) => ({ x: column, y: seconds })),
          backgroundColor: pauses.map(({ late }) => (late ? theme.bad : colourOf(theme, -1))),
          borderRadius: 1,
          minBarLength: 2,
          grouped: false,
          barPercentage: 0.84,
          categoryPercentage: 1,
        },
      ],
    },
    options: {
      ...still,
      events: [...still.events],
      interaction: { mode: 'nearest', axis: 'x', intersect: false },
      scales: {
        x: columnAxis(columns, data.ticks, theme),
        y: {
          ...valueAxis(theme, false, 'seconds', numbers),
          position: 'left',
          afterFit: (axis) => {
            axis.width = data.margin;
          },
        },
      },
      plugins: {
        tooltip: {
          ...tooltip(theme),
          displayColors: false,
          callbacks: { title: () => '', label: ({ dataIndex }) => [...(pauses[dataIndex]?.told ?? [])] },
        },
      },
    },
  };
}
