import { BoundedMap } from '../../lib/boundedMap.ts';
import type { ScenarioNodeGroup } from '../../lib/scenarioFile.ts';
import { toSeconds } from '../../lib/time.ts';
import type { SocketAddress } from '../../p2p/ports.ts';
import { bucketSize } from '../../p2p/protocol/kademliaTable.ts';
import {
  type Discv4Packet,
  encodeDiscv4,
  isExpired,
  type ReadPacket,
  readDiscv4,
  recoverSender,
} from '../../p2p/wire/discv4.ts';
import { WireError } from '../../p2p/wire/errors.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import { seededRandom } from '../seededRandom.ts';
import type { Callers } from './callers.ts';
import type { LongRunTables } from './longRunTables.ts';
import {
  addressOf,
  groupsByNode,
  idOf,
  type NetworkPlan,
  namesTcp,
  portOf,
  privateKeyOf,
  speaksDiscv4,
  speaksDiscv5,
} from './networkPlan.ts';
import type { SimulatedDiscv5 } from './simulatedDiscv5.ts';
import { type DiscoveryKind, discoveryOf } from './simulatedIdentity.ts';

/** What a simulated node sends, and after what time: that of the way to it and back. */
export interface SimulatedSend {
  readonly bytes: Uint8Array;
  readonly to: SocketAddress;
  readonly delayMs: number;
}

export interface SimulatedNodesDeps {
  readonly curve: Curve;
  readonly plan: NetworkPlan;
  readonly tables: LongRunTables;
  /** The record of a node, encoded. */
  readonly record: (index: number, now: number) => Uint8Array;
  /** Its sequence number; 1 when left out. */
  readonly seq?: (index: number, now: number) => bigint;
  /** Whether it runs; all do when left out. */
  readonly isUp?: (index: number, now: number) => boolean;
  /** Whether others name it still; all are when left out. */
  readonly isKnown?: (index: number, now: number) => boolean;
  /** Those that speak discv5 too, or alone. */
  readonly discv5?: Pick<SimulatedDiscv5, 'answer'>;
  /** Those behind NAT. */
  readonly callers?: Pick<Callers, 'hears' | 'answered'>;
}

/** A name that a forger made up. */
export interface Lie {
  readonly index: number;
  /** ms since the epoch, when it was told. */
  readonly at: number;
  readonly ip: string;
}

/** As many as anybody believes of a forger. */
const liesKept = 16;
const lieSpanMs = 60_000;

/** Someone who talked to a node: the hash of the open PING, and since when the endpoint is proven. */
interface Acquaintance {
  pingHash: string;
  provenAt: number;
}

interface NodeState {
  // BOUNDED: by maxAcquaintances.
  readonly acquaintances: BoundedMap<string, Acquaintance>;
  // BOUNDED: by maxAcquaintances.
  readonly packetsByIp: BoundedMap<string, { readonly since: number; count: number }>;
  // BOUNDED: by maxAcquaintances.
  readonly seen: BoundedMap<string, true>;
}

const maxAcquaintances = 64;
const bondMs = 24 * 3_600_000;
/** reth: packets a minute from one IP. */
const rethPacketsPerMinute = 60;
/** Where a packet says what it is: after hash and signature. */
const kindAt = 97;
const pingKind = 1;
const besuNeighbours = 13;
const neighboursPerPacket = 12;

/**
 * The discv4 of many nodes at once, without IO: each answers as its client would, and names whom its long-run table
 * holds. Far cheaper than a real node of ours each: no table upkeep, no questions but the PING for the endpoint proof.
 */
export class SimulatedNodes {
  /** Names that forgers made up, oldest first: of each the first few in a span of time. BOUNDED: by the run. */
  readonly lies: Lie[] = [];
  /** BOUNDED: by the forgers. */
  readonly #lying = new Map<number, { span: number; told: number }>();
  readonly counts = { received: 0, sent: 0, lost: 0, dropped: 0, findnodes: 0 };
  readonly #deps: SimulatedNodesDeps;
  readonly #groupOf: readonly ScenarioNodeGroup[];
  readonly #chance: () => number;
  // BOUNDED: by the nodes.
  readonly #contacts: NodeContact[] = [];
  // BOUNDED: by the nodes.
  readonly #states = new Map<number, NodeState>();
  /** Sender by packet hash: one FINDNODE may come to many of us, signed once. BOUNDED: by its limit. */
  readonly #senders = new BoundedMap<string, Uint8Array>(4_096);
  #forged = 0;

  constructor(deps: SimulatedNodesDeps, salt: number) {
    this.#deps = deps;
    this.#groupOf = groupsByNode(deps.plan.groups);
    this.#chance = seededRandom(deps.plan.seed ^ salt).next;
  }

