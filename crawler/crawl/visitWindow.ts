/** Fewest visits at a time, however slow all is: dead nodes alone take up dozens of places for seconds. */
const minSize = 48;
const firstSize = 64;
/** Late answers and finished visits are weighed against each other over so long. */
const periodMs = 1_000;
/** A jam: more than this share of visits was answered too late. A few slow peers, or ones that mean it, are none. */
const jamShare = 0.2;
const shrinkFactor = 0.7;
/** Growth a window after the first jam. */
const regrowthFactor = 4;

/**
 * How many visits may go on at a time: as many as the machine and the network bear. It grows with every visit, at
 * first by one each, after the first jam by a few a window, and shrinks when many answers come after we gave up on
 * them: then it is we, or our line, who are late.
 */
export class VisitWindow {
  readonly #max: number;
  #size: number;
  #jammed = false;
  #period = { start: Number.NEGATIVE_INFINITY, ended: 0, late: 0 };

  constructor(max: number) {
    this.#max = max;
    this.#size = Math.min(firstSize, max);
  }

  get size(): number {
    return Math.floor(this.#size);
  }

  /** A visit has ended; `now` in ms. */
  ended(now: number): void {
    this.#turn(now);
    this.#period.ended++;
    this.#size = Math.min(this.#max, this.#size + (this.#jammed ? regrowthFactor / this.#size : 1));
  }

  /** An answer came to what was given up. */
  late(now: number): void {
    this.#turn(now);
    this.#period.late++;
  }

  /** Judges a period when it is over. */
  #turn(now: number): void {
    const { start, ended, late } = this.#period;
    if (now - start < periodMs) return;
    this.#period = { start: now, ended: 0, late: 0 };
    if (late <= jamShare * Math.max(ended, 10)) return;
    this.#jammed = true;
    this.#size = Math.max(Math.min(minSize, this.#max), this.#size * shrinkFactor);
  }
}
