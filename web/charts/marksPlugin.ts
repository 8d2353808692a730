import type { ChartType, Plugin } from 'chart.js';
import type { ChartMark } from './timeSeries.ts';

export interface MarksOptions {
  marks: readonly ChartMark[];
  line: string;
  ink: string;
  surface: string;
  font: string;
}

declare module 'chart.js' {
  interface PluginOptionsByType<TType extends ChartType> {
    marks?: MarksOptions;
  }
}

/** Draws a line at each mark, with its name at the top, and a hairline under the pointer. */
export const marksPlugin: Plugin<'line', MarksOptions> = {
  id: 'marks',
  afterDatasetsDraw(chart, _args, options) {
    const { ctx, chartArea, scales } = chart;
    const axis = scales.x;
    if (axis === undefined || options.line === undefined) return;
    ctx.save();
    ctx.strokeStyle = options.line;
    ctx.lineWidth = 1;
    const [active] = chart.getActiveElements();
    if (active !== undefined) {
      ctx.globalAlpha = 0.6;
      vertical(ctx, Math.round(active.element.x) + 0.5, chartArea.top, chartArea.bottom);
      ctx.globalAlpha = 1;
    }
    ctx.setLineDash([3, 3]);
    ctx.font = `600 11px ${options.font}`;
    ctx.textBaseline = 'top';
    for (const mark of options.marks) {
      const x = Math.round(axis.getPixelForValue(mark.at)) + 0.5;
      if (x < chartArea.left || x > chartArea.right) continue;
      vertical(ctx, x, chartArea.top, chartArea.bottom);
      const width = ctx.measureText(mark.label).width + 8;
      const left = x + width > chartArea.right ? x - width : x;
      ctx.fillStyle = options.surface;
      ctx.fillRect(left + 1, chartArea.top, width - 2, 16);
      ctx.fillStyle = options.ink;
      ctx.fillText(mark.label, left + 4, chartArea.top + 2);
    }
    ctx.restore();
  },
};

function vertical(ctx: CanvasRenderingContext2D, x: number, top: number, bottom: number): void {
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, bottom);
  ctx.stroke();
}
