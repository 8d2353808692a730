import type { AddressPolicy } from './addressPolicy.ts';

/** geth and reth refuse a second dial from one address within 30 s; we keep a margin, across all our identities. */
export const dialIntervalMs = 35_000;
const rememberedAddresses = 200_000;

/** One TCP try per public IP in 35 s. Addresses of private chains are not throttled. */
export class DialGate {
  /** BOUNDED: by rememberedAddresses, the oldest forgotten first (insertion order is time order). */
  readonly #lastDialAt = new Map<string, number>();
  readonly #policy: AddressPolicy;
  readonly #maxAddresses: number;

  constructor(policy: AddressPolicy, maxAddresses = rememberedAddresses) {
    this.#policy = policy;
    this.#maxAddresses = maxAddresses;
  }

  get size(): number {
    return this.#lastDialAt.size;
  }

  /** True, and noted, when a dial to `ip` may begin at `now` (ms). */
  tryDial(ip: string, now: number): boolean {
    if (this.#policy.isPrivate(ip)) return true;
    const last = this.#lastDialAt.get(ip);
    if (last !== undefined && now - last < dialIntervalMs) return false;
    this.#lastDialAt.delete(ip);
    this.#lastDialAt.set(ip, now);
    this.#forget(now);
    return true;
  }

  #forget(now: number): void {
    for (const [ip, at] of this.#lastDialAt) {
      if (now - at < dialIntervalMs && this.#lastDialAt.size <= this.#maxAddresses) break;
      this.#lastDialAt.delete(ip);
    }
  }
}
