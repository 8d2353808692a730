import { BoundedMap } from '../../lib/boundedMap.ts';
import { bytesToKey } from '../wire/bytes.ts';

/** How long a PONG proves its endpoint: geth's bond, 24 h (discv4.md, "Endpoint Proof", asks for 12 h at least). */
export const endpointProofMs = 24 * 60 * 60 * 1000;

/** Identifies a node at an IP, on any port. Half of the key is enough: both keys with one x have the same owner. */
export function peerKey(id: Uint8Array, ip: string): string {
  return bytesToKey(id, 32) + ip;
}

/**
 * Who has proven that it receives what is sent to it: (node ID, IP) pairs that answered our PING with its hash. Large
 * answers go only to these, so that a forged source address cannot draw traffic onto a victim.
 */
export class EndpointProofs {
  // BOUNDED: by `limit`; the oldest proof is dropped, and its node has to answer a PING again.
  readonly #provenAt: BoundedMap<string, number>;

  constructor(limit: number) {
    this.#provenAt = new BoundedMap(limit);
  }

  get size(): number {
    return this.#provenAt.size;
  }

  /** A PONG with the right hash came from this node at this IP. */
  record(id: Uint8Array, ip: string, now: number): void {
    this.#provenAt.set(peerKey(id, ip), now);
  }

  has(id: Uint8Array, ip: string, now: number): boolean {
    const key = peerKey(id, ip);
    const at = this.#provenAt.get(key);
    if (at === undefined) return false;
    if (now - at < endpointProofMs) return true;
    this.#provenAt.delete(key);
    return false;
  }
}
