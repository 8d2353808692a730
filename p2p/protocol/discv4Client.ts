import { BoundedMap } from '../../lib/boundedMap.ts';
import type { SocketAddress } from '../ports.ts';
import { bytesToHex, equalBytes } from '../wire/bytes.ts';
import type { ReadPacket } from '../wire/discv4.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import type { Discv4Context } from './discv4Context.ts';
import { Discv4Peers } from './discv4Peers.ts';
import {
  type Discv4Failure,
  type Discv4Outcome,
  type Discv4Output,
  type Discv4Request,
  type PongFinding,
  sourceKey,
} from './discv4Types.ts';
import { peerKey } from './endpointProof.ts';
import { bucketSize } from './kademliaTable.ts';
import { NeighborsReply } from './neighborsReply.ts';
import { recordOutcome } from './recordOutcome.ts';
import { type InFlight, likeliest, RequestBook } from './requestBook.ts';
import type { SharedRequest, SignedPacket } from './requestSigner.ts';

/**
 * The asking side of discv4: any number of requests to any number of nodes over one socket. An answer is matched by
 * node ID, IP, type and, if the type has one, the hash of the request. Each node gets only one request of a kind at a
 * time. Before ENRRequest and FINDNODE, the endpoint proof is made if the peer may lack it.
 */
export class Discv4Client {
  readonly #context: Discv4Context;
  readonly #peers: Discv4Peers;
  readonly #book: RequestBook;
  // BOUNDED: by `maxLate`; PINGs that were given up, by hash and IP.
  readonly #late: BoundedMap<string, { readonly contact: NodeContact; readonly at: number }>;
  #nextTicket = 1;

  constructor(context: Discv4Context) {
    this.#context = context;
    this.#peers = new Discv4Peers(context.limits);
    this.#book = new RequestBook(context.limits.maxInFlight);
    this.#late = new BoundedMap(context.limits.maxLate);
  }

