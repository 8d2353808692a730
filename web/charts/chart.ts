import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  type DefaultDataPoint,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from 'chart.js';
import type { BarValues } from './bandsConfig.ts';
import { marksPlugin } from './marksPlugin.ts';
import { partialPlugin } from './partialPlugin.ts';

// The only file that imports chart.js as more than a type, and only the parts in use.
Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
  marksPlugin,
  partialPlugin,
);

/** Any of our charts' configurations. */
export type AnyChartConfig =
  | ChartConfiguration<'line', DefaultDataPoint<'line'>>
  | ChartConfiguration<'bar', BarValues>;

export interface ChartHandle {
  update(config: AnyChartConfig): void;
  destroy(): void;
}

/** Draws `config` on the canvas until `destroy`. A changed type makes a new chart on the same canvas. */
export function createChart(canvas: HTMLCanvasElement, config: AnyChartConfig): ChartHandle {
  let drawn = draw(canvas, config);
  return {
    update(next) {
      if (drawn.type === 'line' && next.type === 'line') redraw(drawn.chart, next);
      else if (drawn.type === 'bar' && next.type === 'bar') redraw(drawn.chart, next);
      else {
        drawn.chart.destroy();
        drawn = draw(canvas, next);
      }
    },
    destroy: () => drawn.chart.destroy(),
  };
}

type Drawn =
  | { readonly type: 'line'; readonly chart: Chart<'line', DefaultDataPoint<'line'>> }
  | { readonly type: 'bar'; readonly chart: Chart<'bar', BarValues> };

function draw(canvas: HTMLCanvasElement, config: AnyChartConfig): Drawn {
  return config.type === 'line'
    ? { type: 'line', chart: new Chart(canvas, config) }
    : { type: 'bar', chart: new Chart(canvas, config) };
}

function redraw<T extends 'line' | 'bar', D>(chart: Chart<T, D>, config: ChartConfiguration<T, D>): void {
  chart.data = config.data;
  if (config.options !== undefined) chart.options = config.options;
  chart.update('none');
}

/** How many charts exist on this page, for the test that none is left behind. */
export function liveCharts(): number {
  return Object.keys(Chart.instances).length;
}
