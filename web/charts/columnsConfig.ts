import type { ChartConfiguration } from 'chart.js';
import type { Numbers } from '../i18n/numbers.ts';
import type { BarValues } from './bandsConfig.ts';
import { colourOf, font, still, timeTitle, tooltip, valueAxis } from './baseOptions.ts';
import type { Theme } from './theme.ts';
import { formatTimeTick } from './timeTicks.ts';

export interface Column {
  /** Start of its time, ms since the epoch. */
  readonly at: number;
  readonly value: number;
}

/** How often something happened in each hour or day. Columns follow each other without gaps. */
export function columnsConfig(
  columns: readonly Column[],
  label: string,
  theme: Theme,
  narrow: boolean,
  numbers: Numbers,
): ChartConfiguration<'bar', BarValues> {
  const step = (columns[1]?.at ?? 0) - (columns[0]?.at ?? 0);
  return {
    type: 'bar',
    data: {
      labels: columns.map(({ at }) => formatTimeTick(at, step)),
      datasets: [
        {
          data: columns.map(({ value }) => value),
          backgroundColor: colourOf(theme, 0),
          borderRadius: 2,
          barPercentage: 0.8,
          categoryPercentage: 1,
          maxBarThickness: 28,
        },
      ],
    },
    options: {
      ...still,
      events: [...still.events],
      interaction: { mode: 'index', intersect: false },
      scales: {
        x: {
          grid: { display: false },
          border: { color: theme.line },
          ticks: {
            color: theme.inkSoft,
            font: font(theme),
            maxRotation: 0,
            autoSkip: true,
            maxTicksLimit: narrow ? 4 : 8,
          },
        },
        y: { ...valueAxis(theme, false, 'count', numbers), suggestedMax: 4 },
      },
      plugins: {
        tooltip: {
          ...tooltip(theme),
          displayColors: false,
          callbacks: {
            title: ([item]) => timeTitle(columns[item?.dataIndex ?? 0]?.at ?? 0),
            label: (item) => `${label}  ${numbers.count(item.parsed.y ?? 0)}`,
          },
        },
      },
    },
  };
}

/** Every hour or day from `from` to `to`, zero where nothing happened. */
export function fillColumns(
  counted: readonly Column[],
  from: number,
  to: number,
  step: 'hour' | 'day',
): readonly Column[] {
  const size = step === 'hour' ? 3_600_000 : 86_400_000;
  const at = new Map(counted.map((column) => [column.at, column.value]));
  const columns: Column[] = [];
  for (let time = Math.floor(from / size) * size; time < to; time += size) {
    columns.push({ at: time, value: at.get(time) ?? 0 });
  }
  return columns;
}
