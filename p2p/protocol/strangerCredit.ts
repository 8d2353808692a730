import { BoundedMap } from '../../lib/boundedMap.ts';
import { type Rate, TokenBucket } from '../../lib/tokenBucket.ts';

/** Bytes that may be sent to senders without endpoint proof beyond what came from them. */
export interface StrangerLimits {
  readonly perSource: Rate;
  /** For all such senders together, however many sources they pretend to be. */
  readonly inAll: Rate;
}

/**
 * Keeps forged source addresses from drawing traffic onto their owners: until an endpoint is proven, hardly more is sent
 * to it than came from it. A PONG is larger than its PING by design, and we add a PING of our own. So each source has a
 * small initial allowance, which its proof restores, and all sources together have one too.
 */
export class StrangerCredit {
  readonly #limits: StrangerLimits;
  // BOUNDED: by `maxSources`; a forgotten source starts again, within the allowance of all.
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

  /** Counts bytes that came from a source without proof. */
  earn(source: string, bytes: number, now: number): void {
    this.#book(source, bytes, now);
  }

  /** Counts bytes that are sent to it. */
  spend(source: string, bytes: number, now: number): void {
    this.#book(source, -bytes, now);
  }

  affords(source: string, bytes: number, now: number): boolean {
    const own = this.#sources.get(source)?.level(now) ?? this.#limits.perSource.burst;
    return bytes <= own && bytes <= this.#all.level(now);
  }

  /** A node at this source proved that it receives what is sent there: there was no victim, so the allowance is restored. */
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
