import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCurve } from '../../testkit/discv4TestNode.ts';
import { createDiscv5Node, type Discv5TestOptions, simulateDiscv5 } from '../../testkit/discv5Simulation.ts';
import { Discv5Tester } from '../../testkit/discv5Tester.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { encodeDiscv5Message } from '../wire/discv5Message.ts';
import { createDiscv5Reader, encodeWhoareyou } from '../wire/discv5Packet.ts';
import { signEnr } from '../wire/enr.ts';
import { idHash, type NodeContact } from '../wire/nodeEndpoint.ts';
import type { Discv5Outcome } from './discv5Types.ts';

const ping = { kind: 'ping' } as const;
const random = seededRandom(17);

/** A node that has a session with a peer whose every answer is made by hand; its requests are numbered from 1. */
function meetByHand() {
  const { node } = createDiscv5Node();
  const peer = new Discv5Tester(node, random);
  const from = { ip: '127.0.0.2', port: 30_303 };
  peer.ask({ kind: 'ping', requestId: Uint8Array.of(9), enrSeq: 1n }, from);
  const contact: NodeContact = { id: peer.enr.id, ip: from.ip, udp: from.port, tcp: 0 };
  return {
    node,
    peer,
    contact,
    nodes: (total: number) =>
      peer.send(encodeDiscv5Message({ kind: 'nodes', requestId: Uint8Array.of(1), total, records: [] }), from),
    outcomes: (): Discv5Outcome[] => {
      const told = [...peer.events, ...node.tick(peer.now)];
      return told.flatMap((event) => ('event' in event && event.event === 'answered' ? [event.outcome] : []));
    },
  };
}

test('NODES that come one by one hold a request no longer than its first wait, and its round trip is that of the first', () => {
  const { node, peer, contact, nodes, outcomes } = meetByHand();
  node.request(contact, { kind: 'findnode', distances: [256] }, peer.now);
  peer.now += 30;
  nodes(16);
  const end = node.nextDeadline();
  for (let i = 0; i < 4; i++) {
    peer.now += 100;
    nodes(16);
    assert.equal(node.nextDeadline(), end);
  }
  peer.now = end!;
  const [outcome, ...more] = outcomes();
  assert.ok(outcome?.code === 'ok' && outcome.kind === 'findnode' && more.length === 0);
  assert.deepEqual([outcome.rttMs, outcome.packets, outcome.total, outcome.received], [30, 5, 16, 5]);
});

test('the round trip of an answer in parts that is whole is that of its first part', () => {
  const { node, peer, contact, nodes, outcomes } = meetByHand();
  node.request(contact, { kind: 'findnode', distances: [256] }, peer.now);
  peer.now += 30;
  nodes(2);
  peer.now += 100;
  nodes(2);
  const [outcome] = outcomes();
  assert.ok(outcome?.code === 'ok' && outcome.kind === 'findnode');
  assert.deepEqual([outcome.rttMs, outcome.packets], [30, 2]);
});

test('one silence is one failure in the table, however many requests waited for its end, and each is told once', () => {
  // Of one session only: another peer takes that of the first.
  const sim = simulateDiscv5({ limits: { maxSessions: 1 } });
  const [peer, other] = [sim.add('127.0.0.2'), sim.add('127.0.0.3')];
  for (const { contact } of [peer, other]) assert.equal(sim.settle(contact, ping).code, 'ok');
  sim.network.tamper = ({ to, bytes }) => (to.ip === '127.0.0.2' ? null : bytes);
  const tickets = Array.from({ length: 2_000 }, () => sim.ask(peer.contact, ping));
  sim.network.run(20_000);
  assert.deepEqual(new Set(tickets.map((ticket) => sim.outcome(ticket).code)), new Set(['silent']));
  assert.equal(sim.node.table.get(idHash(peer.node.id))?.failures, 1);
});

