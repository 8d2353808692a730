import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findnodeRequest, pongTo, quietLimits, ScriptedPeer, simulateNode } from '../../testkit/discv4Simulation.ts';
import { createTestNode } from '../../testkit/discv4TestNode.ts';
import type { DatagramMachine } from '../../testkit/memoryNetwork.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import type { Discv4Node } from './discv4Node.ts';
import { PeerClocks } from './peerClocks.ts';

const second = 1_000;
const hour = 3_600 * second;

/** A node whose clock is ahead by so much: it drops what has expired by it, and signs by it. */
function ofItsOwnTime(node: Discv4Node, aheadMs: number): DatagramMachine {
  return {
    receive: (bytes, from, now) => node.receive(bytes, from, now + aheadMs),
    tick: (now) => node.tick(now + aheadMs),
    nextDeadline: () => {
      const next = node.nextDeadline();
      return next === null ? null : next - aheadMs;
    },
  };
}

function meet(aheadMs: number) {
  const simulated = simulateNode();
  const { network, random } = simulated;
  const { node } = createTestNode({ privateKey: random.bytes(32), random, limits: quietLimits });
  network.add({ ip: '127.0.0.2', port: 30_303 }, ofItsOwnTime(node, aheadMs));
  const contact: NodeContact = { id: node.id, ip: '127.0.0.2', udp: 30_303, tcp: 0 };
  return { ...simulated, contact, other: node };
}

test('a peer whose clock is off answers as any other, and how far it is off is known', () => {
  for (const aheadMs of [-60 * second, -16 * second, -hour, -56 * 365 * 24 * hour, 90 * second, 8 * hour]) {
    const { network, ask, outcome, us, contact, rejected, other } = meet(aheadMs);
    const ping = ask(contact, { kind: 'ping' });
    network.run(10 * second);
    const pong = outcome(ping);
    assert.ok(pong.code === 'ok' && pong.kind === 'ping', `${aheadMs}: ${pong.code}`);
    assert.ok(Math.abs((pong.clockSkewMs ?? 0) - aheadMs) <= second, `${aheadMs}: ${pong.clockSkewMs}`);
    assert.ok(us.events.some((event) => event.event === 'proven'));
    const [enr, neighbours] = [ask(contact, { kind: 'enr' }), ask(contact, findnodeRequest)];
    network.run(20 * second);
    const record = outcome(enr);
    assert.ok(record.code === 'ok' && record.kind === 'enr', `${aheadMs}: ENR ${record.code}`);
    assert.deepEqual(record.enr.bytes, other.enr.bytes);
    assert.equal(outcome(neighbours).code, 'ok', `${aheadMs}: neighbours`);
    assert.deepEqual(
      rejected().filter((code) => code !== 'unsolicited'),
      [],
    );
  }
});

test('a correct clock, or one that is only slightly off, is not reported', () => {
  for (const aheadMs of [0, 5 * second, -10 * second]) {
    const { network, ask, outcome, contact } = meet(aheadMs);
    const ping = ask(contact, { kind: 'ping' });
    network.run(10 * second);
    const pong = outcome(ping);
    assert.ok(pong.code === 'ok' && pong.kind === 'ping');
    assert.equal(pong.clockSkewMs, null);
  }
});

test('only a PONG to our own PING is exempt from expiration: an old packet that is replayed is not', () => {
  const { network, random, ask, us, node, rejected } = simulateNode();
  const wrapped = new ScriptedPeer(random, '127.0.0.2', (packet, hash, _, now) =>
    packet.kind === 'ping' ? [{ ...pongTo(hash, now), expiration: 1n << 63n }] : [],
  );
  network.add({ ip: '127.0.0.2', port: 30_303 }, wrapped);
  ask(wrapped.contact, { kind: 'ping' });
  network.run(10 * second);
  assert.ok(!us.events.some((event) => event.event === 'proven'));
  assert.ok(rejected().includes('expired'), 'a time that no clock shows');
  const old = new ScriptedPeer(random, '127.0.0.3', (packet, hash, _, now) =>
    packet.kind === 'ping' ? [pongTo(hash, now - 60 * second)] : [],
  );
  network.add({ ip: '127.0.0.3', port: 30_303 }, old);
  ask(old.contact, { kind: 'ping' });
  network.run(10 * second);
  const pong = network.sent.findLast(({ from }) => from.ip === '127.0.0.3');
  assert.ok(pong !== undefined && us.events.some((event) => event.event === 'proven'));
  const [again] = node.receive(pong.bytes, pong.from, network.now);
  assert.ok(again !== undefined && 'event' in again && again.event === 'rejected');
});

test('only a PING that is sent again stays valid for long', () => {
  const { network, random, ask, us } = simulateNode();
  const silent = new ScriptedPeer(random, '127.0.0.2', () => []);
  network.add({ ip: '127.0.0.2', port: 30_303 }, silent);
  for (let round = 0; round < 2; round++) {
    ask(silent.contact, { kind: 'ping' });
    network.run(10 * second);
  }
  const lives = silent.got.map(({ packet, at }) =>
    packet.kind === 'ping' ? Math.round((Number(packet.expiration) - at / second) / 10) * 10 : 0,
  );
  assert.deepEqual(lives, [20, 86_400, 20, 86_400]);
  assert.ok(us.events.length > 0);
});

test('clocks: one peer’s clock does not prolong the life of another’s packets, and strangers cannot fill the memory', () => {
  const clocks = new PeerClocks(100);
  const now = 1_800_000_000_000;
  const at = (n: number) => ({ ip: `127.0.${n >> 8}.${n & 255}`, port: 30_303 });
  const seconds = (ms: number) => BigInt(Math.floor(ms / second));
  const skewMs = clocks.note(at(1), seconds(now - 40 * second), now - 40, now) ?? 0;
  assert.ok(Math.abs(skewMs + 60 * second) <= second);
  assert.equal(clocks.isExpired(seconds(now - 41 * second), at(1), now), false);
  assert.equal(clocks.isExpired(seconds(now - 70 * second), at(1), now), true, 'older than its clock is slow');
  assert.equal(clocks.isExpired(seconds(now - 41 * second), at(2), now), true);
  assert.equal(clocks.note(at(1), seconds(now + 20 * second), now - 40, now), null, 'set right again');
  assert.equal(clocks.isExpired(seconds(now - 41 * second), at(1), now), true);
  // Packets of Besu and EthereumJS expire after a minute: half a minute more than usual says nothing about their clock.
  assert.equal(clocks.note(at(3), seconds(now + 60 * second), now - 40, now), null);
  for (let n = 0; n < 1_000; n++) clocks.note(at(n), 0n, now, now);
  assert.equal(clocks.size, 100);
  assert.equal(clocks.note(at(7), (1n << 63n) - 1n, now, now), 100 * 365 * 86_400 * second, 'told as a hundred years');
});
