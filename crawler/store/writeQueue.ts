import { type BackoffPolicy, backoffMs } from '../../lib/backoff.ts';
import { withDeadline } from '../../lib/deadline.ts';
import { reasonOf } from '../../lib/errors.ts';
import type { Clock, Logger } from '../../p2p/ports.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { isDataError } from '../../sql/dataError.ts';
import type { VisitRecord } from '../crawl/visit.ts';
import { GuardedSpill } from './guardedSpill.ts';
import type { Spill } from './spill.ts';
import type { Sighting, Store } from './store.ts';
import { toVisitRow, type VisitRow } from './visitRow.ts';
import { awayPatienceMs, firstMs, type WriteQueueOptions, writeQueueDefaults } from './writeQueueOptions.ts';

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

const retry: BackoffPolicy = { firstMs: 250, maxMs: 15_000 };
/** From `start` on it writes; from `close` on it only finishes. */
type Life =
  | { readonly at: 'new' }
  | { readonly at: 'writing'; readonly loop: Promise<void> }
  | { readonly at: 'closing'; readonly ended: Promise<void> };
type Database = { readonly at: 'up' } | { readonly at: 'away'; readonly failures: number };

interface HeldVisit {
  readonly row: VisitRow;
  /** When it was queued, ms since the epoch. */
  readonly cameAt: number;
}

/**
 * Sits between the crawl and the database: gathers visits into batches and writes them in the order in which they came.
 * While the database is away, and where it does not answer, they go to disk, all of them within `maxUnsafeMs` or
 * `maxHeldMs`, up to the limit of the spill; beyond that they stay in memory, up to another limit, and then `visit` waits,
 * so that nothing is lost. What is lost from memory because the process is killed was never reported as committed.
 */
export class WriteQueue {
  readonly #deps: WriteQueueDeps;
  readonly #options: Required<WriteQueueOptions>;
  /** BOUNDED: by maxQueued; at the bound all go to disk. */
  #visits: HeldVisit[] = [];
  /** BOUNDED: by maxBatch. */
  #inFlight: readonly HeldVisit[] = [];
  /** What is in flight is on disk as well. */
  #inFlightIsSafe = false;
  /** BOUNDED: by maxSightings. */
  readonly #sightings = new Map<string, Sighting>();
  #forgotten = 0;
  #rejected = 0;
  /** Since when the end is near, ms since the epoch: no visit waits any more. */
  #endingSince: number | null = null;
  /** `close` has written what there was. */
  #hasEnded = false;
  #life: Life = { at: 'new' };
  #database: Database = { at: 'up' };
  /** Aborted when `close` has waited long enough. */
  readonly #giveUp = new AbortController();
  #wake = new AbortController();
  /** Who waits for the end of a round. BOUNDED: by the censuses that begin. */
  #flushes: (() => void)[] = [];
  /** Ends the rest of an empty queue. */
  #onWork = (): void => {};
  #startedAt = 0;
  #behindSince: number | null = null;
  readonly #spill: GuardedSpill;
  /** Visits that are being moved from memory to disk. */
  #moving = 0;
  /** One move from memory to disk at a time. */
  #spilling: Promise<unknown> = Promise.resolve();
  /** Aborts the wait of the guard; null while memory is empty. */
  #guarding: AbortController | null = null;

  constructor(deps: WriteQueueDeps, options: WriteQueueOptions = {}) {
    this.#deps = deps;
    this.#options = { ...writeQueueDefaults, ...options };
    this.#spill = new GuardedSpill(deps.spill, deps);
  }

