import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowing, createTestNode, testCurve as curve } from '../testkit/discv4TestNode.ts';
import { mutate } from '../testkit/fuzz.ts';
import { MemoryNetwork, type MemoryNetworkOptions } from '../testkit/memoryNetwork.ts';
import { type SeededRandom, seededRandom } from '../testkit/seededRandom.ts';
import { bytesToHex } from '../wire/bytes.ts';
import { type Discv4Packet, decodeDiscv4, encodeDiscv4 } from '../wire/discv4.ts';
import { signEnr } from '../wire/enr.ts';
import type { NodeContact, UdpAddress } from '../wire/nodeEndpoint.ts';
import type { AddressPolicy } from './discv4Context.ts';
import type { Discv4Node } from './discv4Node.ts';
import {
  type Discv4Limits,
  type Discv4Outcome,
  type Discv4Output,
  type Discv4Request,
  defaultDiscv4Limits,
  privateDiscv4Limits,
} from './discv4Types.ts';

const quiet: Discv4Limits = { ...privateDiscv4Limits, revalidateMs: null };

/** A network with one node of ours at 127.0.0.1. */
function setUp(
  options: { network?: Partial<MemoryNetworkOptions>; limits?: Partial<Discv4Limits>; policy?: AddressPolicy } = {},
) {
  const random = seededRandom();
  const network = new MemoryNetwork({ random, minLatencyMs: 20, maxLatencyMs: 20, loss: 0, ...options.network });
  const policy = options.policy === undefined ? {} : { addressPolicy: options.policy };
  const { node } = createTestNode({
    privateKey: random.bytes(32),
    limits: { ...quiet, ...options.limits },
    ...policy,
  });
  const us = network.add({ ip: '127.0.0.1', port: 30303 }, node);
  return {
    random,
    network,
    node,
    us,
    ask(contact: NodeContact, request: Discv4Request): number {
      const { ticket, outputs } = node.request(contact, request, network.now);
      network.apply(us, outputs);
      return ticket;
    },
    outcome(ticket: number): Discv4Outcome {
      const found = us.events.flatMap((event) =>
        event.event === 'answered' && event.ticket === ticket ? [event] : [],
      );
      assert.equal(found.length, 1, `ticket ${ticket} answered ${found.length} times, seed ${random.seed}`);
      return found[0]!.outcome;
    },
    rejected: () => us.events.flatMap((event) => (event.event === 'rejected' ? [event.code] : [])),
  };
}

function addNode(
  network: MemoryNetwork,
  random: SeededRandom,
  ip: string,
  limits = quiet,
): NodeContact & { node: Discv4Node } {
  const { node } = createTestNode({ privateKey: random.bytes(32), limits });
  network.add({ ip, port: 30303 }, node);
  return { id: node.id, ip, udp: 30303, tcp: 0, node };
}

/** A peer written out by hand, that answers as the test wants. */
class ScriptedPeer {
  readonly key: Uint8Array;
  readonly contact: NodeContact;
  readonly got: { packet: Discv4Packet; hash: Uint8Array; bytes: Uint8Array; at: number }[] = [];
  private readonly script: (
    packet: Discv4Packet,
    hash: Uint8Array,
    peer: ScriptedPeer,
    now: number,
  ) => readonly Discv4Packet[];

  constructor(random: SeededRandom, ip: string, script: ScriptedPeer['script']) {
    this.key = random.bytes(32);
    this.script = script;
    this.contact = { id: curve.publicKey(this.key), ip, udp: 30303, tcp: 0 };
  }

  receive(bytes: Uint8Array, from: UdpAddress, now: number): Discv4Output[] {
    const { packet, hash } = decodeDiscv4(curve, bytes);
    this.got.push({ packet, hash, bytes, at: now });
    return this.script(packet, hash, this, now).map((answer) => ({
      send: { kind: answer.kind, to: from, bytes: encodeDiscv4(curve, this.key, answer).bytes },
    }));
  }

  tick(): Discv4Output[] {
    return [];
  }

  nextDeadline(): null {
    return null;
  }

  kinds(): string[] {
    return this.got.map(({ packet }) => packet.kind);
  }
}

