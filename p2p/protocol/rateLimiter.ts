import { BoundedMap } from './boundedMap.ts';

/** A token bucket: `burst` at once, then `perSecond`. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** One token bucket for each key, by times that are passed in (ms). */
export class RateLimiter {
  // BOUNDED: by `maxKeys`; a key that is dropped starts with a full bucket again.
  readonly #buckets: BoundedMap<string, Bucket>;
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

  /** The ms until there will be a token, without taking one; 0 = there is one. */
  peek(key: string, now: number): number {
    const bucket = this.#buckets.get(key);
    return bucket === undefined ? 0 : this.#wait(bucket, now);
  }

  /** Takes a token and returns 0, or takes none and returns the ms until there will be one. */
  delay(key: string, now: number): number {
    if (this.#isUnlimited) return 0;
    const bucket = this.#buckets.get(key);
    const wait = bucket === undefined ? 0 : this.#wait(bucket, now);
    if (wait === 0) this.#take(key, bucket, now);
    return wait;
  }

  /** Takes a token even where there is none: the debt delays what comes after, up to one burst. */
  charge(key: string, now: number): void {
    if (!this.#isUnlimited) this.#take(key, this.#buckets.get(key), now);
  }

  get #isUnlimited(): boolean {
    return this.#rate.perSecond === Number.POSITIVE_INFINITY;
  }

  #wait(bucket: Bucket, now: number): number {
    const tokens = this.#tokens(bucket, now);
    if (tokens >= 1) return 0;
    // A clock that was set back must not hold anybody up until it has caught up.
    if (now < bucket.at) {
      bucket.tokens = tokens;
      bucket.at = now;
    }
    return Math.ceil(((1 - tokens) * 1000) / this.#rate.perSecond);
  }

  #take(key: string, known: Bucket | undefined, now: number): void {
    const { burst } = this.#rate;
    const bucket = known ?? { tokens: burst, at: now };
    bucket.tokens = Math.max(this.#tokens(bucket, now) - 1, -burst);
    bucket.at = now;
    this.#buckets.set(key, bucket);
  }

  #tokens({ tokens, at }: Bucket, now: number): number {
    const { perSecond, burst } = this.#rate;
    return Math.min(burst, tokens + (Math.max(0, now - at) * perSecond) / 1000);
  }
}
