import type { ChartConfiguration, Point } from 'chart.js';
import { colourOf, fade } from './baseOptions.ts';
import { dashed, lineShape, type TimeChartOptions, timeOptions, toPoints } from './linesConfig.ts';
import type { Theme } from './theme.ts';
import type { TimeChartData } from './timeSeries.ts';

/** Layers over time that add up to the whole. The first series lies at the bottom. */
export function stackedConfig(
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
        backgroundColor: fade(colourOf(theme, series.slot), 0.72),
        fill: index === 0 ? 'origin' : '-1',
        ...lineShape,
        segment: dashed(series),
        borderWidth: 1.5,
      })),
    },
    options: timeOptions(data, theme, options, true),
  };
}
