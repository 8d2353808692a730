import { RateLimiter } from '../../lib/rateLimiter.ts';
import type { Random, SocketAddress } from '../ports.ts';
import { equalBytes } from '../wire/bytes.ts';
import { agreeOnKeys, openMessage, verifyIdProof } from '../wire/discv5Crypto.ts';
import { decodeDiscv5Message } from '../wire/discv5Message.ts';
import { createDiscv5Reader, type Discv5Packet } from '../wire/discv5Packet.ts';
import type { Enr } from '../wire/enr.ts';
import { WireError } from '../wire/errors.ts';
import { idHash, type NodeContact } from '../wire/nodeEndpoint.ts';
import type { Curve } from '../wire/secp256k1.ts';
import type { AddressPolicy, SendBudget } from './discv4Context.ts';
import { sourceKey } from './discv4Types.ts';
import { type Challenge, Discv5Challenges } from './discv5Challenges.ts';
import { Discv5Client } from './discv5Client.ts';
import type { Discv5Context, NamedAt } from './discv5Context.ts';
import { Discv5Responder, type SessionPeer } from './discv5Responder.ts';
import { Discv5Sessions, sessionKey } from './discv5Sessions.ts';
import {
  type Discv5Limits,
  type Discv5Output,
  type Discv5RejectCode,
  type Discv5Request,
  defaultDiscv5Limits,
} from './discv5Types.ts';
import { KademliaTable } from './kademliaTable.ts';
import { KnownRecords, type NamedRecord } from './knownRecords.ts';

export interface Discv5NodeOptions {
  readonly curve: Curve;
  readonly privateKey: Uint8Array;
  /** Our record, signed with `privateKey`. */
  readonly enr: Enr;
  readonly addressPolicy: AddressPolicy;
  /** Keys, nonces, and when the table is maintained. */
  readonly random: Random;
  readonly limits?: Discv5Limits;
  /** What we may send of ourselves; shared with all that sends from here. */
  readonly budget?: SendBudget;
  /** Whom it names at a distance in place of its table, for nodes of a simulation; these ping nobody. */
  readonly recordsAt?: (distance: number, now: number) => readonly Uint8Array[];
}

type Ordinary = Discv5Packet & { readonly kind: 'ordinary' };
type Handshake = Discv5Packet & { readonly kind: 'handshake' };

/**
 * One discv5 identity on one socket: client, responder, sessions and routing table. Sans-IO: the driver passes in
 * datagrams and the time (ms since the epoch) and carries out what is returned. No method throws because of what a peer
 * sends.
 */
export class Discv5Node {
  readonly id: Uint8Array;
  readonly table: KademliaTable;
  readonly #limits: Discv5Limits;
  readonly #context: Discv5Context;
  readonly #client: Discv5Client;
  readonly #responder: Discv5Responder;
  readonly #challenges: Discv5Challenges;
  readonly #read: (bytes: Uint8Array) => Discv5Packet | null;
  // BOUNDED: by `maxSources`.
  readonly #inbound: RateLimiter;
  readonly #invites: boolean;
  #enr: Enr;
  #revalidateAt = 0;

