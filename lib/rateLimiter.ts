import { BoundedMap } from './boundedMap.ts';
import { type Rate, TokenBucket } from './tokenBucket.ts';

/** One token bucket for each key, by times that are passed in (ms). */
export class RateLimiter {
  // BOUNDED: by `maxKeys`; a key that is dropped starts with a full bucket again.
  readonly #buckets: BoundedMap<string, TokenBucket>;
  readonly #rate: Rate;

  constructor(rate: Rate, maxKeys: number) {
    this.#rate = rate;
    this.#buckets = new BoundedMap(maxKeys);
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a token; false when there is none. */
  allows(key: string, now: number): boolean {
    return this.delay(key, now) === 0;
  }

  /** Takes a token and returns 0, or takes none and returns the ms until there will be one. */
  delay(key: string, now: number): number {
    if (this.#isUnlimited) return 0;
    const wait = this.#buckets.get(key)?.waitMs(now) ?? 0;
    if (wait === 0) this.#take(key, now);
    return wait;
  }

  /** Takes a token even where there is none: the debt delays what comes after, up to one burst. */
  charge(key: string, now: number): void {
    if (!this.#isUnlimited) this.#take(key, now);
  }

  get #isUnlimited(): boolean {
    return this.#rate.perSecond === Number.POSITIVE_INFINITY;
  }

  #take(key: string, now: number): void {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#rate);
    bucket.add(-1, now);
    this.#buckets.set(key, bucket);
  }
}
