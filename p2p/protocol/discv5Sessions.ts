import { BoundedMap } from '../../lib/boundedMap.ts';
import type { SocketAddress } from '../ports.ts';
import { bytesToKey, keyToBytes } from '../wire/bytes.ts';
import { openMessage } from '../wire/discv5Crypto.ts';
import { WireError } from '../wire/errors.ts';
import type { RoundTrip } from './roundTrip.ts';

/** Identifies a session: keys are only good between two endpoints (discv5-theory.md, "Session Cache"). */
export function sessionKey(hash: Uint8Array, { ip, port }: SocketAddress): string {
  return `${bytesToKey(hash)}${ip} ${port}`;
}

/** The keys that we read and write with, 16 bytes each. */
export interface SessionKeys {
  readonly read: Uint8Array;
  readonly write: Uint8Array;
}

interface Session extends RoundTrip {
  /** `read ‖ write` as a string: a third of what arrays take. */
  keys: string;
  /** Those before: of a handshake that crossed this one, or of messages that are still on their way. */
  earlier: string | null;
  /** Messages written, for nonces. */
  written: number;
}

/** What came of a message: `replayed` = it came before. */
export type Opened = { readonly at: 'message'; readonly bytes: Uint8Array } | { readonly at: 'sealed' | 'replayed' };

/**
 * Sessions with peers, the longest unused dropped first. Where two handshakes cross, each side ends up with two pairs of
 * keys: both are read with, and what was last read with is written with, because the peer has it for certain.
 */
export class Discv5Sessions {
  // BOUNDED: by `maxSessions`.
  readonly #sessions: BoundedMap<string, Session>;
  // BOUNDED: by `maxSeen`; peer and nonce of messages that were opened.
  readonly #seen: BoundedMap<string, true>;

  constructor({ maxSessions, maxSeen }: { readonly maxSessions: number; readonly maxSeen: number }) {
    this.#sessions = new BoundedMap(maxSessions);
    this.#seen = new BoundedMap(maxSeen);
  }

  get size(): number {
    return this.#sessions.size;
  }

  get seen(): number {
    return this.#seen.size;
  }

  has(peer: string): boolean {
    return this.#sessions.has(peer);
  }

  /** The round trip of a peer, to be measured; undefined without a session. */
  trip(peer: string): RoundTrip | undefined {
    return this.#sessions.get(peer);
  }

  /** A handshake gave these keys. */
  establish(peer: string, { read, write }: SessionKeys): void {
    const keys = bytesToKey(read) + bytesToKey(write);
    const known = this.#sessions.get(peer);
    if (known === undefined) {
      this.#sessions.set(peer, { keys, earlier: null, written: 0, smoothedMs: -1, deviationMs: 0 });
      return;
    }
    if (known.keys !== keys) known.earlier = known.keys;
    known.keys = keys;
    this.#sessions.set(peer, known);
  }

  /** The key to write the next message with, and a nonce that no message with it had; null without a session. */
  write(peer: string, random: (length: number) => Uint8Array): { key: Uint8Array; nonce: Uint8Array } | null {
    const session = this.#sessions.get(peer);
    if (session === undefined) return null;
    this.#sessions.set(peer, session);
    session.written = (session.written + 1) >>> 0;
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setUint32(0, session.written);
    nonce.set(random(8), 4);
    return { key: keyToBytes(session.keys.slice(16)), nonce };
  }

  /** Opens a message of this peer: `sealed` if there is no session with these keys. */
  open(peer: string, nonce: Uint8Array, sealed: Uint8Array, ad: Uint8Array): Opened {
    const session = this.#sessions.get(peer);
    if (session === undefined) return { at: 'sealed' };
    const { keys, earlier } = session;
    for (const pair of earlier === null ? [keys] : [keys, earlier]) {
      const bytes = tryOpen(keyToBytes(pair.slice(0, 16)), nonce, sealed, ad);
      if (bytes === null) continue;
      const once = peer.slice(0, 16) + bytesToKey(nonce);
      if (this.#seen.has(once)) return { at: 'replayed' };
      this.#seen.set(once, true);
      if (pair !== keys) {
        session.earlier = keys;
        session.keys = pair;
      }
      return { at: 'message', bytes };
    }
    return { at: 'sealed' };
  }
}

function tryOpen(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, ad: Uint8Array): Uint8Array | null {
  try {
    return openMessage(key, nonce, sealed, ad);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}
