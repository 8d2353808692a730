import type { SocketAddress } from '../ports.ts';
import { bytesToKey, equalBytes } from '../wire/bytes.ts';
import { agreeOnKeys, sealMessage, signIdProof } from '../wire/discv5Crypto.ts';
import { type Discv5Message, encodeDiscv5Message } from '../wire/discv5Message.ts';
import { type Discv5Packet, encodeHandshake, encodeOrdinary } from '../wire/discv5Packet.ts';
import { WireError } from '../wire/errors.ts';
import { idHash, type NodeContact } from '../wire/nodeEndpoint.ts';
import { uintToBytes } from '../wire/rlp.ts';
import { sourceKey } from './discv4Types.ts';
import { type Call, Discv5Calls, type OurHandshake } from './discv5Calls.ts';
import type { Discv5Context } from './discv5Context.ts';
import { sessionKey } from './discv5Sessions.ts';
import type {
  Discv5Failure,
  Discv5Outcome,
  Discv5Output,
  Discv5Request,
  FoundNodes,
  SentDiscv5Kind,
} from './discv5Types.ts';
import { LapsedCalls } from './lapsedCalls.ts';
import { NodesReply } from './nodesReply.ts';
import { PeerPace } from './peerPace.ts';
import { LossEstimate, measure, type RoundTrip, waitMs } from './roundTrip.ts';

/** As geth: no larger than what an answer to it may be. */
const knockBytes = 20;
/** PINGs in a row without an answer until a node leaves the table. */
const maxTableFailures = 3;
/** A challenge that comes again so soon is the same answer to a packet that was sent twice. */
const repeatedMs = 300;
/** What comes later is no answer any more. */
const maxLateMs = 60_000;
const maxDuePerTick = 256;

/**
 * The asking side of discv5: any number of requests to any number of nodes. A request to a node without a session is a
 * knock first; its WHOAREYOU is answered by a handshake that carries the request. An answer counts by session, request
 * ID and kind.
 */
export class Discv5Client {
  readonly #context: Discv5Context;
  readonly #calls: Discv5Calls;
  readonly #pace: PeerPace;
  readonly #lapsed: LapsedCalls;
  readonly #loss = new LossEstimate();
  /** Round trips of all nodes together. */
  readonly #overall: RoundTrip = { smoothedMs: -1, deviationMs: 0 };
  #nextTicket = 1;
  /** Request IDs never begin with a zero byte: some peers send them back as numbers. */
  #nextRequest = 1;

  constructor(context: Discv5Context) {
    this.#context = context;
    this.#calls = new Discv5Calls(context.limits.maxInFlight);
    this.#lapsed = new LapsedCalls(context.limits.maxLate);
    this.#pace = new PeerPace(context.limits.perPeerASecond, context.limits.maxSources);
  }

