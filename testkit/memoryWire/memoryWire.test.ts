import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteStream, ConnectFailure, DatagramSocket, SocketAddress, Sockets } from '../../p2p/ports.ts';
import { seededRandom } from '../seededRandom.ts';
import { SimulatedClock } from '../simulatedClock.ts';
import { MemoryWire, type MemoryWireOptions } from './memoryWire.ts';

const start = 1_800_000_000_000;

function makeWire(options: Partial<MemoryWireOptions> = {}, seed = 1) {
  const clock = new SimulatedClock(start);
  const wire = new MemoryWire({ clock, random: seededRandom(seed), ...options });
  const pass = (ms: number): Promise<void> => clock.drive(clock.sleep(ms));
  return { clock, wire, pass, now: () => clock.now() - start };
}

interface Heard {
  readonly text: string;
  readonly from: SocketAddress;
  readonly at: number;
}

async function bind(sockets: Sockets, ip: string, port: number, now: () => number) {
  const heard: Heard[] = [];
  const socket = await sockets.bindUdp({
    ip,
    port,
    maxBytes: 100,
    receive: (bytes, from) => heard.push({ text: Buffer.from(bytes).toString(), from, at: now() }),
  });
  return { socket, heard };
}

const say = (socket: DatagramSocket, text: string, to: SocketAddress) => socket.send(Buffer.from(text), to);

test('datagrams reach whoever is bound, over IPv4 and IPv6, on one address or all of a host', async () => {
  const { wire, pass, now } = makeWire({ minLatencyMs: 7 });
  const one = wire.host({ ips: ['192.0.2.1', '2001:db8::1'] });
  const other = wire.host({ ips: ['192.0.2.2', '192.0.2.3', '2001:db8::2'] });
  const a4 = await bind(one, '0.0.0.0', 30_303, now);
  const a6 = await bind(one, '::', 30_303, now);
  const b4 = await bind(other, '192.0.2.3', 0, now);
  const b6 = await bind(other, '2001:db8::2', 1, now);
  say(a4.socket, 'four', b4.socket.local);
  say(a6.socket, 'six', b6.socket.local);
  say(b4.socket, 'back', { ip: '192.0.2.1', port: 30_303 });
  say(b4.socket, 'own', b4.socket.local);
  await pass(6);
  assert.deepEqual(
    [a4, a6, b4, b6].map(({ heard }) => heard.length),
    [0, 0, 0, 0],
  );
  await pass(1);
  assert.deepEqual(b4.heard, [
    { text: 'four', from: { ip: '192.0.2.1', port: 30_303 }, at: 7 },
    { text: 'own', from: b4.socket.local, at: 7 },
  ]);
  assert.deepEqual(b6.heard, [{ text: 'six', from: { ip: '2001:db8::1', port: 30_303 }, at: 7 }]);
  assert.deepEqual(a4.heard, [{ text: 'back', from: b4.socket.local, at: 7 }]);
});

test('an address is bound once, by its host, and free again when closed', async () => {
  const { wire, now } = makeWire();
  const one = wire.host({ ips: ['127.0.0.1'], owns: (ip) => ip.startsWith('127.') });
  const first = await bind(one, '127.9.9.9', 7, now);
  await bind(one, '127.9.9.8', 7, now);
  await assert.rejects(bind(one, '127.9.9.9', 7, now), { code: 'EADDRINUSE' });
  await assert.rejects(bind(one, '0.0.0.0', 7, now), { code: 'EADDRINUSE' });
  await assert.rejects(bind(one, '192.0.2.1', 7, now), { code: 'EADDRNOTAVAIL' });
  await assert.rejects(bind(one, '::', 7, now), { code: 'EADDRNOTAVAIL' });
  await first.socket.close();
  await bind(one, '127.9.9.9', 7, now);
  const server = await one.listenTcp({ ip: '0.0.0.0', port: 7, accept: () => {} });
  await assert.rejects(one.listenTcp({ ip: '127.9.9.9', port: 7, accept: () => {} }), { code: 'EADDRINUSE' });
  await server.close();
  await one.listenTcp({ ip: '127.9.9.9', port: 7, accept: () => {} });
});

test('what is too large, goes to nobody or to no port, or comes after the close', async () => {
  const { wire, pass, now } = makeWire();
  const sockets = wire.host({ ips: ['192.0.2.1'] });
  const tooLarge: SocketAddress[] = [];
  const limited = await sockets.bindUdp({
    ...{ ip: '192.0.2.1', port: 1, maxBytes: 3 },
    receive: () => assert.fail('it is too large'),
    oversized: (from) => tooLarge.push(from),
  });
  const { socket } = await bind(sockets, '192.0.2.1', 2, now);
  say(socket, 'four', limited.local);
  say(socket, 'x', { ip: '192.0.2.1', port: 3 });
  say(socket, 'x', { ip: '192.0.2.9', port: 3 });
  say(socket, 'x', { ip: '192.0.2.1', port: 70_000 });
  say(socket, 'x', { ip: '2001:db8::1', port: 3 });
  socket.send(new Uint8Array(70_000), limited.local);
  await pass(10);
  await socket.close();
  say(socket, 'four', limited.local);
  await pass(10);
  assert.deepEqual([tooLarge, limited.counts.oversized, socket.counts.sendFailed], [[socket.local], 1, 3]);
  assert.deepEqual([wire.counts.toNobody, wire.counts.datagrams], [2, 3]);
});