  constructor(options: Discv5NodeOptions) {
    const { curve, privateKey, addressPolicy, random, enr, recordsAt, limits = defaultDiscv5Limits } = options;
    this.id = curve.publicKey(privateKey);
    this.#limits = limits;
    this.#enr = checkedEnr(this.id, enr);
    this.table = new KademliaTable(this.id, limits.subnets);
    const hash = idHash(this.id);
    this.#context = {
      curve,
      privateKey,
      hash,
      limits,
      addressPolicy,
      random,
      sessions: new Discv5Sessions(limits),
      table: this.table,
      budget: options.budget ?? null,
      known: new KnownRecords(curve, limits.maxRecords),
      enr: () => this.#enr,
      recordsAt: (distance, now) =>
        recordsAt?.(distance, now).map((bytes) => ({ ip: null, bytes })) ?? this.#tableAt(distance, now),
    };
    this.#invites = recordsAt === undefined;
    this.#client = new Discv5Client(this.#context);
    this.#responder = new Discv5Responder(this.#context);
    this.#challenges = new Discv5Challenges(limits, (length) => random.bytes(length));
    this.#read = createDiscv5Reader(hash);
    this.#inbound = new RateLimiter(limits.inbound, limits.maxSources);
  }

  get enr(): Enr {
    return this.#enr;
  }

  /** Signatures of records checked so far. */
  get recordChecks(): number {
    return this.#context.known.checks;
  }

  /** Current sizes, for gauges and tests of the bounds. */
  get sizes(): Record<
    | 'table'
    | 'sessions'
    | 'seen'
    | 'challenges'
    | 'records'
    | 'sources'
    | 'inFlight'
    | 'nonces'
    | 'deadlines'
    | 'paced'
    | 'late',
    number
  > {
    const { sessions, known } = this.#context;
    return {
      table: this.table.size,
      sessions: sessions.size,
      seen: sessions.seen,
      challenges: this.#challenges.size,
      records: known.size,
      sources: this.#inbound.size,
      ...this.#client.sizes,
    };
  }

  /** Announces this record from now on. Throws RangeError if it is not signed by this identity. */
  setEnr(enr: Enr): void {
    this.#enr = checkedEnr(this.id, enr);
  }

  /** Starts a request; exactly one `answered` event with the ticket follows, possibly among these outputs. */
  request(contact: NodeContact, request: Discv5Request, now: number): { ticket: number; outputs: Discv5Output[] } {
    return this.#client.request(contact, request, now);
  }

  /** One datagram, with its source address; null if it is no discv5 packet to us, and so nothing was done. */
  receive(bytes: Uint8Array, from: SocketAddress, now: number): Discv5Output[] | null {
    try {
      const packet = this.#read(bytes);
      if (packet === null) return null;
      if (!this.#context.addressPolicy.allows(from.ip)) return rejected('addressRefused', from);
      if (!this.#inbound.allows(sourceKey(from, this.#limits.perPort), now)) return rejected('rateLimited', from);
      return this.#accept(packet, from, now);
    } catch (error) {
      if (error instanceof WireError) return rejected(error.code, from);
      throw error;
    }
  }

  /** Does what is due, or part of it: `nextDeadline` says whether more is left. */
  tick(now: number): Discv5Output[] {
    return [...this.#client.tick(now), ...this.#revalidate(now)];
  }

  /** When to call `tick` next; null = not before something else happens. Read it again after every call. */
  nextDeadline(): number | null {
    const next = this.#client.nextDeadline();
    if (this.#limits.revalidateMs === null || this.table.size === 0) return next;
    return next === null ? this.#revalidateAt : Math.min(next, this.#revalidateAt);
  }

  /** Ends every request as `closed`. */
  close(now: number): Discv5Output[] {
    return this.#client.close(now);
  }

  #accept(packet: Discv5Packet, from: SocketAddress, now: number): Discv5Output[] {
    if (packet.kind === 'whoareyou') {
      const outputs = this.#client.challenged(packet, from, now);
      if (outputs === null) return rejected('unsolicited', from);
      return [{ event: 'received', kind: 'whoareyou', from }, ...outputs];
    }
    if (equalBytes(packet.source, this.#context.hash)) return rejected('ownId', from);
    const peer = { hash: packet.source, key: sessionKey(packet.source, from), from };
    return packet.kind === 'ordinary' ? this.#ordinary(packet, peer, now) : this.#handshake(packet, peer, now);
  }

  #ordinary({ nonce, sealed, ad }: Ordinary, peer: SessionPeer, now: number): Discv5Output[] {
    const opened = this.#context.sessions.open(peer.key, nonce, sealed, ad);
    if (opened.at === 'message') return this.#message(opened.bytes, peer, now);
    if (opened.at === 'replayed') return rejected('replayed', peer.from);
    const record = this.#tableRecord(peer.hash);
    const bytes = this.#challenges.issue(peer.key, { nonce, source: peer.hash }, record, peer.from, now);
    if (bytes === null) return rejected('rateLimited', peer.from);
    return [{ send: { kind: 'whoareyou', to: peer.from, bytes } }];
  }

  #handshake(packet: Handshake, peer: SessionPeer, now: number): Discv5Output[] {
    const challenge = this.#challenges.get(peer.key, now);
    if (challenge === null) return rejected('unsolicited', peer.from);
    this.#challenges.tried(peer.key);
    const record = this.#recordOf(packet, challenge);
    if (record === null) return rejected('enrSignature', peer.from);
    const { curve, privateKey, hash, sessions } = this.#context;
    const { ephemeralKey, idSignature } = packet;
    const proof = { challenge: challenge.challenge, ephemeralKey, responder: hash };
    if (!verifyIdProof(curve, record.id, idSignature, proof)) return rejected('packetSignature', peer.from);
    const parties = { challenge: challenge.challenge, initiator: peer.hash, responder: hash };
    const keys = agreeOnKeys(curve, privateKey, curve.decompress(ephemeralKey), parties);
    // Throws before anything is kept: what was signed may have been sent on with another message.
    const message = openMessage(keys.initiatorKey, packet.nonce, packet.sealed, packet.ad);
    sessions.establish(peer.key, { read: keys.initiatorKey, write: keys.recipientKey });
    this.#challenges.met(peer.key);
    return [
      { event: 'met', record, from: peer.from },
      ...this.#message(message, peer, now),
      ...this.#invite(record, peer, now),
    ];
  }

  /** The record that a handshake stands on: it must be the sender's. */
  #recordOf({ record, source }: Handshake, challenge: Challenge): NamedRecord | null {
    const named = record === null ? challenge.record : this.#context.known.read(record);
    return named !== null && equalBytes(named.hash, source) ? named : null;
  }

  #message(bytes: Uint8Array, peer: SessionPeer, now: number): Discv5Output[] {
    const message = decodeDiscv5Message(bytes);
    const outputs =
      this.#responder.answer(message, peer, now) ?? this.#client.answered(message, peer.key, peer.from, now);
    if (outputs === null) return rejected('unsolicited', peer.from);
    return [{ event: 'received', kind: message.kind, from: peer.from }, ...outputs];
  }

  /** Who comes from where its record says is pinged, and then has a place in the table. */
  #invite({ id, endpoint, bytes }: NamedRecord, { from }: SessionPeer, now: number): Discv5Output[] {
    if (!this.#invites || endpoint === null || endpoint.ip !== from.ip || endpoint.udp !== from.port) return [];
    return this.#client.ask({ id, ...endpoint, record: bytes }, { kind: 'ping' }, now);
  }

  #tableAt(distance: number, now: number): NamedAt[] {
    return this.table
      .atDistance(distance, now - this.#limits.liveMs)
      .flatMap(({ ip, record }) => (record === undefined ? [] : [{ ip, bytes: record }]));
  }

  #tableRecord(hash: Uint8Array): NamedRecord | null {
    const record = this.table.get(hash)?.record;
    return record === undefined ? null : this.#context.known.read(record);
  }

  #revalidate(now: number): Discv5Output[] {
    const { revalidateMs } = this.#limits;
    if (revalidateMs === null || this.table.size === 0 || now < this.#revalidateAt) return [];
    const { random } = this.#context;
    this.#revalidateAt = now + revalidateMs * (0.5 + random.next());
    const node = this.table.oldestOfBucket(random.next());
    return node === null || now - node.provenAt < revalidateMs ? [] : this.#client.ask(node, { kind: 'ping' }, now);
  }
}

function rejected(code: Discv5RejectCode, from: SocketAddress): Discv5Output[] {
  return [{ event: 'rejected', code, from }];
}

function checkedEnr(id: Uint8Array, enr: Enr): Enr {
  if (!equalBytes(enr.id, id)) throw new RangeError('the record is not signed by this identity');
  return enr;
}
