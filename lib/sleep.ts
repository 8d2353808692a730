/** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Longer waits than a timer can hold end early: whoever sleeps looks at the time again. */
const longestMs = 2 ** 31 - 1;

/** Sleeps by the machine's clock. */
export const sleep: Sleep = (ms, signal) =>
  new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, timerMs(ms));
    signal?.addEventListener('abort', done, { once: true });
  });

/** A wait as a timer takes it. */
export function timerMs(ms: number): number {
  return Math.min(Math.max(0, ms), longestMs);
}
