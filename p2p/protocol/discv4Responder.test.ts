import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConformanceTarget, conformanceCases, type TesterPort } from '../../testkit/discv4Conformance.ts';
import { allowing, createTestNode, testCurve as curve } from '../../testkit/discv4TestNode.ts';
import { type SeededRandom, seededRandom } from '../../testkit/seededRandom.ts';
import type { SocketAddress } from '../ports.ts';
import { bytesToHex } from '../wire/bytes.ts';
import { type Discv4Packet, decodeDiscv4, encodeDiscv4 } from '../wire/discv4.ts';
import type { Curve } from '../wire/secp256k1.ts';
import type { Discv4Node } from './discv4Node.ts';
import { type Discv4Output, defaultDiscv4Limits, privateDiscv4Limits } from './discv4Types.ts';

const start = 1_800_000_000_000;

/** The node under test behind the suite's interface: time passes only while a tester waits. */
function simulatedTarget(node: Discv4Node, random: SeededRandom): ConformanceTarget & { outputs: Discv4Output[] } {
  let now = start;
  const outputs: Discv4Output[] = [];
  const queues = new Map<string, Uint8Array[]>();
  const route = (made: readonly Discv4Output[]) => {
    outputs.push(...made);
    for (const output of made) {
      if ('send' in output) queues.get(output.send.to.ip)?.push(output.send.bytes);
    }
  };
  const port = (ip: string): TesterPort => {
    const address = { ip, port: 30000 + random.below(10_000) };
    const queue: Uint8Array[] = [];
    queues.set(ip, queue);
    return {
      address,
      send: (bytes) => route(node.receive(bytes, address, now)),
      async read() {
        for (let waited = 0; queue.length === 0 && waited < 300; waited += 10) {
          now += 10;
          route(node.tick(now));
        }
        return queue.shift() ?? null;
      },
    };
  };
  return {
    curve,
    random,
    id: node.id,
    address: { ip: '127.0.0.9', port: 30303 },
    now: () => now,
    first: port('127.0.0.1'),
    second: port('127.0.0.2'),
    outputs,
  };
}

test('there are 15 conformance cases', () => {
  assert.equal(Object.keys(conformanceCases).length, 15);
});

for (const [name, run] of Object.entries(conformanceCases)) {
  test(`conformance ${name}`, async () => {
    await run(simulatedTarget(createTestNode().node, seededRandom()));
  });
}

/** A peer that proves its endpoint to the node. */
class Peer {
  readonly key: Uint8Array;
  readonly id: Uint8Array;
  readonly address: SocketAddress;
  readonly #node: Discv4Node;

  constructor(node: Discv4Node, random: SeededRandom, ip = '127.0.0.1', port = 30000 + random.below(9999)) {
    this.#node = node;
    this.key = random.bytes(32);
    this.id = curve.publicKey(this.key);
    this.address = { ip, port };
  }

  send(packet: Discv4Packet, now: number, from = this.address): Discv4Output[] {
    return this.#node.receive(encodeDiscv4(curve, this.key, packet).bytes, from, now);
  }

  ping(now: number, tcp = 30303): Discv4Output[] {
    const from = { ip: this.address.ip, udp: this.address.port, tcp };
    const to = { ip: '127.0.0.9', udp: 30303, tcp: 0 };
    return this.send({ kind: 'ping', version: 4, from, to, expiration: seconds(now + 20_000), enrSeq: 7n }, now);
  }

  bond(now: number): Discv4Output[] {
    const pings = sent(this.ping(now)).filter((packet) => packet.kind === 'ping');
    assert.equal(pings.length, 1, 'one PING back');
    const { hash } = decodeDiscv4(curve, pings[0]!.bytes);
    const to = { ip: '127.0.0.9', udp: 30303, tcp: 0 };
    return this.send({ kind: 'pong', to, pingHash: hash, expiration: seconds(now + 20_000), enrSeq: 7n }, now);
  }

  findnode(now: number, target: Uint8Array): Discv4Output[] {
    return this.send({ kind: 'findnode', target, expiration: seconds(now + 20_000) }, now);
  }
}

const seconds = (ms: number) => BigInt(Math.floor(ms / 1000));
const sent = (outputs: readonly Discv4Output[]) => outputs.flatMap((output) => ('send' in output ? [output.send] : []));
const events = (outputs: readonly Discv4Output[]) => outputs.flatMap((output) => ('event' in output ? [output] : []));
const codes = (outputs: readonly Discv4Output[]) =>
  events(outputs).flatMap((event) => (event.event === 'rejected' ? [event.code] : []));

function namedBy(outputs: readonly Discv4Output[]): string[] {
  return sent(outputs).flatMap(({ bytes }) => {
    const { packet } = decodeDiscv4(curve, bytes);
    return packet.kind === 'neighbors' ? packet.nodes.map((node) => bytesToHex(node.id)) : [];
  });
}

