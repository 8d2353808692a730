import assert from 'node:assert/strict';
import { parseIp } from '../lib/ipAddress.ts';
import type { Random, SocketAddress } from '../p2p/ports.ts';
import type { AddressPolicy } from '../p2p/protocol/discv4Context.ts';
import { Discv5Node } from '../p2p/protocol/discv5Node.ts';
import {
  type Discv5Event,
  type Discv5Limits,
  type Discv5Outcome,
  type Discv5RejectCode,
  type Discv5Request,
  privateDiscv5Limits,
} from '../p2p/protocol/discv5Types.ts';
import { signEnr } from '../p2p/wire/enr.ts';
import type { NodeContact } from '../p2p/wire/nodeEndpoint.ts';
import type { Curve } from '../p2p/wire/secp256k1.ts';
import { allowing, testCurve } from './discv4TestNode.ts';
import { type Host, MemoryNetwork, type MemoryNetworkOptions } from './memoryNetwork.ts';
import { type SeededRandom, seededRandom } from './seededRandom.ts';

/** A node that does nothing by itself. */
const quietLimits: Discv5Limits = { ...privateDiscv5Limits, revalidateMs: null };

export interface Discv5TestOptions {
  readonly random?: Random;
  readonly privateKey?: Uint8Array;
  readonly at?: SocketAddress;
  readonly limits?: Partial<Discv5Limits>;
  readonly policy?: AddressPolicy;
  readonly curve?: Curve;
  /** Its record says nothing of where it is. */
  readonly hidden?: boolean;
}

let serial = 1;

/** A discv5 node on loopback that does nothing by itself, and how it is reached. */
export function createDiscv5Node(options: Discv5TestOptions = {}): { node: Discv5Node; contact: NodeContact } {
  const curve = options.curve ?? testCurve;
  const random = options.random ?? seededRandom(serial++);
  const privateKey = options.privateKey ?? random.bytes(32);
  const at = options.at ?? { ip: '127.0.0.9', port: 30_303 };
  const pairs = options.hidden
    ? {}
    : { [at.ip.includes(':') ? 'ip6' : 'ip']: parseIp(at.ip) ?? undefined, udp: at.port };
  const enr = signEnr(curve, privateKey, { seq: 1n, pairs });
  const node = new Discv5Node({
    curve,
    privateKey,
    enr,
    addressPolicy: options.policy ?? allowing('127.0.0.0/8', '::1'),
    random,
    limits: { ...quietLimits, ...options.limits },
  });
  return { node, contact: { id: node.id, ip: at.ip, udp: at.port, tcp: 0, record: enr.bytes } };
}

export interface Discv5Simulation {
  readonly random: SeededRandom;
  readonly network: MemoryNetwork<Discv5Event>;
  readonly node: Discv5Node;
  readonly contact: NodeContact;
  readonly us: Host<Discv5Event>;
  /** One more node of ours. */
  add(ip: string, options?: Discv5TestOptions): { node: Discv5Node; contact: NodeContact; host: Host<Discv5Event> };
  /** Asks at the network's current time and returns the ticket. */
  ask(contact: NodeContact, request: Discv5Request): number;
  /** Fails unless the ticket was answered exactly once. */
  outcome(ticket: number): Discv5Outcome;
  /** Asks, lets time pass, and returns what came of it. */
  settle(contact: NodeContact, request: Discv5Request, ms?: number): Discv5Outcome;
  rejected(host?: Host<Discv5Event>): readonly Discv5RejectCode[];
}

/** A network with one node of ours at 127.0.0.1. */
export function simulateDiscv5(
  options: Discv5TestOptions & { readonly network?: Partial<MemoryNetworkOptions>; readonly seed?: number } = {},
): Discv5Simulation {
  const random = seededRandom(options.seed);
  const network = new MemoryNetwork<Discv5Event>({
    random,
    minLatencyMs: 20,
    maxLatencyMs: 20,
    loss: 0,
    ...options.network,
  });
  const add = (ip: string, more: Discv5TestOptions = {}) => {
    const at = { ip, port: 30_303 };
    const made = createDiscv5Node({ random, at, ...more });
    return { ...made, host: network.add(at, made.node) };
  };
  const { host: us, node, contact } = add('127.0.0.1', options);
  const ask = (to: NodeContact, request: Discv5Request): number => {
    const { ticket, outputs } = node.request(to, request, network.now);
    network.apply(us, outputs);
    return ticket;
  };
  const outcome = (ticket: number): Discv5Outcome => {
    const [first, ...more] = us.events.flatMap((event) =>
      event.event === 'answered' && event.ticket === ticket ? [event.outcome] : [],
    );
    assert.ok(first !== undefined, `ticket ${ticket} was not answered, seed ${random.seed}`);
    assert.equal(more.length, 0, `ticket ${ticket} was answered again, seed ${random.seed}`);
    return first;
  };
  return {
    random,
    network,
    node,
    contact,
    us,
    add,
    ask,
    outcome,
    settle(to, request, ms = 10_000) {
      const ticket = ask(to, request);
      network.run(ms);
      return outcome(ticket);
    },
    rejected: (host = us) => host.events.flatMap((event) => (event.event === 'rejected' ? [event.code] : [])),
  };
}
