import { BoundedMap } from '../../lib/boundedMap.ts';
import { type Rate, TokenBucket } from '../../lib/tokenBucket.ts';

/** Bytes that may be sent to senders without endpoint proof beyond what came from them. */
export interface StrangerLimits {
  readonly perSource: Rate;
  /** However many sources they pretend to be. */
  readonly inAll: Rate;
}

/**
 * Keeps a forged source address from drawing traffic onto whoever has it: until an endpoint is proven, hardly more goes
 * there than came from there. A PONG is larger than its PING by design, and a PING of ours goes with it; so each source
 * has a small allowance for making acquaintance, which its proof restores, and all sources together have one too.
 */
export class StrangerCredit {
  readonly #limits: StrangerLimits;
  // BOUNDED: by `maxSources`; one that is forgotten begins anew, within the allowance of all.
  readonly #sources: BoundedMap<string, TokenBucket>;
  readonly #all: TokenBucket;

  constructor(limits: StrangerLimits, maxSources: number) {
    this.#limits = limits;
    this.#sources = new BoundedMap(maxSources);
    this.#all = new TokenBucket(limits.inAll);
  }

  get size(): number {
    return this.#sources.size;
  }

  /** So many bytes came from a source without proof. */
  earn(source: string, bytes: number, now: number): void {
    this.#book(source, bytes, now);
  }

  /** So many go there. */
  spend(source: string, bytes: number, now: number): void {
    this.#book(source, -bytes, now);
  }

  affords(source: string, bytes: number, now: number): boolean {
    const own = this.#sources.get(source)?.level(now) ?? this.#limits.perSource.burst;
    return bytes <= own && bytes <= this.#all.level(now);
  }

  /** Somebody at this source proved to receive what is sent there: no victim got it, and another may make acquaintance. */
  restore(source: string, now: number): void {
    const own = this.#sources.get(source);
    if (own === undefined) return;
    this.#sources.delete(source);
    this.#all.add(this.#limits.perSource.burst - own.level(now), now);
  }

  #book(source: string, bytes: number, now: number): void {
    const own = this.#sources.get(source) ?? new TokenBucket(this.#limits.perSource);
    own.add(bytes, now);
    this.#sources.set(source, own);
    this.#all.add(bytes, now);
  }
}
