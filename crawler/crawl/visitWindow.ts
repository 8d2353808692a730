import { LateHabits } from './lateHabits.ts';

/** Fewest visits at a time, however slow everything is: dead nodes alone occupy dozens of places for seconds. */
const minSize = 48;
const firstSize = 64;
/** The period over which late answers are compared with finished visits. */
const periodMs = 1_000;
/** Congestion: more than this share of visits was answered too late. A few slow or malicious peers are not enough. */
const jamShare = 0.2;
const shrinkFactor = 0.7;
/** Growth per window after the first congestion. */
const regrowthFactor = 4;
/** Waiting costs two packets and no work. */
const extraFactor = 3;

/**
 * How many visits may be under way at a time: as many as the machine and the network can bear. It grows with every visit,
 * at first by one each, after the first congestion by a few per window, and shrinks if many answers come after we gave up
 * on them: then we or our line are too slow.
 */
export class VisitWindow {
  readonly #max: number;
  #size: number;
  #jammed = false;
  readonly #habits = new LateHabits();
  /** BOUNDED: `late` by the nodes asked within a period. */
  #period = { start: Number.NEGATIVE_INFINITY, ended: 0, late: new Set<string>() };

  constructor(max: number) {
    this.#max = max;
    this.#size = Math.min(firstSize, max);
  }

  get size(): number {
    return Math.floor(this.#size);
  }

  /** How many more may wait for names that are silent so far; none once answers were late, for then silence says nothing. */
  get extra(): number {
    return this.#jammed ? 0 : extraFactor * this.size;
  }

  /** A visit has ended; `now` in ms. */
  ended(now: number): void {
    this.#turn(now);
    this.#period.ended++;
    this.#size = Math.min(this.#max, this.#size + (this.#jammed ? regrowthFactor / this.#size : 1));
  }

  /** A node's answer came after its request was given up. However many of its answers are late, it counts once. */
  late(idKey: string, now: number): void {
    this.#turn(now);
    if (!this.#habits.isHabitual(idKey, now)) this.#period.late.add(idKey);
  }

  /** Judges a period when it is over. */
  #turn(now: number): void {
    const { start, ended, late } = this.#period;
    if (now - start < periodMs) return;
    this.#period = { start: now, ended: 0, late: new Set() };
    if (late.size <= jamShare * Math.max(ended, 10)) {
      for (const idKey of late) this.#habits.note(idKey, now);
      return;
    }
    this.#jammed = true;
    this.#size = Math.max(Math.min(minSize, this.#max), this.#size * shrinkFactor);
  }
}
