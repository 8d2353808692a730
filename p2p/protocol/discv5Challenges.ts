import { BoundedMap } from '../../lib/boundedMap.ts';
import { RateLimiter } from '../../lib/rateLimiter.ts';
import { TokenBucket } from '../../lib/tokenBucket.ts';
import type { SocketAddress } from '../ports.ts';
import { encodeWhoareyou } from '../wire/discv5Packet.ts';
import { sourceKey } from './discv4Types.ts';
import type { Discv5Limits } from './discv5Types.ts';
import type { NamedRecord } from './knownRecords.ts';

/** A WHOAREYOU that waits for its handshake. */
export interface Challenge {
  readonly challenge: Uint8Array;
  readonly bytes: Uint8Array;
  /** The record that we hold of the node: it may leave its own out. */
  readonly record: NamedRecord | null;
  readonly at: number;
  /** Handshakes that came for it. */
  tries: number;
}

/** Handshakes until a challenge is void: anybody may send some in the name of the node's address, and each costs curve work. */
const maxTries = 3;

/**
 * The WHOAREYOUs that we sent. None is larger than what caused it, and there is a limit for each source and for all.
 * Whoever asks again before its handshake gets the same one again (discv5-theory.md, "Handshake Implementation
 * Considerations").
 */
export class Discv5Challenges {
  readonly #limits: Discv5Limits;
  readonly #random: (length: number) => Uint8Array;
  // BOUNDED: by `maxChallenges`; keyed by session.
  readonly #open: BoundedMap<string, Challenge>;
  // BOUNDED: by `maxSources`.
  readonly #perSource: RateLimiter;
  readonly #inAll: TokenBucket;

  constructor(limits: Discv5Limits, random: (length: number) => Uint8Array) {
    this.#limits = limits;
    this.#random = random;
    this.#open = new BoundedMap(limits.maxChallenges);
    this.#perSource = new RateLimiter(limits.challengesPerSource, limits.maxSources);
    this.#inAll = new TokenBucket(limits.challengesInAll);
  }

  get size(): number {
    return this.#open.size;
  }

  /** The WHOAREYOU for a packet that we cannot read; null beyond the limits. */
  issue(
    peer: string,
    packet: { readonly nonce: Uint8Array; readonly source: Uint8Array },
    record: NamedRecord | null,
    from: SocketAddress,
    now: number,
  ): Uint8Array | null {
    this.#open.dropWhile(({ at }) => this.#isOver(at, now));
    if (!this.#perSource.allows(sourceKey(from, this.#limits.perPort), now) || !this.#inAll.take(now)) return null;
    const known = this.#open.get(peer);
    if (known !== undefined && !this.#isOver(known.at, now)) return known.bytes;
    const written = encodeWhoareyou({
      to: packet.source,
      nonce: packet.nonce,
      iv: this.#random(16),
      idNonce: this.#random(16),
      enrSeq: record?.seq ?? 0n,
    });
    this.#open.set(peer, { ...written, record, at: now, tries: 0 });
    return written.bytes;
  }

  /** The open challenge of a peer; null if there is none. */
  get(peer: string, now: number): Challenge | null {
    const known = this.#open.get(peer);
    return known === undefined || this.#isOver(known.at, now) ? null : known;
  }

  /** Its handshake was right: it is used up. */
  met(peer: string): void {
    this.#open.delete(peer);
  }

  /** A handshake came for it, before anything of that is checked. */
  tried(peer: string): void {
    const known = this.#open.get(peer);
    if (known === undefined) return;
    known.tries += 1;
    if (known.tries >= maxTries) this.#open.delete(peer);
  }

  /** Also where the clock was set back. */
  #isOver(at: number, now: number): boolean {
    return now - at >= this.#limits.challengeMs || now < at;
  }
}
