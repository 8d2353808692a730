import { useEffect, useRef } from 'preact/hooks';
import type { AnyChartConfig, ChartHandle } from '../charts/chart.ts';
import { readTheme } from '../charts/readTheme.ts';
import type { Theme } from '../charts/theme.ts';

export interface ChartCanvasProps {
  readonly build: (theme: Theme) => AnyChartConfig;
  /** What the chart shows, in a sentence: all that a screen reader gets from the picture. */
  readonly summary: string;
  /** Changes when what `build` draws changes. */
  readonly version: string;
  readonly class?: string;
}

/** Owns one chart: created when shown, updated in place, destroyed with the component. */
export function ChartCanvas({ build, summary, version, ...rest }: ChartCanvasProps) {
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const handleRef = useRef<ChartHandle | null>(null);
  const buildRef = useRef(build);
  buildRef.current = build;

  useEffect(() => {
    let gone = false;
    // Chart.js is the largest part of the page, and nothing needs it before the first chart.
    void import('../charts/chart.ts').then(({ createChart }) => {
      const canvas = canvasRef.current;
      if (gone || canvas === null) return;
      handleRef.current = createChart(canvas, buildRef.current(readTheme(document.documentElement)));
    });
    return () => {
      gone = true;
      handleRef.current?.destroy();
      handleRef.current = null;
    };
  }, []);

  useEffect(() => {
    handleRef.current?.update(buildRef.current(readTheme(document.documentElement)));
  }, [version]);

  return (
    <div class={`chart-box ${rest.class ?? ''}`}>
      <canvas ref={canvasRef} role="img" aria-label={summary} />
    </div>
  );
}
