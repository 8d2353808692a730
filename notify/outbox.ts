import { type BackoffPolicy, backoffMs } from '../lib/backoff.ts';
import type { Clock, Logger } from '../p2p/ports.ts';
import { formatNotices } from './formatNotice.ts';
import { type NoticeChange, noticeId } from './notice.ts';
import { type PostOutcome, postJson } from './postJson.ts';
import type { Target } from './target.ts';

export interface OutboxConfig {
  readonly timeoutMs: number;
  readonly retry: BackoffPolicy;
  /** Alertmanager considers an alert resolved if it is not repeated. */
  readonly repeatMs: number;
}

export interface OutboxDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly onDelivery: (target: string, outcome: PostOutcome['at']) => void;
  readonly onDelivered: (target: string, changes: readonly NoticeChange[]) => void;
}

/** What one target is still to be told, in the order in which it happened. One that is away does not delay the others. */
export class Outbox {
  readonly #target: Target;
  readonly #config: OutboxConfig;
  readonly #deps: OutboxDeps;
  // BOUNDED: by the incidents that began while the target was away, and by maxWaiting
  readonly #waiting = new Map<string, NoticeChange>();
  // BOUNDED: by the kinds of notices times what they are about
  readonly #told = new Map<string, NoticeChange>();
  #wake: () => void = () => {};

  constructor(target: Target, config: OutboxConfig, deps: OutboxDeps) {
    this.#target = target;
    this.#config = config;
    this.#deps = deps;
  }

  /** Of a notice that waits already, the newer state replaces the older one. */
  put(changes: readonly NoticeChange[]): void {
    for (const change of changes) {
      const id = noticeId(change.notice);
      const told = this.#told.get(id);
      if (told !== undefined && told.version >= change.version) continue;
      this.#waiting.set(id, change);
      const [oldest] = this.#waiting.keys();
      if (this.#waiting.size > maxWaiting && oldest !== undefined) this.#waiting.delete(oldest);
    }
    this.#wake();
  }

  /** Takes over what an earlier run told of this. */
  adopt(change: NoticeChange, sentVersion: number): void {
    if (sentVersion > 0 && change.notice.endsAt === null) {
      this.#told.set(noticeId(change.notice), { ...change, version: sentVersion });
    }
    if (sentVersion < change.version) this.put([change]);
    this.#wake();
  }

  /** Another process tells of this subject from now on. */
  release(subject: string): void {
    for (const list of [this.#waiting, this.#told]) {
      for (const [id, { notice }] of list) if (notice.subject === subject) list.delete(id);
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    let sentAt = this.#deps.clock.now();
    while (!signal.aborted) {
      const repeat = this.#target.kind === 'alertmanager' && this.#told.size > 0;
      if (this.#waiting.size === 0 && !(repeat && this.#deps.clock.now() - sentAt >= this.#config.repeatMs)) {
        await this.#pause(repeat ? this.#config.repeatMs : null, signal);
        continue;
      }
      const batch = new Map([...(repeat ? this.#told : []), ...this.#waiting]);
      const outcome = await this.#send([...batch.values()]);
      sentAt = this.#deps.clock.now();
      this.#deps.onDelivery(this.#target.name, outcome.at);
      if (outcome.at === 'delivered') {
        failures = 0;
        this.#settle(batch);
      } else {
        failures += 1;
        const retryMs = backoffMs(this.#config.retry, failures);
        this.#deps.log.warn('notification failed', { target: this.#target.name, reason: outcome.detail, retryMs });
        await this.#deps.clock.sleep(retryMs, signal);
      }
    }
  }

  #settle(batch: ReadonlyMap<string, NoticeChange>): void {
    const fresh: NoticeChange[] = [];
    for (const [id, change] of batch) {
      if ((this.#told.get(id)?.version ?? 0) < change.version) fresh.push(change);
      // It may have ended, or become graver, while it was being sent.
      if (this.#waiting.get(id) === change) this.#waiting.delete(id);
      if (change.notice.endsAt === null) this.#told.set(id, change);
      else this.#told.delete(id);
    }
    if (fresh.length > 0) this.#deps.onDelivered(this.#target.name, fresh);
  }

  #send(changes: readonly NoticeChange[]): Promise<PostOutcome> {
    const { kind, url, headers } = this.#target;
    const address = kind === 'alertmanager' ? `${url.reveal().replace(/\/$/, '')}/api/v2/alerts` : url.reveal();
    const revealed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.reveal()]));
    return postJson(address, formatNotices(kind, changes), revealed, this.#config.timeoutMs, this.#deps.clock);
  }

  /** Until `put` wakes it, the signal aborts, or `ms` passed. */
  async #pause(ms: number | null, signal: AbortSignal): Promise<void> {
    const waking = new AbortController();
    const stop = (): void => waking.abort();
    signal.addEventListener('abort', stop, { once: true });
    const woken = new Promise<void>((resolve) =>
      waking.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    this.#wake = stop;
    if (!signal.aborted) await (ms === null ? woken : this.#deps.clock.sleep(ms, waking.signal));
    this.#wake = () => {};
    signal.removeEventListener('abort', stop);
  }
}

/** Many more than anybody reads of what happened while a chat service was away. */
const maxWaiting = 1_000;