  /** Current sizes, for gauges and tests of the bounds. */
  get sizes(): RequestBook['sizes'] & { readonly peers: number } {
    return { ...this.#book.sizes, peers: this.#peers.size };
  }

  /** Starts a request; exactly one `answered` event with this ticket follows, at once or later. */
  request(contact: NodeContact, request: Discv4Request, now: number): { ticket: number; outputs: Discv4Output[] } {
    const ticket = this.#nextTicket++;
    const outputs: Discv4Output[] = [];
    const refusal = this.#begin(contact, request, ticket, now, outputs);
    if (refusal !== null) outputs.push({ event: 'answered', ticket, outcome: { code: refusal, wireCode: null } });
    return { ticket, outputs };
  }

  /** PINGs for ourselves: to get the proof of a node that pinged us, or to see whether a node is still there. */
  ping(contact: NodeContact, now: number): Discv4Output[] {
    const outputs: Discv4Output[] = [];
    // Only once: the address may be forged, and its owner must not get more from us than was sent in its name.
    const refusal = this.#begin(contact, { kind: 'ping' }, null, now, outputs, 1);
    if (refusal === 'pendingFull') {
      outputs.push({ event: 'rejected', code: refusal, from: addressOf(contact) });
    } else if (refusal === 'busy') {
      this.#pingSooner(peerKey(contact.id, contact.ip), now, outputs);
    }
    return outputs;
  }

  /** A PING from this node was answered: it now has our endpoint proof, and requests that waited for that may be sent. */
  pinged(id: Uint8Array, ip: string, now: number): void {
    const peer = peerKey(id, ip);
    this.#peers.bonded(peer, now);
    for (const kind of ['enr', 'findnode'] as const) {
      const entry = this.#book.get(kind, peer);
      if (entry?.state.at === 'settling') {
        this.#book.settle(entry, entry.state, now + this.#context.limits.bondSettleMs);
      }
    }
  }

  /** The node that most likely sent this answer, guessed before the sender is recovered; null if nobody was asked. */
  expects(read: ReadPacket, from: SocketAddress): Uint8Array | null {
    switch (read.packet.kind) {
      case 'pong': {
        const token = bytesToHex(read.packet.pingHash);
        const asked = this.#book.expectedBy(token, from.ip);
        return likeliest(asked, from) ?? this.#late.get(token + from.ip)?.contact.id ?? null;
      }
      case 'enrResponse':
        return likeliest(this.#book.expectedBy(bytesToHex(read.packet.requestHash), from.ip), from);
      case 'neighbors':
        return likeliest(this.#book.expectedNeighbors(from.ip), from);
      default:
        return null;
    }
  }

  /** Whether a node at this IP is being asked for neighbours; such a node pings us for its proof. */
  isAsking(ip: string): boolean {
    return this.#book.expectedNeighbors(ip).length > 0;
  }

  /** Takes an answer; null if nobody asked. Anything but PONG, NEIGHBORS and ENRResponse is a bug of ours. */
  receive(read: ReadPacket, id: Uint8Array, from: SocketAddress, now: number): Discv4Output[] | null {
    const peer = peerKey(id, from.ip);
    switch (read.packet.kind) {
      case 'pong': {
        const { pingHash, enrSeq, to, expiration } = read.packet;
        const token = bytesToHex(pingHash);
        const answered = this.#book.answered('ping', peer, token, now);
        if (answered === null) return this.#pongedLate(token + from.ip, id, from, now);
        this.#peers.answered(answered.sending);
        const { entry, rttMs } = answered;
        const clockSkewMs = this.#context.clocks.note(from, expiration, now - rttMs, now);
        return this.#ponged(entry, { rttMs, enrSeq, ourIp: to.ip, ourUdp: to.udp, clockSkewMs }, from, now);
      }
      case 'enrResponse': {
        const answered = this.#book.answered('enr', peer, bytesToHex(read.packet.requestHash), now);
        if (answered === null) return null;
        this.#peers.answered(answered.sending);
        this.#peers.measured(peer, answered.rttMs);
        return this.#finish(answered.entry, recordOutcome(this.#context.curve, read.packet.record, id, answered.rttMs));
      }
      case 'neighbors':
        return this.#neighbors(read.packet.nodes, peer, from, now);
      default:
        throw new RangeError(`${read.packet.kind} is not an answer`);
    }
  }

  /**
   * Does what is due, up to a limit per call: sends what had to wait, retries, gives up. If something is left, the next
   * deadline lies in the past.
   */
  tick(now: number): Discv4Output[] {
    const outputs: Discv4Output[] = [];
    for (let left = maxDuePerTick; left > 0; left--) {
      const due = this.#book.takeDue(now);
      if (due === undefined) break;
      this.#expire(due, now, outputs);
    }
    return outputs;
  }

  nextDeadline(): number | null {
    return this.#book.nextDeadline();
  }

  /** Ends every request as `closed`. */
  close(): Discv4Output[] {
    return this.#book.all().flatMap((entry) => this.#finish(entry, { code: 'closed', wireCode: null }));
  }

  #begin(
    contact: NodeContact,
    request: Discv4Request,
    ticket: number | null,
    now: number,
    outputs: Discv4Output[],
    maxAttempts = this.#context.limits.attempts,
  ): Discv4Failure | null {
    const { limits, addressPolicy } = this.#context;
    if (contact.udp === 0 || !addressPolicy.allows(contact.ip)) return 'addressRefused';
    const peer = peerKey(contact.id, contact.ip);
    const same = this.#book.get(request.kind, peer);
    if (same !== undefined) {
      same.maxAttempts = Math.max(same.maxAttempts, maxAttempts);
      if (request.kind !== 'ping' || same.ticket !== null || ticket === null) return 'busy';
      // Our own PING is already on its way; its PONG will do.
      same.ticket = ticket;
      return null;
    }
    // One place is reserved, so that an accepted request can still make its proof.
    if (this.#book.size >= limits.maxInFlight - (request.kind === 'ping' && ticket === null ? 0 : 1)) {
      return 'pendingFull';
    }
    const entry: InFlight = {
      request,
      contact,
      peer,
      ticket,
      state: { at: 'sent' },
      dueAt: now,
      attempts: 0,
      maxAttempts,
      open: false,
      sendings: [],
    };
    this.#book.add(entry);
    if (request.kind === 'ping' || this.#peers.isBonded(peer, now)) this.#transmit(entry, now, outputs);
    else this.#bond(entry, now, outputs);
    return null;
  }

  /** Makes sure that the peer holds our endpoint proof before it is asked. */
  #bond(entry: InFlight, now: number, outputs: Discv4Output[]): void {
    const { limits } = this.#context;
    const pongAt = this.#peers.pongAt(entry.peer);
    if (now - pongAt < limits.bondWaitMs) {
      this.#book.settle(entry, { at: 'settling' }, pongAt + limits.bondWaitMs);
      return;
    }
    // The end of that PING, answered or not, ends this state.
    this.#book.settle(entry, { at: 'bonding' }, Number.POSITIVE_INFINITY);
    const refusal = this.#begin(entry.contact, { kind: 'ping' }, null, now, outputs);
    if (refusal === 'pendingFull') outputs.push(...this.#finish(entry, { code: refusal, wireCode: null }));
  }

  /** A node that pings again while our PING is unanswered may not have got ours: send one more for each, up to a limit. */
  #pingSooner(peer: string, now: number, outputs: Discv4Output[]): void {
    const { minTimeoutMs } = this.#context.limits;
    const entry = this.#book.get('ping', peer);
    const last = entry?.sendings.at(-1);
    if (entry?.state.at !== 'sent' || last === undefined || entry.attempts >= maxSendings) return;
    if (now - last.at >= minTimeoutMs / 2) this.#transmit(entry, now, outputs);
  }

  #transmit(entry: InFlight, now: number, outputs: Discv4Output[]): void {
    const to = addressOf(entry.contact);
    const wait = this.#context.budget.delay(to, now);
    if (wait > 0) {
      this.#book.settle(entry, { at: 'paced' }, now + wait);
      return;
    }
    const signed = this.#sign(entry, to, now);
    this.#book.sent(entry, bytesToHex(signed.hash), now);
    this.#book.settle(entry, { at: 'sent' }, now + this.#peers.timeout(entry.peer, entry.attempts));
    entry.attempts += 1;
    const kind = entry.request.kind === 'enr' ? 'enrRequest' : entry.request.kind;
    outputs.push({ send: { kind, to, bytes: signed.bytes } });
  }

  #sign(entry: InFlight, to: SocketAddress, now: number): SignedPacket {
    const { signer, self, clocks, limits } = this.#context;
    const ahead = clocks.ahead(to);
    switch (entry.request.kind) {
      case 'ping': {
        const longer = entry.attempts > 0 ? limits.patientExpirationMs - limits.expirationMs : 0;
        const wanted = signer.expiration(now + ahead + longer);
        const expiration = BigInt(this.#peers.nextPingExpiration(entry.peer, wanted, longer > 0));
        const { endpoint, enr } = self();
        const recipient = { ip: to.ip, udp: to.port, tcp: 0 };
        return signer.sign({ kind: 'ping', version: 4, from: endpoint, to: recipient, expiration, enrSeq: enr.seq });
      }
      case 'enr':
        return this.#signFor({ kind: 'enrRequest' }, entry, to, now);
      case 'findnode':
        return this.#signFor({ kind: 'findnode', target: entry.request.target }, entry, to, now);
    }
  }

  /** Shared with other recipients, except where it would have expired by the recipient's clock. */
  #signFor(request: SharedRequest, entry: InFlight, to: SocketAddress, now: number): SignedPacket {
    const { signer, clocks } = this.#context;
    const ahead = clocks.ahead(to);
    if (ahead === 0) return signer.signShared(request, to, now);
    return signer.sign({ ...request, expiration: BigInt(signer.expiration(now + ahead) + entry.attempts) });
  }

