/** Something is wrong, or no longer. Times are ms since the epoch. `endsAt` is null while the alert fires. */
export interface Alert {
  readonly name: string;
  readonly severity: 'warning' | 'critical';
  /** What it is about, such as the cluster. */
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  /** What to do. */
  readonly description: string;
  readonly startsAt: number;
  readonly endsAt: number | null;
}

/** Two alerts of one key are the same trouble. */
export function alertKey({ name, labels }: Pick<Alert, 'name' | 'labels'>): string {
  return [name, ...Object.values(labels)].join('/');
}
