import type { ChartType, Plugin } from 'chart.js';
import type { PartialSpan } from './partialSpans.ts';

export interface PartialOptions {
  spans: readonly PartialSpan[];
  line: string;
}

declare module 'chart.js' {
  interface PluginOptionsByType<TType extends ChartType> {
    partial?: PartialOptions;
  }
}

/** Height of the band, and distance of its hatching, px. */
const height = 7;
const pitch = 5;

/** A hatched band at the foot of the chart where counts are partial. */
export const partialPlugin: Plugin<'line', PartialOptions> = {
  id: 'partial',
  afterDatasetsDraw(chart, _args, options) {
    const { ctx, chartArea, scales } = chart;
    const axis = scales.x;
    if (axis === undefined || options.line === undefined) return;
    for (const { from, to } of options.spans ?? []) {
      const left = Math.max(chartArea.left, axis.getPixelForValue(from));
      const right = Math.min(chartArea.right, Math.max(axis.getPixelForValue(to), left + 3));
      if (right <= left) continue;
      hatch(ctx, left, chartArea.bottom - height, right - left, options.line);
    }
  },
};

function hatch(ctx: CanvasRenderingContext2D, left: number, top: number, width: number, colour: string): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  for (let x = left - height; x < left + width; x += pitch) {
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
  }
  ctx.moveTo(left, top + 0.5);
  ctx.lineTo(left + width, top + 0.5);
  ctx.stroke();
  ctx.restore();
}
