import { DeadlineHeap } from '../../lib/deadlineHeap.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import type { Discv4Request } from './discv4Types.ts';
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

export interface InFlight {
  readonly request: Discv4Request;
  readonly contact: NodeContact;
  /** `peerKey` of the contact. */
  readonly peer: string;
  /** null = our own PING, in answer to one or to keep the table fresh. */
  ticket: number | null;
  state: RequestState;
  /** When `state` is over. */
  dueAt: number;
  attempts: number;
  /** Sendings before it is given up; more when somebody joins who wants the answer. */
  maxAttempts: number;
  /** False before it is added and after it is removed. */
  open: boolean;
  /** Hash (hex) and time of each sending; an answer may refer to any. BOUNDED: by the attempts of a request. */
  readonly sendings: { readonly token: string; readonly at: number }[];
}

type Slots = { [K in Discv4Request['kind']]: InFlight | undefined };

/**
 * The requests in flight: one of a kind for each peer, what answers may come for them, and when each is due. Whoever
 * adds checks `size` first.
 */
export class RequestBook {
  // BOUNDED: by its owner's `maxInFlight`; keyed by peer.
  readonly #entries = new Map<string, Slots>();
  // BOUNDED: by the entries and their sendings. By hash and IP, of NEIGHBORS by IP alone: an answer that nobody expects
  // costs no curve operation.
  readonly #expected = new Map<string, InFlight[]>();
  // BOUNDED: by `maxDeadlines`. Each change of state adds one; those that no longer matter go when it is full.
  readonly #deadlines = new DeadlineHeap<InFlight>();
  readonly #maxDeadlines: number;
  #count = 0;

  constructor(maxInFlight: number) {
    this.#maxDeadlines = 4 * maxInFlight;
  }

  get size(): number {
    return this.#count;
  }

  get sizes(): { readonly inFlight: number; readonly expected: number; readonly deadlines: number } {
    return { inFlight: this.#count, expected: this.#expected.size, deadlines: this.#deadlines.size };
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

  /** False when it was not in flight any more. */
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

  /** Whose answer something sent to this IP may be that names this hash; mostly one, empty = nobody's. */
  expectedBy(token: string, ip: string): readonly InFlight[] {
    return this.#expected.get(token + ip) ?? nobody;
  }

  /** Who was asked for neighbours at this IP. */
  expectedNeighbors(ip: string): readonly InFlight[] {
    return this.#expected.get(ip) ?? nobody;
  }

  /** The request that an answer with this hash belongs to, its round trip, and which sending (from 0) it answers. */
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

  /** Enters a state that is over at `dueAt`. */
  settle(entry: InFlight, state: RequestState, dueAt: number): void {
    entry.state = state;
    entry.dueAt = dueAt;
    if (dueAt === Number.POSITIVE_INFINITY) return;
    if (this.#deadlines.size >= this.#maxDeadlines) {
      this.#deadlines.retain((queued, at) => queued.open && at === queued.dueAt);
    }
    this.#deadlines.add(dueAt, entry);
  }

  /** The next entry whose state is over at `now`; each once. */
  takeDue(now: number): InFlight | undefined {
    for (let due = this.#deadlines.takeDue(now); due !== undefined; due = this.#deadlines.takeDue(now)) {
      if (due.item.open && due.at === due.item.dueAt) return due.item;
    }
    return undefined;
  }

  /** When the next state is over; null when nothing is due ever. */
  nextDeadline(): number | null {
    for (let entry = this.#deadlines.peek(); entry !== undefined; entry = this.#deadlines.peek()) {
      if (entry.open && this.#deadlines.next() === entry.dueAt) return entry.dueAt;
      this.#deadlines.drop();
    }
    return null;
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
