import { type BackoffPolicy, backoffMs } from '../../lib/backoff.ts';
import { withDeadline } from '../../lib/deadline.ts';
import { reasonOf } from '../../lib/errors.ts';
import type { Clock, Logger } from '../../p2p/ports.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { isDataError } from '../../sql/dataError.ts';
import type { VisitRecord } from '../crawl/visit.ts';
import type { Spill } from './spill.ts';
import type { Sighting, Store } from './store.ts';
import { toVisitRow, type VisitRow } from './visitRow.ts';

export interface WriteQueueDeps {
  readonly store: Pick<Store, 'recordVisits' | 'upsertSeen'>;
  readonly spill: Spill;
  readonly clock: Clock;
  readonly log: Logger;
  /** Keys of visits that are in the database for certain, and the IDs (hex) of their nodes. Called again for a key that is replayed. */
  readonly onCommitted?: (keys: readonly string[], ids: readonly string[]) => void;
  /** A write failed and will be retried. */
  readonly onFailure?: () => void;
}

export interface WriteQueueOptions {
  /** Visits in memory before they go to disk. */
  readonly maxQueued?: number;
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

const defaults = {
  maxQueued: 5_000,
  maxBatch: 500,
  maxDelayMs: 5_000,
  firstDelayMs: 200,
  maxSightings: 50_000,
  writeTimeoutMs: 30_000,
  closeTimeoutMs: 5_000,
};
const firstMs = 60_000;
const retry: BackoffPolicy = { firstMs: 250, maxMs: 15_000 };
/** Approximate size of a spilled row; only used to check whether there is room on disk. */
const typicalRowBytes = 1_500;

/** From `start` on it writes; from `close` on it only finishes. */
type Life =
  | { readonly at: 'new' }
  | { readonly at: 'writing'; readonly loop: Promise<void> }
  | { readonly at: 'closing'; readonly ended: Promise<void> };

type Database = { readonly at: 'up' } | { readonly at: 'away'; readonly failures: number };

/**
 * Sits between the crawl and the database: gathers visits into batches and keeps them while the database is away, in
 * memory up to one limit, then on disk up to another; beyond that, `visit` waits, so that nothing is lost. Visits that are
 * lost from memory because the process is killed were never reported as committed.
 */
export class WriteQueue {
  readonly #deps: WriteQueueDeps;
  readonly #options: Required<WriteQueueOptions>;
  /** BOUNDED: by maxQueued; at the bound all go to disk. */
  #visits: VisitRow[] = [];
  /** BOUNDED: by maxBatch. */
  #inFlight: readonly VisitRow[] = [];
  /** BOUNDED: by maxSightings. */
  readonly #sightings = new Map<string, Sighting>();
  #forgotten = 0;
  #rejected = 0;
  #life: Life = { at: 'new' };
  #database: Database = { at: 'up' };
  /** Aborted when `close` has waited long enough. */
  readonly #giveUp = new AbortController();
  #wake = new AbortController();
  /** Ends the rest of an empty queue. */
  #onWork = (): void => {};
  #startedAt = 0;
  #behindSince: number | null = null;
  /** One change of memory and disk at a time. */
  #spilling: Promise<void> = Promise.resolve();

  constructor(deps: WriteQueueDeps, options: WriteQueueOptions = {}) {
    this.#deps = deps;
    this.#options = { ...defaults, ...options };
  }

  /** Visits in memory, including those being written. */
  get queued(): number {
    return this.#visits.length + this.#inFlight.length;
  }
  /** Visits on disk. */
  get spilled(): number {
    return this.#deps.spill.count;
  }
  /** Mentions that were dropped because the database was away. */
  get forgotten(): number {
    return this.#forgotten;
  }
  /** Visits that the database refused. Each is logged. */
  get rejected(): number {
    return this.#rejected;
  }

  /** Since when visits wait for the database, or on disk, ms since the epoch; null = they are written as they come. */
  get behindSince(): number | null {
    return this.#behindSince;
  }

