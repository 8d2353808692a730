import { BoundedMap } from '../../lib/boundedMap.ts';
import type { SocketAddress } from '../ports.ts';
import { bytesToKey } from '../wire/bytes.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import type { Call } from './discv5Calls.ts';

/** A node whose answer was given up, and when what it answers was sent. */
interface Lapsed {
  readonly contact: NodeContact;
  readonly at: number;
}

/** Calls that were given up: an answer that comes still shows that the node is there, and that somebody is too slow. */
export class LapsedCalls {
  // BOUNDED: by `limit`; packets by their nonces.
  readonly #byNonce: BoundedMap<string, Lapsed>;
  // BOUNDED: by `limit`; by peer.
  readonly #byPeer: BoundedMap<string, Lapsed>;

  constructor(limit: number) {
    this.#byNonce = new BoundedMap(limit);
    this.#byPeer = new BoundedMap(limit);
  }

  get size(): number {
    return this.#byNonce.size;
  }

  note({ contact, peer, nonces, nonceTimes, lastSentAt }: Call): void {
    for (const [index, nonce] of nonces.entries()) {
      this.#byNonce.set(nonce, { contact, at: nonceTimes[index] ?? lastSentAt });
    }
    this.#byPeer.set(peer, { contact, at: lastSentAt });
  }

  /** A WHOAREYOU came to this packet of ours, from where that was sent; each counts once. */
  takeNonce(nonce: Uint8Array, { ip, port }: SocketAddress): Lapsed | null {
    const key = bytesToKey(nonce);
    const lapsed = this.#byNonce.get(key);
    if (lapsed === undefined || lapsed.contact.ip !== ip || lapsed.contact.udp !== port) return null;
    this.#byNonce.delete(key);
    return lapsed;
  }

  /** This peer answered something that was given up. */
  takePeer(peer: string): Lapsed | null {
    const lapsed = this.#byPeer.get(peer);
    this.#byPeer.delete(peer);
    return lapsed ?? null;
  }
}
