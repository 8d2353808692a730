/** Alerts that Forkscope raises by itself carry the names of the Prometheus rules that say the same. */
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

/** Two alerts of one key are the same trouble. */
export function alertKey(alert: Pick<Alert, 'name' | 'cluster'>): string {
  return `${alert.name}/${alert.cluster}`;
}
