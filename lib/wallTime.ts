/**
 * The wall clock of the machine, ms since the epoch: what other machines are told, and what chains go by. Unlike a steady
 * clock's `now` it may be set to another time at any moment.
 */
export function wallTime(clock: { now(): number; wall?(): number }): number {
  return clock.wall?.() ?? clock.now();
}
