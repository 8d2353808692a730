import { BoundedMap } from '../../lib/boundedMap.ts';
import type { SocketAddress } from '../ports.ts';
import { isExpired } from '../wire/discv4.ts';

/** Validity of a packet as most clients sign it (geth, reth, Nethermind, Erigon), and the longest in use (Besu, EthereumJS). */
const usualValidityMs = 20_000;
const longestValidityMs = 60_000;
/** A clock that is off by less than this counts as right: it breaks nothing. */
const minSkewMs = 15_000;
/** How late a packet may also be if its sender's clock is known to be off. */
const graceMs = 5_000;
/** The most that is reported, for clocks that stand at 1970 or far in the future. */
const maxSkewMs = 100 * 365 * 86_400_000;

/**
 * Peers whose clocks are off, by what they sign. Expirations are all that discv4 tells of a peer's time, and a peer whose
 * clock is off would look silent: its packets have expired before they arrive here, or ours before they arrive there. A
 * PONG needs no expiration to be fresh, because it holds the hash of our PING; so it shows how far off the clock is, and
 * everything else from that peer is read accordingly.
 */
export class PeerClocks {
  // BOUNDED: by `limit`; only of peers whose clock is off. The one noted first is forgotten first.
  readonly #skews: BoundedMap<string, number>;
  readonly #aheadMs: () => number;

  /** `aheadMs`: how far our wall clock is ahead of the times that are passed in. */
  constructor(limit: number, aheadMs: () => number = () => 0) {
    this.#aheadMs = aheadMs;
    this.#skews = new BoundedMap(limit);
  }

  get size(): number {
    return this.#skews.size;
  }

  /**
   * Notes the expiration (seconds) of the PONG to a PING sent at `sentAt`. How far the peer's clock is ahead, ms, by the
   * second, negative if it is behind; null = as far as can be told it is right.
   */
  note(from: SocketAddress, expiration: bigint, sentAt: number, now: number): number | null {
    const signedAt = Number(expiration) * 1_000 - usualValidityMs - this.#aheadMs();
    const behind = signedAt < sentAt - minSkewMs;
    const ahead = signedAt - (longestValidityMs - usualValidityMs) > now + minSkewMs;
    const key = keyOf(from);
    if (!behind && !ahead) {
      this.#skews.delete(key);
      return null;
    }
    const skewMs = Math.round((signedAt + 500 - (sentAt + now) / 2) / 1_000) * 1_000;
    const bounded = Math.max(-maxSkewMs, Math.min(maxSkewMs, skewMs));
    this.#skews.delete(key);
    this.#skews.set(key, bounded);
    return bounded;
  }

  /** Whether a packet with this expiration has expired, by the clock of its sender if that is known to be off. */
  isExpired(expiration: bigint, from: SocketAddress, now: number): boolean {
    const wallNow = now + this.#aheadMs();
    if (!isExpired(expiration, wallNow)) return false;
    const skewMs = this.#skews.get(keyOf(from)) ?? 0;
    return skewMs >= 0 || isExpired(expiration, wallNow + skewMs - graceMs);
  }

  /** How much longer than usual what we send there must be valid. */
  ahead(to: SocketAddress): number {
    return Math.max(0, this.#skews.get(keyOf(to)) ?? 0);
  }
}

function keyOf({ ip, port }: SocketAddress): string {
  return `${ip} ${port}`;
}
