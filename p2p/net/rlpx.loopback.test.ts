import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { FakeEthPeer, type FakeEthPeerConfig } from '../../testkit/fakeEthPeer.ts';
import { type EthereumjsPeer, forkEthereumjs } from '../../testkit/forkEthereumjs.ts';
import { block1Raw, genesisHash, status } from '../../testkit/sessionHarness.ts';
import { until } from '../../testkit/until.ts';
import type { Clock, Random } from '../ports.ts';
import { bytesToHex } from '../wire/bytes.ts';
import { type Curve, chooseCurve } from '../wire/secp256k1.ts';
import { systemClock } from './systemClock.ts';
import { systemSockets } from './systemSockets.ts';
import { type DialDeps, dial } from './tcpDialer.ts';
import { type InboundSession, type ListenOptions, listenTcp, type TcpListener } from './tcpListener.ts';

const clock: Clock = {
  ...systemClock,
  sleep: async () => assert.fail('nothing here sleeps'),
};
const random: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  next: () => randomBytes(4).readUInt32BE() / 2 ** 32,
};
const never = new AbortController().signal;
const noHeaders = { headers: [] };

let curve: Curve;
let deps: DialDeps;
let ethereumjs: EthereumjsPeer;
const ethereumjsAt = { ip: '127.31.7.1', port: 30303 };
before(async () => {
  curve = await chooseCurve();
  const world = { curve, random, clock, sockets: systemSockets };
  deps = { ...world, privateKey: random.bytes(32), clientName: 'forkscope/v0.1.0/test', listenPort: 0 };
  ethereumjs = await forkEthereumjs({
    ...ethereumjsAt,
    privateKey: bytesToHex(random.bytes(32)),
    clientName: 'ejs-sim/v1/linux/node',
    maxPeers: 25,
  });
});
after(() => ethereumjs.stop());

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(onSocket: (socket: Socket) => void, ip = '127.31.7.9'): Promise<{ ip: string; tcp: number }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  server.listen(0, ip);
  await once(server, 'listening');
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return { ip, tcp: address.port };
}

const theirKey = new Uint8Array(32).fill(0x33);
function fakeServer(config: Partial<FakeEthPeerConfig>, ip?: string): Promise<{ ip: string; tcp: number }> {
  return serve((socket) => {
    const peer = new FakeEthPeer({ curve, random, privateKey: theirKey }, { at: 'responder' }, { status, ...config });
    socket.on('data', (chunk) => {
      for (const bytes of peer.receive(chunk)) socket.write(bytes);
    });
  }, ip);
}

async function listen(
  change: Partial<ListenOptions> = {},
): Promise<{ listener: TcpListener; sessions: InboundSession[] }> {
  const sessions: InboundSession[] = [];
  const listener = await listenTcp(
    { ...deps, ip: '127.31.7.2', port: 0, headers: [], onSession: (session) => sessions.push(session), ...change },
    never,
  );
  closers.push(() => listener.close());
  return { listener, sessions };
}

test('a real EthereumJS peer: client name, capabilities, Status of eth/68, fork ID', async () => {
  const outcome = await dial(
    { id: ethereumjs.id, ip: ethereumjsAt.ip, tcp: ethereumjsAt.port },
    noHeaders,
    deps,
    never,
  );
  assert.equal(outcome.code, 'ok');
  assert.equal(outcome.stage, 'status');
  assert.equal(outcome.identityProven, true);
  assert.equal(outcome.hello?.clientName, 'ejs-sim/v1/linux/node');
  assert.deepEqual(
    outcome.hello?.capabilities,
    [66, 67, 68].map((version) => ({ name: 'eth', version })),
  );
  assert.equal(outcome.hello?.listenPort, 30303);
  assert.equal(outcome.status?.ethVersion, 68);
  assert.equal(outcome.status?.networkId, 1n);
  assert.deepEqual(outcome.status?.genesisHash, genesisHash);
  assert.equal(bytesToHex(outcome.status?.forkId?.hash ?? new Uint8Array(0)), 'c376cf8b');
  assert.equal(outcome.status?.totalDifficulty, 1n);
  const { tcpMs, authMs, helloMs, statusMs, totalMs } = outcome.timings;
  assert.ok(tcpMs !== null && authMs !== null && helloMs !== null && statusMs !== null);
  assert.ok(tcpMs <= authMs && authMs <= helloMs && helloMs <= statusMs && statusMs <= totalMs);
  // It took our echo for the Status of a node like itself, and our goodbye for one.
  assert.deepEqual(await ethereumjs.event('status'), {
    type: 'status',
    ethVersion: 68,
    genesisHash: bytesToHex(genesisHash),
    networkId: '01',
  });
  assert.equal((await ethereumjs.event('removed')).reason, 8);
});