/** A node that knocked at a peer, and what challenges that peer likes to send. */
function knock(options: Discv5TestOptions) {
  let now = 1_800_000_000_000;
  const { node } = createDiscv5Node(options);
  const { contact } = createDiscv5Node({ random, at: { ip: '127.0.0.2', port: 30_303 } });
  const from = { ip: contact.ip, port: contact.udp };
  const [output] = node.request(contact, ping, now).outputs;
  assert.ok(output !== undefined && 'send' in output && output.send.kind === 'knock');
  const packet = createDiscv5Reader(idHash(contact.id))(output.send.bytes);
  assert.ok(packet?.kind === 'ordinary');
  return {
    node,
    /** The outcomes, and how many packets were sent. */
    challenge(laterMs: number) {
      now += laterMs;
      const to = idHash(node.id);
      const { bytes } = encodeWhoareyou({
        to,
        nonce: packet.nonce,
        iv: random.bytes(16),
        idNonce: random.bytes(16),
        enrSeq: 1n,
      });
      const outputs = node.receive(bytes, from, now) ?? assert.fail('no packet');
      return {
        sent: outputs.filter((one) => 'send' in one).length,
        ends: outputs.flatMap((one) => ('event' in one && one.event === 'answered' ? [one.outcome.code] : [])),
      };
    },
  };
}

test('challenges that come while their answer may not be sent yet count like others, and cost no more of the curve', () => {
  let signed = 0;
  const curve: typeof testCurve = Object.create(testCurve, {
    sign: {
      value: (...args: Parameters<typeof testCurve.sign>) => {
        signed += 1;
        return testCurve.sign(...args);
      },
    },
  });
  const { challenge } = knock({ curve, limits: { perPeerASecond: 2 } });
  const before = signed;
  assert.deepEqual(challenge(10), { sent: 1, ends: [] });
  assert.deepEqual(challenge(10), { sent: 0, ends: [] });
  assert.deepEqual(challenge(10), { sent: 0, ends: [] });
  assert.deepEqual(challenge(10), { sent: 0, ends: ['handshakeFailed'] });
  assert.deepEqual(challenge(10), { sent: 0, ends: [] });
  assert.equal(signed - before, 3);
});

test('a table node whose PONG tells of a newer record is asked for it, and is named with it', () => {
  const sim = simulateDiscv5({ limits: { revalidateMs: 10_000 } });
  const privateKey = new Uint8Array(32).fill(5);
  const peer = sim.add('127.0.0.2', { privateKey });
  sim.network.apply(peer.host, peer.node.request(sim.contact, ping, sim.network.now).outputs);
  sim.network.run(1_000);
  const hash = idHash(peer.node.id);
  assert.deepEqual(sim.node.table.get(hash)?.record, peer.node.enr.bytes);
  const pairs = { ip: Uint8Array.of(127, 0, 0, 2), udp: 30_303, x: Uint8Array.of(1) };
  peer.node.setEnr(signEnr(testCurve, privateKey, { seq: 2n, pairs }));
  sim.network.run(60_000);
  assert.deepEqual(sim.node.table.get(hash)?.record, peer.node.enr.bytes);
  // One that says to be elsewhere is not named from here.
  const known = peer.node.enr.bytes;
  peer.node.setEnr(signEnr(testCurve, privateKey, { seq: 3n, pairs: { ...pairs, udp: 30_304 } }));
  sim.network.run(60_000);
  assert.deepEqual(sim.node.table.get(hash)?.record, known);
});

