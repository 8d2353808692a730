import type { SqlRunner } from '../client.ts';

/** One thing that always holds in a sound database. */
export interface Invariant {
  readonly name: string;
  /** What holds, as a sentence. */
  readonly says: string;
  /** Where it does not. Reads only. */
  find(sql: SqlRunner, now: Date): Promise<readonly Breach[]>;
}

export interface Breach {
  /** What breaks it, in words. */
  readonly what: string;
  /** How many rows do so, where it is about rows. */
  readonly rows?: number;
}