  /** Visits in memory, including those being written or moved to disk. */
  get queued(): number {
    return this.#visits.length + this.#inFlight.length + this.#moving;
  }
  /** Visits on disk. */
  get spilled(): number {
    return this.#deps.spill.count;
  }
  /** Size of what is on disk. */
  get spilledBytes(): number {
    return this.#deps.spill.bytes;
  }
  /** Moves to disk that failed, and files there that could not be read. */
  get spillFailures(): number {
    return this.#spill.failures;
  }
  /** Whether the disk takes no more. */
  get diskRefuses(): boolean {
    return this.#spill.refuses;
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
    while (this.#visits.length >= this.#options.maxQueued && this.#endingSince === null) {
      if (this.#database.at === 'away') await this.#spillAll();
      if (this.#visits.length >= this.#options.maxQueued) await this.#deps.clock.sleep(100);
    }
    this.#visits.push({ row, cameAt: this.#deps.clock.now() });
    if (this.#hasEnded) {
      await this.#keepLate();
      return;
    }
    this.#guard();
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

  /** Writes at once what waits, where the database is not away; resolves when that was tried. What comes late takes two rounds. */
  async flush(): Promise<void> {
    for (let round = 0; round < 2 && (this.queued > 0 || !this.#isIdle); round++) {
      if (this.#life.at !== 'writing' || this.#database.at === 'away') return;
      this.#wake.abort();
      await new Promise<void>((resolve) => this.#flushes.push(resolve));
    }
  }

  /**
   * The end is near: visits do not wait for room any more, and go to disk soon, beyond its limit if they must, so that
   * nothing is in memory alone however long the end takes.
   */
  expectEnd(): void {
    this.#endingSince ??= this.#deps.clock.now();
    this.#guard(true);
  }

  /** Writes what is left; what the database does not accept in time stays on disk for the next start, and is logged. */
  close(): Promise<void> {
    const life = this.#life;
    if (life.at === 'closing') return life.ended;
    const loop = life.at === 'writing' ? life.loop : Promise.resolve();
    const ended = Promise.resolve().then(() => this.#end(loop));
    this.#life = { at: 'closing', ended };
    this.expectEnd();
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
    this.#hasEnded = true;
    if (this.#visits.length > 0) await this.#spillAll(true);
    this.#guarding?.abort();
    const { queued, spilled } = this;
    if (spilled > 0) this.#deps.log.warn('visits are left on disk for the next start', { visits: spilled });
    if (queued > 0)
      this.#deps.log.error('visits are lost: neither the database nor the disk accepted them', { visits: queued });
  }

  /** A visit that came after the end: of a session that a peer kept open. */
  async #keepLate(): Promise<void> {
    const visits = this.#visits.length;
    await this.#spillAll(true);
    if (this.#visits.length === 0) this.#deps.log.warn('visits that came at the end are left on disk', { visits });
    else this.#deps.log.error('visits are lost: they came at the end, and the disk did not accept them', { visits });
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
        await this.#spilling;
        // Visits may have come, or gone to disk, while the last batch was being written.
        const isDone = this.#isIdle && this.#deps.spill.isEmpty;
        if (this.#isClosing && (isDone || this.#giveUp.signal.aborted)) return;
      } catch (error) {
        const before = this.#database.at === 'away' ? this.#database.failures : 0;
        this.#database = { at: 'away', failures: before + 1 };
        this.#behindSince ??= clock.now();
        this.#deps.onFailure?.();
        const { queued, spilled } = this;
        log.warn('the database does not accept writes; keeping them', { reason: reasonOf(error), queued, spilled });
        this.#guard(true);
        const isSafe = this.#visits.length === 0 && clock.now() - (this.#endingSince ?? clock.now()) >= awayPatienceMs;
        if (this.#giveUp.signal.aborted || isSafe) return;
        if (this.#isClosing) await clock.sleep(retry.firstMs, AbortSignal.any([this.#giveUp.signal]));
      } finally {
        for (const flushed of this.#flushes.splice(0)) flushed();
      }
    }
  }

  /** Until there is something to write, and then until more may have come. */
  async #rest(): Promise<void> {
    if (this.#isIdle && this.#deps.spill.isEmpty) {
      await new Promise<void>((resolve) => {
        this.#onWork = resolve;
      });
    }
    if (!this.#wake.signal.aborted) await this.#deps.clock.sleep(this.#pauseMs(), this.#wake.signal);
    // A signal for each pause, because clocks may leave their listeners on it.
    if (!this.#isClosing) this.#wake = new AbortController();
  }

  /** Writes everything in the order in which it came: what is on disk is older. */
  async #writeAll(): Promise<void> {
    for (;;) {
      if (!this.#deps.spill.isEmpty) await this.#replayOldest();
      else if (this.#visits.length > 0) await this.#writeBatch();
      else break;
    }
    await this.#writeSightings();
  }

  async #writeBatch(): Promise<void> {
    this.#inFlight = this.#visits.splice(0, this.#options.maxBatch);
    this.#inFlightIsSafe = false;
    try {
      await this.#write(this.#inFlight.map(({ row }) => row));
    } catch (error) {
      // They may be on their way to disk.
      await this.#spilling;
      if (!this.#inFlightIsSafe) this.#visits.unshift(...this.#inFlight);
      throw error;
    } finally {
      this.#inFlight = [];
      if (this.#visits.length === 0) this.#guarding?.abort();
    }
  }

  /** A key that was written already, because the answer to it was lost, changes nothing in the database. */
  async #replayOldest(): Promise<void> {
    const read = await this.#exclusively(() => this.#spill.readOldest());
    if (read === null) return;
    for (let start = 0; start < read.rows.length; start += this.#options.maxBatch) {
      await this.#write(read.rows.slice(start, start + this.#options.maxBatch));
    }
    await this.#exclusively(() => this.#spill.remove(read));
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

  /** Sees to it that nothing waits in memory alone for longer than it may. `sooner`: it may wait less long than before. */
  #guard(sooner = false): void {
    if (sooner) this.#guarding?.abort();
    if (this.#guarding?.signal.aborted === false || this.#oldestAt() === null) return;
    this.#guarding = new AbortController();
    void this.#guardMemory(this.#guarding.signal);
  }

  async #guardMemory(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const { maxHeldMs, maxUnsafeMs } = this.#options;
    for (let oldest = this.#oldestAt(); oldest !== null && !signal.aborted; oldest = this.#oldestAt()) {
      const mayWaitMs = this.#database.at === 'away' ? maxUnsafeMs : maxHeldMs;
      const until = Math.min(oldest + mayWaitMs, (this.#endingSince ?? Number.POSITIVE_INFINITY) + maxUnsafeMs);
      const leftMs = until - clock.now();
      if (leftMs > 0) await clock.sleep(leftMs, signal);
      else if (!(await this.#spillAll(this.#endingSince !== null))) await clock.sleep(maxUnsafeMs, signal);
    }
    if (!signal.aborted) this.#guarding = null;
  }

  /** When the oldest visit came that is in memory alone. */
  #oldestAt(): number | null {
    const oldest = (this.#inFlightIsSafe ? undefined : this.#inFlight[0]) ?? this.#visits[0];
    return oldest?.cameAt ?? null;
  }

  /**
   * Moves everything from memory to disk, and a copy of what is being written. If the disk is full or broken, it stays in
   * memory, and `visit` waits. With `beyond` the limit of the spill does not count.
   */
  #spillAll(beyond = false): Promise<boolean> {
    return this.#exclusively(async () => {
      const writing = this.#inFlightIsSafe ? [] : this.#inFlight;
      const waiting = this.#visits;
      const rows = [...writing, ...waiting].map(({ row }) => row);
      if (rows.length === 0) return true;
      this.#visits = [];
      this.#moving = waiting.length;
      const isOnDisk = await this.#spill.append(rows, beyond);
      this.#moving = 0;
      if (!isOnDisk) this.#visits = [...waiting, ...this.#visits];
      else if (writing === this.#inFlight) this.#inFlightIsSafe = true;
      this.#behindSince ??= this.#deps.clock.now();
      return isOnDisk;
    });
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#spilling.then(work);
    this.#spilling = next.catch(() => {});
    return next;
  }
}
