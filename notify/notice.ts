export type Severity = 'warning' | 'critical';

/** One condition that is part of a notice, named as the Prometheus rule that says the same. Times are ms since the epoch. */
export interface Alert {
  readonly name: string;
  readonly severity: Severity;
  readonly summary: string;
  /** What to do. */
  readonly description: string;
  readonly startsAt: number;
  /** Null while it fires. */
  readonly endsAt: number | null;
}

/** One incident: what belongs together is told together, and once. */
export interface Notice {
  /** What kind of trouble it is; one of a kind can be open of each subject. */
  readonly kind: string;
  /** As in events: `raft/<cluster>`, `network/<slug>`. */
  readonly subject: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What it was when it was last worth telling; that of its gravest part. */
  readonly name: string;
  readonly severity: Severity;
  readonly summary: string;
  readonly description: string;
  /** What it was called when it was told before, while that was something else. BOUNDED: by the names of the parts. */
  readonly was: readonly { readonly name: string; readonly severity: Severity }[];
  /** BOUNDED: by the names of a kind's parts. */
  readonly parts: readonly Alert[];
  /** Where people see more of it; null: nobody said where the pages are. */
  readonly page: string | null;
  readonly startsAt: number;
  readonly endsAt: number | null;
}

/** A notice that began, grew or ended. */
export interface NoticeChange {
  readonly notice: Notice;
  /** Counts from 1 what targets are told of it: that it began, that it is graver, that it is over. */
  readonly version: number;
}

/** Two notices of one key are the same kind of trouble of the same subject. */
export function noticeKey({ kind, subject }: Pick<Notice, 'kind' | 'subject'>): string {
  return `${kind}/${subject}`;
}

/** Of this one incident. */
export function noticeId(notice: Pick<Notice, 'kind' | 'subject' | 'startsAt'>): string {
  return `${noticeKey(notice)}/${new Date(notice.startsAt).toISOString()}`;
}
