import type { ChartConfiguration, Point } from 'chart.js';
import type { Numbers } from '../i18n/numbers.ts';
import { colourOf, fade, still, timeAxis, timeTitle, tooltip, valueAxis, valueLabel } from './baseOptions.ts';
import type { Theme } from './theme.ts';
import type { ChartMark, ChartSeries, TimeChartData } from './timeSeries.ts';
import type { ValueKind } from './values.ts';

export interface TimeChartOptions {
  /** Fewer ticks, for phones. */
  readonly narrow: boolean;
  readonly marks: readonly ChartMark[];
  /** Default counts. */
  readonly values?: ValueKind;
  readonly numbers: Numbers;
}

/** Lines over time, each a population of its own. */
export function linesConfig(
  data: TimeChartData,
  theme: Theme,
  options: TimeChartOptions,
): ChartConfiguration<'line', Point[]> {
  return {
    type: 'line',
    data: {
      datasets: data.series.map((series, index) => ({
        label: series.label,
        data: toPoints(series),
        borderColor: colourOf(theme, series.slot),
        backgroundColor: fade(colourOf(theme, series.slot), 0.1),
        fill: index === 0 && (options.values ?? 'count') === 'count' ? 'origin' : false,
        ...lineShape,
        segment: dashed(series),
        borderWidth: 2,
      })),
    },
    options: timeOptions(data, theme, options, false),
  };
}

export const lineShape = {
  /** A point without neighbours is not a line: it is shown as a dot. */
  pointRadius: ({ dataIndex, dataset }: { dataIndex: number; dataset: { data: readonly unknown[] } }) =>
    hasValue(dataset.data[dataIndex - 1]) || hasValue(dataset.data[dataIndex + 1]) ? 0 : 3,
  pointHoverRadius: 4,
  pointHitRadius: 8,
  tension: 0,
  spanGaps: false,
} as const;

/** A line between points of which one is partial is dashed. */
export function dashed({ points }: ChartSeries) {
  return {
    borderDash: ({ p0DataIndex, p1DataIndex }: { p0DataIndex: number; p1DataIndex: number }) =>
      points[p0DataIndex]?.partial === true || points[p1DataIndex]?.partial === true ? [4, 3] : undefined,
  };
}

function hasValue(point: unknown): boolean {
  return typeof point === 'object' && point !== null && 'y' in point && Number.isFinite(point.y);
}

/** Fresh objects each time: Chart.js writes into what it is given. A gap is NaN. */
export function toPoints(series: ChartSeries): Point[] {
  return series.points.map(({ x, y }) => ({ x, y: y ?? Number.NaN }));
}

export function timeOptions(
  data: TimeChartData,
  theme: Theme,
  { narrow, marks, values = 'count', numbers }: TimeChartOptions,
  stacked: boolean,
): NonNullable<ChartConfiguration<'line', Point[]>['options']> {
  return {
    ...still,
    events: [...still.events],
    parsing: false,
    normalized: true,
    interaction: { mode: 'index', intersect: false },
    scales: { x: timeAxis(theme, data.from, data.to, narrow), y: valueAxis(theme, stacked, values, numbers) },
    plugins: {
      tooltip: {
        ...tooltip(theme),
        itemSort: (a, b) => (stacked ? b.datasetIndex - a.datasetIndex : (b.parsed.y ?? 0) - (a.parsed.y ?? 0)),
        filter: (item) => !stacked || (item.parsed.y ?? 0) > 0,
        callbacks: {
          title: (items) => timeTitle(items[0]?.parsed.x ?? 0),
          label: (item) => valueLabel(item.dataset.label ?? '', item.parsed.y ?? 0, values, numbers),
          labelColor: (item) => {
            const colour = String(item.dataset.borderColor);
            return { borderColor: colour, backgroundColor: colour };
          },
        },
      },
      partial: { spans: data.partial ?? [], line: theme.inkSoft },
      marks: { marks, line: theme.inkSoft, ink: theme.inkSoft, surface: theme.surface, font: theme.font },
    },
  };
}