  #expire(entry: InFlight, now: number, outputs: Discv4Output[]): void {
    switch (entry.state.at) {
      case 'settling':
        // It did not ping us, so it still holds an earlier proof of ours.
        this.#peers.bonded(entry.peer, now);
        this.#transmit(entry, now, outputs);
        return;
      case 'paced':
        this.#transmit(entry, now, outputs);
        return;
      case 'collecting':
        outputs.push(...this.#finishNeighbors(entry, entry.state.reply, entry.state.rttMs));
        return;
      case 'bonding':
        outputs.push(...this.#finish(entry, { code: 'pingTimeout', wireCode: null }));
        return;
      case 'sent':
        if (entry.attempts >= this.#attemptsFor(entry)) outputs.push(...this.#giveUp(entry));
        else if (entry.request.kind === 'ping') this.#transmit(entry, now, outputs);
        else {
          // Our PONG may have been lost, and with it the proof: a PING makes the peer ask for it again.
          this.#peers.unbonded(entry.peer);
          this.#bond(entry, now, outputs);
        }
    }
  }

  /** If packets are seen to get lost, a request that somebody waits for is sent more often. */
  #attemptsFor({ maxAttempts, ticket }: InFlight): number {
    return ticket === null ? maxAttempts : Math.max(maxAttempts, this.#peers.attempts());
  }

  #giveUp(entry: InFlight): Discv4Output[] {
    const { request, peer, contact } = entry;
    if (request.kind !== 'ping') return this.#finish(entry, { code: 'timeout', wireCode: null });
    for (const { token, at } of entry.sendings) this.#late.set(token + contact.ip, { contact, at });
    this.#context.table.fail(contact, maxTableFailures);
    const outputs = this.#finish(entry, { code: 'pingTimeout', wireCode: null });
    for (const waiting of this.#waitingForBond(peer)) {
      const code = waiting.sendings.length > 0 ? 'timeout' : 'pingTimeout';
      outputs.push(...this.#finish(waiting, { code, wireCode: null }));
    }
    return outputs;
  }

  #ponged(entry: InFlight, pong: PongFinding, from: SocketAddress, now: number): Discv4Output[] {
    const { proofs, table, limits, strangers } = this.#context;
    const { contact, peer } = entry;
    // The proof is for the IP; use the port that answers.
    const node = { id: contact.id, ip: contact.ip, udp: from.port, tcp: contact.tcp };
    proofs.record(contact.id, contact.ip, now);
    strangers.restore(sourceKey(from, limits.perPort), now);
    table.add(node, now);
    this.#peers.measured(peer, pong.rttMs);
    this.#peers.ponged(peer, now);
    const outputs: Discv4Output[] = [{ event: 'proven', node, pong }];
    outputs.push(...this.#finish(entry, { code: 'ok', kind: 'ping', ...pong }));
    const bonded = this.#peers.isBonded(peer, now);
    for (const waiting of this.#waitingForBond(peer)) {
      const wait = bonded ? limits.bondSettleMs : limits.bondWaitMs;
      this.#book.settle(waiting, { at: 'settling' }, now + wait);
    }
    return outputs;
  }

  /** It is too late to be an answer, but it still proves the endpoint. */
  #pongedLate(key: string, id: Uint8Array, from: SocketAddress, now: number): Discv4Output[] | null {
    const sending = this.#late.get(key);
    if (sending === undefined || !equalBytes(sending.contact.id, id)) return null;
    this.#late.delete(key);
    const { contact, at } = sending;
    const node = { ...contact, udp: from.port };
    this.#context.proofs.record(id, from.ip, now);
    this.#context.strangers.restore(sourceKey(from, this.#context.limits.perPort), now);
    this.#context.table.add(node, now);
    this.#peers.measured(peerKey(id, from.ip), now - at);
    return [{ event: 'late', node, rttMs: now - at }];
  }

  #neighbors(nodes: readonly NodeContact[], peer: string, from: SocketAddress, now: number): Discv4Output[] | null {
    const { limits } = this.#context;
    const entry = this.#book.get('findnode', peer);
    const last = entry?.sendings.at(-1);
    if (entry === undefined || last === undefined) return null;
    const { state } = entry;
    const collecting = state.at === 'collecting';
    const reply = collecting ? state.reply : new NeighborsReply(this.#context, from.ip);
    const rttMs = collecting ? state.rttMs : now - last.at;
    // After a retry it is unclear which packet was answered (Karn's algorithm).
    if (!collecting && entry.sendings.length === 1) this.#peers.measured(peer, rttMs);
    reply.add(nodes);
    if (reply.records >= bucketSize || reply.packets >= maxReplyPackets) {
      return this.#finishNeighbors(entry, reply, rttMs);
    }
    const grace = nodes.length >= fullPacketRecords ? limits.neighborsGraceMs : limits.reorderGraceMs;
    const dueAt = collecting ? Math.min(entry.dueAt, now + grace) : now + grace;
    this.#book.settle(entry, { at: 'collecting', reply, rttMs }, dueAt);
    return [];
  }

  #finishNeighbors(entry: InFlight, reply: NeighborsReply, rttMs: number): Discv4Output[] {
    const { neighbours, refused, packets } = reply;
    return this.#finish(entry, { code: 'ok', kind: 'findnode', neighbours, refused, packets, rttMs });
  }

  #finish(entry: InFlight, outcome: Discv4Outcome): Discv4Output[] {
    const { ticket } = entry;
    return this.#book.remove(entry) && ticket !== null ? [{ event: 'answered', ticket, outcome }] : [];
  }

  #waitingForBond(peer: string): InFlight[] {
    return (['enr', 'findnode'] as const).flatMap((kind) => {
      const entry = this.#book.get(kind, peer);
      return entry?.state.at === 'bonding' ? [entry] : [];
    });
  }
}

/** Records in a full NEIGHBORS packet, as all clients send it: 16 records come as 12 and 4. */
const fullPacketRecords = 12;
/** Each may cost a signature; hundreds at once would block everything else in the process. */
const maxDuePerTick = 32;
/** Most packets of one answer: each has at least one record. */
const maxReplyPackets = bucketSize;
/** PINGs to one node within the life of one request. */
const maxSendings = 6;
/** After this many unanswered requests in a row, a table node is replaced. */
const maxTableFailures = 3;

function addressOf(contact: NodeContact): SocketAddress {
  return { ip: contact.ip, port: contact.udp };
}
