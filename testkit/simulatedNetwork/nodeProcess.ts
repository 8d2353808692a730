/** One process of a simulated network: a share of its nodes, on their own sockets. Started by simulatedNetwork.ts. */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket as TcpSocket } from 'node:net';
import type { ScenarioNodeGroup } from '../../lib/scenarioFile.ts';
import type { Random } from '../../p2p/ports.ts';
import { WireError } from '../../p2p/wire/errors.ts';
import { chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { FakeEthPeer } from '../fakeEthPeer.ts';
import { LongRunTables } from './longRunTables.ts';
import {
  addressOf,
  groupsByNode,
  listensOnTcp,
  type NetworkPlan,
  portOf,
  privateKeyOf,
  shareSubnets,
} from './networkPlan.ts';
import type { ChainView, SimulatedChain } from './simulatedChain.ts';
import { peerConfigOf, recordOf } from './simulatedIdentity.ts';
import type { SimulatedScenario } from './simulatedNetwork.ts';
import { SimulatedNodes, type SimulatedSend } from './simulatedNodes.ts';
import { type RunTimeFault, SimulatedWorld } from './simulatedWorld.ts';

/** Passes over a channel with 64-bit values (`serialization: 'advanced'`). */
export interface NodeProcessOrder {
  readonly scenario: SimulatedScenario;
  readonly startedAt: number;
  readonly second: number;
  readonly size: number;
  /** File: private keys, IDs, hashes, one after the other. */
  readonly planFile: string;
  readonly from: number;
  readonly to: number;
}

export type NodeProcessMessage =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'stats';
      readonly counts: SimulatedNodes['counts'] & { sessions: number };
      readonly cpuSeconds: number;
    };

const strongRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  next: () => randomBytes(4).readUInt32BE() / 2 ** 32,
};

process.on('message', (message: unknown) => {
  if (isOrder(message)) void serve(message);
});
process.on('disconnect', () => process.exit(0));
// Ctrl-C in a terminal reaches this process too; its parent decides when it ends.
process.on('SIGINT', () => {});

function isOrder(message: unknown): message is NodeProcessOrder {
  return typeof message === 'object' && message !== null && 'planFile' in message;
}

function isStrike(message: unknown): message is { readonly strike: readonly RunTimeFault[] } {
  return typeof message === 'object' && message !== null && 'strike' in message;
}

async function serve(order: NodeProcessOrder): Promise<void> {
  const curve = await chooseCurve();
  const plan = readPlan(order);
  const groups = groupsByNode(plan.groups);
  const world = new SimulatedWorld(order.scenario, order.startedAt);
  const groupOf = (index: number): ScenarioNodeGroup => {
    const group = groups[index];
    if (group === undefined) throw new RangeError(`no node ${index}`);
    return group;
  };
  const phaseOf = (index: number, now: number) => world.phaseAt(index, groupOf(index), now);
  /** The newest record of each node. BOUNDED: by the nodes. */
  const records: ({ readonly seq: bigint; readonly bytes: Uint8Array } | undefined)[] = [];
  const record = (index: number, now: number): Uint8Array => {
    const phase = phaseOf(index, now);
    const known = records[index];
    if (known !== undefined && known.seq === phase.seq) return known.bytes;
    const address = { ip: addressOf(plan, index), port: portOf(index) };
    const bytes = recordOf(curve, privateKeyOf(plan, index), address, groupOf(index), phase);
    records[index] = { seq: phase.seq, bytes };
    return bytes;
  };
  const nodes = new SimulatedNodes(
    {
      curve,
      plan,
      tables: new LongRunTables(plan.seed, plan.hashes),
      record,
      seq: (index, now) => phaseOf(index, now).seq,
      isUp: (index, now) => phaseOf(index, now).up,
    },
    order.from,
  );
  const sessions = { count: 0 };
  for (let index = order.from; index < order.to; index++) {
    const group = groupOf(index);
    if (group.reachability === 'dead') continue;
    const ip = addressOf(plan, index);
    await openUdp(nodes, index, ip);
    if (!listensOnTcp(group)) continue;
    const own = world.chainOf(group);
    await openTcp(index, ip, (socket) => {
      const now = Date.now();
      const phase = phaseOf(index, now);
      if (!phase.up) return void socket.destroy();
      sessions.count += 1;
      const view = world.viewAt(index, group, now);
      const keys = { curve, random: strongRandom, privateKey: privateKeyOf(plan, index) };
      const peer = new FakeEthPeer(keys, { at: 'responder' }, peerConfigOf(group, own, phase, view));
      serveSession(socket, peer, { chain: own.chain, view: () => world.viewAt(index, group, Date.now()) });
    });
  }
  process.on('message', (message: unknown) => {
    if (isStrike(message)) return world.strike(message.strike);
    if (message !== 'stats') return;
    const { user, system } = process.cpuUsage();
    tell({ kind: 'stats', counts: { ...nodes.counts, sessions: sessions.count }, cpuSeconds: (user + system) / 1e6 });
  });
  tell({ kind: 'ready' });
}

function tell(message: NodeProcessMessage): void {
  process.send?.(message);
}

function readPlan({ scenario, second, size, planFile }: NodeProcessOrder): NetworkPlan {
  const bytes = new Uint8Array(readFileSync(planFile));
  return {
    seed: scenario.seed,
    second,
    addresses: scenario.addresses,
    sharedSubnets: shareSubnets(scenario.nodes),
    size,
    groups: scenario.nodes,
    privateKeys: bytes.subarray(0, 32 * size),
    ids: bytes.subarray(32 * size, 96 * size),
    hashes: bytes.subarray(96 * size, 128 * size),
  };
}

function openUdp(nodes: SimulatedNodes, index: number, ip: string): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', lookup: (address, _options, done) => done(null, address, 4) });
  const send = ({ bytes, to }: SimulatedSend): void => socket.send(bytes, to.port, to.ip, () => {});
  socket.on('message', (bytes, from) => {
    const sends = nodes.receive(index, bytes, { ip: from.address, port: from.port }, Date.now());
    for (const one of sends) {
      if (one.delayMs < 1) send(one);
      else setTimeout(send, one.delayMs, one);
    }
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(portOf(index), ip, () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

function openTcp(index: number, ip: string, serveSocket: (socket: TcpSocket) => void): Promise<Server> {
  const server = createServer({ noDelay: true }, serveSocket);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: ip, port: portOf(index), backlog: 16 }, () => {
      server.off('error', reject);
      server.on('error', () => {});
      resolve(server);
    });
  });
}

/** geth gives up a session that stalls, too. */
const sessionMs = 30_000;
/** A node says anew which blocks it has after so many. */
const blocksPerUpdate = 32;

interface SessionChain {
  readonly chain: SimulatedChain;
  readonly view: () => ChainView;
}

function serveSession(socket: TcpSocket, peer: FakeEthPeer, { chain, view }: SessionChain): void {
  const update = setInterval(() => {
    const { branch, head } = view();
    if (head < chain.plan.first) return;
    const range = peer.sayRange({ earliest: chain.plan.first, latest: head, latestHash: chain.hashOf(branch, head) });
    if (range !== null) socket.write(range);
  }, blocksPerUpdate * chain.plan.blockMs);
  socket.on('close', () => clearInterval(update));
  socket.setTimeout(sessionMs, () => socket.destroy());
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  socket.on('data', (chunk) => {
    try {
      const out = peer.receive(chunk);
      if (out.length > 0) socket.write(Buffer.concat(out));
      if (peer.heard.disconnects.length > 0 || peer.hasRefused) socket.end();
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      socket.destroy();
    }
  });
}
