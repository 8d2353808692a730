import type { Clock } from '../ports.ts';

/** Longer waits than a timer can hold end early: whoever waits looks at the time again. */
const longestMs = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep(ms, signal) {
    return new Promise((resolve) => {
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
  },
  after(ms, act) {
    let immediate: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => {
      // Timers come before sockets in a turn of the event loop, immediates after them.
      immediate = setImmediate(act);
    }, timerMs(ms));
    return () => {
      clearTimeout(timer);
      clearImmediate(immediate);
    };
  },
};

function timerMs(ms: number): number {
  return Math.min(Math.max(0, ms), longestMs);
}
