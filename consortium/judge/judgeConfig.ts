/** What the judge needs to know about one cluster, and its thresholds. All times are in ms of the rounds' own time. */
export interface JudgeConfig {
  /** The operator's name for the cluster. */
  readonly cluster: string;
  /** Names of all polled endpoints, so that silence can be distinguished from absence. */
  readonly endpoints: readonly string[];
  /** How long two nodes may both claim to lead, or views may differ: a deposed leader needs a heartbeat to notice. */
  readonly doubleClaimMs: number;
  /** How long a node may have no leader before it counts as isolated: one election. */
  readonly isolatedMs: number;
  /** After this time an election counts as failed: `electing` becomes `noLeader`. */
  readonly noLeaderMs: number;
  /** `stalled`: for this long, transactions have waited while the head did not move. */
  readonly stalledMs: number;
  readonly churnWindowMs: number;
  /** Changes within the window that count as churn; null: by the number of voters, see defaultChurnThreshold. */
  readonly churnThreshold: number | null;
  /** After a longer pause between two rounds, the next change is marked `gap`. */
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
