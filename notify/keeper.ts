import { type BackoffPolicy, backoffMs } from '../lib/backoff.ts';
import { withDeadline } from '../lib/deadline.ts';
import { ForkscopeError, reasonOf } from '../lib/errors.ts';
import type { Clock, Logger } from '../p2p/ports.ts';
import { type NoticeChange, noticeId } from './notice.ts';
import type { Delivered, NoticeStore } from './noticeStore.ts';

export interface KeeperConfig {
  /** Names of all targets. */
  readonly targets: readonly string[];
  readonly retry: BackoffPolicy;
  /** Longest wait for the store before a target is told all the same. */
  readonly storeMs: number;
}

/** The database did not answer at all, not even with an error. */
class NoticeStoreTimeout extends ForkscopeError<{ code: 'noticeStoreTimeout'; afterMs: number }> {}

/** Longer than the server itself lets a statement run. */
const lostMs = 45_000;

/** Writes notices and deliveries to the store, again and again until it takes them. */
export class Keeper {
  readonly #config: KeeperConfig;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #store: NoticeStore;
  // BOUNDED: by maxKept
  readonly #changes = new Map<string, NoticeChange>();
  // BOUNDED: by maxKept
  readonly #sent = new Map<string, Delivered>();
  #writing: Promise<void> = Promise.resolve();
  #failures = 0;
  #cancelRetry: (() => void) | null = null;
  #ended = false;

  constructor(config: KeeperConfig, deps: { readonly clock: Clock; readonly log: Logger }, store: NoticeStore) {
    this.#config = config;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#store = store;
  }

  /** Resolves when they are kept, or when the store takes too long. Never rejects. */
  async keep(changes: readonly NoticeChange[]): Promise<void> {
    for (const change of changes) this.#changes.set(noticeId(change.notice), change);
    dropOldest(this.#changes);
    await this.#flush();
  }

  delivered(target: string, changes: readonly NoticeChange[]): void {
    const at = this.#clock.now();
    for (const change of changes) this.#sent.set(`${target} ${noticeId(change.notice)}`, { target, change, at });
    dropOldest(this.#sent);
    void this.#flush();
  }

  release(subject: string): void {
    for (const [id, { notice }] of this.#changes) if (notice.subject === subject) this.#changes.delete(id);
  }

  /** The last try. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#cancelRetry?.();
    await this.#flush();
  }

  async #flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    await withDeadline(this.#writing, { ms: this.#config.storeMs, clock: this.#clock, late: () => undefined });
  }

  async #write(): Promise<void> {
    const changes = [...this.#changes];
    const sent = [...this.#sent];
    if (changes.length + sent.length === 0) return;
    try {
      if (changes.length > 0) {
        await this.#within(
          this.#store.save(
            changes.map(([, change]) => change),
            this.#config.targets,
            this.#clock.now(),
          ),
        );
        forget(this.#changes, changes);
      }
      if (sent.length > 0) await this.#within(this.#store.markSent(sent.map(([, delivered]) => delivered)));
      forget(this.#sent, sent);
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      const retryMs = backoffMs(this.#config.retry, this.#failures);
      this.#log.warn('notices are not kept: the database is away', { reason: reasonOf(error), retryMs });
      this.#cancelRetry?.();
      if (!this.#ended) this.#cancelRetry = this.#clock.after(retryMs, () => void this.#flush());
    }
  }

  #within<T>(work: Promise<T>): Promise<T> {
    const late = (): never => {
      throw new NoticeStoreTimeout({ code: 'noticeStoreTimeout', afterMs: lostMs });
    };
    return withDeadline(work, { ms: lostMs, clock: this.#clock, late });
  }
}

/** Of each; more than happen in a day without a database. */
const maxKept = 1_000;

function dropOldest(list: Map<string, unknown>): void {
  for (const key of list.keys()) {
    if (list.size <= maxKept) return;
    list.delete(key);
  }
}

/** Removes what was written, unless it has been replaced meanwhile. */
function forget<T>(list: Map<string, T>, written: readonly (readonly [string, T])[]): void {
  for (const [key, value] of written) if (list.get(key) === value) list.delete(key);
}
