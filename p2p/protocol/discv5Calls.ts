import { bytesToKey } from '../wire/bytes.ts';
import type { HandshakeAuth } from '../wire/discv5Packet.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import type { SessionKeys } from './discv5Sessions.ts';
import type { Discv5Request } from './discv5Types.ts';
import { type Due, DueBook } from './dueBook.ts';
import type { NodesReply } from './nodesReply.ts';

export type CallState =
  /** Another call to this peer makes the handshake. */
  | { readonly at: 'queued' }
  /** The peer was sent as much as it may be within a second. */
  | { readonly at: 'paced' }
  /** Random bytes were sent: a WHOAREYOU should come. */
  | { readonly at: 'knocking' }
  | { readonly at: 'sent' }
  | { readonly at: 'collecting'; readonly reply: NodesReply; readonly rttMs: number };

/** Our part of a handshake, kept so that the same challenge gets the same keys, however often it comes. */
export interface OurHandshake {
  readonly challenge: Uint8Array;
  readonly auth: HandshakeAuth;
  readonly keys: SessionKeys;
}

export interface Call extends Due<CallState> {
  /** null = ours, to keep the table. */
  readonly ticket: number | null;
  readonly request: Discv5Request;
  readonly requestId: Uint8Array;
  readonly contact: NodeContact;
  readonly hash: Uint8Array;
  /** `sessionKey` of the contact. */
  readonly peer: string;
  /** Times that the request, or the knock for it, was sent. */
  attempts: number;
  /** Challenges that it got, and so handshakes that were sent or are about to be. */
  handshakes: number;
  /** The last challenge that it got. */
  handshake: OurHandshake | null;
  /** Whether that challenge is still to be answered. */
  challenged: boolean;
  /** Of every packet sent: a WHOAREYOU may refer to any. BOUNDED: by attempts and handshakes. */
  readonly nonces: string[];
  /** When each was sent. */
  readonly nonceTimes: number[];
  lastSentAt: number;
  sent: number;
  received: number;
}

/** The calls in flight: who may answer them, and when each is due. The caller checks `size` before adding. */
export class Discv5Calls extends DueBook<CallState, Call> {
  // BOUNDED: by its owner's `maxInFlight`; by request ID.
  readonly #byRequest = new Map<string, Call>();
  // BOUNDED: by the calls and their packets.
  readonly #byNonce = new Map<string, Call>();
  // BOUNDED: by the calls; by peer, in the order in which they began.
  readonly #byPeer = new Map<string, Call[]>();

  get size(): number {
    return this.#byRequest.size;
  }

  get sizes(): { readonly inFlight: number; readonly nonces: number; readonly deadlines: number } {
    return { inFlight: this.#byRequest.size, nonces: this.#byNonce.size, deadlines: this.deadlines };
  }

  all(): readonly Call[] {
    return [...this.#byRequest.values()];
  }

  add(call: Call): void {
    call.open = true;
    this.#byRequest.set(bytesToKey(call.requestId), call);
    const others = this.#byPeer.get(call.peer);
    if (others === undefined) this.#byPeer.set(call.peer, [call]);
    else others.push(call);
  }

  /** False if it was no longer in flight. */
  remove(call: Call): boolean {
    if (!call.open) return false;
    call.open = false;
    this.#byRequest.delete(bytesToKey(call.requestId));
    for (const nonce of call.nonces) this.#byNonce.delete(nonce);
    const left = this.ofPeer(call.peer).filter((other) => other !== call);
    if (left.length === 0) this.#byPeer.delete(call.peer);
    else this.#byPeer.set(call.peer, left);
    return true;
  }

  sent(call: Call, nonce: Uint8Array, now: number): void {
    const key = bytesToKey(nonce);
    call.nonces.push(key);
    call.nonceTimes.push(now);
    this.#byNonce.set(key, call);
  }

  ofPeer(peer: string): readonly Call[] {
    return this.#byPeer.get(peer) ?? nobody;
  }

  /** The call that a packet of ours belonged to. */
  ofNonce(nonce: Uint8Array): Call | undefined {
    return this.#byNonce.get(bytesToKey(nonce));
  }

  ofRequest(requestId: Uint8Array): Call | undefined {
    return this.#byRequest.get(bytesToKey(requestId));
  }
}

const nobody: readonly Call[] = [];
