import { RateLimiter } from '../../lib/rateLimiter.ts';
import { type Rate, TokenBucket } from '../../lib/tokenBucket.ts';
import type { Random, SocketAddress } from '../ports.ts';
import { bytesToKey, equalBytes } from '../wire/bytes.ts';
import { type Discv4Packet, isSignedBy, type ReadPacket, readDiscv4, recoverSender } from '../wire/discv4.ts';
import { type Enr, readEnr } from '../wire/enr.ts';
import { WireError } from '../wire/errors.ts';
import type { NodeContact, NodeEndpoint } from '../wire/nodeEndpoint.ts';
import type { Curve } from '../wire/secp256k1.ts';
import { Discv4Client } from './discv4Client.ts';
import type { AddressPolicy, Discv4Context, SendBudget } from './discv4Context.ts';
import { Discv4Responder } from './discv4Responder.ts';
import {
  type Discv4Limits,
  type Discv4Output,
  type Discv4RejectCode,
  type Discv4Request,
  defaultDiscv4Limits,
  sourceKey,
} from './discv4Types.ts';
import { EndpointProofs } from './endpointProof.ts';
import { KademliaTable } from './kademliaTable.ts';
import { KeyCheck } from './keyCheck.ts';
import { PeerClocks } from './peerClocks.ts';
import { RequestSigner } from './requestSigner.ts';
import { StrangerCredit } from './strangerCredit.ts';
import { TableUpkeep } from './tableUpkeep.ts';

export interface Discv4NodeOptions {
  readonly curve: Curve;
  readonly privateKey: Uint8Array;
  /** Our record, signed with `privateKey`; our PINGs give its endpoint. */
  readonly enr: Enr;
  readonly addressPolicy: AddressPolicy;
  /** When the table is maintained, and which part of it. */
  readonly random: Random;
  readonly limits?: Discv4Limits;
  /** Shared by all identities of the process; if left out, this identity has its own. */
  readonly budget?: SendBudget;
  /** How far the wall clock, which peers go by, is ahead of the time that the driver passes in, ms; 0 if left out. */
  readonly aheadMs?: () => number;
}

/**
 * One discv4 identity on one socket: client, responder, routing table and endpoint proofs. Sans-IO: the driver passes
 * in datagrams and the time (ms since the epoch) and carries out what is returned. No method throws because of what a
 * peer sends.
 */
export class Discv4Node {
  readonly id: Uint8Array;
  readonly table: KademliaTable;
  readonly #limits: Discv4Limits;
  readonly #context: Discv4Context;
  readonly #client: Discv4Client;
  readonly #responder: Discv4Responder;
  // BOUNDED: by `maxSources`.
  readonly #inbound: RateLimiter;
  readonly #questions: TokenBucket;
  readonly #upkeep: TableUpkeep;
  #local: { readonly enr: Enr; readonly endpoint: NodeEndpoint };