test('a real EthereumJS peer never answers for headers: the Status is kept, the code says why', async () => {
  const limits = { headersMs: 300 };
  const plan = { headers: [{ by: 'head' as const }] };
  const outcome = await dial(
    { id: ethereumjs.id, ip: ethereumjsAt.ip, tcp: ethereumjsAt.port },
    plan,
    { ...deps, privateKey: random.bytes(32), limits },
    never,
  );
  assert.equal(outcome.code, 'headersTimeout');
  assert.equal(outcome.stage, 'status');
  assert.equal(outcome.status?.networkId, 1n);
});

test('a real EthereumJS peer whose key is not the one dialled', async () => {
  const wrongId = curve.publicKey(random.bytes(32));
  const outcome = await dial(
    { id: wrongId, ip: ethereumjsAt.ip, tcp: ethereumjsAt.port },
    noHeaders,
    { ...deps, limits: { authMs: 500 } },
    never,
  );
  assert.ok(outcome.code === 'authTimeout' || outcome.code === 'closedEarly', outcome.code);
  assert.equal(outcome.stage, 'tcp');
  assert.equal(outcome.identityProven, false);
});

test('a real EthereumJS peer without a free slot says too many peers, and its key is proven', async () => {
  const full = await forkEthereumjs({
    ip: '127.31.7.3',
    port: 30303,
    privateKey: bytesToHex(random.bytes(32)),
    clientName: 'full',
    maxPeers: 0,
  });
  closers.push(() => full.stop());
  const outcome = await dial({ id: full.id, ip: '127.31.7.3', tcp: 30303 }, noHeaders, deps, never);
  assert.equal(outcome.code, 'disconnected');
  assert.equal(outcome.remoteReason, 4);
  assert.equal(outcome.identityProven, true);
});

test('a real EthereumJS peer dials us: its name and Status are read, and it reads our echo', async () => {
  const caller = await forkEthereumjs({
    ip: '127.31.7.4',
    port: 30303,
    privateKey: bytesToHex(random.bytes(32)),
    clientName: 'ejs-caller/v2',
    maxPeers: 5,
  });
  closers.push(() => caller.stop());
  const { listener, sessions } = await listen();
  caller.dial({ id: bytesToHex(curve.publicKey(deps.privateKey)), ...listener.local });
  await until('the session', () => sessions.length > 0);
  const [session] = sessions;
  assert.equal(session?.outcome.code, 'ok');
  assert.equal(session?.outcome.direction, 'inbound');
  assert.equal(session?.outcome.hello?.clientName, 'ejs-caller/v2');
  assert.equal(session?.outcome.status?.networkId, 1n);
  assert.deepEqual(session?.remoteId, caller.id);
  assert.equal(session?.ip, '127.0.0.1', 'EthereumJS cannot choose the address that it dials from');
  const hello = await caller.event('hello');
  assert.equal(hello.clientName, 'forkscope/v0.1.0/test');
  assert.equal((await caller.event('status')).genesisHash, bytesToHex(genesisHash));
});

test('headers over a real socket, from a local address of our choice, over IPv4 and IPv6', async () => {
  const plan = { headers: [{ by: 'head' as const }] };
  for (const [ip, localAddress] of [
    ['127.31.7.9', '127.31.7.8'],
    ['::1', '::1'],
  ] as const) {
    const at = await fakeServer({ version: 72, headOf: block1Raw }, ip);
    const outcome = await dial({ ...at, id: curve.publicKey(theirKey) }, plan, { ...deps, localAddress }, never);
    assert.equal(outcome.code, 'ok', ip);
    assert.equal(outcome.status?.ethVersion, 72, ip);
    assert.deepEqual(
      outcome.headers.map(({ headers }) => headers),
      [[block1Raw]],
      ip,
    );
  }
});

test('many dials at a time under one signal, into one listener, without a warning of a leak', async () => {
  const warnings: string[] = [];
  const note = (warning: Error) => warnings.push(warning.message);
  process.on('warning', note);
  const { signal } = new AbortController();
  const at = await fakeServer({ headOf: block1Raw });
  const id = curve.publicKey(theirKey);
  const outcomes = await Promise.all(Array.from({ length: 40 }, () => dial({ ...at, id }, noHeaders, deps, signal)));
  assert.deepEqual([...new Set(outcomes.map(({ code }) => code))], ['ok']);
  const { listener, sessions } = await listen({ listenerLimits: { perIp: 40 } });
  await Promise.all(Array.from({ length: 40 }, (_, i) => call(listener, new Uint8Array(32).fill(i + 1))));
  await until('all sessions', () => sessions.length === 40);
  process.off('warning', note);
  assert.deepEqual(warnings, []);
});

