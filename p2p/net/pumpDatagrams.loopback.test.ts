import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestNode } from '../../testkit/discv4TestNode.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import type { Discv4NodeOptions } from '../protocol/discv4Node.ts';
import { type Discv4Output, privateDiscv4Limits } from '../protocol/discv4Types.ts';
import { bytesToHex } from '../wire/bytes.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import { type Discv4Pump, pumpDatagrams } from './pumpDatagrams.ts';
import { systemClock } from './systemClock.ts';
import { systemSockets } from './systemSockets.ts';

async function open(
  ip: string,
  options: { node?: Partial<Discv4NodeOptions>; observe?: (output: Discv4Output) => void } = {},
): Promise<Discv4Pump & { contact: NodeContact }> {
  const { node } = createTestNode({ privateKey: seededRandom(nextSeed++).bytes(32), ...options.node });
  const observe = options.observe === undefined ? {} : { observe: options.observe };
  const world = { clock: systemClock, sockets: systemSockets };
  const pump = await pumpDatagrams({ ...world, node, bind: [{ ip, port: 0 }], ...observe });
  return { ...pump, contact: { id: node.id, ip, udp: pump.sockets[0]!.local.port, tcp: 0 } };
}
const maxBytes = 2_048;
let nextSeed = Date.now() >>> 0;

test('ping, record and neighbours of a real node over IPv4 and over IPv6', async () => {
  for (const [mine, theirs] of [
    ['127.0.0.21', '127.0.0.22'],
    ['::1', '::1'],
  ] as const) {
    const [us, them] = [await open(mine), await open(theirs)];
    try {
      const ping = await us.ping(them.contact);
      assert.ok(ping.code === 'ok', ping.code);
      assert.deepEqual([ping.ourIp, ping.ourUdp, ping.enrSeq], [mine, us.contact.udp, 1n]);
      const record = await us.requestEnr(them.contact);
      assert.ok(record.code === 'ok', record.code);
      assert.deepEqual(record.enr.bytes, them.node.enr.bytes);
      const found = await us.findnode(them.contact, new Uint8Array(64).fill(1));
      assert.ok(found.code === 'ok', found.code);
      // It knows only us, and we never name ourselves.
      assert.deepEqual([found.neighbours.length, found.refused, found.packets], [0, 1, 1]);
    } finally {
      await Promise.all([us.close(), them.close()]);
    }
  }
});

test('a query before any ping performs the endpoint proof by itself', async () => {
  const [us, them] = [await open('127.0.0.23'), await open('127.0.0.24')];
  try {
    const record = await us.requestEnr(them.contact);
    assert.equal(record.code, 'ok');
    assert.ok(them.node.isProven(us.node.id, '127.0.0.23', Date.now()));
  } finally {
    await Promise.all([us.close(), them.close()]);
  }
});

test('neighbours are found through a third node, and are really there', async () => {
  const pumps = [await open('127.0.0.30')];
  for (let i = 1; i <= 20; i++) pumps.push(await open(`127.0.0.${30 + i}`));
  const [us, hub, ...others] = pumps as [(typeof pumps)[0], (typeof pumps)[0], ...typeof pumps];
  try {
    await Promise.all(others.map(async (other) => assert.equal((await other.ping(hub.contact)).code, 'ok')));
    await systemClock.sleep(50);
    const found = await us.findnode(hub.contact, new Uint8Array(64).fill(7));
    assert.ok(found.code === 'ok');
    assert.equal(found.neighbours.length + found.refused, 16);
    const known = new Set(others.map((other) => bytesToHex(other.node.id)));
    for (const neighbour of found.neighbours) {
      assert.ok(known.has(bytesToHex(neighbour.id)));
      assert.equal((await us.ping(neighbour)).code, 'ok');
    }
  } finally {
    await Promise.all(pumps.map((pump) => pump.close()));
  }
});

test('silence, a wrong key and a closed pump are outcomes', async () => {
  const limits = { ...privateDiscv4Limits, revalidateMs: null, refreshMs: null, firstTimeoutMs: 60 };
  const sent: Discv4Output[] = [];
  const us = await open('127.0.0.61', { node: { limits }, observe: (output) => sent.push(output) });
  const them = await open('127.0.0.62');
  const silent = await systemSockets.bindUdp({ maxBytes, ip: '127.0.0.63', port: 0, receive: () => {} });
  const stranger = { ...them.contact, id: createTestNode().node.id };
  const mute = { id: them.node.id, ip: '127.0.0.63', udp: silent.local.port, tcp: 0 };
  try {
    assert.deepEqual(await us.ping(stranger), { code: 'pingTimeout', wireCode: null });
    assert.deepEqual(await us.requestEnr(mute), { code: 'pingTimeout', wireCode: null });
    assert.deepEqual(await us.ping({ ...mute, ip: '10.1.2.3' }), { code: 'addressRefused', wireCode: null });
    assert.deepEqual(await us.ping({ ...mute, ip: '::1' }), { code: 'addressRefused', wireCode: null });
    const cut = us.findnode(mute, new Uint8Array(64));
    const closing = us.close();
    assert.deepEqual(await cut, { code: 'closed', wireCode: null });
    await closing;
    assert.deepEqual(await us.ping(them.contact), { code: 'closed', wireCode: null });
    const pings = sent.flatMap((output) =>
      'send' in output && output.send.to.ip === '127.0.0.63' ? [output.send] : [],
    );
    assert.equal(new Set(pings.map((ping) => bytesToHex(ping.bytes))).size, pings.length, 'the same bytes went twice');
    assert.equal(pings.length, 3, 'two attempts, and the first of the request that was cut');
  } finally {
    await Promise.all([us.close(), them.close(), silent.close()]);
  }
});

test('a socket drops what is too large and counts it, and a port in use is an error', async () => {
  const got: number[] = [];
  const socket = await systemSockets.bindUdp({
    maxBytes,
    ip: '127.0.0.64',
    port: 0,
    receive: (bytes) => got.push(bytes.length),
  });
  const other = await systemSockets.bindUdp({ maxBytes, ip: '127.0.0.65', port: 0, receive: () => {} });
  try {
    for (const size of [2049, 60_000, 2048, 1]) other.send(new Uint8Array(size), socket.local);
    for (let i = 0; i < 100 && got.length < 2; i++) await systemClock.sleep(10);
    assert.deepEqual(got, [2048, 1]);
    assert.equal(socket.counts.oversized, 2);
    other.send(new Uint8Array(70_000), socket.local);
    other.send(new Uint8Array(1), { ip: '127.0.0.64', port: 70_000 });
    for (let i = 0; i < 100 && other.counts.sendFailed < 2; i++) await systemClock.sleep(10);
    assert.equal(other.counts.sendFailed, 2);
    await assert.rejects(systemSockets.bindUdp({ ...socket.local, maxBytes, receive: () => {} }), {
      code: 'EADDRINUSE',
    });
  } finally {
    await Promise.all([socket.close(), socket.close(), other.close()]);
  }
});
