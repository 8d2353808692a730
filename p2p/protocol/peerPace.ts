import { BoundedMap } from '../../lib/boundedMap.ts';

const windowMs = 1_000;

/**
 * Never more than `perSecond` packets to a peer within any second. A bucket would not do: full, it lets through its burst
 * and what fills up meanwhile, and Lighthouse's filter bans the address of whoever goes over it for an hour
 * (sigp/discv5, socket/filter).
 */
export class PeerPace {
  readonly #perSecond: number;
  // BOUNDED: by `maxPeers`; a forgotten peer was sent nothing for long, or there are more than we could send to.
  readonly #sent: BoundedMap<string, number[]>;

  constructor(perSecond: number, maxPeers: number) {
    this.#perSecond = perSecond;
    this.#sent = new BoundedMap(maxPeers);
  }

  get size(): number {
    return this.#sent.size;
  }

  /** The ms until `packets` more may be sent; 0 = now. Reserves nothing. */
  delay(peer: string, now: number, packets = 1): number {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return 0;
    const recent = this.#recent(peer, now);
    const over = recent.length + packets - this.#perSecond;
    if (over <= 0) return 0;
    return (recent[over - 1] ?? now) + windowMs - now;
  }

  /** One packet was sent. */
  charge(peer: string, now: number): void {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return;
    const recent = this.#recent(peer, now);
    recent.push(now);
    this.#sent.set(peer, recent.slice(-this.#perSecond));
  }

  /** Nothing of the future: a clock that was set back must silence nobody. */
  #recent(peer: string, now: number): number[] {
    return (this.#sent.get(peer) ?? []).filter((at) => at > now - windowMs && at <= now);
  }
}
