/** Alerts that Forkscope raises itself have the names of the equivalent Prometheus rules. */
export const alertNames = [
  'RaftLeaderChurn',
  'RaftLeaderChurnSevere',
  'RaftNoLeader',
  'RaftQuorumLost',
  'RaftMultipleMinters',
  'RaftMultipleMintersLasting',
] as const;
export type AlertName = (typeof alertNames)[number];

/** Times are ms since the epoch. `endsAt` is null while the alert fires. */
export interface Alert {
  readonly name: AlertName;
  readonly severity: 'warning' | 'critical';
  readonly cluster: string;
  readonly summary: string;
  /** What to do. */
  readonly description: string;
  readonly startsAt: number;
  readonly endsAt: number | null;
}

/** Two alerts with the same key are the same problem. */
export function alertKey(alert: Pick<Alert, 'name' | 'cluster'>): string {
  return `${alert.name}/${alert.cluster}`;
}