test('an answer to a request that was given up tells that the node is there, once, and only from where it was asked', () => {
  let now = 1_800_000_000_000;
  const { node } = createDiscv5Node();
  const { contact } = createDiscv5Node({ random, at: { ip: '127.0.0.2', port: 30_303 } });
  const from = { ip: contact.ip, port: contact.udp };
  const sent: Uint8Array[] = [];
  const ends: string[] = [];
  const take = (outputs: ReturnType<typeof node.tick>): void => {
    for (const one of outputs) {
      if ('send' in one) sent.push(one.send.bytes);
      else if (one.event === 'answered') ends.push(one.outcome.code);
    }
  };
  take(node.request(contact, ping, now).outputs);
  for (let i = 0; i < 20 && ends.length === 0; i++) {
    now = node.nextDeadline() ?? now;
    take(node.tick(now));
  }
  assert.deepEqual(ends, ['silent']);
  const packet = createDiscv5Reader(idHash(contact.id))(sent.at(-1)!);
  assert.ok(packet?.kind === 'ordinary');
  const challenge = { to: idHash(node.id), nonce: packet.nonce, iv: random.bytes(16), idNonce: random.bytes(16) };
  const { bytes } = encodeWhoareyou({ ...challenge, enrSeq: 1n });
  const late = (ip: string, laterMs: number) =>
    (node.receive(bytes, { ...from, ip }, now + laterMs) ?? []).flatMap((one) =>
      'event' in one && one.event === 'late' ? [one.node.id] : [],
    );
  assert.deepEqual(late('127.0.0.7', 100), []);
  assert.deepEqual(late(from.ip, 100), [contact.id]);
  assert.deepEqual(late(from.ip, 110), []);
});

test('a challenge that comes twice at once is answered once, and again when it comes later', () => {
  const { node } = createDiscv5Node();
  const { contact } = createDiscv5Node({ random, at: { ip: '127.0.0.2', port: 30_303 } });
  const now = 1_800_000_000_000;
  const [output] = node.request(contact, ping, now).outputs;
  assert.ok(output !== undefined && 'send' in output);
  const packet = createDiscv5Reader(idHash(contact.id))(output.send.bytes);
  assert.ok(packet?.kind === 'ordinary');
  const challenge = { to: idHash(node.id), nonce: packet.nonce, iv: random.bytes(16), idNonce: random.bytes(16) };
  const { bytes } = encodeWhoareyou({ ...challenge, enrSeq: 1n });
  const from = { ip: contact.ip, port: contact.udp };
  const answers = [10, 15, 600].map(
    (at) => (node.receive(bytes, from, now + at) ?? []).filter((one) => 'send' in one).length,
  );
  assert.deepEqual(answers, [1, 0, 1]);
});

test('a challenge to the first of two packets tells that the second was sent too soon: the next peer is waited for longer', () => {
  const { node } = createDiscv5Node();
  const [peer, other] = ['127.0.0.2', '127.0.0.3'].map(
    (ip) => createDiscv5Node({ random, at: { ip, port: 30_303 } }).contact,
  ) as [NodeContact, NodeContact];
  let now = 1_800_000_000_000;
  const [output] = node.request(peer, ping, now).outputs;
  assert.ok(output !== undefined && 'send' in output);
  const packet = createDiscv5Reader(idHash(peer.id))(output.send.bytes);
  assert.ok(packet?.kind === 'ordinary');
  const firstWait = node.nextDeadline()! - now;
  now = node.nextDeadline()!;
  assert.equal(node.tick(now).filter((one) => 'send' in one).length, 1);
  now += 500;
  const challenge = { to: idHash(node.id), nonce: packet.nonce, iv: random.bytes(16), idNonce: random.bytes(16) };
  const { bytes } = encodeWhoareyou({ ...challenge, enrSeq: 1n });
  node.receive(bytes, { ip: peer.ip, port: peer.udp }, now);
  node.close(now);
  node.request(other, ping, now);
  assert.ok(node.nextDeadline()! - now > firstWait, `${node.nextDeadline()! - now} ms after ${firstWait}`);
});

test('of requests that were given up only so many are remembered', () => {
  const { node } = createDiscv5Node({ limits: { maxLate: 3 } });
  let now = 1_800_000_000_000;
  for (let i = 1; i <= 8; i++) {
    const { contact } = createDiscv5Node({ random, at: { ip: `127.0.1.${i}`, port: 30_303 } });
    node.request(contact, ping, now);
  }
  for (let i = 0; i < 50 && node.sizes.inFlight > 0; i++) {
    now = node.nextDeadline() ?? now;
    node.tick(now);
  }
  assert.deepEqual([node.sizes.inFlight, node.sizes.late], [0, 3]);
});
