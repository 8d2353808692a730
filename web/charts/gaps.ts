/** A point of a line; y null = nothing was measured there, and the line breaks. */
export interface TimePoint {
  readonly x: number;
  readonly y: number | null;
  /** It stands on less than it should: drawn, and marked. */
  readonly partial?: boolean;
}

const resolutionMs = { hour: 3_600_000, day: 86_400_000 } as const;

/**
 * Time between two points that counts as "measured without a break". Censuses have no fixed interval: it is the usual one
 * between them, which may be longer than an hour or a day.
 */
export function expectedStep(times: readonly number[], resolution: 'census' | 'hour' | 'day'): number {
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  steps.sort((a, b) => a - b);
  if (resolution === 'census') return steps[Math.floor(steps.length / 2)] ?? 0;
  return Math.max(resolutionMs[resolution], steps[Math.floor((steps.length - 1) / 2)] ?? 0);
}

/** Times of all series together, in order, with a gap wherever two are too far apart. */
export function unionTimes(series: readonly (readonly { readonly x: number }[])[]): number[] {
  return [...new Set(series.flatMap((points) => points.map((point) => point.x)))].sort((a, b) => a - b);
}

/** Puts a null halfway into every hole longer than two and a half steps. */
export function withGaps(points: readonly TimePoint[], stepMs: number): TimePoint[] {
  const out: TimePoint[] = [];
  for (const point of points) {
    const before = out.at(-1);
    if (before !== undefined && stepMs > 0 && point.x - before.x > 2.5 * stepMs) {
      out.push({ x: before.x + (point.x - before.x) / 2, y: null });
    }
    out.push(point);
  }
  return out;
}