const later = (now: number) => BigInt(Math.floor(now / 1000) + 20);
const pongTo = (pingHash: Uint8Array, now: number): Discv4Packet => ({
  kind: 'pong',
  to: { ip: '127.0.0.1', udp: 30303, tcp: 0 },
  pingHash,
  expiration: later(now),
  enrSeq: null,
});
const neighborsOf = (random: SeededRandom, count: number, now: number, ip = '127.0.3.3'): Discv4Packet => ({
  kind: 'neighbors',
  nodes: Array.from({ length: count }, () => ({ id: curve.publicKey(random.bytes(32)), ip, udp: 30303, tcp: 30303 })),
  expiration: later(now),
});
const findnode: Discv4Request = { kind: 'findnode', target: new Uint8Array(64).fill(3) };

test('ping tells the round trip, our address as seen, and the record number', () => {
  const { network, random, ask, outcome, us } = setUp();
  const peer = addNode(network, random, '127.0.0.2');
  const ticket = ask(peer, { kind: 'ping' });
  network.run(1000);
  assert.deepEqual(outcome(ticket), {
    code: 'ok',
    kind: 'ping',
    rttMs: 40,
    enrSeq: 1n,
    ourIp: '127.0.0.1',
    ourUdp: 30303,
  });
  const { node: _, ...contact } = peer;
  assert.deepEqual(
    us.events.find((event) => event.event === 'proven'),
    { event: 'proven', node: contact, pong: { rttMs: 40, enrSeq: 1n, ourIp: '127.0.0.1', ourUdp: 30303 } },
  );
});

test('a query makes the proof first and asks as soon as the peer has ours', () => {
  const { network, random, ask, outcome } = setUp();
  const peer = addNode(network, random, '127.0.0.2');
  const [enr, neighbours] = [ask(peer, { kind: 'enr' }), ask(peer, findnode)];
  const start = network.now;
  network.run(3000);
  const record = outcome(enr);
  assert.ok(record.code === 'ok' && record.kind === 'enr');
  assert.deepEqual(record.enr.bytes, peer.node.enr.bytes);
  const found = outcome(neighbours);
  assert.ok(found.code === 'ok' && found.kind === 'findnode');
  // One PING of ours and one of theirs serve both queries.
  const fromUs = network.sent.filter((one) => one.from.ip === '127.0.0.1').map((one) => kindOf(one.bytes));
  assert.deepEqual(fromUs.toSorted(), ['enrRequest', 'findnode', 'ping', 'pong']);
  assert.ok(network.now > start);
});

const kindOf = (bytes: Uint8Array) => decodeDiscv4(curve, bytes).packet.kind;

test('a peer that does not ping back is asked after the bond wait, and once only', () => {
  const { network, random, ask, outcome } = setUp();
  const peer = new ScriptedPeer(random, '127.0.0.2', (packet, hash, _, now) => {
    if (packet.kind === 'ping') return [pongTo(hash, now)];
    return packet.kind === 'findnode' ? [neighborsOf(random, 3, now)] : [];
  });
  network.add({ ip: '127.0.0.2', port: 30303 }, peer);
  const first = ask(peer.contact, findnode);
  network.run(2000);
  assert.equal(outcome(first).code, 'ok');
  const [ping, query] = peer.got;
  assert.equal(query!.at - ping!.at, 40 + quiet.bondWaitMs);
  const at = network.now;
  const second = ask(peer.contact, findnode);
  network.run(1000);
  assert.equal(outcome(second).code, 'ok');
  assert.equal(peer.got[2]!.at - at, 20, 'no second wait');
});

test('FINDNODE ends soon after its answer: at 16 records, after a short packet, or after the grace', () => {
  const cases: [string, readonly number[], number, number][] = [
    ['12 and 4', [12, 4], 16, 40],
    ['4 before 12', [4, 12], 16, 40],
    ['13 in one', [13], 13, 40 + quiet.neighborsGraceMs],
    ['12 and no more', [12], 12, 40 + quiet.neighborsGraceMs],
    ['a short packet', [3], 3, 40 + quiet.reorderGraceMs],
    ['12 and 2', [12, 2], 14, 40 + quiet.reorderGraceMs],
    ['none', [0], 0, 40 + quiet.reorderGraceMs],
  ];
  for (const [what, packets, records, tookMs] of cases) {
    const { network, random, ask, us } = setUp();
    const peer = new ScriptedPeer(random, '127.0.0.2', (packet, hash, _, now) => {
      if (packet.kind === 'ping') return [pongTo(hash, now)];
      return packet.kind === 'findnode' ? packets.map((count) => neighborsOf(random, count, now)) : [];
    });
    network.add({ ip: '127.0.0.2', port: 30303 }, peer);
    ask(peer.contact, findnode);
    network.run(3000);
    const askedAt = peer.got.find(({ packet }) => packet.kind === 'findnode')!.at - 20;
    const second = us.events.length;
    const started = network.now;
    ask(peer.contact, findnode);
    let waited = 0;
    while (us.events.slice(second).every((event) => event.event !== 'answered') && waited < 5000) {
      network.run(1);
      waited++;
    }
    const answered = us.events.slice(second).find((event) => event.event === 'answered')!;
    assert.ok(
      answered.event === 'answered' && answered.outcome.code === 'ok' && answered.outcome.kind === 'findnode',
      what,
    );
    assert.equal(answered.outcome.neighbours.length, records, what);
    assert.equal(answered.outcome.packets, packets.length, what);
    assert.equal(network.now - started, tookMs, what);
    assert.ok(askedAt < started);
  }
});

