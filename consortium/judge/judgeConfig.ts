/** What the judge needs to know of one cluster, and its thresholds. All times in ms of the rounds' own time. */
export interface JudgeConfig {
  /** The operator's name for the cluster. */
  readonly cluster: string;
  /** Names of all endpoints that are asked, so that silence can be told from absence. */
  readonly endpoints: readonly string[];
  /** Two nodes may both claim to lead, or views differ, for so long: a deposed leader needs a heartbeat to notice. */
  readonly doubleClaimMs: number;
  /** A node may be without a leader for so long before it counts as isolated: one election. */
  readonly isolatedMs: number;
  /** From here on an election counts as failed: `electing` becomes `no_leader`. */
  readonly noLeaderMs: number;
  /** Transactions wait and the head stands still for so long: `stalled`. */
  readonly stalledMs: number;
  readonly churnWindowMs: number;
  /** Changes within the window that make churn; null: from the number of voters, see defaultChurnThreshold. */
  readonly churnThreshold: number | null;
  /** A pause between two rounds beyond which the next change is marked `gap`. */
  readonly gapMs: number;
}

export const judgeDefaults: Omit<JudgeConfig, 'cluster' | 'endpoints'> = {
  doubleClaimMs: 1_000,
  isolatedMs: 1_000,
  noLeaderMs: 30_000,
  stalledMs: 30_000,
  churnWindowMs: 15 * 60_000,
  churnThreshold: null,
  gapMs: 60_000,
};
