export interface WriteQueueOptions {
  /** Visits in memory before they go to disk. */
  readonly maxQueued?: number;
  /** The longest time that a visit waits in memory alone, before it goes to disk. */
  readonly maxHeldMs?: number;
  /** The same while the database is away, and at the end. */
  readonly maxUnsafeMs?: number;
  readonly maxBatch?: number;
  /** The longest time that a visit or a mention waits for others to be written with it. */
  readonly maxDelayMs?: number;
  /** The same in the first minute, when somebody may be waiting for the first rows. */
  readonly firstDelayMs?: number;
  /** Most mentions in memory; further ones are dropped, because nodes are named again and again. */
  readonly maxSightings?: number;
  /** A write without an answer counts as failed after this time; if it commits later, the retry does no harm. */
  readonly writeTimeoutMs?: number;
  /** How long `close` tries to write before it leaves the rest on disk. */
  readonly closeTimeoutMs?: number;
}

/** What the crawler is shipped with. */
export const writeQueueDefaults: Required<WriteQueueOptions> = {
  maxQueued: 5_000,
  maxHeldMs: 10_000,
  maxUnsafeMs: 1_000,
  maxBatch: 500,
  maxDelayMs: 5_000,
  firstDelayMs: 200,
  maxSightings: 50_000,
  writeTimeoutMs: 30_000,
  closeTimeoutMs: 5_000,
};

/** How long the queue counts as new, when somebody may be waiting for the first rows. */
export const firstMs = 60_000;
/** At the end, a database that is away is waited for this long when all is on disk. */
export const awayPatienceMs = 1_500;
