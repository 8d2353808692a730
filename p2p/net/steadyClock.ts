import type { Clock } from '../ports.ts';
import { systemClock } from './systemClock.ts';

/**
 * The machine's time as it was when this was made, and as long later as has passed since: nobody can set it. `wall` is
 * the machine's clock, which can be set. A machine that slept was not there: that time has not passed.
 */
export function steadyClock(machine: { now(): number } = performance): Clock {
  const startedAt = systemClock.now() - machine.now();
  return {
    now: () => Math.round(startedAt + machine.now()),
    wall: systemClock.now,
    sleep: systemClock.sleep,
    after: systemClock.after,
  };
}