test('what no honest node would name is left out and counted', () => {
  const policy = allowing('127.0.0.0/8', '10.0.0.0/8', '0.0.0.0/0');
  const { network, random, ask, outcome, node } = setUp({ policy, limits: { minNeighborPort: 1025 } });
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
    return [{ kind: 'neighbors', nodes: [good, ...bad], expiration: later(now) }];
  });
  network.add({ ip: '9.9.9.9', port: 30303 }, peer);
  const ticket = ask(peer.contact, findnode);
  network.run(3000);
  const found = outcome(ticket);
  assert.ok(found.code === 'ok' && found.kind === 'findnode');
  assert.deepEqual([found.neighbours, found.refused], [[good], bad.length]);
});

test('silence is a timeout after the attempts, each signed anew', () => {
  const { network, random, ask, outcome } = setUp();
  const silent = new ScriptedPeer(random, '127.0.0.2', () => []);
  network.add({ ip: '127.0.0.2', port: 30303 }, silent);
  const deaf = new ScriptedPeer(random, '127.0.0.3', (packet, hash, _, now) =>
    packet.kind === 'ping' ? [pongTo(hash, now)] : [],
  );
  network.add({ ip: '127.0.0.3', port: 30303 }, deaf);
  const tickets = [
    ask(silent.contact, { kind: 'enr' }),
    ask(deaf.contact, { kind: 'enr' }),
    ask(deaf.contact, findnode),
  ];
  network.run(20_000);
  assert.deepEqual(
    tickets.map((ticket) => outcome(ticket).code),
    ['pingTimeout', 'timeout', 'timeout'],
  );
  assert.deepEqual(silent.kinds(), ['ping', 'ping']);
  assert.deepEqual(deaf.kinds().toSorted(), ['enrRequest', 'enrRequest', 'findnode', 'findnode', 'ping', 'ping']);
  for (const { got } of [silent, deaf]) {
    assert.equal(new Set(got.map(({ bytes }) => bytesToHex(bytes))).size, got.length, 'the same bytes came twice');
  }
  assert.equal(silent.got[1]!.at - silent.got[0]!.at, quiet.firstTimeoutMs);
});

test('when our PONG is lost, the retry makes the proof again', () => {
  const { network, random, ask, outcome } = setUp();
  const peer = addNode(network, random, '127.0.0.2');
  let lost = 0;
  network.tamper = ({ bytes, from }) => {
    if (from.ip !== '127.0.0.1' || kindOf(bytes) !== 'pong' || lost > 0) return bytes;
    lost++;
    return null;
  };
  const tickets = [ask(peer, { kind: 'enr' }), ask(peer, findnode)];
  network.run(10_000);
  assert.equal(lost, 1);
  assert.deepEqual(
    tickets.map((ticket) => outcome(ticket).code),
    ['ok', 'ok'],
  );
});