  /** Current sizes, for gauges and tests of the bounds. */
  get sizes(): Discv5Calls['sizes'] & { readonly paced: number; readonly late: number } {
    return { ...this.#calls.sizes, paced: this.#pace.size, late: this.#lapsed.size };
  }

  /** Starts a request; exactly one `answered` event with this ticket follows, at once or later. */
  request(contact: NodeContact, request: Discv5Request, now: number): { ticket: number; outputs: Discv5Output[] } {
    const ticket = this.#nextTicket++;
    const outputs: Discv5Output[] = [];
    const refusal = this.#begin(contact, request, ticket, now, outputs);
    if (refusal !== null) {
      outputs.push({ event: 'answered', ticket, outcome: { code: refusal, sent: 0, received: 0 } });
    }
    return { ticket, outputs };
  }

  /** A request for ourselves, to keep the table: a PING, or a question for a newer record. */
  ask(contact: NodeContact, request: Discv5Request, now: number): Discv5Output[] {
    const outputs: Discv5Output[] = [];
    const isUnderWay = this.#calls
      .ofPeer(sessionKey(idHash(contact.id), addressOf(contact)))
      .some(({ request: other }) => other.kind === request.kind);
    if (!isUnderWay) this.#begin(contact, request, null, now, outputs);
    return outputs;
  }

  /** Takes a WHOAREYOU; null if none of our packets can have caused it. */
  challenged(
    { nonce, challenge, enrSeq }: Discv5Packet & { readonly kind: 'whoareyou' },
    from: SocketAddress,
    now: number,
  ): Discv5Output[] | null {
    const call = this.#calls.ofNonce(nonce);
    if (call === undefined) return this.#late(this.#lapsed.takeNonce(nonce, from), now);
    if (call.contact.ip !== from.ip || call.contact.udp !== from.port) return null;
    call.received += 1;
    // Part of the answer is here: an older packet of this request came late.
    if (call.state.at === 'collecting') return [];
    // Its answer to another packet of the same call, while our handshake is on its way.
    if (call.state.at === 'sent' && now - call.lastSentAt < repeatedMs && isAnswered(call, challenge)) return [];
    if (call.handshakes >= this.#context.limits.maxHandshakes) return this.#finish(call, 'handshakeFailed', now);
    call.handshakes += 1;
    if (call.handshakes === 1) this.#heard(call, nonce, now);
    if (call.handshake === null || !equalBytes(call.handshake.challenge, challenge)) {
      const handshake = this.#handshake(call, challenge, enrSeq);
      if (handshake === null) return this.#finish(call, 'badKey', now);
      call.handshake = handshake;
    }
    call.challenged = true;
    const outputs: Discv5Output[] = [];
    this.#transmit(call, now, outputs);
    return outputs;
  }

  /** Takes an answer from a session; null if nobody asked. */
  answered(message: Discv5Message, peer: string, from: SocketAddress, now: number): Discv5Output[] | null {
    const call = this.#calls.ofRequest(message.requestId);
    if (call === undefined) return this.#late(this.#lapsed.takePeer(peer), now);
    if (call.peer !== peer || answerKinds[call.request.kind] !== message.kind) return null;
    call.received += 1;
    const rttMs = this.#measured(call, now);
    const exchange = { rttMs, sent: call.sent, received: call.received };
    switch (message.kind) {
      case 'pong': {
        const pong = { enrSeq: message.enrSeq, ourIp: message.ip, ourUdp: message.udp };
        this.#context.table.add(call.contact, now);
        const outcome: Discv5Outcome = { code: 'ok', kind: 'ping', ...pong, ...exchange };
        const outputs: Discv5Output[] = [{ event: 'proven', node: call.contact, pong }];
        outputs.push(...this.#finish(call, outcome, now));
        if (call.ticket === null && pong.enrSeq > this.#knownSeq(call)) {
          outputs.push(...this.ask(call.contact, { kind: 'findnode', distances: [0] }, now));
        }
        return outputs;
      }
      case 'nodes': {
        const reply = call.state.at === 'collecting' ? call.state.reply : this.#startReply(call, from);
        const result = reply.add(message.total, message.records);
        if (result === 'bad') return this.#finish(call, 'badAnswer', now);
        if (result === 'whole') return this.#finishNodes(call, reply, rttMs, now);
        // Once: however many parts there are, and however slowly they come.
        if (call.state.at !== 'collecting') {
          this.#calls.settle(call, { at: 'collecting', reply, rttMs }, now + this.#context.limits.nodesGraceMs);
        }
        return [];
      }
      case 'talkresp':
        return this.#finish(call, { code: 'ok', kind: 'talkreq', data: message.data, ...exchange }, now);
      default:
        return null;
    }
  }

  /**
   * Does what is due, up to a limit per call: sends what had to wait, tries again, gives up. If something is left, the
   * next deadline lies in the past.
   */
  tick(now: number): Discv5Output[] {
    const outputs: Discv5Output[] = [];
    for (let left = maxDuePerTick; left > 0; left--) {
      const call = this.#calls.takeDue(now);
      if (call === undefined) break;
      this.#expire(call, now, outputs);
    }
    return outputs;
  }

  nextDeadline(): number | null {
    return this.#calls.nextDeadline();
  }

  /** Ends every request as `closed`. */
  close(now: number): Discv5Output[] {
    return this.#calls.all().flatMap((call) => this.#finish(call, 'closed', now));
  }

  #begin(
    contact: NodeContact,
    request: Discv5Request,
    ticket: number | null,
    now: number,
    outputs: Discv5Output[],
  ): Discv5Failure | null {
    const { limits, addressPolicy } = this.#context;
    if (contact.udp === 0 || !addressPolicy.allows(contact.ip)) return 'addressRefused';
    if (this.#calls.size >= limits.maxInFlight) return 'pendingFull';
    const hash = idHash(contact.id);
    const call: Call = {
      ticket,
      request,
      requestId: uintToBytes(this.#nextRequest++),
      contact,
      hash,
      peer: sessionKey(hash, addressOf(contact)),
      state: { at: 'queued' },
      dueAt: now,
      open: false,
      attempts: 0,
      handshakes: 0,
      handshake: null,
      challenged: false,
      nonces: [],
      nonceTimes: [],
      lastSentAt: now,
      sent: 0,
      received: 0,
    };
    this.#calls.add(call);
    this.#transmit(call, now, outputs);
    return null;
  }

  /** Sends the request by a session, inside a handshake, or knocks; or waits until it may. */
  #transmit(call: Call, now: number, outputs: Discv5Output[]): void {
    const { sessions, budget } = this.#context;
    const isKnock = !call.challenged && !sessions.has(call.peer);
    const isAnotherKnocking = () =>
      this.#calls.ofPeer(call.peer).some((other) => other !== call && other.state.at !== 'queued');
    if (isKnock && isAnotherKnocking()) {
      this.#calls.settle(call, { at: 'queued' }, Number.POSITIVE_INFINITY);
      return;
    }
    const to = addressOf(call.contact);
    const place = sourceKey(to, true);
    // After a knock a handshake must follow at once.
    const wait = this.#pace.delay(place, now, isKnock ? 2 : 1) || (budget?.delay(to, now) ?? 0);
    if (wait > 0) {
      this.#calls.settle(call, { at: 'paced' }, now + wait);
      return;
    }
    this.#pace.charge(place, now);
    const bytes = this.#encode(call, now);
    const kind: SentDiscv5Kind = isKnock ? 'knock' : call.request.kind;
    if (!call.challenged) call.attempts += 1;
    call.challenged = false;
    call.sent += 1;
    call.lastSentAt = now;
    const { limits } = this.#context;
    const wait1 = waitMs(sessions.trip(call.peer), this.#overall, limits, Math.max(0, call.attempts - 1));
    this.#calls.settle(call, { at: isKnock ? 'knocking' : 'sent' }, now + wait1);
    outputs.push({ send: { kind, to, bytes } });
  }

  #encode(call: Call, now: number): Uint8Array {
    const { sessions, random, hash: source } = this.#context;
    const { hash: to, handshake } = call;
    const iv = random.bytes(16);
    const bytes = (length: number) => random.bytes(length);
    if (call.challenged && handshake !== null) sessions.establish(call.peer, handshake.keys);
    const writing = sessions.write(call.peer, bytes);
    const nonce = writing?.nonce ?? random.bytes(12);
    this.#calls.sent(call, nonce, now);
    const packet = { source, to, nonce, iv };
    if (writing === null) return encodeOrdinary(packet, () => random.bytes(knockBytes));
    const message = encodeDiscv5Message(messageOf(call, this.#context.enr().seq));
    const seal = (n: Uint8Array, ad: Uint8Array) => sealMessage(writing.key, n, message, ad);
    return call.challenged && handshake !== null
      ? encodeHandshake(packet, handshake.auth, seal)
      : encodeOrdinary(packet, seal);
  }

  /** Our answer to a challenge; null if the peer's public key is none. */
  #handshake(call: Call, challenge: Uint8Array, enrSeq: bigint): OurHandshake | null {
    const { curve, privateKey, random, hash } = this.#context;
    let ephemeral = random.bytes(32);
    while (!curve.isPrivateKey(ephemeral)) ephemeral = random.bytes(32);
    try {
      const ephemeralKey = curve.compress(curve.publicKey(ephemeral));
      const idSignature = signIdProof(curve, privateKey, { challenge, ephemeralKey, responder: call.hash });
      const parties = { challenge, initiator: hash, responder: call.hash };
      const { initiatorKey, recipientKey } = agreeOnKeys(curve, ephemeral, call.contact.id, parties);
      const enr = this.#context.enr();
      const record = enrSeq < enr.seq ? enr.bytes : null;
      const auth = { idSignature, ephemeralKey, record };
      return { challenge, auth, keys: { read: recipientKey, write: initiatorKey } };
    } catch (error) {
      if (error instanceof WireError) return null;
      throw error;
    }
  }

  #startReply(call: Call, from: SocketAddress): NodesReply {
    const { known, addressPolicy, limits, hash: ownHash } = this.#context;
    const rules = { known, addressPolicy, minNeighborPort: limits.minNeighborPort, ownHash };
    return new NodesReply(rules, call.hash, from, call.request.kind === 'findnode' ? call.request.distances : []);
  }

  #finishNodes(call: Call, reply: NodesReply, rttMs: number, now: number): Discv5Output[] {
    const { found } = reply;
    const { sent, received } = call;
    if (call.ticket === null) this.#renew(call, found, now);
    return this.#finish(call, { code: 'ok', kind: 'findnode', ...found, rttMs, sent, received }, now);
  }

  /** Of the record that the table names it with; infinite where it is not in it. */
  #knownSeq({ hash }: Call): bigint | number {
    const { table, known } = this.#context;
    const node = table.get(hash);
    if (node === undefined) return Number.POSITIVE_INFINITY;
    return node.record === undefined ? 0n : (known.read(node.record)?.seq ?? 0n);
  }

  /** A table node gave its record: it counts if it is newer, and the node is where it says to be. */
  #renew(call: Call, { records }: FoundNodes, now: number): void {
    const { ip, udp } = call.contact;
    const own = records.find(({ hash }) => equalBytes(hash, call.hash));
    if (own?.endpoint?.ip !== ip || own.endpoint.udp !== udp || own.seq <= this.#knownSeq(call)) return;
    this.#context.table.add({ ...call.contact, tcp: own.endpoint.tcp, record: own.bytes }, now);
  }

  /** A challenge names the packet that it answers: what was sent after that one was sent too soon, and was not lost. */
  #heard(call: Call, nonce: Uint8Array, now: number): void {
    const index = call.nonces.indexOf(bytesToKey(nonce));
    measure(this.#overall, Math.max(0, now - (call.nonceTimes[index] ?? call.lastSentAt)));
    call.attempts = Math.max(1, index + 1);
  }

  /** The round trip, which counts only for what was sent once (Karn); of an answer in parts, that of the first. */
  #measured(call: Call, now: number): number {
    if (call.state.at === 'collecting') return call.state.rttMs;
    const rttMs = Math.max(0, now - call.lastSentAt);
    this.#loss.answered(call.attempts - 1);
    const trip = this.#context.sessions.trip(call.peer);
    if (trip !== undefined && call.attempts === 1 && call.handshakes <= 1) {
      measure(trip, rttMs);
      measure(this.#overall, rttMs);
    }
    return rttMs;
  }

  #expire(call: Call, now: number, outputs: Discv5Output[]): void {
    const { limits } = this.#context;
    switch (call.state.at) {
      case 'paced':
      case 'queued':
        this.#transmit(call, now, outputs);
        return;
      case 'collecting':
        outputs.push(...this.#finishNodes(call, call.state.reply, call.state.rttMs, now));
        return;
      case 'knocking':
      case 'sent': {
        const attempts = call.ticket === null ? limits.attempts : this.#loss.attempts(limits);
        if (call.attempts < attempts) this.#transmit(call, now, outputs);
        else outputs.push(...this.#finish(call, call.received > 0 ? 'timeout' : 'silent', now));
      }
    }
  }

  /** Ends a call, and lets those go on that waited for its handshake; if it found nobody, they have not either. */
  #finish(call: Call, result: Discv5Outcome | Discv5Failure, now: number): Discv5Output[] {
    const outputs: Discv5Output[] = [];
    if (!this.#end(call, result, outputs)) return outputs;
    if (result === 'silent') this.#context.table.fail(call.contact, maxTableFailures);
    const waiting = this.#calls.ofPeer(call.peer).filter(({ state }) => state.at === 'queued');
    for (const other of waiting) {
      if (result === 'silent' || result === 'closed') this.#end(other, result, outputs);
      else this.#transmit(other, now, outputs);
    }
    return outputs;
  }

  /** The node is there after all: whoever wants to know more asks again. */
  #late(lapsed: ReturnType<LapsedCalls['takePeer']>, now: number): Discv5Output[] | null {
    if (lapsed === null) return null;
    const rttMs = Math.max(0, now - lapsed.at);
    if (rttMs > maxLateMs) return null;
    measure(this.#overall, rttMs);
    return [{ event: 'late', node: lapsed.contact, rttMs }];
  }

  /** False if it was no longer in flight. */
  #end(call: Call, result: Discv5Outcome | Discv5Failure, outputs: Discv5Output[]): boolean {
    if (!this.#calls.remove(call)) return false;
    const { ticket, sent, received } = call;
    if (result === 'silent' || result === 'timeout') this.#lapsed.note(call);
    const outcome = typeof result === 'string' ? { code: result, sent, received } : result;
    if (ticket !== null) outputs.push({ event: 'answered', ticket, outcome });
    return true;
  }
}

function isAnswered({ handshake, challenged }: Call, challenge: Uint8Array): boolean {
  return !challenged && handshake !== null && equalBytes(handshake.challenge, challenge);
}

const answerKinds = { ping: 'pong', findnode: 'nodes', talkreq: 'talkresp' } as const;

function messageOf({ request, requestId }: Call, enrSeq: bigint): Discv5Message {
  return request.kind === 'ping' ? { kind: 'ping', requestId, enrSeq } : { ...request, requestId };
}

function addressOf({ ip, udp }: NodeContact): SocketAddress {
  return { ip, port: udp };
}
