import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDiscv5Node, simulateDiscv5 } from '../../testkit/discv5Simulation.ts';
import { Discv5Tester } from '../../testkit/discv5Tester.ts';
import { mutate } from '../../testkit/fuzz.ts';
import { createDiscv5Mutator } from '../../testkit/mutateDiscv5.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { encodeDiscv5Message } from '../wire/discv5Message.ts';
import { idHash } from '../wire/nodeEndpoint.ts';
import type { Discv5Event } from './discv5Types.ts';

test('mutants of real packets, and sealed messages of nonsense, throw nothing and leave no trace beyond the bounds', () => {
  const sim = simulateDiscv5({ limits: { inbound: { perSecond: 1e9, burst: 1e9 } } });
  const peer = sim.add('127.0.0.2');
  for (let i = 0; i < 3; i++) sim.settle(peer.contact, { kind: 'findnode', distances: [0, 256] });
  const samples = sim.network.sent.filter(({ to }) => to.ip === '127.0.0.1').map(({ bytes }) => bytes);
  const mutateHeader = createDiscv5Mutator(idHash(sim.node.id));
  const seen = new Set<string>();
  const from = { ip: '127.0.0.2', port: 30_303 };
  const deliver = (bytes: Uint8Array, at: number): void => {
    const outputs = sim.node.receive(bytes, from, at);
    for (const output of outputs ?? []) if ('event' in output) seen.add(nameOf(output));
  };
  for (let i = 0; i < 8_000; i++) {
    // Challenges are open all the time.
    deliver(mutateHeader(sim.random.pick(samples), sim.random), sim.network.now + i);
  }
  for (const code of ['packetType', 'packetField', 'unsolicited'])
    assert.ok(seen.has(code), `no ${code}: ${[...seen]}`);
  const { sessions, challenges, table, inFlight } = sim.node.sizes;
  assert.ok(sessions <= 2 && challenges <= 8_192 && table <= 1 && inFlight <= 1);
});

test('a peer of a session may send what it likes', () => {
  const { node } = createDiscv5Node({ limits: { inbound: { perSecond: 1e9, burst: 1e9 }, maxSeen: 100 } });
  const random = seededRandom();
  const tester = new Discv5Tester(node, random);
  const from = { ip: '127.0.0.2', port: 30_303 };
  const requestId = Uint8Array.of(1);
  assert.equal(tester.ask({ kind: 'ping', requestId, enrSeq: 1n }, from)[0]?.kind, 'pong');
  const messages = [
    encodeDiscv5Message({ kind: 'findnode', requestId, distances: [0, 256, 255] }),
    encodeDiscv5Message({ kind: 'nodes', requestId, total: 1, records: [tester.enr.bytes] }),
    encodeDiscv5Message({ kind: 'pong', requestId, enrSeq: 1n, ip: '127.0.0.1', udp: 1 }),
    encodeDiscv5Message({ kind: 'talkresp', requestId, data: requestId }),
  ];
  for (let i = 0; i < 6_000; i++) {
    const plain = mutate(random.pick(messages), random);
    if (plain.length < 1_180) tester.send(plain, from);
  }
  const codes = new Set(tester.rejected);
  for (const code of ['unsolicited', 'packetType', 'rlpTruncated'] as const) assert.ok(codes.has(code), code);
  assert.ok(node.sizes.seen <= 100 && node.sizes.sessions === 1);
});

const nameOf = (event: Discv5Event): string => (event.event === 'rejected' ? event.code : event.event);