test('time-outs follow the measured round trip', () => {
  for (const [latency, expected] of [
    [5, quiet.minTimeoutMs],
    // 2 × 300 ms, and a first deviation of half of it: 600 + 4 × 300.
    [300, 1800],
    [2000, quiet.maxTimeoutMs],
  ] as const) {
    const limits = {
      firstTimeoutMs: 5000,
      maxTimeoutMs: 5000,
      ...(latency === 2000 ? { maxTimeoutMs: quiet.maxTimeoutMs } : {}),
    };
    const network = { minLatencyMs: latency, maxLatencyMs: latency };
    const sim = setUp({
      network,
      limits: latency === 2000 ? { ...limits, firstTimeoutMs: 3000, attempts: 3 } : limits,
    });
    let dead = false;
    const peer = new ScriptedPeer(sim.random, '127.0.0.2', (packet, hash, _, now) =>
      packet.kind === 'ping' && !dead ? [pongTo(hash, now)] : [],
    );
    sim.network.add({ ip: '127.0.0.2', port: 30303 }, peer);
    const first = sim.ask(peer.contact, { kind: 'ping' });
    sim.network.run(20_000);
    assert.equal(sim.outcome(first).code, 'ok', `latency ${latency}`);
    dead = true;
    const before = peer.got.length;
    const second = sim.ask(peer.contact, { kind: 'ping' });
    sim.network.run(30_000);
    assert.equal(sim.outcome(second).code, 'pingTimeout');
    assert.equal(Math.round(peer.got[before + 1]!.at - peer.got[before]!.at), expected, `latency ${latency}`);
  }
});

