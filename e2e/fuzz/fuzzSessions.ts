import { connect, createServer, type Socket } from 'node:net';
import { systemClock } from '../../p2p/net/systemClock.ts';
import { systemSockets } from '../../p2p/net/systemSockets.ts';
import { dial } from '../../p2p/net/tcpDialer.ts';
import { listenTcp } from '../../p2p/net/tcpListener.ts';
import { ethVersions } from '../../p2p/wire/ethStatus.ts';
import { encodeRlp } from '../../p2p/wire/rlp.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import { FakeEthPeer, type FakeEthPeerConfig } from '../../testkit/fakeEthPeer.ts';
import { mutate } from '../../testkit/fuzz.ts';
import type { SeededRandom } from '../../testkit/seededRandom.ts';
import { block1Raw, genesisRaw, status } from '../../testkit/sessionHarness.ts';
import { mutateRlp } from './mutators.ts';

export interface SessionRun {
  sessions: number;
  /** How they ended, by code; `none`: a caller that never proved its key. */
  readonly codes: Record<string, number>;
  /** The longest session, ms: each must end by itself. */
  longestMs: number;
  /** What was thrown, which nothing may be. */
  readonly thrown: string[];
}

export interface SessionLimits {
  readonly until: number;
  readonly sessions: number;
  readonly atOnce: number;
}

/** So long may a whole session take, whatever the peer does. */
const sessionMs = 1_000;
const limits = { authMs: 300, helloMs: 300, statusMs: 300, headersMs: 300, sessionMs };
const ip = '127.43.0.1';

/**
 * Whole sessions over sockets of the machine, half dialled by us and half by the peer, who is honest up to a point: its
 * Hello, Status and headers are changed inside, its frames cut, changed and repeated, its connection reset.
 */
export async function fuzzSessions(curve: Curve, random: SeededRandom, bounds: SessionLimits): Promise<SessionRun> {
  const run: SessionRun = { sessions: 0, codes: {}, longestMs: 0, thrown: [] };
  const note = (code: string): void => {
    run.codes[code] = (run.codes[code] ?? 0) + 1;
  };
  const onThrown = (error: unknown): void => void run.thrown.push(String(error));
  process.on('uncaughtException', onThrown);
  process.on('unhandledRejection', onThrown);
  const own = {
    ...{ curve, random, clock: systemClock, sockets: systemSockets, limits },
    privateKey: new Uint8Array(32).fill(0x11),
    clientName: 'forkscope/fuzz',
    listenPort: 0,
  };
  const theirKey = new Uint8Array(32).fill(0x22);
  const keys = { curve, privateKey: theirKey, random };
  const headers = { headers: [{ by: 'number', number: 0n, amount: 1 }] } as const;
  const server = createServer((socket) =>
    talk(socket, new FakeEthPeer(keys, { at: 'responder' }, configOf(random)), random),
  );
  server.listen(0, ip);
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const many = { maxSessions: 10_000, perIp: 1e9, perKey: 1e9 };
  const stop = new AbortController();
  const listener = await listenTcp(
    {
      ...own,
      ip,
      port: 0,
      headers: headers.headers,
      listenerLimits: many,
      onSession: ({ outcome }) => note(`in ${outcome.code}`),
    },
    stop.signal,
  );
  const id = curve.publicKey(theirKey);
  const ownId = curve.publicKey(own.privateKey);
  const one = async (): Promise<void> => {
    const startedAt = performance.now();
    if (random.below(2) === 0) {
      const outcome = await dial({ id, ip, tcp: address.port }, headers, own, stop.signal);
      note(`out ${outcome.code}`);
    } else {
      const peer = new FakeEthPeer(keys, { at: 'initiator', remoteId: ownId }, configOf(random));
      const socket = connect(listener.local.port, ip);
      talk(socket, peer, random);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    run.longestMs = Math.max(run.longestMs, performance.now() - startedAt);
    run.sessions += 1;
  };
  const worker = async (): Promise<void> => {
    while (run.sessions < bounds.sessions && systemClock.now() < bounds.until) await one();
  };
  try {
    await Promise.all(Array.from({ length: bounds.atOnce }, worker));
  } finally {
    await listener.close();
    server.close();
    process.off('uncaughtException', onThrown);
    process.off('unhandledRejection', onThrown);
  }
  return run;
}

/** Whatever the peer says goes out whole, in pieces, changed, twice, or not at all. */
function talk(socket: Socket, peer: FakeEthPeer, random: SeededRandom): void {
  const wrongFrom = random.below(6);
  let said = 0;
  const say = (bytes: Uint8Array): void => {
    if (socket.destroyed) return;
    said += 1;
    if (said <= wrongFrom || random.below(3) > 0) cutUp(socket, bytes, random);
    else lie(socket, bytes, random);
  };
  socket.on('error', () => {});
  // An honest peer would hang up in the end.
  socket.setTimeout(2 * sessionMs, () => socket.destroy());
  if (peer.connection.opening.length > 0) socket.on('connect', () => say(peer.connection.opening));
  socket.on('data', (chunk) => {
    try {
      for (const bytes of peer.receive(new Uint8Array(chunk))) say(bytes);
      if (peer.connection.keyed && random.below(4) === 0)
        say(peer.say(random.below(64), mutateRlp(genesisRaw, random)));
    } catch {
      // What we answered made no sense to the peer, which is no wonder.
      socket.destroy();
    }
  });
}

function lie(socket: Socket, bytes: Uint8Array, random: SeededRandom): void {
  switch (random.below(5)) {
    case 0:
      cutUp(socket, mutate(bytes, random), random);
      break;
    case 1:
      socket.write(bytes);
      socket.write(bytes);
      break;
    case 2:
      socket.resetAndDestroy();
      break;
    case 3:
      socket.end(bytes.subarray(0, random.below(bytes.length + 1)));
      break;
    default:
      cutUp(socket, random.bytes(random.below(4_000)), random);
  }
}

function cutUp(socket: Socket, bytes: Uint8Array, random: SeededRandom): void {
  if (random.below(2) === 0) {
    socket.write(bytes);
    return;
  }
  const at = random.below(bytes.length + 1);
  socket.write(bytes.subarray(0, at));
  socket.write(bytes.subarray(at));
}

function configOf(random: SeededRandom): FakeEthPeerConfig {
  const version = random.pick(ethVersions.filter((one) => one >= 63));
  const changed = (sample: Uint8Array): Uint8Array => mutateRlp(sample, random);
  const rlp = encodeRlp([5, 'Geth/v1', [['eth', 68]], 30_303, new Uint8Array(64).fill(4)]);
  return {
    status,
    version,
    headers: new Map([
      [0n, random.below(2) === 0 ? genesisRaw : changed(genesisRaw)],
      [1n, block1Raw],
    ]),
    headOf: random.below(2) === 0 ? block1Raw : changed(block1Raw),
    ...(random.below(4) === 0
      ? { insteadOfHello: [{ code: random.pick([0, 0, 0, 1, 16, 200]), body: changed(rlp) }] }
      : {}),
    ...(random.below(4) === 0
      ? { insteadOfStatus: [{ code: random.pick([16, 16, 17, 19, 1]), body: changed(rlp) }] }
      : {}),
    ...(random.below(8) === 0 ? { silentFrom: random.pick(['auth', 'hello', 'status', 'headers'] as const) } : {}),
    ...(random.below(4) === 0 ? { waitsForStatus: true } : {}),
    ...(random.below(8) === 0 ? { upgrades: true } : {}),
    ...(random.below(8) === 0 ? { p2pVersion: random.below(10) } : {}),
  };
}
