/** What is known of a network's head around now. */
export interface HeadEstimate {
  readonly number: bigint;
  /** ms since the epoch. */
  readonly at: number;
}

export interface SyncRules {
  /** Blocks below the estimate that are still synced: the estimate is of minutes, not of this second. */
  readonly maxLagBlocks: bigint;
  /** Age of the head that is still synced where there is no estimate. */
  readonly maxHeadAgeMs: number;
  /** An estimate older than this says nothing. */
  readonly maxEstimateAgeMs: number;
}

export const defaultSyncRules: SyncRules = {
  maxLagBlocks: 64n,
  maxHeadAgeMs: 10 * 60_000,
  maxEstimateAgeMs: 15 * 60_000,
};

/** Whether a node is at its network's head: against the estimate where there is one, else by its head's own time. */
export function judgeSync(
  node: {
    readonly headNumber: bigint | null;
    /** ms since the epoch. */
    readonly headAt: number | null;
    readonly visitedAt: number;
  },
  estimate: HeadEstimate | null,
  rules: SyncRules = defaultSyncRules,
): boolean | null {
  const { headNumber, headAt, visitedAt } = node;
  if (estimate !== null && headNumber !== null && visitedAt - estimate.at <= rules.maxEstimateAgeMs) {
    return headNumber + rules.maxLagBlocks >= estimate.number;
  }
  return headAt === null ? null : visitedAt - headAt <= rules.maxHeadAgeMs;
}
