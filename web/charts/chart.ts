import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  type ChartType,
  type DefaultDataPoint,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from 'chart.js';
import { marksPlugin } from './marksPlugin.ts';

// The only file that takes chart.js as more than a type, and only the parts in use.
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
);

/** Any of our charts' configurations. */
export type AnyChartConfig = ChartConfiguration<'line', DefaultDataPoint<'line'>> | ChartConfiguration<'bar', number[]>;

export interface ChartHandle {
  update(config: AnyChartConfig): void;
  destroy(): void;
}

/** Draws `config` on the canvas until `destroy`. A changed type makes a new chart on the same canvas. */
export function createChart(canvas: HTMLCanvasElement, config: AnyChartConfig): ChartHandle {
  let chart: Chart<ChartType> = new Chart<ChartType>(canvas, config as ChartConfiguration<ChartType>);
  let type = config.type;
  return {
    update(next) {
      if (next.type !== type) {
        chart.destroy();
        chart = new Chart<ChartType>(canvas, next as ChartConfiguration<ChartType>);
        type = next.type;
        return;
      }
      chart.data = next.data;
      if (next.options !== undefined) chart.options = next.options as NonNullable<typeof chart.options>;
      chart.update('none');
    },
    destroy: () => chart.destroy(),
  };
}

/** How many charts are alive on this page, for the test that none is left behind. */
export function liveCharts(): number {
  return Object.keys(Chart.instances).length;
}
