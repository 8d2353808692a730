/** Colours and faces that a chart draws with. Values come from styles/tokens.css; see readTheme.ts. */
export interface Theme {
  /** In the order of the slots; `seriesColours.ts` says which key takes which. */
  readonly series: readonly string[];
  /** For `other`, the sum of what has no series of its own. */
  readonly other: string;
  /** For nodes without a value for the chart's cut. */
  readonly untold: string;
  readonly surface: string;
  readonly line: string;
  readonly ink: string;
  readonly inkSoft: string;
  readonly accent: string;
  /** For what should not be. */
  readonly bad: string;
  readonly font: string;
}

export const seriesSlots = 8;
