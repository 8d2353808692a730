/** How long to wait before something that failed is tried again. */
export interface BackoffPolicy {
  /** Before the first further try. Each failure in a row doubles it. */
  readonly firstMs: number;
  readonly maxMs: number;
}

/** The least and the most that a wait is multiplied by, so that many who began at one moment do not come back as a herd. */
export interface Spread {
  readonly least: number;
  readonly most: number;
}

/** The wait after so many failures in a row, the last one included. Pure. */
export function backoffMs({ firstMs, maxMs }: BackoffPolicy, failures: number): number {
  // Beyond 2^30 nothing grows any more, and nothing becomes Infinity.
  return Math.min(maxMs, firstMs * 2 ** Math.min(Math.max(0, failures - 1), 30));
}

/** A wait of whole ms within the spread. `chance` in [0, 1). Pure. */
export function spreadMs(ms: number, { least, most }: Spread, chance: number): number {
  return Math.round(ms * (least + (most - least) * chance));
}