test('nodes that proved themselves are named, nearest first, in packets of 12 and 4', async () => {
  const random = seededRandom();
  const { node } = createTestNode();
  const peers = Array.from({ length: 30 }, (_, i) => new Peer(node, random, `127.0.1.${i + 1}`));
  for (const peer of peers) {
    const proven = events(peer.bond(start)).filter((event) => event.event === 'proven');
    assert.deepEqual(
      proven.map((event) => event.node),
      [{ id: peer.id, ip: peer.address.ip, udp: peer.address.port, tcp: 30303 }],
    );
  }
  assert.ok(node.table.size >= 16, `table holds ${node.table.size}`);
  const target = random.bytes(64);
  const packets = sent(peers[0]!.findnode(start, target)).map(({ bytes }) => decodeDiscv4(curve, bytes).packet);
  assert.deepEqual(
    packets.map((packet) => (packet.kind === 'neighbors' ? packet.nodes.length : packet.kind)),
    [12, 4],
  );
  const { keccak256 } = await import('../wire/keccak.ts');
  const distance = (id: Uint8Array) =>
    BigInt(`0x${bytesToHex(keccak256(id))}`) ^ BigInt(`0x${bytesToHex(keccak256(target))}`);
  const inTable = node.table.closest(keccak256(target), 1000, 0);
  const nearest = inTable.toSorted((a, b) => (distance(a.id) < distance(b.id) ? -1 : 1)).slice(0, 16);
  const named = packets.flatMap((packet) => (packet.kind === 'neighbors' ? packet.nodes : []));
  assert.deepEqual(
    named.map((one) => bytesToHex(one.id)),
    nearest.map((one) => bytesToHex(one.id)),
    `seed ${random.seed}`,
  );
});

test('a loopback or LAN node is not named to a public asker', () => {
  const random = seededRandom();
  const { node } = createTestNode({ addressPolicy: allowing('0.0.0.0/0') });
  const local = new Peer(node, random, '127.0.0.5');
  const lan = new Peer(node, random, '10.0.0.5');
  const outside = new Peer(node, random, '8.8.4.4');
  for (const peer of [local, lan, outside]) peer.bond(start);
  const target = random.bytes(64);
  assert.deepEqual(namedBy(outside.findnode(start, target)), [bytesToHex(outside.id)]);
  assert.deepEqual(
    namedBy(lan.findnode(start, target)).sort(),
    [lan, outside].map((peer) => bytesToHex(peer.id)).sort(),
  );
  assert.equal(namedBy(local.findnode(start, target)).length, 3);
});

test('a proof lasts 24 hours, holds for the IP and not the port, and a node long silent is not named', () => {
  const random = seededRandom();
  const { node } = createTestNode();
  const peer = new Peer(node, random);
  peer.bond(start);
  const otherPort = { ...peer.address, port: 1 };
  const ask = (now: number, from = peer.address) =>
    peer.send({ kind: 'findnode', target: random.bytes(64), expiration: seconds(now + 20_000) }, now, from);
  assert.equal(sent(ask(start + 1000, otherPort)).length, 1);
  const day = 24 * 3600_000;
  assert.equal(namedBy(ask(start + 1000)).length, 1);
  assert.equal(namedBy(ask(start + day - 1)).length, 0, 'silent for too long to be named');
  assert.equal(sent(ask(start + day - 1)).length, 1);
  assert.deepEqual(codes(ask(start + day)), ['unproven']);
  assert.equal(sent(ask(start + day)).length, 0);
});

test('each drop has its code', () => {
  const random = seededRandom();
  const { node, privateKey } = createTestNode();
  const peer = new Peer(node, random);
  const to = { ip: '127.0.0.9', udp: 1, tcp: 0 };
  const expiration = seconds(start + 20_000);
  const own = encodeDiscv4(curve, privateKey, { kind: 'enrRequest', expiration }).bytes;
  const enrResponse: Discv4Packet = { kind: 'enrResponse', requestHash: random.bytes(32), record: node.enr.bytes };
  const cases: [string, Discv4Output[]][] = [
    ['unproven', peer.send({ kind: 'enrRequest', expiration }, start)],
    ['unproven', peer.findnode(start, random.bytes(64))],
    ['expired', peer.send({ kind: 'enrRequest', expiration: seconds(start - 1000) }, start)],
    ['unsolicited', peer.send({ kind: 'pong', to, pingHash: random.bytes(32), expiration, enrSeq: null }, start)],
    ['unsolicited', peer.send({ kind: 'neighbors', nodes: [], expiration }, start)],
    ['unsolicited', peer.send(enrResponse, start)],
    ['ownId', node.receive(own, peer.address, start)],
    ['addressRefused', peer.send({ kind: 'enrRequest', expiration }, start, { ip: '10.0.0.1', port: 30303 })],
    ['packetSize', node.receive(new Uint8Array(5000), peer.address, start)],
    ['packetHash', node.receive(new Uint8Array(500), peer.address, start)],
  ];
  for (const [code, outputs] of cases) {
    assert.deepEqual(codes(outputs), [code]);
    assert.equal(outputs.length, 1, `${code}: nothing else comes of it`);
  }
});