test('loss and reordering follow from the seed, and bytes on the way are copies', async () => {
  const run = async (seed: number) => {
    const { wire, pass, now } = makeWire({ minLatencyMs: 1, maxLatencyMs: 50, loss: 0.2 }, seed);
    const sockets = wire.host({ ips: ['192.0.2.1'] });
    const { socket, heard } = await bind(sockets, '192.0.2.1', 1, now);
    const bytes = new Uint8Array(1);
    for (let i = 0; i < 50; i++) {
      bytes[0] = 48 + i;
      socket.send(bytes, socket.local);
    }
    await pass(51);
    return { texts: heard.map(({ text }) => text).join(''), lost: wire.counts.lost };
  };
  const [one, again, other] = [await run(1), await run(1), await run(2)];
  assert.deepEqual(one, again);
  assert.notDeepEqual(one, other);
  assert.ok(one.lost > 3 && one.lost < 25, `${one.lost} lost`);
  assert.equal(one.texts.length, 50 - one.lost);
  assert.notEqual(one.texts, [...one.texts].sort().join(''), 'nothing overtook anything');
  assert.equal(new Set(one.texts).size, one.texts.length);
});

test('no socket has more datagrams on their way than the bound', async () => {
  const { wire, pass, now } = makeWire({ maxDatagrams: 10 });
  const sockets = wire.host({ ips: ['192.0.2.1'] });
  const { socket, heard } = await bind(sockets, '192.0.2.1', 1, now);
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 25; i++) say(socket, 'x', socket.local);
    await pass(5);
  }
  assert.deepEqual([heard.length, wire.counts.overflowed], [20, 30]);
});

/** What a stream tells its reader, in order, each with its time. */
function readAll(stream: ByteStream, now: () => number): string[] {
  const told: string[] = [];
  stream.read({
    bytes: (chunk) => told.push(`${now()} ${Buffer.from(chunk).toString()}`),
    ended: () => told.push(`${now()} ended`),
    gone: () => told.push(`${now()} gone`),
  });
  return told;
}

function makeTcp(options: Partial<MemoryWireOptions> = {}) {
  const made = makeWire({ minLatencyMs: 5, ...options });
  const client = made.wire.host({ ips: ['192.0.2.1', '2001:db8::1'] });
  const server = made.wire.host({ ips: ['192.0.2.2', '2001:db8::2'] });
  const accepted: ByteStream[] = [];
  const dial = (ip = '192.0.2.2', localAddress?: string) => {
    const results: (ByteStream | ConnectFailure)[] = [];
    const target = { ip, port: 30_303, ...(localAddress === undefined ? {} : { localAddress }) };
    const cancel = client.connectTcp(target, (result) => results.push(result));
    assert.equal(results.length, 0, 'never before the call returns');
    return { results, cancel };
  };
  const listen = (ip: string, accept = (stream: ByteStream) => void accepted.push(stream)) =>
    server.listenTcp({ ip, port: 30_303, accept });
  const join = async (withinMs = 10) => {
    await listen('192.0.2.2');
    const { results } = dial();
    await made.pass(withinMs);
    const [mine] = results;
    const [theirs] = accepted;
    assert.ok(typeof mine === 'object' && theirs !== undefined);
    return { mine, theirs };
  };
  return { ...made, accepted, dial, listen, join };
}

test('a dial is accepted after one way, answered after two, refused, or heard by nobody', async () => {
  const { pass, dial, listen, accepted, wire } = makeTcp();
  const early = dial();
  await pass(9);
  assert.equal(early.results.length, 0);
  await pass(1);
  assert.deepEqual(early.results, ['refused']);
  await listen('192.0.2.2');
  await listen('::');
  const late = dial();
  const six = dial('2001:db8::2');
  await pass(5);
  assert.equal(accepted.length, 2);
  assert.deepEqual(
    accepted.map(({ remote }) => remote.ip),
    ['192.0.2.1', '2001:db8::1'],
  );
  assert.equal(late.results.length, 0);
  await pass(5);
  assert.deepEqual(
    [late, six].map(({ results: [stream] }) => (stream as ByteStream).remote),
    [
      { ip: '192.0.2.2', port: 30_303 },
      { ip: '2001:db8::2', port: 30_303 },
    ],
  );
  const nobody = dial('192.0.2.77');
  const wrongSource = dial('192.0.2.2', '192.0.2.77');
  wire.route = (_from, to) => (to === '192.0.2.2' ? 'unreachable' : 'silent');
  const unreachable = dial();
  const silent = dial('2001:db8::2');
  await pass(20);
  assert.deepEqual(
    [nobody, wrongSource, unreachable, silent].map(({ results }) => results),
    [[], ['unreachable'], ['unreachable'], []],
  );
  await pass(130_000);
  assert.deepEqual([nobody.results, silent.results], [['timedOut'], ['timedOut']]);
});

