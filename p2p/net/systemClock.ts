import { sleep, timerMs } from '../../lib/sleep.ts';
import type { Clock } from '../ports.ts';

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep,
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
