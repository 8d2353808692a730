/** One process of a simulated network: a share of its nodes, on their own sockets. Started by simulatedNetwork.ts. */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket as TcpSocket } from 'node:net';
import type { ScenarioNodeGroup } from '../../../lib/scenarioFile.ts';
import type { Random } from '../../ports.ts';
import { WireError } from '../../wire/errors.ts';
import { type Curve, chooseCurve } from '../../wire/secp256k1.ts';
import { FakeEthPeer, type FakeEthPeerConfig } from '../fakeEthPeer.ts';
import { LongRunTables } from './longRunTables.ts';
import { addressOf, groupsByNode, listensOnTcp, type NetworkPlan, privateKeyOf, simulatedPort } from './networkPlan.ts';
import { forkIdOf, peerConfigOf, recordOf, scenarioNetworks } from './simulatedIdentity.ts';
import { SimulatedNodes, type SimulatedSend } from './simulatedNodes.ts';

/** Told by environment, because a scenario may be long; 64-bit values do not pass over a channel as JSON. */
export interface NodeProcessOrder {
  readonly seed: number;
  readonly second: number;
  readonly size: number;
  /** File: private keys, IDs, hashes, one after the other. */
  readonly planFile: string;
  readonly groups: readonly (Omit<ScenarioNodeGroup, 'forkId'> & { readonly forkId: unknown })[];
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

async function serve(order: NodeProcessOrder): Promise<void> {
  const curve = await chooseCurve();
  const plan = readPlan(order);
  const groups = groupsByNode(plan.groups);
  const now = Date.now();
  const networks = scenarioNetworks(plan.groups);
  const facts = new Map(
    plan.groups.map((group) => {
      const network = networks.get(group.network);
      if (network === undefined) throw new RangeError(`there is no network ${group.network}`);
      const forkId = forkIdOf(group, network, now);
      return [group, { forkId, peer: peerConfigOf(group, network, forkId) }] as const;
    }),
  );
  const records: (Uint8Array | undefined)[] = [];
  const nodes = new SimulatedNodes(
    {
      curve,
      plan,
      tables: new LongRunTables(plan.seed, plan.hashes),
      record: (index) => {
        const group = groups[index];
        const fact = group && facts.get(group);
        if (group === undefined || fact === undefined) throw new RangeError(`no node ${index}`);
        records[index] ??= recordOf(curve, privateKeyOf(plan, index), addressOf(plan, index), group, fact.forkId);
        return records[index];
      },
    },
    order.from,
  );
  const sessions = { count: 0 };
  for (let index = order.from; index < order.to; index++) {
    const group = groups[index];
    const fact = group && facts.get(group);
    if (group === undefined || fact === undefined || group.reachability === 'dead') continue;
    const ip = addressOf(plan, index);
    await openUdp(nodes, index, ip);
    if (listensOnTcp(group)) await openTcp(curve, privateKeyOf(plan, index), fact.peer, ip, sessions);
  }
  process.on('message', (message: unknown) => {
    if (message !== 'stats') return;
    const { user, system } = process.cpuUsage();
    tell({ kind: 'stats', counts: { ...nodes.counts, sessions: sessions.count }, cpuSeconds: (user + system) / 1e6 });
  });
  tell({ kind: 'ready' });
}

function tell(message: NodeProcessMessage): void {
  process.send?.(message);
}

function readPlan(order: NodeProcessOrder): NetworkPlan {
  const { seed, second, size, planFile } = order;
  const bytes = new Uint8Array(readFileSync(planFile));
  const groups = order.groups.map((group): ScenarioNodeGroup => ({ ...group, forkId: readForkId(group.forkId) }));
  return {
    seed,
    second,
    size,
    groups,
    privateKeys: bytes.subarray(0, 32 * size),
    ids: bytes.subarray(32 * size, 96 * size),
    hashes: bytes.subarray(96 * size, 128 * size),
  };
}

function readForkId(value: unknown): ScenarioNodeGroup['forkId'] {
  if (value === 'ready' || value === 'unprepared' || value === 'behind') return value;
  if (typeof value !== 'object' || value === null || !('hash' in value) || !('next' in value)) {
    throw new TypeError('not a fork ID');
  }
  return { hash: String(value.hash), next: BigInt(String(value.next)) };
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
    socket.bind(simulatedPort, ip, () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

function openTcp(
  curve: Curve,
  privateKey: Uint8Array,
  config: FakeEthPeerConfig,
  ip: string,
  sessions: { count: number },
): Promise<Server> {
  const server = createServer({ noDelay: true }, (socket) => {
    sessions.count += 1;
    serveSession(socket, new FakeEthPeer({ curve, random: strongRandom, privateKey }, { at: 'responder' }, config));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: ip, port: simulatedPort, backlog: 16 }, () => {
      server.off('error', reject);
      server.on('error', () => {});
      resolve(server);
    });
  });
}

/** geth gives up a session that stalls, too. */
const sessionMs = 30_000;

function serveSession(socket: TcpSocket, peer: FakeEthPeer): void {
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
