/** What a bucket holds at the most, and how fast it fills. */
export interface Rate {
  /** Infinity = without limit. */
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * A token bucket by times that are passed in (ms since the epoch): full at first, `perSecond` tokens a second, never
 * more than `burst`. What is taken beyond what it holds is a debt, at most one burst deep.
 */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #at = 0;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#tokens = rate.burst;
  }

  /** Tokens at `now`; below 0 = a debt. */
  level(now: number): number {
    const { perSecond, burst } = this.#rate;
    if (perSecond === Number.POSITIVE_INFINITY) return burst;
    return Math.min(burst, this.#tokens + (Math.max(0, now - this.#at) * perSecond) / 1000);
  }

  /** Puts tokens in; those beyond the burst are lost. A negative count takes them out, whether they are there or not. */
  add(tokens: number, now: number): void {
    const { burst } = this.#rate;
    this.#tokens = Math.max(-burst, Math.min(burst, this.level(now) + tokens));
    this.#at = now;
  }

  /** The ms until there will be a token, without taking one; 0 = there is one. */
  waitMs(now: number): number {
    const tokens = this.level(now);
    if (tokens >= 1) return 0;
    // If the clock was set back, nobody must have to wait until it has caught up.
    if (now < this.#at) {
      this.#tokens = tokens;
      this.#at = now;
    }
    return Math.ceil(((1 - tokens) * 1000) / this.#rate.perSecond);
  }

  /** Takes a token; false when there is none. */
  take(now: number): boolean {
    if (this.waitMs(now) > 0) return false;
    this.add(-1, now);
    return true;
  }
}