test('a dial that is cancelled calls nobody, and the other side sees its end', async () => {
  const { pass, dial, listen, accepted, now } = makeTcp();
  await listen('192.0.2.2');
  const before = dial();
  before.cancel();
  await pass(20);
  assert.deepEqual([before.results.length, accepted.length], [0, 0]);
  const between = dial();
  await pass(5);
  const told = readAll(accepted[0] as ByteStream, now);
  between.cancel();
  await pass(20);
  assert.equal(between.results.length, 0);
  assert.deepEqual(told, ['30 ended', '30 gone']);
});

test('bytes come in order whatever the latency, what comes before it is read is kept, then the end', async () => {
  const { pass, join, now } = makeTcp({ maxLatencyMs: 60 });
  const { mine, theirs } = await join(200);
  for (const text of ['a', 'b', 'c', 'd', 'e']) mine.write(Buffer.from(text));
  mine.end(1_000);
  mine.write(Buffer.from('after the end'));
  await pass(300);
  const told = readAll(theirs, now);
  assert.equal(told.length, 0, 'nothing before read returns');
  await pass(1);
  assert.deepEqual(
    told.map((line) => line.replace(/^\d+ /, '')),
    ['a', 'b', 'c', 'd', 'e', 'ended', 'gone'],
  );
});

test('an end is heard after one way; the other half ends with it, or is cut when the linger is over', async () => {
  const { pass, join, now } = makeTcp();
  const { mine, theirs } = await join();
  const [here, there] = [readAll(mine, now), readAll(theirs, now)];
  theirs.write(Buffer.from('still under way'));
  mine.end(1_000);
  await pass(50);
  assert.deepEqual(there, ['15 ended', '15 gone']);
  assert.deepEqual(here, ['20 ended', '20 gone'], 'what came after the end was dropped');
});

test('a peer that never reads does not keep a stream beyond its linger', async () => {
  const { pass, join, now } = makeTcp();
  const { mine } = await join();
  const here = readAll(mine, now);
  mine.write(Buffer.from('never read'));
  mine.end(1_000);
  await pass(2_000);
  assert.deepEqual(here, ['1010 ended', '1010 gone']);
});

test('a reset and a destruction end both sides; what is written to a stream that is gone resets it', async () => {
  for (const act of ['reset', 'destroy'] as const) {
    const { pass, join, now } = makeTcp();
    const { mine, theirs } = await join();
    const [here, there] = [readAll(mine, now), readAll(theirs, now)];
    mine.write(Buffer.from('last'));
    mine[act]();
    mine[act]();
    theirs.write(Buffer.from('too late'));
    await pass(50);
    assert.deepEqual(here, ['10 ended', '10 gone']);
    assert.deepEqual(there, ['15 last', '15 ended', '15 gone']);
  }
});

test('a stream that was over before it was read says so', async () => {
  const { pass, join, now } = makeTcp();
  const { mine, theirs } = await join();
  mine.reset();
  await pass(10);
  const there = readAll(theirs, now);
  await pass(10);
  assert.deepEqual(there, ['20 ended', '20 gone']);
});

test('a writer that nobody reads is reset at the bound', async () => {
  const { pass, join, now, wire } = makeTcp({ maxStreamBytes: 1_000 });
  const { mine, theirs } = await join();
  const here = readAll(mine, now);
  for (let i = 0; i < 10; i++) mine.write(new Uint8Array(100));
  await pass(10);
  assert.deepEqual([here, wire.counts.overflowed], [[], 0]);
  const there: number[] = [];
  theirs.read({ bytes: ({ length }) => there.push(length), ended: () => there.push(-1) });
  await pass(10);
  for (let i = 0; i < 10; i++) mine.write(new Uint8Array(100));
  await pass(10);
  assert.deepEqual([there, here], [Array.from({ length: 20 }, () => 100), []]);
  mine.write(new Uint8Array(1_001));
  await pass(10);
  assert.deepEqual([here.length, there.at(-1), wire.counts.overflowed], [2, -1, 1]);
});

test('a server that closes accepts nobody, and is closed when its streams are gone', async () => {
  const { pass, dial, listen, accepted, now } = makeTcp();
  const server = await listen('192.0.2.2');
  const { results } = dial();
  await pass(10);
  let closed = -1;
  void server.close().then(() => {
    closed = now();
  });
  await pass(20);
  assert.deepEqual([dial().results.length, closed], [0, -1]);
  (results[0] as ByteStream).destroy();
  const told = readAll(accepted[0] as ByteStream, now);
  const second = dial();
  await pass(20);
  assert.deepEqual([second.results, told, closed], [['refused'], ['35 ended', '35 gone'], 35]);
});
