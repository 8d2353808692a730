/** Fewest visits at a time, however slow all is. */
const MIN_SIZE = 8;
const FIRST_SIZE = 64;
/** Answers that come late tell of one jam for so long. */
const JAM_MS = 1_000;
const SHRINK = 0.7;

/**
 * How many visits may go on at a time: as many as the machine and the network bear. It grows with every visit, at
 * first by one each, after the first jam by one a window, and shrinks when answers come after we gave up on them.
 */
export class VisitWindow {
  readonly #max: number;
  #size: number;
  #jammed = false;
  #jamUntil = Number.NEGATIVE_INFINITY;

  constructor(max: number) {
    this.#max = max;
    this.#size = Math.min(FIRST_SIZE, max);
  }

  get size(): number {
    return Math.floor(this.#size);
  }

  /** A visit has ended. */
  ended(): void {
    this.#size = Math.min(this.#max, this.#size + (this.#jammed ? 1 / this.#size : 1));
  }

  /** An answer came to what was given up; `now` in ms. */
  late(now: number): void {
    if (now < this.#jamUntil) return;
    this.#jammed = true;
    this.#jamUntil = now + JAM_MS;
    this.#size = Math.max(Math.min(MIN_SIZE, this.#max), this.#size * SHRINK);
  }
}
