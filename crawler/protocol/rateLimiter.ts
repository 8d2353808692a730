import { BoundedMap } from './boundedMap.ts';

/** A token bucket: `burst` at once, then `perSecond`. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** One token bucket for each key, by times that are passed in (ms). */
export class RateLimiter {
  // BOUNDED: by `maxKeys`; a key that is dropped starts with a full bucket again.
  private readonly buckets: BoundedMap<string, { readonly tokens: number; readonly at: number }>;
  private readonly rate: Rate;

  constructor(rate: Rate, maxKeys: number) {
    this.rate = rate;
    this.buckets = new BoundedMap(maxKeys);
  }

  get size(): number {
    return this.buckets.size;
  }

  /** Takes a token; false when there is none. */
  allows(key: string, now: number): boolean {
    return this.delay(key, now) === 0;
  }

  /** The ms until there will be a token, without taking one; 0 = there is one. */
  peek(key: string, now: number): number {
    if (this.rate.perSecond === Number.POSITIVE_INFINITY) return 0;
    const tokens = this.tokens(key, now);
    // A clock that was set back must not hold anybody up until it has caught up.
    if (tokens < 1 && now < (this.buckets.get(key)?.at ?? now)) this.buckets.set(key, { tokens, at: now });
    return tokens < 1 ? Math.ceil(((1 - tokens) * 1000) / this.rate.perSecond) : 0;
  }

  /** Takes a token and returns 0, or takes none and returns the ms until there will be one. */
  delay(key: string, now: number): number {
    const wait = this.peek(key, now);
    if (wait === 0) this.charge(key, now);
    return wait;
  }

  /** Takes a token even where there is none: the debt delays what comes after, up to one burst. */
  charge(key: string, now: number): void {
    if (this.rate.perSecond === Number.POSITIVE_INFINITY) return;
    this.buckets.set(key, { tokens: Math.max(this.tokens(key, now) - 1, -this.rate.burst), at: now });
  }

  private tokens(key: string, now: number): number {
    const { perSecond, burst } = this.rate;
    const bucket = this.buckets.get(key);
    if (bucket === undefined) return burst;
    return Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) * perSecond) / 1000);
  }
}