  constructor(options: Discv4NodeOptions) {
    const { curve, privateKey, addressPolicy, limits = defaultDiscv4Limits } = options;
    this.id = curve.publicKey(privateKey);
    this.#limits = limits;
    this.#local = localOf(this.id, options.enr);
    this.table = new KademliaTable(this.id, limits.subnets);
    this.#inbound = new RateLimiter(limits.inbound, limits.maxSources);
    this.#context = {
      curve,
      id: this.id,
      ownKey: bytesToKey(this.id),
      limits,
      addressPolicy,
      table: this.table,
      keys: new KeyCheck(curve),
      proofs: new EndpointProofs(limits.maxProofs),
      clocks: new PeerClocks(limits.maxPeers, options.aheadMs),
      budget: options.budget ?? createSendBudget(limits.outbound, limits.maxSources),
      signer: new RequestSigner(curve, privateKey, limits.expirationMs, undefined, options.aheadMs),
      strangers: new StrangerCredit(limits.strangers, limits.maxSources),
      self: () => this.#local,
    };
    this.#client = new Discv4Client(this.#context);
    this.#responder = new Discv4Responder(this.#context, this.#client);
    this.#questions = new TokenBucket(limits.questions);
    this.#upkeep = new TableUpkeep(this.#context, this.#client, options.random);
  }

  get enr(): Enr {
    return this.#local.enr;
  }

  /** Current sizes, for gauges and tests of the bounds. */
  get sizes(): Record<
    'table' | 'proofs' | 'clocks' | 'sources' | 'strangers' | 'inFlight' | 'expected' | 'deadlines' | 'peers',
    number
  > {
    const { table } = this,
      inbound = this.#inbound,
      context = this.#context,
      client = this.#client;
    const { proofs, clocks, strangers } = context;
    return {
      table: table.size,
      proofs: proofs.size,
      clocks: clocks.size,
      sources: inbound.size,
      strangers: strangers.size,
      ...client.sizes,
    };
  }

  /** Announces this record from now on. Throws RangeError if it is not signed by this identity. */
  setEnr(enr: Enr): void {
    this.#local = localOf(this.id, enr);
  }

  /** Starts a request; exactly one `answered` event with the ticket follows, possibly among these outputs. */
  request(contact: NodeContact, request: Discv4Request, now: number): { ticket: number; outputs: Discv4Output[] } {
    return this.#client.request(contact, request, now);
  }

  /** Whether this node has proven that it receives packets at this IP. */
  isProven(id: Uint8Array, ip: string, now: number): boolean {
    return this.#context.proofs.has(id, ip, now);
  }

  /** One datagram, with its source address. */
  receive(bytes: Uint8Array, from: SocketAddress, now: number): Discv4Output[] {
    if (!this.#context.addressPolicy.allows(from.ip)) return rejected('addressRefused', from);
    if (!this.#inbound.allows(sourceKey(from, this.#limits.perPort), now)) return rejected('rateLimited', from);
    try {
      return this.#upkeep.settle(this.#accept(readDiscv4(bytes), from, now), now);
    } catch (error) {
      if (error instanceof WireError) return rejected(error.code, from);
      throw error;
    }
  }

  /** Does what is due, or part of it: `nextDeadline` says whether more is left. */
  tick(now: number): Discv4Output[] {
    return [...this.#upkeep.settle(this.#client.tick(now), now), ...this.#upkeep.tick(now)];
  }

  /** When to call `tick` next; null = not before something else happens. Read it again after every call. */
  nextDeadline(): number | null {
    const next = this.#client.nextDeadline();
    const upkeep = this.#upkeep.nextDeadline();
    return next === null || upkeep === null ? (next ?? upkeep) : Math.min(next, upkeep);
  }

  /** Ends every request as `closed`. */
  close(): Discv4Output[] {
    this.#upkeep.close();
    return this.#upkeep.settle(this.#client.close(), 0);
  }

  #accept(read: ReadPacket, from: SocketAddress, now: number): Discv4Output[] {
    const { packet } = read;
    const isAnswer = packet.kind === 'pong' || packet.kind === 'neighbors' || packet.kind === 'enrResponse';
    // Before any curve operation: an answer that nobody asked for is not worth recovering its key.
    const expected = isAnswer ? this.#client.expects(read, from) : null;
    if (this.#isExpired(packet, expected !== null, from, now)) return rejected('expired', from);
    if (isAnswer && expected === null) return rejected('unsolicited', from);
    if (!isAnswer && !this.#client.isAsking(from.ip) && !this.#questions.take(now)) {
      return rejected('rateLimited', from);
    }
    const { curve } = this.#context;
    const id = expected !== null && isSignedBy(curve, read, expected) ? expected : recoverSender(curve, read);
    if (equalBytes(id, this.id)) return rejected('ownId', from);
    const outputs = (isAnswer ? this.#client : this.#responder).receive(read, id, from, now);
    if (outputs === null) return rejected(isAnswer ? 'unsolicited' : 'unproven', from);
    return [{ event: 'received', kind: packet.kind, from }, ...outputs];
  }

  /** An ENRResponse has no expiration. A PONG that is waited for is fresh, whatever its sender's clock says. */
  #isExpired(packet: Discv4Packet, expected: boolean, from: SocketAddress, now: number): boolean {
    if (packet.kind === 'enrResponse') return false;
    if (packet.kind === 'pong' && expected) return packet.expiration >= endOfTime;
    return this.#context.clocks.isExpired(packet.expiration, from, now);
  }
}

/** Beyond this, times are wrapped negative ones, of packets and not of clocks. */
const endOfTime = 1n << 63n;

/** A budget made of token buckets, one per remote address. */
export function createSendBudget(rate: Rate, maxAddresses: number): SendBudget {
  const limiter = new RateLimiter(rate, maxAddresses);
  const key = (to: SocketAddress) => sourceKey(to, true);
  return {
    delay: (to, now) => limiter.delay(key(to), now),
    charge: (to, now) => limiter.charge(key(to), now),
  };
}

function rejected(code: Discv4RejectCode, from: SocketAddress): Discv4Output[] {
  return [{ event: 'rejected', code, from }];
}

function localOf(id: Uint8Array, enr: Enr): { readonly enr: Enr; readonly endpoint: NodeEndpoint } {
  if (!equalBytes(enr.id, id)) throw new RangeError('the record is not signed by this identity');
  const { ip, udp, tcp, ip6, udp6, tcp6 } = readEnr(enr);
  // Peers take our address from the packet's source; some cannot read a missing one.
  const endpoint = { ip: ip ?? ip6 ?? '0.0.0.0', udp: udp ?? udp6 ?? 0, tcp: tcp ?? tcp6 ?? 0 };
  return { enr, endpoint };
}
