import assert from 'node:assert/strict';
import { toSeconds } from '../lib/time.ts';
import type { SocketAddress } from '../p2p/ports.ts';
import type { AddressPolicy } from '../p2p/protocol/discv4Context.ts';
import type { Discv4Node } from '../p2p/protocol/discv4Node.ts';
import {
  type Discv4Limits,
  type Discv4Outcome,
  type Discv4Output,
  type Discv4RejectCode,
  type Discv4Request,
  privateDiscv4Limits,
} from '../p2p/protocol/discv4Types.ts';
import { type Discv4Packet, decodeDiscv4, encodeDiscv4 } from '../p2p/wire/discv4.ts';
import type { NodeContact } from '../p2p/wire/nodeEndpoint.ts';
import type { Curve } from '../p2p/wire/secp256k1.ts';
import { createTestNode, testCurve as curve } from './discv4TestNode.ts';
import { type Host, MemoryNetwork, type MemoryNetworkOptions } from './memoryNetwork.ts';
import { type SeededRandom, seededRandom } from './seededRandom.ts';

/** A node that does nothing by itself. */
export const quietLimits: Discv4Limits = { ...privateDiscv4Limits, revalidateMs: null, refreshMs: null };

export interface SimulatedNode {
  readonly random: SeededRandom;
  readonly network: MemoryNetwork;
  readonly node: Discv4Node;
  readonly us: Host;
  /** Asks at the network's current time and returns the ticket. */
  ask(contact: NodeContact, request: Discv4Request): number;
  /** Fails unless the ticket was answered exactly once. */
  outcome(ticket: number): Discv4Outcome;
  rejected(): readonly Discv4RejectCode[];
}

/** A network with one node of ours at 127.0.0.1. */
export function simulateNode(
  options: {
    network?: Partial<MemoryNetworkOptions>;
    limits?: Partial<Discv4Limits>;
    policy?: AddressPolicy;
    curve?: Curve;
    seed?: number;
  } = {},
): SimulatedNode {
  const random = seededRandom(options.seed);
  const network = new MemoryNetwork({ random, minLatencyMs: 20, maxLatencyMs: 20, loss: 0, ...options.network });
  const policy = options.policy === undefined ? {} : { addressPolicy: options.policy };
  const { node } = createTestNode({
    privateKey: random.bytes(32),
    random,
    limits: { ...quietLimits, ...options.limits },
    ...policy,
    ...(options.curve === undefined ? {} : { curve: options.curve }),
  });
  const us = network.add({ ip: '127.0.0.1', port: 30303 }, node);
  return {
    random,
    network,
    node,
    us,
    ask(contact: NodeContact, request: Discv4Request): number {
      const { ticket, outputs } = node.request(contact, request, network.now);
      network.apply(us, outputs);
      return ticket;
    },
    outcome(ticket: number): Discv4Outcome {
      const [first, ...more] = us.events.flatMap((event) =>
        event.event === 'answered' && event.ticket === ticket ? [event.outcome] : [],
      );
      assert.ok(first !== undefined, `ticket ${ticket} was not answered, seed ${random.seed}`);
      assert.equal(more.length, 0, `ticket ${ticket} was answered again, seed ${random.seed}`);
      return first;
    },
    rejected: () => us.events.flatMap((event) => (event.event === 'rejected' ? [event.code] : [])),
  };
}

export function addNode(
  network: MemoryNetwork,
  random: SeededRandom,
  ip: string,
  limits = quietLimits,
): NodeContact & { node: Discv4Node } {
  const { node } = createTestNode({ privateKey: random.bytes(32), random, limits });
  network.add({ ip, port: 30303 }, node);
  return { id: node.id, ip, udp: 30303, tcp: 0, node };
}

/** What a peer answers to a packet with this hash. */
export type PeerScript = (
  packet: Discv4Packet,
  hash: Uint8Array,
  peer: ScriptedPeer,
  now: number,
) => readonly Discv4Packet[];

/** A handwritten peer that answers as the test wants. */
export class ScriptedPeer {
  readonly key: Uint8Array;
  readonly contact: NodeContact;
  readonly got: { packet: Discv4Packet; hash: Uint8Array; bytes: Uint8Array; at: number }[] = [];
  readonly #script: PeerScript;

  constructor(random: SeededRandom, ip: string, script: PeerScript) {
    this.key = random.bytes(32);
    this.#script = script;
    this.contact = { id: curve.publicKey(this.key), ip, udp: 30303, tcp: 0 };
  }

  receive(bytes: Uint8Array, from: SocketAddress, now: number): Discv4Output[] {
    const { packet, hash } = decodeDiscv4(curve, bytes);
    this.got.push({ packet, hash, bytes, at: now });
    return this.#script(packet, hash, this, now).map((answer) => ({
      send: { kind: answer.kind, to: from, bytes: encodeDiscv4(curve, this.key, answer).bytes },
    }));
  }

  tick(): Discv4Output[] {
    return [];
  }

  nextDeadline(): null {
    return null;
  }

  kinds(): string[] {
    return this.got.map(({ packet }) => packet.kind);
  }
}

/** An expiration 20 s after `now`. */
export const laterThan = (now: number) => toSeconds(now) + 20n;
export const pongTo = (pingHash: Uint8Array, now: number): Discv4Packet => ({
  kind: 'pong',
  to: { ip: '127.0.0.1', udp: 30303, tcp: 0 },
  pingHash,
  expiration: laterThan(now),
  enrSeq: null,
});
export const neighborsOf = (random: SeededRandom, count: number, now: number, ip = '127.0.3.3'): Discv4Packet => ({
  kind: 'neighbors',
  nodes: Array.from({ length: count }, () => ({ id: curve.publicKey(random.bytes(32)), ip, udp: 30303, tcp: 30303 })),
  expiration: laterThan(now),
});
export const findnodeRequest: Discv4Request = { kind: 'findnode', target: new Uint8Array(64).fill(3) };
