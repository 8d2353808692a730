import type { ChartConfiguration } from 'chart.js';
import type { Numbers } from '../i18n/numbers.ts';
import type { BarValues } from './bandsConfig.ts';
import { colourOf, still, tooltip, valueLabel } from './baseOptions.ts';
import type { Theme } from './theme.ts';

export interface ShareRow {
  readonly key: string;
  readonly label: string;
  readonly slot: number;
  readonly value: number;
}

/** One bar, divided into the parts of a whole; the table below is its legend. */
export function shareBarConfig(
  rows: readonly ShareRow[],
  theme: Theme,
  numbers: Numbers,
): ChartConfiguration<'bar', BarValues> {
  const whole = rows.reduce((sum, row) => sum + row.value, 0);
  return {
    type: 'bar',
    data: {
      labels: [''],
      datasets: rows.map((row) => ({
        label: row.label,
        data: [row.value],
        backgroundColor: colourOf(theme, row.slot),
        borderColor: theme.surface,
        borderWidth: { left: 0, right: 2, top: 0, bottom: 0 },
        borderSkipped: false,
        barPercentage: 1,
        categoryPercentage: 1,
      })),
    },
    options: {
      ...still,
      events: [...still.events],
      indexAxis: 'y',
      interaction: { mode: 'nearest', axis: 'x', intersect: true },
      scales: {
        x: { display: false, stacked: true, min: 0, max: Math.max(1, whole) },
        y: { display: false, stacked: true },
      },
      plugins: {
        tooltip: {
          ...tooltip(theme),
          callbacks: {
            title: () => '',
            label: (item) =>
              `${valueLabel(item.dataset.label ?? '', item.parsed.x ?? 0, 'count', numbers)}  ·  ${numbers.share(item.parsed.x ?? 0, whole)}`,
          },
        },
      },
    },
  };
}
