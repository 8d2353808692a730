/** What is known about a network's current head. */
export interface HeadEstimate {
  readonly number: bigint;
  /** ms since the epoch. */
  readonly at: number;
}

export interface SyncRules {
  /** How many blocks below the estimate still count as synced: the estimate covers minutes, not this second. */
  readonly maxLagBlocks: bigint;
  /** Head age that still counts as synced if there is no estimate. */
  readonly maxHeadAgeMs: number;
  /** An older estimate is not used. */
  readonly maxEstimateAgeMs: number;
}

const defaultSyncRules: SyncRules = {
  maxLagBlocks: 64n,
  maxHeadAgeMs: 10 * 60_000,
  maxEstimateAgeMs: 15 * 60_000,
};

/** Whether a node is at its network's head: compared with the estimate or, without one, by its head's own time. */
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
