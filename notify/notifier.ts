import { type BackoffPolicy, backoffMs } from '../lib/backoff.ts';
import type { Secret } from '../lib/secret.ts';
import type { Clock, Logger } from '../p2p/ports.ts';
import { type Alert, alertKey } from './alert.ts';
import { formatAlerts, type TargetKind } from './formatAlert.ts';
import { type PostOutcome, postJson } from './postJson.ts';

/** Where alerts go. Only `name` is ever shown: the address of a chat hook is a secret. */
export interface Target {
  readonly name: string;
  readonly kind: TargetKind;
  /** For `alertmanager` its base address; otherwise the hook itself. */
  readonly url: Secret;
  readonly headers: Readonly<Record<string, Secret>>;
}

export interface NotifierConfig {
  readonly targets: readonly Target[];
  readonly timeoutMs: number;
  readonly retry: BackoffPolicy;
  /** Alertmanager considers an alert resolved if it is not repeated. */
  readonly repeatMs: number;
}

export const notifierDefaults: Omit<NotifierConfig, 'targets'> = {
  timeoutMs: 10_000,
  retry: { firstMs: 1_000, maxMs: 5 * 60_000 },
  repeatMs: 60_000,
};

export interface NotifierDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly onDelivery: (target: string, outcome: PostOutcome['at']) => void;
}

export interface Notifier {
  /** Takes alerts that began or ended. Each goes to each target once; undelivered ones are replaced by their newer state. */
  notify(alerts: readonly Alert[]): void;
  /** Delivers until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Delivers alerts to every target separately: one that is away does not delay the others. */
export function createNotifier(config: NotifierConfig, deps: NotifierDeps): Notifier {
  const outboxes = config.targets.map((target) => new Outbox(target, config, deps));
  return {
    notify: (alerts) => {
      for (const outbox of outboxes) outbox.put(alerts);
    },
    run: async (signal) => {
      await Promise.all(outboxes.map((outbox) => outbox.run(signal)));
    },
  };
}

class Outbox {
  readonly #target: Target;
  readonly #config: NotifierConfig;
  readonly #deps: NotifierDeps;
  // BOUNDED: by the alerts that can be told apart: names times what they are about. So is `#firing`
  readonly #waiting = new Map<string, Alert>();
  readonly #firing = new Map<string, Alert>();
  #wake: () => void = () => {};

  constructor(target: Target, config: NotifierConfig, deps: NotifierDeps) {
    this.#target = target;
    this.#config = config;
    this.#deps = deps;
  }

  put(alerts: readonly Alert[]): void {
    for (const alert of alerts) this.#waiting.set(alertKey(alert), alert);
    this.#wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    let sentAt = this.#deps.clock.now();
    while (!signal.aborted) {
      const repeat = this.#target.kind === 'alertmanager' && this.#firing.size > 0;
      if (this.#waiting.size === 0 && !(repeat && this.#deps.clock.now() - sentAt >= this.#config.repeatMs)) {
        await this.#pause(repeat ? this.#config.repeatMs : null, signal);
        continue;
      }
      const batch = new Map([...(repeat ? this.#firing : []), ...this.#waiting]);
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

  #settle(batch: ReadonlyMap<string, Alert>): void {
    for (const [key, alert] of batch) {
      // It may have ended, or started again, while it was being sent.
      if (this.#waiting.get(key) === alert) this.#waiting.delete(key);
      if (alert.endsAt === null) this.#firing.set(key, alert);
      else this.#firing.delete(key);
    }
  }

  #send(alerts: readonly Alert[]): Promise<PostOutcome> {
    const { kind, url, headers } = this.#target;
    const address = kind === 'alertmanager' ? `${url.reveal().replace(/\/$/, '')}/api/v2/alerts` : url.reveal();
    const revealed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.reveal()]));
    return postJson(address, formatAlerts(kind, alerts), revealed, this.#config.timeoutMs, this.#deps.clock);
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
