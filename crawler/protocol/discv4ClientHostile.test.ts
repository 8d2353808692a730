import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addNode,
  findnodeRequest,
  laterThan,
  neighborsOf,
  pongTo,
  ScriptedPeer,
  simulateNode,
} from '../testkit/discv4Simulation.ts';
import { allowing, testCurve as curve } from '../testkit/discv4TestNode.ts';
import { mutate } from '../testkit/fuzz.ts';
import { seededRandom } from '../testkit/seededRandom.ts';
import { encodeDiscv4 } from '../wire/discv4.ts';
import { signEnr } from '../wire/enr.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import type { Discv4Request } from './discv4Types.ts';

test('what no honest node would name is left out and counted', () => {
  const policy = allowing('127.0.0.0/8', '10.0.0.0/8', '0.0.0.0/0');
  const { network, random, ask, outcome, node } = simulateNode({ policy, limits: { minNeighborPort: 1025 } });
  const good = { id: curve.publicKey(random.bytes(32)), ip: '8.8.8.8', udp: 30303, tcp: 30303 };
  const offCurve = random.bytes(64);
  const bad: NodeContact[] = [
    { ...good, id: node.id },
    good,
    { ...good, id: offCurve },
    { ...good, id: curve.publicKey(random.bytes(32)), udp: 1024 },
    { ...good, id: curve.publicKey(random.bytes(32)), ip: '127.0.0.1' },
    { ...good, id: curve.publicKey(random.bytes(32)), ip: '10.0.0.1' },
  ];
  const peer = new ScriptedPeer(random, '9.9.9.9', (packet, hash, _, now) => {
    if (packet.kind === 'ping') return [pongTo(hash, now)];
    if (packet.kind !== 'findnode') return [];
    return [{ kind: 'neighbors', nodes: [good, ...bad], expiration: laterThan(now) }];
  });
  network.add({ ip: '9.9.9.9', port: 30303 }, peer);
  const ticket = ask(peer.contact, findnodeRequest);
  network.run(3000);
  const found = outcome(ticket);
  assert.ok(found.code === 'ok' && found.kind === 'findnode');
  assert.deepEqual([found.neighbours, found.refused], [[good], bad.length]);
});

test('late and unsolicited NEIGHBORS are counted and not used', () => {
  const { network, random, ask, outcome, rejected, us } = simulateNode();
  const peer = new ScriptedPeer(random, '127.0.0.2', (packet, hash, _, now) => {
    if (packet.kind === 'ping') return [pongTo(hash, now)];
    return packet.kind === 'findnode' ? [neighborsOf(random, 2, now)] : [];
  });
  const host = network.add({ ip: '127.0.0.2', port: 30303 }, peer);
  const ticket = ask(peer.contact, findnodeRequest);
  network.run(3000);
  assert.equal(outcome(ticket).code, 'ok');
  const count = us.events.length;
  const { bytes } = encodeDiscv4(curve, peer.key, neighborsOf(random, 12, network.now));
  network.post(host.address, us.address, bytes);
  network.run(100);
  assert.deepEqual(rejected(), ['unsolicited']);
  assert.equal(us.events.length, count + 1);
});

test('an answer counts only from the node that was asked: another key, IP or hash does not do', () => {
  const { network, random, ask, outcome, us, rejected } = simulateNode();
  const impostor = random.bytes(32);
  const peer = new ScriptedPeer(random, '127.0.0.2', (packet, hash, self, now) => {
    if (packet.kind !== 'ping') return [];
    const forge = (key: Uint8Array, from: string, token: Uint8Array) =>
      network.post({ ip: from, port: 30303 }, us.address, encodeDiscv4(curve, key, pongTo(token, now)).bytes);
    forge(impostor, '127.0.0.2', hash);
    forge(self.key, '127.0.0.3', hash);
    forge(self.key, '127.0.0.2', random.bytes(32));
    return [];
  });
  network.add({ ip: '127.0.0.2', port: 30303 }, peer);
  const ticket = ask(peer.contact, { kind: 'ping' });
  network.run(10_000);
  assert.equal(outcome(ticket).code, 'pingTimeout');
  assert.equal(rejected().length, 6, 'three for each attempt');
  assert.ok(rejected().every((code) => code === 'unsolicited'));
});

test('a record of another key, a forged one and junk are badRecord, with the reason', () => {
  const random = seededRandom();
  const foreign = signEnr(curve, random.bytes(32), { seq: 1n, pairs: {} }).bytes;
  const cases: [string, (own: Uint8Array) => Uint8Array, string][] = [
    ['another key', () => foreign, 'enrSignature'],
    ['a changed byte', (own) => own.with(5, own[5]! ^ 1), 'enrSignature'],
    ['two strings', () => Uint8Array.of(0xc2, 1, 2), 'enrScheme'],
  ];
  for (const [what, record, wireCode] of cases) {
    const sim = simulateNode();
    const peer = new ScriptedPeer(sim.random, '127.0.0.2', (packet, hash, self, now) => {
      if (packet.kind === 'ping') return [pongTo(hash, now)];
      const own = signEnr(curve, self.key, { seq: 1n, pairs: {} }).bytes;
      return packet.kind === 'enrRequest' ? [{ kind: 'enrResponse', requestHash: hash, record: record(own) }] : [];
    });
    sim.network.add({ ip: '127.0.0.2', port: 30303 }, peer);
    const ticket = sim.ask(peer.contact, { kind: 'enr' });
    sim.network.run(5000);
    assert.deepEqual(sim.outcome(ticket), { code: 'badRecord', wireCode }, what);
  }
});

test('whatever arrives while questions are open, no method throws', () => {
  const { network, random, ask, node, us, rejected } = simulateNode();
  const peer = addNode(network, random, '127.0.0.2');
  let changed = 0;
  network.tamper = ({ bytes, to }) => {
    if (to.ip !== '127.0.0.1' || random.next() < 0.3) return bytes;
    changed++;
    return mutate(bytes, random);
  };
  for (let i = 0; i < 300; i++) {
    ask(peer, random.pick<Discv4Request>([{ kind: 'ping' }, { kind: 'enr' }, findnodeRequest]));
    network.apply(us, node.receive(random.bytes(random.below(1500)), { ip: '127.0.0.2', port: 30303 }, network.now));
    network.run(random.below(2000));
  }
  network.run(60_000);
  assert.equal(node.sizes.inFlight, 0, `seed ${random.seed}`);
  assert.ok(changed > 100 && rejected().length > 100, `${changed} changed, ${rejected().length} rejected`);
});
