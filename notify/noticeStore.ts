import type { NoticeChange } from './notice.ts';

/** A notice as it was kept, and which version of it each target has been told. */
export interface StoredNotice extends NoticeChange {
  readonly sent: ReadonlyMap<string, number>;
}

/** Which version of a notice was delivered to a target. */
export interface Delivered {
  readonly target: string;
  readonly change: NoticeChange;
  /** ms since the epoch. */
  readonly at: number;
}

/** Where notices are kept over restarts. All calls reject when the store is away. */
export interface NoticeStore {
  /** Those of a subject that are open, or have not been told to every target; the oldest first. */
  load(subject: string, now: number): Promise<readonly StoredNotice[]>;
  /** Keeps notices, and that these targets are to be told. An older version never replaces a newer one. */
  save(changes: readonly NoticeChange[], targets: readonly string[], now: number): Promise<void>;
  markSent(delivered: readonly Delivered[]): Promise<void>;
}
