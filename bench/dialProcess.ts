/** Dials peers over RLPx, up to their Status, in a process of its own: with our engine or with that of EthereumJS. */
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { ETH, RLPx } from '@ethereumjs/devp2p';
import { systemClock } from '../p2p/net/systemClock.ts';
import { systemRandom as random } from '../p2p/net/systemRandom.ts';
import { systemSockets } from '../p2p/net/systemSockets.ts';
import { dial } from '../p2p/net/tcpDialer.ts';
import { hexToBytes } from '../p2p/wire/bytes.ts';
import { type Curve, chooseCurve } from '../p2p/wire/secp256k1.ts';

export interface DialOrder {
  readonly engine: 'forkscope' | 'ethereumjs';
  readonly peers: readonly { readonly id: string; readonly ip: string; readonly tcp: number }[];
  readonly concurrency: number;
  /** How often each peer is dialled. */
  readonly rounds: number;
}

export interface DialRound {
  readonly sessions: number;
  /** Sessions that got as far as the peer's Status. */
  readonly complete: number;
  readonly tookSeconds: number;
  readonly cpuSeconds: number;
}

export interface DialReport {
  /** In the first round, most of the code is not compiled yet. */
  readonly rounds: readonly DialRound[];
  /** Microseconds of curve operations in one session, where they could be counted. */
  readonly curveUsPerSession: number | null;
}

type Peer = DialOrder['peers'][number];
/** Resolves to whether the peer's Status came. */
type Dial = (peer: Peer) => Promise<boolean>;

const operations = ['publicKey', 'sign', 'recover', 'ecdhX', 'isPrivateKey'] as const;
type Operation = (typeof operations)[number];
const patienceMs = 20_000;

process.once('message', (order: DialOrder) => void run(order));
process.on('disconnect', () => process.exit(0));

async function run(order: DialOrder): Promise<void> {
  const counts = new Map<Operation, number>();
  const curve = await chooseCurve();
  const dialOne = order.engine === 'forkscope' ? ourDial(counted(curve, counts)) : ethereumjsDial();
  const rounds: DialRound[] = [];
  while (rounds.length < order.rounds) rounds.push(await dialRound(order, dialOne));
  const sessions = order.rounds * order.peers.length;
  const report: DialReport = {
    rounds,
    curveUsPerSession: order.engine === 'forkscope' ? costOf(curve, counts) / sessions : null,
  };
  process.send?.(report, () => process.exit(0));
}

async function dialRound({ peers, concurrency }: DialOrder, dialOne: Dial): Promise<DialRound> {
  const before = process.cpuUsage();
  const started = performance.now();
  const complete = await dialAll(peers, dialOne, concurrency);
  const { user, system } = process.cpuUsage(before);
  const tookSeconds = (performance.now() - started) / 1_000;
  return { sessions: peers.length, complete, tookSeconds, cpuSeconds: (user + system) / 1e6 };
}

async function dialAll(peers: readonly Peer[], dialOne: Dial, concurrency: number): Promise<number> {
  const left = peers.values();
  let complete = 0;
  const worker = async (): Promise<void> => {
    for (const peer of left) if (await dialOne(peer)) complete += 1;
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return complete;
}

function ourDial(curve: Curve): Dial {
  const privateKey = random.bytes(32);
  const world = { curve, random, clock: systemClock, sockets: systemSockets };
  const deps = { ...world, privateKey, clientName: 'bench', listenPort: 0 };
  const never = new AbortController().signal;
  return async (peer) => {
    const outcome = await dial({ ...peer, id: hexToBytes(peer.id) }, { headers: [] }, deps, never);
    return outcome.status !== null;
  };
}

function ethereumjsDial(): Dial {
  const rlpx = new RLPx(random.bytes(32), {
    dpt: null,
    maxPeers: 10_000,
    capabilities: [ETH.eth68],
    common: new Common({ chain: Mainnet, hardfork: Hardfork.Prague }),
    clientId: new TextEncoder().encode('bench'),
  });
  const genesisHash = hexToBytes('d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3');
  // BOUNDED: by the concurrency.
  const waiting = new Map<string, (complete: boolean) => void>();
  const settle = (id: Uint8Array | null, complete: boolean): void => {
    const name = id === null ? '' : Buffer.from(id).toString('hex');
    waiting.get(name)?.(complete);
    waiting.delete(name);
  };
  rlpx.events.on('error', () => {});
  rlpx.events.on('peer:error', (peer) => settle(peer.getId(), false));
  rlpx.events.on('peer:removed', (peer) => settle(peer.getId(), false));
  rlpx.events.on('peer:added', (peer) => {
    const [eth] = peer.getProtocols();
    if (!(eth instanceof ETH)) return;
    eth.events.once('status', () => {
      settle(peer.getId(), true);
      peer.disconnect();
    });
    eth.sendStatus({ td: Uint8Array.of(1), bestHash: genesisHash, genesisHash });
  });
  return (peer) =>
    new Promise((resolve) => {
      const timer = setTimeout(() => settle(hexToBytes(peer.id), false), patienceMs);
      waiting.set(peer.id, (complete) => {
        clearTimeout(timer);
        resolve(complete);
      });
      rlpx.connect({ id: hexToBytes(peer.id), address: peer.ip, tcpPort: peer.tcp }).catch(() => {
        settle(hexToBytes(peer.id), false);
      });
    });
}

function counted(curve: Curve, counts: Map<Operation, number>): Curve {
  const count = <T>(name: Operation, result: T): T => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return result;
  };
  return {
    ...curve,
    publicKey: (key) => count('publicKey', curve.publicKey(key)),
    sign: (digest, key) => count('sign', curve.sign(digest, key)),
    recover: (digest, signature) => count('recover', curve.recover(digest, signature)),
    ecdhX: (key, other) => count('ecdhX', curve.ecdhX(key, other)),
    isPrivateKey: (bytes) => count('isPrivateKey', curve.isPrivateKey(bytes)),
  };
}

/** Microseconds for all of them, at this machine's current rates. */
function costOf(curve: Curve, counts: ReadonlyMap<Operation, number>): number {
  const key = new Uint8Array(32).fill(7);
  const other = curve.publicKey(new Uint8Array(32).fill(8));
  const digest = new Uint8Array(32).fill(3);
  const signature = curve.sign(digest, key);
  const work: Readonly<Record<Operation, () => unknown>> = {
    publicKey: () => curve.publicKey(key),
    sign: () => curve.sign(digest, key),
    recover: () => curve.recover(digest, signature),
    ecdhX: () => curve.ecdhX(key, other),
    isPrivateKey: () => curve.isPrivateKey(key),
  };
  return operations.reduce((sum, name) => sum + (counts.get(name) ?? 0) * cpuUsOf(work[name]), 0);
}

/** In CPU time, like what it is compared with: on a busy machine a second on the clock is not a second of work. */
function cpuUsOf(work: () => unknown): number {
  const times = 2_000;
  for (let i = 0; i < times / 10; i++) work();
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}
