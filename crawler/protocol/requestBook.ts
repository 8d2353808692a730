import type { NodeContact } from '../wire/nodeEndpoint.ts';
import { DeadlineHeap } from './deadlineHeap.ts';
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
  /** Hash (hex) and time of each sending; an answer may refer to any. BOUNDED: by the attempts of a request. */
  readonly sendings: { readonly token: string; readonly at: number }[];
}

/**
 * The requests in flight: one of a kind for each peer, what answers may come for them, and when each is due. Whoever
 * adds checks `size` first.
 */
export class RequestBook {
  // BOUNDED: by its owner's `maxInFlight`; keyed by kind and peer.
  private readonly entries = new Map<string, InFlight>();
  // BOUNDED: by the entries and their sendings; so that an answer nobody expects costs no curve operation.
  private readonly expected = new Map<string, number>();
  // BOUNDED: by `maxDeadlines`. Each change of state adds one; those that no longer matter go when it is full.
  private readonly deadlines = new DeadlineHeap<{ readonly at: number; readonly entry: InFlight }>();
  private readonly maxDeadlines: number;

  constructor(maxInFlight: number) {
    this.maxDeadlines = 4 * maxInFlight;
  }

  get size(): number {
    return this.entries.size;
  }

  get sizes(): { readonly inFlight: number; readonly expected: number; readonly deadlines: number } {
    return { inFlight: this.entries.size, expected: this.expected.size, deadlines: this.deadlines.size };
  }

  get(kind: Discv4Request['kind'], peer: string): InFlight | undefined {
    return this.entries.get(kind + peer);
  }

  all(): readonly InFlight[] {
    return [...this.entries.values()];
  }

  add(entry: InFlight): void {
    this.entries.set(entry.request.kind + entry.peer, entry);
    if (entry.request.kind === 'findnode') this.expect(`findnode${entry.contact.ip}`);
  }

  /** False when it was not in flight any more. */
  remove(entry: InFlight): boolean {
    if (!this.holds(entry)) return false;
    const { request, contact, sendings, peer } = entry;
    this.entries.delete(request.kind + peer);
    if (request.kind === 'findnode') this.unexpect(`findnode${contact.ip}`);
    else for (const { token } of sendings) this.unexpect(token + contact.ip);
    return true;
  }

  /** The entry was sent in a packet of this hash. */
  sent(entry: InFlight, token: string, now: number): void {
    entry.sendings.push({ token, at: now });
    if (entry.request.kind !== 'findnode') this.expect(token + entry.contact.ip);
  }

  /** Whether something sent to this IP may be answered by a packet that names this hash. */
  expectsToken(token: string, ip: string): boolean {
    return this.expected.has(token + ip);
  }

  expectsNeighbors(ip: string): boolean {
    return this.expected.has(`findnode${ip}`);
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
    if (this.deadlines.size >= this.maxDeadlines) {
      this.deadlines.retain((due) => due.at === due.entry.dueAt && this.holds(due.entry));
    }
    this.deadlines.add(dueAt, { at: dueAt, entry });
  }

  /** The next entry whose state is over at `now`; each once. */
  takeDue(now: number): InFlight | undefined {
    for (let due = this.deadlines.takeDue(now); due !== undefined; due = this.deadlines.takeDue(now)) {
      if (due.at === due.entry.dueAt && this.holds(due.entry)) return due.entry;
    }
    return undefined;
  }

  /** When the next state is over; null when nothing is due ever. */
  nextDeadline(): number | null {
    for (let due = this.deadlines.peek(); due !== undefined; due = this.deadlines.peek()) {
      if (due.at === due.entry.dueAt && this.holds(due.entry)) return due.at;
      this.deadlines.drop();
    }
    return null;
  }

  private holds(entry: InFlight): boolean {
    return this.entries.get(entry.request.kind + entry.peer) === entry;
  }

  private expect(key: string): void {
    this.expected.set(key, (this.expected.get(key) ?? 0) + 1);
  }

  private unexpect(key: string): void {
    const left = (this.expected.get(key) ?? 1) - 1;
    if (left > 0) this.expected.set(key, left);
    else this.expected.delete(key);
  }
}
