import type { Clock, Logger } from '../p2p/ports.ts';
import { Keeper, type KeeperConfig } from './keeper.ts';
import type { NoticeChange } from './notice.ts';
import type { NoticeStore } from './noticeStore.ts';
import { Outbox, type OutboxConfig } from './outbox.ts';
import type { PostOutcome } from './postJson.ts';
import type { Target } from './target.ts';

export interface NotifierConfig extends OutboxConfig, Pick<KeeperConfig, 'storeMs'> {
  readonly targets: readonly Target[];
}

export const notifierDefaults: Omit<NotifierConfig, 'targets'> = {
  timeoutMs: 10_000,
  retry: { firstMs: 1_000, maxMs: 5 * 60_000 },
  repeatMs: 60_000,
  storeMs: 8_000,
};

export interface NotifierDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly onDelivery: (target: string, outcome: PostOutcome['at']) => void;
  /** Null: nothing outlives this process. */
  readonly store: NoticeStore | null;
}

/** Tells targets of notices. Whoever makes the notices of a subject holds a lease of it, so that one process tells of it. */
export interface Notifier {
  /**
   * Called when the lease was taken: goes on where an earlier run stopped. What was told is not told again, what was not
   * is. Returns the notices that are open. Rejects if the store is away.
   */
  adopt(subject: string): Promise<readonly NoticeChange[]>;
  /** Called when another process has taken the lease. */
  release(subject: string): void;
  /** Takes notices that changed. Each goes to each target once; undelivered ones are replaced by their newer state. */
  notify(changes: readonly NoticeChange[]): void;
  /** Delivers until `signal` aborts. What is being sent then is waited for, and noted. */
  run(signal: AbortSignal): Promise<void>;
}

/** A notice is kept before it is told, and each delivery after it: a crash between the two repeats it, under the same id. */
export function createNotifier(config: NotifierConfig, deps: NotifierDeps): Notifier {
  const { clock, store } = deps;
  const targets = config.targets.map(({ name }) => name);
  const keeper = store === null ? null : new Keeper({ ...config, targets }, deps, store);
  const onDelivered = (target: string, changes: readonly NoticeChange[]): void => keeper?.delivered(target, changes);
  const outboxes = new Map(
    config.targets.map((target) => [target.name, new Outbox(target, config, { ...deps, onDelivered })]),
  );
  // BOUNDED: by the subjects that this process holds a lease of
  const held = new Set<string>();
  const put = (changes: readonly NoticeChange[]): void => {
    for (const outbox of outboxes.values()) outbox.put(changes);
  };
  return {
    async adopt(subject) {
      const stored = (await store?.load(subject, clock.now())) ?? [];
      held.add(subject);
      for (const { notice, version, sent } of stored) {
        for (const [name, outbox] of outboxes) {
          const known = sent.get(name);
          // A target that is new is told of what is open, not of what is over.
          if (known !== undefined || notice.endsAt === null) outbox.adopt({ notice, version }, known ?? 0);
        }
      }
      return stored.filter(({ notice }) => notice.endsAt === null).map(({ notice, version }) => ({ notice, version }));
    },
    release(subject) {
      held.delete(subject);
      keeper?.release(subject);
      for (const outbox of outboxes.values()) outbox.release(subject);
    },
    notify(changes) {
      if (changes.length === 0) return;
      if (keeper === null) return put(changes);
      void keeper.keep(changes).then(() => put(changes.filter(({ notice }) => held.has(notice.subject))));
    },
    async run(signal) {
      await Promise.all([...[...outboxes.values()].map((outbox) => outbox.run(signal)), aborted(signal)]);
      await keeper?.end();
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