test('an answer that nobody asked for costs no curve operation', () => {
  let recovered = 0;
  const recover: Curve['recover'] = (digest, signature) => {
    recovered++;
    return curve.recover(digest, signature);
  };
  const { node } = createTestNode({ curve: { ...curve, recover } });
  const random = seededRandom();
  const peer = new Peer(node, random);
  const expiration = seconds(start + 20_000);
  peer.send({ kind: 'neighbors', nodes: [], expiration }, start);
  const to = { ip: null, udp: 0, tcp: 0 };
  peer.send({ kind: 'pong', to, pingHash: random.bytes(32), expiration, enrSeq: null }, start);
  assert.equal(recovered, 0);
  peer.ping(start);
  assert.equal(recovered, 1);
});

test('one source is served up to its rate, and does not hold up the others', () => {
  const random = seededRandom();
  const limits = { ...defaultDiscv4Limits, inbound: { perSecond: 10, burst: 20 } };
  const { node } = createTestNode({ limits });
  const loud = new Peer(node, random, '127.0.0.1');
  const quiet = new Peer(node, random, '127.0.0.2');
  const heeded = (now: number) =>
    codes(loud.send({ kind: 'enrRequest', expiration: seconds(now + 9000) }, now))[0] === 'unproven' ? 1 : 0;
  let count = 0;
  for (let i = 0; i < 100; i++) count += heeded(start);
  assert.equal(count, 20);
  assert.deepEqual(codes(loud.ping(start)), ['rateLimited']);
  assert.equal(sent(quiet.ping(start)).length, 2);
  for (let i = 0; i < 100; i++) count += heeded(start + 1000);
  assert.equal(count, 30);
});

test('a thousand strangers, each pinging once and never answering, leave every map within its bound', () => {
  const random = seededRandom();
  const limits = { ...privateDiscv4Limits, maxInFlight: 50, maxPeers: 60, maxProofs: 40, maxSources: 70 };
  const { node } = createTestNode({ limits });
  const seen = new Set<string>();
  for (let i = 0; i < 1000; i++) {
    const peer = new Peer(node, random, `127.${i >> 8}.${i & 255}.1`);
    for (const code of codes(peer.ping(start + i))) seen.add(code);
    const { inFlight, expected, peers, sources, deadlines, proofs } = node.sizes;
    const message = `after ${i} pings: ${JSON.stringify(node.sizes)}`;
    assert.ok(inFlight <= 50 && expected <= 100 && peers <= 60 && sources <= 70 && proofs <= 40, message);
    assert.ok(deadlines <= 4 * 50 + 1, message);
  }
  assert.deepEqual([...seen], ['pendingFull']);
  // Only a bounded part of what is due is done at a time.
  for (const at of [start + 60_000, start + 120_000]) {
    for (let due = node.nextDeadline(); due !== null && due <= at; due = node.nextDeadline()) node.tick(at);
  }
  assert.deepEqual([node.sizes.inFlight, node.sizes.expected, node.nextDeadline()], [0, 0, null]);
});

test('more proofs than fit: the oldest is dropped and that node has to prove itself again', () => {
  const random = seededRandom();
  const { node } = createTestNode({ limits: { ...privateDiscv4Limits, maxProofs: 10 } });
  const peers = Array.from({ length: 11 }, () => new Peer(node, random));
  for (const peer of peers) peer.bond(start);
  assert.equal(node.sizes.proofs, 10);
  assert.deepEqual(codes(peers[0]!.findnode(start, random.bytes(64))), ['unproven']);
  assert.equal(sent(peers[10]!.findnode(start, random.bytes(64))).length > 0, true);
});

test('the table node with the oldest proof is pinged now and then, and gives way when it stays silent', () => {
  const random = seededRandom();
  const limits = { ...privateDiscv4Limits, revalidateMs: 10_000 };
  const { node } = createTestNode({ limits });
  const peer = new Peer(node, random);
  peer.bond(start);
  assert.equal(node.table.size, 1);
  let now = start;
  let pings = 0;
  while (node.table.size > 0 && now < start + 120_000) {
    now = Math.max(now + 1, node.nextDeadline() ?? assert.fail('nothing more to do'));
    pings += sent(node.tick(now)).filter((packet) => packet.kind === 'ping').length;
  }
  assert.equal(node.table.size, 0);
  assert.equal(pings, 3, 'three rounds');
  assert.ok(now - start < 60_000, `${now - start} ms`);
});
