import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestNode } from '../../testkit/discv4TestNode.ts';
import { decodeDiscv4, encodeDiscv4 } from '../wire/discv4.ts';
import { chooseCurve } from '../wire/secp256k1.ts';
import { Discv4Peers } from './discv4Peers.ts';
import type { Discv4Output } from './discv4Types.ts';
import { defaultDiscv4Limits, privateDiscv4Limits } from './discv4Types.ts';

const curve = await chooseCurve();
const theirKey = new Uint8Array(32).fill(3);
const contact = { id: curve.publicKey(theirKey), ip: '127.0.0.2', udp: 30_303, tcp: 0 };
const from = { ip: contact.ip, port: contact.udp };
const begin = 1_800_000_000_000;

/** PINGs once and waits until it is given up; the hashes of what was sent. */
function givenUp(limits: Partial<typeof defaultDiscv4Limits> = {}) {
  const { node } = createTestNode({
    curve,
    privateKey: new Uint8Array(32).fill(2),
    limits: { ...privateDiscv4Limits, revalidateMs: null, refreshMs: null, ...limits },
  });
  const outputs: Discv4Output[] = [...node.request(contact, { kind: 'ping' }, begin).outputs];
  let now = begin;
  for (let due = node.nextDeadline(); due !== null; due = node.nextDeadline()) {
    now = due;
    outputs.push(...node.tick(due));
  }
  const hashes = outputs.flatMap((output) => ('send' in output ? [decodeDiscv4(curve, output.send.bytes).hash] : []));
  const end = outputs.at(-1);
  assert.ok(end !== undefined && 'event' in end && end.event === 'answered');
  assert.equal(end.outcome.code, 'pingTimeout');
  return { node, hashes, now };
}

function pong(pingHash: Uint8Array, now: number, key = theirKey): Uint8Array {
  const expiration = BigInt(Math.floor(now / 1_000) + 20);
  const to = { ip: '127.0.0.1', udp: 1, tcp: 0 };
  return encodeDiscv4(curve, key, { kind: 'pong', to, pingHash, expiration, enrSeq: null }).bytes;
}

test('a PONG to a PING that was given up still proves the node, once, and teaches us to wait longer', () => {
  const { node, hashes, now } = givenUp();
  const [first] = hashes;
  assert.ok(first);
  const late = node.receive(pong(first, now + 500), from, now + 500);
  const event = late.find((output) => 'event' in output && output.event === 'late');
  assert.ok(event && 'event' in event && event.event === 'late');
  assert.equal(event.rttMs, now + 500 - begin);
  assert.ok(node.isProven(contact.id, contact.ip, now + 500));
  const again = node.receive(pong(first, now + 600), from, now + 600);
  assert.deepEqual(
    again.map((output) => ('event' in output && output.event === 'rejected' ? output.code : 'other')),
    ['unsolicited'],
  );
});

test('a late PONG of another key, or one that nobody asked for, proves nothing', () => {
  const { node, hashes, now } = givenUp();
  const [first] = hashes;
  assert.ok(first);
  for (const bytes of [pong(first, now, new Uint8Array(32).fill(4)), pong(new Uint8Array(32).fill(1), now)]) {
    const outputs = node.receive(bytes, from, now);
    assert.ok(outputs.every((output) => 'event' in output && output.event === 'rejected'));
  }
  assert.ok(!node.isProven(contact.id, contact.ip, now));
});

test('the PINGs that were given up are remembered up to a bound', () => {
  const { node, hashes, now } = givenUp({ maxLate: 1, attempts: 2 });
  const [first, second] = hashes;
  assert.ok(first && second);
  const isLate = (hash: Uint8Array) =>
    node.receive(pong(hash, now), from, now).some((output) => 'event' in output && output.event === 'late');
  assert.deepEqual([isLate(first), isLate(second)], [false, true]);
});

test('requests are repeated more often where it is the later copies that get answered', () => {
  const peers = new Discv4Peers(defaultDiscv4Limits);
  assert.equal(peers.attempts(), 2);
  for (let i = 0; i < 1_000; i++) peers.answered(0);
  assert.equal(peers.attempts(), 2);
  // One packet in five is lost each way: 36 of 100 first copies go unanswered.
  for (let i = 0; i < 5_000; i++) peers.answered(i % 100 < 36 ? 1 : 0);
  assert.ok(peers.attempts() >= 6 && peers.attempts() <= defaultDiscv4Limits.maxAttempts, `${peers.attempts()}`);
  for (let i = 0; i < 40_000; i++) peers.answered(0);
  assert.equal(peers.attempts(), 2, 'the past fades');
});

test('once packets are seen to get lost, what is asked on somebody’s behalf is repeated more often; what we ask for ourselves is not', () => {
  const { node } = createTestNode({ curve, privateKey: new Uint8Array(32).fill(2) });
  let now = begin;
  const sentIn = (outputs: readonly Discv4Output[]) =>
    outputs.flatMap((output) => ('send' in output ? [decodeDiscv4(curve, output.send.bytes)] : []));
  /** Keeps sending until nothing is awaited any more, or until `enough` have been sent. */
  const tickOn = (outputs: readonly Discv4Output[], enough = Number.POSITIVE_INFINITY) => {
    const sent = sentIn(outputs);
    for (let due = node.nextDeadline(); due !== null && sent.length < enough; due = node.nextDeadline()) {
      now = due;
      sent.push(...sentIn(node.tick(due)));
    }
    return sent;
  };
  const ping = (enough?: number) => tickOn(node.request(contact, { kind: 'ping' }, now).outputs, enough);
  assert.equal(ping().length, 2, 'nothing was lost yet');
  // Two of ten are answered only when sent a second time: five copies all fail once in 3,000 times.
  for (const _ of [1, 2]) {
    const second = ping(2).at(-1);
    assert.ok(second);
    node.receive(pong(second.hash, now), from, now);
  }
  assert.equal(ping().length, 5);

  const stranger = new Uint8Array(32).fill(5);
  const packet = encodeDiscv4(curve, stranger, {
    ...{ kind: 'ping', version: 4, enrSeq: null, expiration: BigInt(Math.floor(now / 1_000) + 20) },
    from: { ip: '127.0.0.3', udp: 30_303, tcp: 0 },
    to: { ip: '127.0.0.1', udp: 1, tcp: 0 },
  });
  const back = tickOn(node.receive(packet.bytes, { ip: '127.0.0.3', port: 30_303 }, now));
  assert.deepEqual(
    back.map(({ packet: { kind } }) => kind),
    ['pong', 'ping'],
  );
});

test('a node that is not known yet is waited for as long as the others take', () => {
  const peers = new Discv4Peers(defaultDiscv4Limits);
  assert.equal(peers.timeout('new', 0), defaultDiscv4Limits.firstTimeoutMs);
  for (let i = 0; i < 100; i++) peers.measured(`peer ${i}`, 1_400 + (i % 3) * 300);
  const wait = peers.timeout('new', 0);
  assert.ok(wait > 1_700 && wait <= defaultDiscv4Limits.maxTimeoutMs, `${wait}`);
});