  get #isClosing(): boolean {
    return this.#life.at === 'closing';
  }

  get #failures(): number {
    return this.#database.at === 'away' ? this.#database.failures : 0;
  }

  get #isIdle(): boolean {
    return this.#visits.length === 0 && this.#sightings.size === 0;
  }

  #pauseMs(): number {
    if (this.#database.at === 'away') return backoffMs(retry, this.#database.failures);
    const { firstDelayMs, maxDelayMs } = this.#options;
    return this.#deps.clock.now() - this.#startedAt < firstMs ? Math.min(firstDelayMs, maxDelayMs) : maxDelayMs;
  }

  start(): void {
    if (this.#life.at !== 'new') return;
    this.#startedAt = this.#deps.clock.now();
    if (this.spilled > 0) this.#behindSince = this.#startedAt;
    this.#life = { at: 'writing', loop: this.#run() };
  }

  /** Resolves when the visit is stored in memory or on disk, not when it is committed. Waits while both are full. */
  async visit(record: VisitRecord): Promise<void> {
    const row = toVisitRow(record);
    while (this.#visits.length >= this.#options.maxQueued) {
      if (this.#database.at === 'away') await this.#spillAll();
      if (this.#visits.length >= this.#options.maxQueued) await this.#deps.clock.sleep(100);
    }
    this.#visits.push(row);
    this.#onWork();
    if (this.#visits.length >= this.#options.maxBatch && this.#database.at === 'up') this.#wake.abort();
  }

  /** Notes a mention. Never waits. */
  seen(sighting: Sighting): void {
    const { id, ip, udp } = sighting.contact;
    const key = `${bytesToHex(id)} ${ip} ${udp}`;
    if (this.#sightings.has(key)) return;
    if (this.#sightings.size >= this.#options.maxSightings) this.#forgotten++;
    else this.#sightings.set(key, sighting);
    this.#onWork();
  }

  /** Writes what is left; what the database does not accept in time stays on disk for the next start, and is logged. */
  close(): Promise<void> {
    const life = this.#life;
    if (life.at === 'closing') return life.ended;
    const loop = life.at === 'writing' ? life.loop : Promise.resolve();
    const ended = Promise.resolve().then(() => this.#end(loop));
    this.#life = { at: 'closing', ended };
    this.#wake.abort();
    this.#onWork();
    return ended;
  }

  async #end(loop: Promise<void>): Promise<void> {
    const written = new AbortController();
    const timer = this.#deps.clock.sleep(this.#options.closeTimeoutMs, written.signal).then(() => this.#giveUp.abort());
    await loop;
    written.abort();
    await timer;
    if (this.#visits.length > 0) await this.#spillAll(true);
    const { queued, spilled } = this;
    if (spilled > 0) this.#deps.log.warn('visits are left on disk for the next start', { visits: spilled });
    if (queued > 0)
      this.#deps.log.error('visits are lost: neither the database nor the disk accepted them', { visits: queued });
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#deps;
    for (;;) {
      if (!this.#isClosing) await this.#rest();
      try {
        await this.#writeAll();
        if (this.#database.at === 'away') log.info('the database accepts writes again', { spilled: this.spilled });
        this.#database = { at: 'up' };
        if (this.spilled === 0) this.#behindSince = null;
        // Visits may have come while the last batch was being written.
        if (this.#isClosing && (this.#isIdle || this.#giveUp.signal.aborted)) return;
      } catch (error) {
        this.#database = { at: 'away', failures: this.#failures + 1 };
        this.#behindSince ??= clock.now();
        this.#deps.onFailure?.();
        const { queued, spilled } = this;
        log.warn('the database does not accept writes; keeping them', { reason: reasonOf(error), queued, spilled });
        if (this.#giveUp.signal.aborted) return;
        if (this.#isClosing) await clock.sleep(retry.firstMs, AbortSignal.any([this.#giveUp.signal]));
      }
    }
  }

  /** Until there is something to write, and then until more may have come. */
  async #rest(): Promise<void> {
    if (this.#isIdle && this.#deps.spill.count === 0) {
      await new Promise<void>((resolve) => {
        this.#onWork = resolve;
      });
    }
    if (!this.#wake.signal.aborted) await this.#deps.clock.sleep(this.#pauseMs(), this.#wake.signal);
    // A separate signal for each pause, because clocks may leave their listeners on it.
    if (!this.#isClosing) this.#wake = new AbortController();
  }

  /** Writes everything: first from memory, then from disk. */
  async #writeAll(): Promise<void> {
    while (this.#visits.length > 0) {
      this.#inFlight = this.#visits.splice(0, this.#options.maxBatch);
      try {
        await this.#write(this.#inFlight);
      } catch (error) {
        this.#visits.unshift(...this.#inFlight);
        throw error;
      } finally {
        this.#inFlight = [];
      }
    }
    await this.#writeSightings();
    while (this.#deps.spill.count > 0 && this.#visits.length < this.#options.maxBatch) {
      await this.#exclusively(() => this.#replayFile());
    }
  }

  async #replayFile(): Promise<void> {
    const { spill, log } = this.#deps;
    const read = await spill.readOldest();
    if (read === null) return;
    for (let start = 0; start < read.rows.length; start += this.#options.maxBatch) {
      await this.#write(read.rows.slice(start, start + this.#options.maxBatch));
    }
    if (read.damaged > 0) log.error('skipped damaged lines of a spill file', { file: read.file, lines: read.damaged });
    await spill.remove(read);
  }

  /** Writes one batch; if the database refuses its data, the halves, down to the row at fault. */
  async #write(rows: readonly VisitRow[]): Promise<void> {
    try {
      await this.#inTime(this.#deps.store.recordVisits(rows));
      this.#deps.onCommitted?.(
        rows.map(({ key }) => key),
        rows.map(({ id }) => id),
      );
    } catch (error) {
      if (!isDataError(error)) throw error;
      if (rows.length > 1) {
        const half = rows.length >> 1;
        await this.#write(rows.slice(0, half));
        await this.#write(rows.slice(half));
        return;
      }
      this.#rejected++;
      this.#deps.log.error('the database refused a visit', { key: rows[0]?.key, reason: reasonOf(error) });
    }
  }

  /** Rejects if the database does not answer in time: a network that drops packets gives no error. */
  #inTime(work: Promise<void>): Promise<void> {
    const late = (): never => {
      throw new Error('no answer from the database in time');
    };
    const { clock } = this.#deps;
    const ms = this.#options.writeTimeoutMs;
    return withDeadline(work, { ms, clock, late, signal: this.#giveUp.signal });
  }

  async #writeSightings(): Promise<void> {
    while (this.#sightings.size > 0) {
      const batch = [...this.#sightings].slice(0, this.#options.maxBatch * 4);
      try {
        await this.#inTime(this.#deps.store.upsertSeen(batch.map(([, sighting]) => sighting)));
      } catch (error) {
        if (!isDataError(error)) throw error;
        this.#forgotten += batch.length;
        this.#deps.log.error('the database refused mentions', { reason: reasonOf(error) });
      }
      for (const [key] of batch) this.#sightings.delete(key);
    }
  }

  /** Moves everything from memory to disk. If the disk is full or broken, it stays in memory, and `visit` waits. */
  #spillAll(always = false): Promise<void> {
    return this.#exclusively(async () => {
      const rows = this.#visits;
      if (rows.length === 0 || (!always && rows.length < this.#options.maxQueued)) return;
      if (!always && this.#deps.spill.isFull(rows.length * typicalRowBytes)) return;
      this.#visits = [];
      try {
        await this.#deps.spill.append(rows);
      } catch (error) {
        this.#visits = [...rows, ...this.#visits];
        this.#deps.log.error('cannot write to the spill folder', { reason: reasonOf(error) });
      }
    });
  }

  #exclusively(work: () => Promise<void>): Promise<void> {
    const next = this.#spilling.then(work);
    this.#spilling = next.catch(() => {});
    return next;
  }
}