test('late and unsolicited NEIGHBORS are counted and not used', () => {
  const { network, random, ask, outcome, rejected, us } = setUp();
  const peer = new ScriptedPeer(random, '127.0.0.2', (packet, hash, _, now) => {
    if (packet.kind === 'ping') return [pongTo(hash, now)];
    return packet.kind === 'findnode' ? [neighborsOf(random, 2, now)] : [];
  });
  const host = network.add({ ip: '127.0.0.2', port: 30303 }, peer);
  const ticket = ask(peer.contact, findnode);
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
  const { network, random, ask, outcome, us, rejected } = setUp();
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
  const { random } = setUp();
  const foreign = signEnr(curve, random.bytes(32), { seq: 1n, pairs: {} }).bytes;
  const cases: [string, (own: Uint8Array) => Uint8Array, string][] = [
    ['another key', () => foreign, 'enrSignature'],
    ['a changed byte', (own) => own.with(5, own[5]! ^ 1), 'enrSignature'],
    ['two strings', () => Uint8Array.of(0xc2, 1, 2), 'enrScheme'],
  ];
  for (const [what, record, wireCode] of cases) {
    const sim = setUp();
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

test('a hundred nodes on a lossy network that reorders: every request ends once, and most succeed', () => {
  const sim = setUp({ network: { minLatencyMs: 5, maxLatencyMs: 60, loss: 0.1 }, limits: { attempts: 3 } });
  const peers = Array.from({ length: 100 }, (_, i) =>
    addNode(sim.network, sim.random, `127.0.${1 + (i >> 6)}.${1 + (i & 63)}`),
  );
  const hub = peers[0]!;
  for (const peer of peers.slice(1)) {
    sim.network.apply(
      sim.network.add({ ip: peer.ip, port: peer.udp }, peer.node),
      peer.node.request(hub, { kind: 'ping' }, sim.network.now).outputs,
    );
  }
  sim.network.run(10_000);
  const tickets = peers.flatMap((peer) => [
    sim.ask(peer, { kind: 'ping' }),
    sim.ask(peer, { kind: 'enr' }),
    sim.ask(peer, findnode),
  ]);
  sim.network.run(120_000);
  const codes = tickets.map((ticket) => sim.outcome(ticket).code);
  const ok = codes.filter((code) => code === 'ok').length;
  const failed = codes.flatMap((code, i) => (code === 'ok' ? [] : [`${['ping', 'enr', 'findnode'][i % 3]} ${code}`]));
  assert.ok(ok >= 280, `${failed.join(', ')}, seed ${sim.random.seed}`);
  for (let i = 0; i < 10; i++) {
    sim.ask(hub, { kind: 'findnode', target: sim.random.bytes(64) });
    sim.network.run(20_000);
  }
  const named = new Set(
    sim.us.events.flatMap((event) =>
      event.event === 'answered' && event.outcome.code === 'ok' && event.outcome.kind === 'findnode'
        ? event.outcome.neighbours.map((node) => bytesToHex(node.id))
        : [],
    ),
  );
  assert.ok(named.size >= 20, `${named.size} named, seed ${sim.random.seed}`);
  assert.deepEqual([sim.node.sizes.inFlight, sim.node.sizes.expected, sim.node.nextDeadline()], [0, 0, null]);
});

test('one FINDNODE target is signed once for many nodes', () => {
  let signatures = 0;
  const sign: typeof curve.sign = (digest, key) => {
    signatures++;
    return curve.sign(digest, key);
  };
  const random = seededRandom();
  const { node } = createTestNode({
    curve: { ...curve, sign },
    privateKey: random.bytes(32),
    limits: { ...quiet, bondWaitMs: 1 },
  });
  const network = new MemoryNetwork({ random, minLatencyMs: 1, maxLatencyMs: 1, loss: 0 });
  const us = network.add({ ip: '127.0.0.1', port: 30303 }, node);
  const peers = Array.from({ length: 20 }, (_, i) => {
    const peer = new ScriptedPeer(random, `127.0.1.${i + 1}`, (packet, hash, _peer, now) => {
      if (packet.kind === 'ping') return [pongTo(hash, now)];
      return packet.kind === 'findnode' ? [neighborsOf(random, 1, now)] : [];
    });
    network.add({ ip: peer.contact.ip, port: 30303 }, peer);
    return peer;
  });
  signatures = 0;
  for (const { contact } of peers) network.apply(us, node.request(contact, findnode, network.now).outputs);
  network.run(1000);
  assert.equal(us.events.filter((event) => event.event === 'answered' && event.outcome.code === 'ok').length, 20);
  assert.equal(signatures, 20 + 1, 'a PING for each and one FINDNODE for all');
});

test('bounds: what is in flight, what is remembered, and what one address is sent', () => {
  const limits = { ...defaultDiscv4Limits, maxInFlight: 30, maxPeers: 20, revalidateMs: null };
  const sim = setUp({ limits, policy: allowing('127.0.0.0/8') });
  const strangers = Array.from({ length: 100 }, (_, i) => ({
    id: curve.publicKey(sim.random.bytes(32)),
    ip: `127.1.1.${i + 1}`,
    udp: 30303,
    tcp: 0,
  }));
  const tickets = strangers.map((contact) => sim.ask(contact, { kind: 'enr' }));
  const { inFlight, expected, deadlines, peers } = sim.node.sizes;
  assert.ok(inFlight <= 30 && expected <= 30 && peers <= 20 && deadlines <= 121, JSON.stringify(sim.node.sizes));
  sim.network.run(30_000);
  const codes = tickets.map((ticket) => sim.outcome(ticket).code);
  assert.deepEqual([...new Set(codes)].toSorted(), ['pendingFull', 'pingTimeout']);
  assert.equal(sim.node.sizes.inFlight, 0);

  const busy = setUp({ limits: { outbound: { perSecond: 45 / 60, burst: 10 } } });
  const peer = addNode(busy.network, busy.random, '127.0.0.2');
  const from = busy.network.now;
  while (busy.network.now < from + 60_000) {
    const ticket = busy.ask(peer, { kind: 'ping' });
    const repeated = busy.ask(peer, { kind: 'ping' });
    assert.equal(busy.outcome(repeated).code, 'busy');
    while (busy.us.events.every((event) => event.event !== 'answered' || event.ticket !== ticket))
      busy.network.run(100);
    assert.equal(busy.outcome(ticket).code, 'ok');
  }
  const packets = busy.network.sent.filter((one) => one.from.ip === '127.0.0.1').length;
  assert.ok(packets <= 10 + 45 + 2, `${packets} packets in a minute`);
  assert.ok(packets >= 45, `${packets} packets in a minute`);
});

test('whatever arrives while questions are open, no method throws', () => {
  const { network, random, ask, node, us, rejected } = setUp();
  const peer = addNode(network, random, '127.0.0.2');
  let changed = 0;
  network.tamper = ({ bytes, to }) => {
    if (to.ip !== '127.0.0.1' || random.next() < 0.3) return bytes;
    changed++;
    return mutate(bytes, random);
  };
  for (let i = 0; i < 300; i++) {
    ask(peer, random.pick<Discv4Request>([{ kind: 'ping' }, { kind: 'enr' }, findnode]));
    network.apply(us, node.receive(random.bytes(random.below(1500)), { ip: '127.0.0.2', port: 30303 }, network.now));
    network.run(random.below(2000));
  }
  network.run(60_000);
  assert.equal(node.sizes.inFlight, 0, `seed ${random.seed}`);
  assert.ok(changed > 100 && rejected().length > 100, `${changed} changed, ${rejected().length} rejected`);
});
