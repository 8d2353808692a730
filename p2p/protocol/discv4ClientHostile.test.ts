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
} from '../../testkit/discv4Simulation.ts';
import { allowing, testCurve as curve } from '../../testkit/discv4TestNode.ts';
import { mutate } from '../../testkit/fuzz.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { bytesToKey } from '../wire/bytes.ts';
import { encodeDiscv4 } from '../wire/discv4.ts';
import { signEnr } from '../wire/enr.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import { type Discv4Request, defaultDiscv4Limits } from './discv4Types.ts';

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
  assert.deepEqual([found.neighbours, found.refused], [[{ ...good, idKey: bytesToKey(good.id) }], bad.length]);
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

/** Asks a peer that answers FINDNODE with these packets, `everyMs` apart, whatever we say. */
function askEndless(packets: number, records: number, everyMs: number, duplicates = false) {
  let recovered = 0;
  const sim = simulateNode({
    curve: {
      ...curve,
      verify: (...given: Parameters<typeof curve.verify>) => {
        recovered++;
        return curve.verify(...given);
      },
      recover: (digest, signature) => {
        recovered++;
        return curve.recover(digest, signature);
      },
    },
  });
  const { network, random, us } = sim;
  const peer = new ScriptedPeer(random, '127.0.0.2', (packet, hash, _, now) =>
    packet.kind === 'ping' ? [pongTo(hash, now)] : [],
  );
  network.add({ ip: '127.0.0.2', port: 30303 }, peer);
  const ticket = sim.ask(peer.contact, findnodeRequest);
  while (!peer.kinds().includes('findnode')) network.run(10);
  const before = recovered;
  const askedAt = network.now;
  const again = neighborsOf(random, records, network.now);
  let endedAt = 0;
  for (let i = 0; i < packets; i++) {
    const { bytes } = encodeDiscv4(curve, peer.key, duplicates ? again : neighborsOf(random, records, network.now));
    network.post({ ip: '127.0.0.2', port: 30303 }, us.address, bytes);
    network.run(everyMs);
    if (endedAt === 0 && us.events.some((event) => event.event === 'answered')) endedAt = network.now;
  }
  network.run(5000);
  const found = sim.outcome(ticket);
  assert.ok(found.code === 'ok' && found.kind === 'findnode');
  return { found, recovered: recovered - before, tookMs: endedAt - askedAt, rejected: sim.rejected(), sim };
}

test('NEIGHBORS without end: the answer ends at 16 records, and what comes after costs no curve operation', () => {
  const { found, recovered, rejected, sim } = askEndless(200, 12, 0);
  assert.deepEqual([found.packets, found.neighbours.length], [2, 24]);
  assert.equal(recovered, 2);
  assert.deepEqual([...new Set(rejected)], ['unsolicited']);
  assert.equal(rejected.length, 198);
  assert.deepEqual([sim.node.sizes.inFlight, sim.node.sizes.expected], [0, 0]);
});

test('more than 16 records in many packets: no answer holds more than one packet beyond 16', () => {
  for (const records of [1, 4, 8, 13]) {
    const { found, recovered } = askEndless(60, records, 1);
    assert.ok(found.neighbours.length < 16 + records, `${found.neighbours.length} of ${records} a packet`);
    assert.equal(found.packets, Math.ceil(16 / records));
    assert.equal(recovered, found.packets);
  }
});

test('packets without records, and the same records again and again, end an answer as well', () => {
  const empty = askEndless(100, 0, 0);
  assert.deepEqual([empty.found.packets, empty.found.neighbours.length, empty.recovered], [16, 0, 16]);
  const same = askEndless(100, 3, 0, true);
  assert.equal(same.found.neighbours.length, 3);
  assert.ok(same.found.packets <= 6 && same.recovered === same.found.packets, `${same.found.packets} packets`);
});

test('a packet now and then does not keep an answer open beyond its grace', () => {
  const { found, tookMs } = askEndless(100, 1, 50);
  assert.ok(tookMs <= 20 + defaultDiscv4Limits.neighborsGraceMs + 50, `${tookMs} ms`);
  assert.ok(found.neighbours.length <= 6);
});

test('a public source names nothing but public addresses to us, whatever our own policy allows', () => {
  // Ours may contact loopback and LAN: a public node must not make it.
  const policy = allowing('127.0.0.0/8', '10.0.0.0/8', '192.168.0.0/16', '169.254.0.0/16');
  const named = ['127.0.0.1', '10.1.2.3', '192.168.1.1', '172.16.0.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'];
  const special = [
    '255.255.255.255',
    '224.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '203.0.113.9',
    '::1',
    'fe80::1',
    'fd00::1',
  ];
  const findNamed = (source: string) => {
    const { network, random, ask, outcome } = simulateNode({ policy });
    const nodes = [...named, ...special, '8.8.8.8'].map((ip) => ({
      id: curve.publicKey(random.bytes(32)),
      ip,
      udp: 30303,
      tcp: 30303,
    }));
    const peer = new ScriptedPeer(random, source, (packet, hash, _, now) => {
      if (packet.kind === 'ping') return [pongTo(hash, now)];
      if (packet.kind !== 'findnode') return [];
      // In two packets: 16 records of IPv6 do not fit into one.
      return [nodes.slice(0, 8), nodes.slice(8)].map((part) => ({
        kind: 'neighbors',
        nodes: part,
        expiration: laterThan(now),
      }));
    });
    network.add({ ip: source, port: 30303 }, peer);
    const ticket = ask(peer.contact, findnodeRequest);
    network.run(3000);
    const found = outcome(ticket);
    assert.ok(found.code === 'ok' && found.kind === 'findnode');
    return found.neighbours.map(({ ip }) => ip);
  };
  assert.deepEqual(findNamed('9.9.9.9'), ['8.8.8.8']);
  assert.deepEqual(findNamed('10.0.0.9'), ['10.1.2.3', '192.168.1.1', '169.254.169.254', '8.8.8.8']);
  const onLoopback = findNamed('127.0.0.9');
  for (const ip of ['127.0.0.1', '10.1.2.3', '8.8.8.8']) assert.ok(onLoopback.includes(ip), ip);
});