  /** One datagram to node `index`. */
  receive(index: number, bytes: Uint8Array, from: SocketAddress, now: number): SimulatedSend[] {
    const group = this.#groupOf[index];
    this.counts.received += 1;
    if (group === undefined || this.#deps.isUp?.(index, now) === false || this.#isLost(group)) return [];
    const { callers } = this.#deps;
    if (group.calls !== undefined && callers?.hears(index, from, now) !== true) return [];
    const packets = this.#answerEither(index, group, bytes, from, now);
    if (packets.length === 0) return [];
    if (group.calls !== undefined) callers?.answered(index, from, bytes[kindAt] === pingKind, now);
    // Packets sent back to back take the same path.
    const delayMs = 2 * group.latency + (this.#chance() + this.#chance()) * group.jitter;
    const sends = packets.flatMap((packet) => (this.#isLost(group) ? [] : [{ bytes: packet, to: from, delayMs }]));
    this.counts.sent += sends.length;
    return sends;
  }

  #answerEither(
    index: number,
    group: ScenarioNodeGroup,
    bytes: Uint8Array,
    from: SocketAddress,
    now: number,
  ): Uint8Array[] {
    const ours = speaksDiscv5(group) ? this.#deps.discv5?.answer(index, bytes, from, now) : null;
    if (ours !== null && ours !== undefined) return ours;
    return speaksDiscv4(group) ? this.#answer(index, group, bytes, from, now) : this.#drop();
  }

  #isLost({ loss }: ScenarioNodeGroup): boolean {
    const lost = loss > 0 && this.#chance() < loss;
    if (lost) this.counts.lost += 1;
    return lost;
  }

  #answer(index: number, group: ScenarioNodeGroup, bytes: Uint8Array, from: SocketAddress, now: number): Uint8Array[] {
    try {
      const read = readDiscv4(bytes);
      if (read.packet.kind !== 'enrResponse' && isExpired(read.packet.expiration, now)) return this.#drop();
      const kind = discoveryOf(group);
      const state = this.#stateOf(index);
      const hash = latin1(read.hash);
      if (kind === 'reth' && !this.#rethAdmits(state, hash, from.ip, now)) return this.#drop();
      return this.#answerPacket(index, group, kind, state, read, hash, from, now);
    } catch (error) {
      if (error instanceof WireError) return this.#drop();
      throw error;
    }
  }

  #answerPacket(
    index: number,
    group: ScenarioNodeGroup,
    kind: DiscoveryKind,
    state: NodeState,
    read: ReadPacket,
    hash: string,
    from: SocketAddress,
    now: number,
  ): Uint8Array[] {
    const { packet } = read;
    const id = this.#senderOf(read, hash);
    // Nethermind's proof is for the port as well.
    const peer = latin1(id.subarray(0, 32)) + (kind === 'nethermind' ? `${from.ip} ${from.port}` : from.ip);
    const acquaintance = state.acquaintances.get(peer) ?? { pingHash: '', provenAt: Number.NEGATIVE_INFINITY };
    const proven = now - acquaintance.provenAt < bondMs;
    switch (packet.kind) {
      case 'ping':
        return this.#answerPing(index, group, read.hash, from, now, proven ? null : { state, peer, acquaintance });
      case 'pong':
        if (latin1(packet.pingHash) !== acquaintance.pingHash) return this.#drop();
        state.acquaintances.set(peer, { pingHash: '', provenAt: now });
        return [];
      case 'findnode': {
        if (!proven) return this.#drop();
        this.counts.findnodes += 1;
        return this.#neighbours(index, group, kind, keccak256(packet.target), latin1(id), now);
      }
      case 'enrRequest':
        if (!proven || group.record === 'none') return this.#drop();
        return [
          this.#sign(index, { kind: 'enrResponse', requestHash: read.hash, record: this.#deps.record(index, now) }),
        ];
      default:
        return this.#drop();
    }
  }

  #answerPing(
    index: number,
    group: ScenarioNodeGroup,
    pingHash: Uint8Array,
    from: SocketAddress,
    now: number,
    stranger: { readonly state: NodeState; readonly peer: string; readonly acquaintance: Acquaintance } | null,
  ): Uint8Array[] {
    const to = { ip: from.ip, udp: from.port, tcp: 0 };
    const expiration = expiry(now);
    const enrSeq = group.record === 'none' ? null : (this.#deps.seq?.(index, now) ?? 1n);
    const pong = this.#sign(index, { kind: 'pong', to, pingHash, expiration, enrSeq });
    if (stranger === null) return [pong];
    const port = portOf(index);
    const own = { ip: addressOf(this.#deps.plan, index), udp: port, tcp: port };
    const ping = encodeDiscv4(this.#deps.curve, privateKeyOf(this.#deps.plan, index), {
      kind: 'ping',
      version: 4,
      from: own,
      to,
      expiration,
      enrSeq,
    });
    stranger.state.acquaintances.set(stranger.peer, { ...stranger.acquaintance, pingHash: latin1(ping.hash) });
    return [pong, ping.bytes];
  }

  #neighbours(
    index: number,
    group: ScenarioNodeGroup,
    kind: DiscoveryKind,
    targetHash: Uint8Array,
    asker: string,
    now: number,
  ): Uint8Array[] {
    const { tables, isKnown } = this.#deps;
    const count = kind === 'besu' ? besuNeighbours : bucketSize;
    const nodes =
      group.neighbours === 'forged'
        ? Array.from({ length: count }, () => this.#lie(index, now))
        : tables
            .closest(index, targetHash, count)
            .filter((other) => isKnown?.(other, now) !== false)
            .map((other) => this.#contactOf(other));
    const named = kind === 'nethermind' ? nodes.filter(({ id }) => latin1(id) !== asker) : nodes;
    const perPacket = kind === 'besu' ? besuNeighbours : neighboursPerPacket;
    const packets: Uint8Array[] = [];
    for (let at = 0; at === 0 || at < named.length; at += perPacket) {
      packets.push(
        this.#sign(index, { kind: 'neighbors', nodes: named.slice(at, at + perPacket), expiration: expiry(now) }),
      );
    }
    return packets;
  }

  #contactOf(index: number): NodeContact {
    const known = this.#contacts[index];
    if (known !== undefined) return known;
    const contact = this.#makeContact(index);
    this.#contacts[index] = contact;
    return contact;
  }

  #makeContact(index: number): NodeContact {
    const group = this.#groupOf[index];
    const port = portOf(index);
    const tcp = group !== undefined && (namesTcp(group) || group.reachability === 'dead') ? port : 0;
    return { id: idOf(this.#deps.plan, index), ip: addressOf(this.#deps.plan, index), udp: port, tcp };
  }

  #lie(index: number, now: number): NodeContact {
    const contact = this.#forge();
    const span = Math.floor(now / lieSpanMs);
    const known = this.#lying.get(index);
    const told = known?.span === span ? known.told : 0;
    this.#lying.set(index, { span, told: told + 1 });
    if (told < liesKept) this.lies.push({ index, at: now, ip: contact.ip });
    return contact;
  }

  /** A node that does not exist, at an address where nobody is: the last octets of real ones stay below 251. */
  #forge(): NodeContact {
    const { curve, plan } = this.#deps;
    const serial = this.#forged++;
    const key = keccak256(new TextEncoder().encode(`forged ${plan.seed} ${serial} ${this.#chance()}`));
    const ip = `${plan.first}.${plan.second}.${1 + (serial % 250)}.${251 + (Math.floor(serial / 250) % 4)}`;
    return { id: curve.publicKey(key), ip, udp: 1_025 + (Math.floor(serial / 1_000) % 64_000), tcp: portOf(serial) };
  }

  #sign(index: number, packet: Discv4Packet): Uint8Array {
    return encodeDiscv4(this.#deps.curve, privateKeyOf(this.#deps.plan, index), packet).bytes;
  }

  #senderOf(read: ReadPacket, hash: string): Uint8Array {
    const known = this.#senders.get(hash);
    if (known !== undefined) return known;
    const id = recoverSender(this.#deps.curve, read);
    if (read.packet.kind === 'findnode' || read.packet.kind === 'enrRequest') this.#senders.set(hash, id);
    return id;
  }

  #stateOf(index: number): NodeState {
    let state = this.#states.get(index);
    if (state === undefined) {
      state = {
        acquaintances: new BoundedMap(maxAcquaintances),
        packetsByIp: new BoundedMap(maxAcquaintances),
        seen: new BoundedMap(maxAcquaintances),
      };
      this.#states.set(index, state);
    }
    return state;
  }

  /** 60 packets a minute from one IP, and no packet twice. */
  #rethAdmits(state: NodeState, hash: string, ip: string, now: number): boolean {
    if (state.seen.get(hash)) return false;
    state.seen.set(hash, true);
    const window = state.packetsByIp.get(ip);
    if (window === undefined || now - window.since >= 60_000) {
      state.packetsByIp.set(ip, { since: now, count: 1 });
      return true;
    }
    window.count += 1;
    return window.count <= rethPacketsPerMinute;
  }

  #drop(): [] {
    this.counts.dropped += 1;
    return [];
  }
}

function expiry(now: number): bigint {
  return toSeconds(now) + 20n;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
