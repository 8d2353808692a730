/** Callers that mean no good: slow, many, or always the same. Real sockets on loopback. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { afterEach, test } from 'node:test';
import { FakeEthPeer, type FakeEthPeerConfig } from '../../testkit/fakeEthPeer.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { status } from '../../testkit/sessionHarness.ts';
import { until } from '../../testkit/until.ts';
import type { Clock } from '../ports.ts';
import { chooseCurve } from '../wire/secp256k1.ts';
import { systemClock } from './systemClock.ts';
import { systemSockets } from './systemSockets.ts';
import { type InboundSession, type ListenerLimits, listenTcp, type TcpListener } from './tcpListener.ts';

const curve = await chooseCurve();
const random = seededRandom();
/** Stands still except for what a test adds: however slow the machine is, no deadline passes before its time. */
let now = 1_800_000_000_000;
const clock: Clock = { ...systemClock, now: () => now, sleep: async () => assert.fail('nothing here sleeps') };
const patienceMs = 500;
const ownKey = random.bytes(32);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listen(listenerLimits: Partial<ListenerLimits>) {
  const sessions: InboundSession[] = [];
  const listener = await listenTcp(
    {
      ...{ curve, random, clock, sockets: systemSockets, privateKey: ownKey },
      ...{ clientName: 'forkscope/test', listenPort: 0, headers: [] },
      limits: { authMs: patienceMs, helloMs: patienceMs, statusMs: patienceMs },
      ip: '127.31.8.200',
      port: 0,
      listenerLimits,
      onSession: (session) => sessions.push(session),
    },
    new AbortController().signal,
  );
  closers.push(() => listener.close());
  return { listener, sessions };
}

interface Caller {
  readonly socket: Socket;
  readonly closed: Promise<void>;
}

function callFrom(listener: TcpListener, localAddress: string): Caller {
  const socket = connect({ host: listener.local.ip, port: listener.local.port, localAddress });
  socket.on('error', () => {});
  closers.push(() => socket.destroy());
  return { socket, closed: new Promise((resolve) => socket.once('close', () => resolve())) };
}

/** A whole session of an honest peer, or of one that falls silent. */
function talkFrom(
  listener: TcpListener,
  localAddress: string,
  privateKey: Uint8Array,
  config: Partial<FakeEthPeerConfig> = {},
): Caller {
  const role = { at: 'initiator', remoteId: curve.publicKey(ownKey) } as const;
  const peer = new FakeEthPeer({ curve, random, privateKey }, role, { status, clientName: 'Caller/v1', ...config });
  const caller = callFrom(listener, localAddress);
  caller.socket.on('data', (chunk) => {
    for (const bytes of peer.receive(chunk)) caller.socket.write(bytes);
  });
  caller.socket.write(peer.connection.opening);
  return caller;
}

/** One byte after another, for as long as somebody listens. */
function drip({ socket }: Caller, bytes: Uint8Array): void {
  let at = 0;
  const timer = setInterval(() => {
    if (!socket.destroyed && !socket.connecting)
      socket.write(bytes.subarray(at % bytes.length, (at++ % bytes.length) + 1));
  }, 20);
  socket.once('close', () => clearInterval(timer));
  closers.push(() => clearInterval(timer));
}

test('slow callers keep their places no longer than an auth may take, however steadily they send', async () => {
  const { listener, sessions } = await listen({ maxSessions: 12 });
  // The size of an auth that would be read, and then its bytes one by one.
  const opening = Uint8Array.of(0x01, 0x90, ...random.bytes(400));
  const slow = Array.from({ length: 12 }, (_, i) => callFrom(listener, `127.31.8.${i + 1}`));
  for (const caller of slow) drip(caller, opening);
  await until('all places to be taken', () => listener.openSessions === 12);
  await callFrom(listener, '127.31.8.100').closed;
  assert.equal(listener.counts.refusedFull, 1, 'there is a bound, and it is kept');
  await until('all to have sent some', () => slow.every(({ socket }) => socket.bytesWritten > 5));
  now += patienceMs;
  await Promise.all(slow.map(({ closed }) => closed));
  await until('the places to be free', () => listener.openSessions === 0);
  assert.equal(listener.counts.unproven, 12);
  await talkFrom(listener, '127.31.8.100', random.bytes(32)).closed;
  await until('the honest caller', () => sessions.length === 1);
  assert.equal(sessions[0]?.outcome.hello?.clientName, 'Caller/v1');
});

test('a caller that proves its key and then hardly speaks is dropped once its time for a Hello is up', async () => {
  const { listener, sessions } = await listen({});
  const caller = talkFrom(listener, '127.31.8.1', random.bytes(32), { silentFrom: 'hello' });
  await until('our ack', () => caller.socket.bytesRead > 0);
  drip(caller, new Uint8Array(16));
  now += patienceMs;
  await caller.closed;
  await until('the session to end', () => listener.openSessions === 0);
  const { counts } = listener;
  assert.deepEqual([counts.accepted, counts.unproven + sessions.length], [1, 1]);
});

test('a flood of connections: no address gets more than its share, no more are open than there is room for', async () => {
  const { listener, sessions } = await listen({ maxSessions: 20, perIp: 3 });
  const addresses = Array.from({ length: 40 }, (_, i) => `127.31.9.${i + 1}`);
  let most = 0;
  const flood: Caller[] = [];
  for (let round = 0; round < 5; round++) {
    for (const address of addresses) flood.push(callFrom(listener, address));
    const due = (round + 1) * addresses.length;
    const seen = () => listener.counts.accepted + listener.counts.refusedFull + listener.counts.refusedIp;
    await until(`${due} connections`, () => seen() === due);
    most = Math.max(most, listener.openSessions);
    // Those that got in go on and make room for the next.
    for (const { socket } of flood.splice(0)) socket.destroy();
    await until('room', () => listener.openSessions === 0);
  }
  assert.equal(most, 20);
  const { accepted, refusedFull, refusedIp } = listener.counts;
  assert.deepEqual([accepted + refusedFull + refusedIp, accepted <= 40 * 3], [200, true]);
  await talkFrom(listener, '127.31.8.100', random.bytes(32)).closed;
  await until('the honest caller', () => sessions.length === 1);
});

test('one address: the fourth connection in the window is turned away though the others are long gone', async () => {
  const { listener } = await listen({ perIp: 3, perIpMs: 600_000 });
  for (let i = 0; i < 50; i++) {
    const caller = callFrom(listener, '127.31.8.1');
    await until('the connection', () => listener.counts.accepted + listener.counts.refusedIp === i + 1);
    caller.socket.destroy();
    await until('its end', () => listener.openSessions === 0);
  }
  assert.deepEqual([listener.counts.accepted, listener.counts.refusedIp], [3, 47]);
});

test('one key from ever new addresses gets its sessions and no more; what is remembered is bounded', async () => {
  const { listener, sessions } = await listen({ perKey: 2, maxRemembered: 3 });
  const key = random.bytes(32);
  for (let i = 0; i < 8; i++) await talkFrom(listener, `127.31.10.${i + 1}`, key).closed;
  await until('the sessions to end', () => listener.counts.accepted === 8 && listener.openSessions === 0);
  assert.deepEqual([sessions.length, listener.counts.refusedKey], [2, 6]);
  // Three other keys push it out, and it begins anew.
  for (let i = 0; i < 3; i++) await talkFrom(listener, `127.31.11.${i + 1}`, random.bytes(32)).closed;
  await talkFrom(listener, '127.31.11.9', key).closed;
  await until('the sessions of others, and one more of its own', () => sessions.length === 6);
});
