import type { SocketAddress } from '../ports.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import type { Discv4Request } from './discv4Types.ts';
import { type Due, DueBook } from './dueBook.ts';
import type { NeighborsReply } from './neighborsReply.ts';

export type RequestState =
  /** Waiting until the budget of the address allows the next packet. */
  | { readonly at: 'paced' }
  /** A PING of ours is in flight, whose PONG this request waits for. */
  | { readonly at: 'bonding' }
  /** PONG came; the peer's own PING, and our answer to it, should come before we ask. */
  | { readonly at: 'settling' }
  | { readonly at: 'sent' }
  | { readonly at: 'collecting'; readonly reply: NeighborsReply; readonly rttMs: number };

export interface InFlight extends Due<RequestState> {
  readonly request: Discv4Request;
  readonly contact: NodeContact;
  /** `peerKey` of the contact. */
  readonly peer: string;
  /** null = our own PING, in answer to one or to keep the table fresh. */
  ticket: number | null;
  attempts: number;
  /** Attempts before it is given up; raised when another caller joins the request. */
  maxAttempts: number;
  /** Hash (hex) and time of each attempt; an answer may refer to any of them. BOUNDED: by the attempts of a request. */
  readonly sendings: { readonly token: string; readonly at: number }[];
}

type Slots = { [K in Discv4Request['kind']]: InFlight | undefined };

/**
 * The requests in flight: at most one of a kind per peer, which answers may come, and when each request is due. The
 * caller checks `size` before adding.
 */
export class RequestBook extends DueBook<RequestState, InFlight> {
  // BOUNDED: by its owner's `maxInFlight`; keyed by peer.
  readonly #entries = new Map<string, Slots>();
  // BOUNDED: by the entries and their attempts. By hash and IP, or by IP alone for NEIGHBORS: an unexpected answer
  // costs no curve operation.
  readonly #expected = new Map<string, InFlight[]>();
  #count = 0;

  get size(): number {
    return this.#count;
  }

  get sizes(): { readonly inFlight: number; readonly expected: number; readonly deadlines: number } {
    return { inFlight: this.#count, expected: this.#expected.size, deadlines: this.deadlines };
  }

  get(kind: Discv4Request['kind'], peer: string): InFlight | undefined {
    return this.#entries.get(peer)?.[kind];
  }

  all(): readonly InFlight[] {
    return [...this.#entries.values()].flatMap(({ ping, enr, findnode }) =>
      [ping, enr, findnode].filter((entry) => entry !== undefined),
    );
  }

  add(entry: InFlight): void {
    const { peer, request, contact } = entry;
    const slots = this.#entries.get(peer) ?? { ping: undefined, enr: undefined, findnode: undefined };
    slots[request.kind] = entry;
    this.#entries.set(peer, slots);
    entry.open = true;
    this.#count += 1;
    if (request.kind === 'findnode') this.#expect(contact.ip, entry);
  }

  /** False if it was no longer in flight. */
  remove(entry: InFlight): boolean {
    if (!entry.open) return false;
    const { request, contact, sendings, peer } = entry;
    entry.open = false;
    this.#count -= 1;
    const slots = this.#entries.get(peer);
    if (slots !== undefined) {
      slots[request.kind] = undefined;
      if (slots.ping === undefined && slots.enr === undefined && slots.findnode === undefined) {
        this.#entries.delete(peer);
      }
    }
    if (request.kind === 'findnode') this.#unexpect(contact.ip, entry);
    else for (const { token } of sendings) this.#unexpect(token + contact.ip, entry);
    return true;
  }

  /** The entry was sent in a packet of this hash. */
  sent(entry: InFlight, token: string, now: number): void {
    entry.sendings.push({ token, at: now });
    if (entry.request.kind !== 'findnode') this.#expect(token + entry.contact.ip, entry);
  }

  /** The requests that an answer from this IP with this hash may belong to; mostly one, empty = none. */
  expectedBy(token: string, ip: string): readonly InFlight[] {
    return this.#expected.get(token + ip) ?? nobody;
  }

  /** The nodes at this IP that were asked for neighbours. */
  expectedNeighbors(ip: string): readonly InFlight[] {
    return this.#expected.get(ip) ?? nobody;
  }

  /** The request that an answer with this hash belongs to, its round trip, and which attempt (from 0) it answers. */
  answered(
    kind: Discv4Request['kind'],
    peer: string,
    token: string,
    now: number,
  ): { readonly entry: InFlight; readonly rttMs: number; readonly sending: number } | null {
    const entry = this.get(kind, peer);
    const sending = entry?.sendings.findIndex((one) => one.token === token) ?? -1;
    const sent = entry?.sendings[sending];
    return entry === undefined || sent === undefined ? null : { entry, rttMs: now - sent.at, sending };
  }

  #expect(key: string, entry: InFlight): void {
    const waiting = this.#expected.get(key);
    if (waiting === undefined) this.#expected.set(key, [entry]);
    else waiting.push(entry);
  }

  #unexpect(key: string, entry: InFlight): void {
    const waiting = this.#expected.get(key);
    if (waiting === undefined) return;
    const at = waiting.indexOf(entry);
    if (at >= 0) waiting.splice(at, 1);
    if (waiting.length === 0) this.#expected.delete(key);
  }
}

const nobody: readonly InFlight[] = [];

/** ID of the node that answers from there: several may share an IP, so the one at this port, if there is one. */
export function likeliest(asked: readonly InFlight[], from: SocketAddress): Uint8Array | null {
  const entry = asked.find(({ contact }) => contact.udp === from.port) ?? asked[0];
  return entry?.contact.id ?? null;
}
