import type { Cancel, Clock } from '../p2p/ports.ts';

/**
 * A clock that moves only when told to, for tests and simulations. `drive()` runs promises to their rest and then
 * jumps to the next sleeper, again and again, so that hours pass in milliseconds and always in the same order.
 */
export class SimulatedClock implements Clock {
  #now: number;
  /** BOUNDED: by the sleepers of the simulation. */
  #sleepers: { at: number; wake: () => void }[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = { at: this.#now + Math.max(0, ms), wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener(
        'abort',
        () => {
          this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
          resolve();
        },
        { once: true },
      );
    });
  }

  after(ms: number, act: () => void): Cancel {
    const sleeper = { at: this.#now + Math.max(0, ms), wake: act };
    this.#sleepers.push(sleeper);
    return () => {
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    };
  }

  /** Lets time pass until `until` settles; throws when it would wait for nothing, or beyond `limitMs` of simulated time. */
  async drive<T>(until: Promise<T>, limitMs = 30 * 86_400_000): Promise<T> {
    const end = this.#now + limitMs;
    let settled = false;
    const watched = until.finally(() => {
      settled = true;
    });
    watched.catch(() => {});
    for (;;) {
      for (let turn = 0; turn < 3 && !settled; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (settled) return watched;
      const next = this.#sleepers.reduce<number | null>(
        (least, { at }) => (least === null || at < least ? at : least),
        null,
      );
      if (next === null) throw new Error('the simulation waits for nothing');
      if (next > end) throw new Error(`the simulation has not ended after ${limitMs} ms`);
      this.#now = next;
      const due = this.#sleepers.filter(({ at }) => at <= next);
      this.#sleepers = this.#sleepers.filter(({ at }) => at > next);
      for (const { wake } of due) wake();
    }
  }
}
