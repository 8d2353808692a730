import { BoundedMap } from '../../lib/boundedMap.ts';
import type { SocketAddress } from '../ports.ts';
import { bytesToKey } from '../wire/bytes.ts';
import { type Discv4Packet, encodeDiscv4 } from '../wire/discv4.ts';
import type { Curve } from '../wire/secp256k1.ts';

export interface SignedPacket {
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
}

/** A packet that names no recipient, without its expiration. */
export type SharedRequest =
  | { readonly kind: 'enrRequest' }
  | { readonly kind: 'findnode'; readonly target: Uint8Array };

interface Signed extends SignedPacket {
  readonly signedAt: number;
  /** Seconds. */
  readonly expiration: number;
  // BOUNDED: by `maxRecipients`, after which the packet is signed again.
  readonly sentTo: Set<string>;
}

const maxRecipients = 4096;

/**
 * Signs FINDNODE and ENRRequest once for many recipients, because signing is expensive. The same bytes never go to one
 * address twice, because some peers drop a packet they have seen before: a retry gets a later expiration and thus other
 * bytes (our nonces are deterministic, RFC 6979).
 */
export class RequestSigner {
  readonly #curve: Curve;
  readonly #privateKey: Uint8Array;
  readonly #expirationMs: number;
  readonly #aheadMs: () => number;
  // BOUNDED: by `maxShared` targets; those that are no longer fresh are removed when the next is signed.
  readonly #shared: BoundedMap<string, Signed>;

  /** `aheadMs`: how far the wall clock, which peers go by, is ahead of the time that is passed in. */
  constructor(curve: Curve, privateKey: Uint8Array, expirationMs: number, maxShared = 1024, aheadMs = () => 0) {
    this.#curve = curve;
    this.#privateKey = privateKey;
    this.#expirationMs = expirationMs;
    this.#aheadMs = aheadMs;
    this.#shared = new BoundedMap(maxShared);
  }

  get size(): number {
    return this.#shared.size;
  }

  /** The expiration of a packet signed now; seconds. */
  expiration(now: number): number {
    return Math.floor((now + this.#aheadMs() + this.#expirationMs) / 1000);
  }

  sign(packet: Discv4Packet): SignedPacket {
    return encodeDiscv4(this.#curve, this.#privateKey, packet);
  }

  /** The bytes of `request` for this recipient, shared with other recipients while fresh (a quarter of their life). */
  signShared(request: SharedRequest, to: SocketAddress, now: number): SignedPacket {
    const key = request.kind === 'findnode' ? bytesToKey(request.target) : '';
    const recipient = `${to.ip} ${to.port}`;
    const known = this.#shared.get(key);
    if (known !== undefined && this.#mayReuse(known, recipient, now)) {
      known.sentTo.add(recipient);
      return known;
    }
    const expiration = Math.max(this.expiration(now), (known?.expiration ?? 0) + 1);
    const signed = this.sign({ ...request, expiration: BigInt(expiration) });
    // From now on, packets for such a target expire later, and so have other bytes.
    this.#shared.dropWhile((old) => !this.#isFresh(old, now) && old.expiration < this.expiration(now));
    this.#shared.set(key, { ...signed, signedAt: now, expiration, sentTo: new Set([recipient]) });
    return signed;
  }

  #mayReuse(known: Signed, recipient: string, now: number): boolean {
    return this.#isFresh(known, now) && known.sentTo.size < maxRecipients && !known.sentTo.has(recipient);
  }

  #isFresh({ signedAt }: Signed, now: number): boolean {
    return now >= signedAt && now - signedAt < this.#expirationMs / 4;
  }
}
