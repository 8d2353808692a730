import { BoundedMap } from '../../lib/boundedMap.ts';
import type { AddressPolicy } from './addressPolicy.ts';

/** geth and reth refuse a second dial from one address within 30 s; with a margin, for all our identities together. */
export const dialIntervalMs = 35_000;
const rememberedAddresses = 200_000;

/** One TCP attempt per public IP in 35 s. Addresses of private chains are not throttled. */
export class DialGate {
  readonly #lastDialAt: BoundedMap<string, number>;
  readonly #policy: AddressPolicy;

  constructor(policy: AddressPolicy, maxAddresses = rememberedAddresses) {
    this.#policy = policy;
    this.#lastDialAt = new BoundedMap(maxAddresses);
  }

  get size(): number {
    return this.#lastDialAt.size;
  }

  /** True, and noted, when a dial to `ip` may begin at `now` (ms). */
  tryDial(ip: string, now: number): boolean {
    if (this.#policy.isPrivate(ip)) return true;
    const last = this.#lastDialAt.get(ip);
    if (last !== undefined && now - last < dialIntervalMs) return false;
    this.#lastDialAt.set(ip, now);
    this.#lastDialAt.dropWhile((at) => now - at >= dialIntervalMs);
    return true;
  }
}