test('what can go wrong before a session', async () => {
  const id = curve.publicKey(theirKey);
  const refused = await fakeServer({});
  for (const close of closers.splice(0)) await close();
  assert.equal((await dial({ ...refused, id }, noHeaders, deps, never)).code, 'dialRefused');
  const unreachable = await dial(
    { id, ip: '127.31.7.9', tcp: 1 },
    noHeaders,
    { ...deps, localAddress: '192.0.2.1' },
    never,
  );
  assert.equal(unreachable.code, 'dialUnreachable');
  assert.equal(unreachable.stage, 'none');
  const notOnCurve = new Uint8Array(64).fill(1);
  assert.equal((await dial({ ...(await fakeServer({})), id: notOnCurve }, noHeaders, deps, never)).code, 'authFailed');
});

test('an abort ends a dial at any stage', async () => {
  const id = curve.publicKey(theirKey);
  assert.equal((await dial({ id, ip: '127.31.7.9', tcp: 1 }, noHeaders, deps, AbortSignal.abort())).code, 'aborted');
  const silent = await serve(() => {});
  const outcome = await dial({ ...silent, id }, noHeaders, deps, AbortSignal.timeout(50));
  assert.equal(outcome.code, 'aborted');
  assert.equal(outcome.stage, 'tcp');
});

test('peers that close, reset or fall silent', async () => {
  const id = curve.publicKey(theirKey);
  assert.equal(
    (await dial({ ...(await serve((socket) => socket.end())), id }, noHeaders, deps, never)).code,
    'closedEarly',
  );
  assert.equal(
    (await dial({ ...(await serve((socket) => socket.resetAndDestroy())), id }, noHeaders, deps, never)).code,
    'closedEarly',
  );
  const rubbish = await dial(
    { ...(await serve((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))), id },
    noHeaders,
    deps,
    never,
  );
  assert.equal(rubbish.code, 'authFailed');
  assert.equal(rubbish.wireCode, 'eciesSize');
  const limits = { authMs: 60, helloMs: 60, statusMs: 60 };
  for (const [silentFrom, code] of [
    ['auth', 'authTimeout'],
    ['hello', 'helloTimeout'],
    ['status', 'statusTimeout'],
  ] as const) {
    const outcome = await dial({ ...(await fakeServer({ silentFrom })), id }, noHeaders, { ...deps, limits }, never);
    assert.equal(outcome.code, code);
  }
});

/** Dials a listener as a fake peer that keeps the connection; resolves once it has closed. */
async function call(listener: TcpListener, privateKey: Uint8Array): Promise<void> {
  const peer = new FakeEthPeer(
    { curve, random, privateKey },
    { at: 'initiator', remoteId: curve.publicKey(deps.privateKey) },
    { status, clientName: 'Caller/v1' },
  );
  const socket = connect({ host: listener.local.ip, port: listener.local.port });
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    for (const bytes of peer.receive(chunk)) socket.write(bytes);
  });
  socket.write(peer.connection.opening);
  await new Promise((resolve) => socket.once('close', resolve));
}

test('the listener limits sessions by key', async () => {
  const { listener, sessions } = await listen({ listenerLimits: { perKey: 2 } });
  for (let i = 0; i < 4; i++) await call(listener, theirKey);
  await call(listener, new Uint8Array(32).fill(0x44));
  await until('the sessions to end', () => listener.counts.accepted === 5 && listener.openSessions === 0);
  assert.deepEqual(
    sessions.map(({ outcome }) => outcome.code),
    ['ok', 'ok', 'ok'],
  );
  assert.equal(listener.counts.refusedKey, 2);
});

test('the listener limits connections by address and in all, before it reads a byte', async () => {
  const { listener } = await listen({ listenerLimits: { perIp: 3 } });
  for (let i = 0; i < 5; i++) await call(listener, theirKey);
  assert.deepEqual([listener.counts.accepted, listener.counts.refusedIp], [3, 2]);
  const narrow = await listen({ listenerLimits: { maxSessions: 2 } });
  const sockets = [0, 1, 2].map(() => connect({ host: narrow.listener.local.ip, port: narrow.listener.local.port }));
  for (const socket of sockets) socket.on('error', () => {});
  await until('the third to be refused', () => narrow.listener.counts.refusedFull === 1);
  assert.equal(narrow.listener.openSessions, 2);
  for (const socket of sockets) socket.destroy();
  await until('the others to end', () => narrow.listener.openSessions === 0);
  assert.equal(narrow.listener.counts.unproven, 2);
});

test('closing the listener leaves its sessions and frees its port', async () => {
  const { listener, sessions } = await listen();
  const socket = connect({ host: listener.local.ip, port: listener.local.port });
  socket.on('error', () => {});
  await until('the session to begin', () => listener.openSessions === 1);
  await listener.close();
  assert.equal(listener.openSessions, 0);
  assert.deepEqual(sessions, [], 'it proved nothing');
  const again = await listen({ port: listener.local.port });
  assert.equal(again.listener.local.port, listener.local.port);
});

test('an address that cannot be bound rejects', async () => {
  const { listener } = await listen();
  await assert.rejects(listen({ port: listener.local.port }), { code: 'EADDRINUSE' });
});
