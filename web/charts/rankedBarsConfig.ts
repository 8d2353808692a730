import type { ChartConfiguration } from 'chart.js';
import type { Numbers } from '../i18n/numbers.ts';
import type { BarValues } from './bandsConfig.ts';
import { colourOf, font, still, tooltip } from './baseOptions.ts';
import type { ShareRow } from './shareBarConfig.ts';
import type { Theme } from './theme.ts';

/** Bars for comparison, one per row, in the given order. */
export function rankedBarsConfig(
  rows: readonly ShareRow[],
  theme: Theme,
  numbers: Numbers,
): ChartConfiguration<'bar', BarValues> {
  const whole = rows.reduce((sum, row) => sum + row.value, 0);
  return {
    type: 'bar',
    data: {
      labels: rows.map((row) => row.label),
      datasets: [
        {
          data: rows.map((row) => row.value),
          backgroundColor: rows.map((row) => colourOf(theme, row.slot)),
          borderRadius: 3,
          barPercentage: 0.72,
          categoryPercentage: 1,
          maxBarThickness: 22,
        },
      ],
    },
    options: {
      ...still,
      events: [...still.events],
      indexAxis: 'y',
      interaction: { mode: 'index', axis: 'y', intersect: false },
      scales: {
        x: {
          beginAtZero: true,
          grid: { color: theme.line, drawTicks: false },
          border: { display: false },
          ticks: {
            color: theme.inkSoft,
            font: font(theme),
            maxTicksLimit: 6,
            precision: 0,
            maxRotation: 0,
            callback: (value) => numbers.short(Number(value)),
          },
        },
        y: {
          grid: { display: false },
          border: { color: theme.line },
          ticks: { color: theme.ink, font: { family: theme.font, size: 12 }, autoSkip: false },
        },
      },
      plugins: {
        tooltip: {
          ...tooltip(theme),
          displayColors: false,
          callbacks: {
            label: (item) => `${numbers.count(item.parsed.x ?? 0)}  ·  ${numbers.share(item.parsed.x ?? 0, whole)}`,
          },
        },
      },
    },
  };
}
