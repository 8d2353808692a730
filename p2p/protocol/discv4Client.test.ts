import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addNode,
  findnodeRequest,
  neighborsOf,
  pongTo,
  quietLimits,
  ScriptedPeer,
  simulateNode,
} from '../../testkit/discv4Simulation.ts';
import { allowing, createTestNode, testCurve as curve } from '../../testkit/discv4TestNode.ts';
import { MemoryNetwork } from '../../testkit/memoryNetwork.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { bytesToHex } from '../wire/bytes.ts';
import { decodeDiscv4 } from '../wire/discv4.ts';
import { defaultDiscv4Limits } from './discv4Types.ts';

const kindOf = (bytes: Uint8Array) => decodeDiscv4(curve, bytes).packet.kind;

test('ping yields the round-trip time, our address as the peer sees it, and the sequence number of its record', () => {
  const { network, random, ask, outcome, us } = simulateNode();
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
    clockSkewMs: null,
  });
  const { node: _, ...contact } = peer;
  assert.deepEqual(
    us.events.find((event) => event.event === 'proven'),
    {
      event: 'proven',
      node: contact,
      pong: { rttMs: 40, enrSeq: 1n, ourIp: '127.0.0.1', ourUdp: 30303, clockSkewMs: null },
    },
  );
});

test('a query proves the endpoint first, and is sent as soon as the peer has proof of ours', () => {
  const { network, random, ask, outcome } = simulateNode();
  const peer = addNode(network, random, '127.0.0.2');
  const [enr, neighbours] = [ask(peer, { kind: 'enr' }), ask(peer, findnodeRequest)];
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

test('a peer that does not ping back is asked after the bond wait, and once only', () => {
  const { network, random, ask, outcome } = simulateNode();
  const peer = new ScriptedPeer(random, '127.0.0.2', (packet, hash, _, now) => {
    if (packet.kind === 'ping') return [pongTo(hash, now)];
    return packet.kind === 'findnode' ? [neighborsOf(random, 3, now)] : [];
  });
  network.add({ ip: '127.0.0.2', port: 30303 }, peer);
  const first = ask(peer.contact, findnodeRequest);
  network.run(2000);
  assert.equal(outcome(first).code, 'ok');
  const [ping, query] = peer.got;
  assert.equal(query!.at - ping!.at, 40 + quietLimits.bondWaitMs);
  const at = network.now;
  const second = ask(peer.contact, findnodeRequest);
  network.run(1000);
  assert.equal(outcome(second).code, 'ok');
  assert.equal(peer.got[2]!.at - at, 20, 'no second wait');
});

test('FINDNODE ends soon after its answer: at 16 records, after a short packet, or after the grace', () => {
  const cases: [string, readonly number[], number, number][] = [
    ['12 and 4', [12, 4], 16, 40],
    ['4 before 12', [4, 12], 16, 40],
    ['13 in one', [13], 13, 40 + quietLimits.neighborsGraceMs],
    ['12 and no more', [12], 12, 40 + quietLimits.neighborsGraceMs],
    ['a short packet', [3], 3, 40 + quietLimits.reorderGraceMs],
    ['12 and 2', [12, 2], 14, 40 + quietLimits.reorderGraceMs],
    ['none', [0], 0, 40 + quietLimits.reorderGraceMs],
  ];
  for (const [what, packets, records, tookMs] of cases) {
    const { network, random, ask, us } = simulateNode();
    const peer = new ScriptedPeer(random, '127.0.0.2', (packet, hash, _, now) => {
      if (packet.kind === 'ping') return [pongTo(hash, now)];
      return packet.kind === 'findnode' ? packets.map((count) => neighborsOf(random, count, now)) : [];
    });
    network.add({ ip: '127.0.0.2', port: 30303 }, peer);
    ask(peer.contact, findnodeRequest);
    network.run(3000);
    const askedAt = peer.got.find(({ packet }) => packet.kind === 'findnode')!.at - 20;
    const second = us.events.length;
    const started = network.now;
    ask(peer.contact, findnodeRequest);
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

test('silence is a timeout after the attempts, each signed anew', () => {
  const { network, random, ask, outcome } = simulateNode();
  const silent = new ScriptedPeer(random, '127.0.0.2', () => []);
  network.add({ ip: '127.0.0.2', port: 30303 }, silent);
  const deaf = new ScriptedPeer(random, '127.0.0.3', (packet, hash, _, now) =>
    packet.kind === 'ping' ? [pongTo(hash, now)] : [],
  );
  network.add({ ip: '127.0.0.3', port: 30303 }, deaf);
  const tickets = [
    ask(silent.contact, { kind: 'enr' }),
    ask(deaf.contact, { kind: 'enr' }),
    ask(deaf.contact, findnodeRequest),
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
  assert.equal(silent.got[1]!.at - silent.got[0]!.at, quietLimits.firstTimeoutMs);
});

test('when our PONG is lost, the retry makes the proof again', () => {
  const { network, random, ask, outcome } = simulateNode();
  const peer = addNode(network, random, '127.0.0.2');
  let lost = 0;
  network.tamper = ({ bytes, from }) => {
    if (from.ip !== '127.0.0.1' || kindOf(bytes) !== 'pong' || lost > 0) return bytes;
    lost++;
    return null;
  };
  const tickets = [ask(peer, { kind: 'enr' }), ask(peer, findnodeRequest)];
  network.run(10_000);
  assert.equal(lost, 1);
  assert.deepEqual(
    tickets.map((ticket) => outcome(ticket).code),
    ['ok', 'ok'],
  );
});

test('time-outs follow the measured round trip', () => {
  for (const [latency, expected] of [
    [5, quietLimits.minTimeoutMs],
    // 2 × 300 ms, and a first deviation of half of it: 600 + 4 × 300.
    [300, 1800],
    [2000, quietLimits.maxTimeoutMs],
  ] as const) {
    const limits = {
      firstTimeoutMs: 5000,
      maxTimeoutMs: 5000,
      ...(latency === 2000 ? { maxTimeoutMs: quietLimits.maxTimeoutMs } : {}),
    };
    const network = { minLatencyMs: latency, maxLatencyMs: latency };
    const sim = simulateNode({
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

test('a hundred nodes on a lossy network that reorders: every request ends once, and most succeed', () => {
  // One world and no other: which packets are lost, and in which order they come, is decided by the seed.
  const network = { minLatencyMs: 5, maxLatencyMs: 60, loss: 0.1 };
  const sim = simulateNode({ network, limits: { attempts: 3 }, seed: 100 });
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
    sim.ask(peer, findnodeRequest),
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
    limits: { ...quietLimits, bondWaitMs: 1 },
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
  for (const { contact } of peers) network.apply(us, node.request(contact, findnodeRequest, network.now).outputs);
  network.run(1000);
  assert.equal(us.events.filter((event) => event.event === 'answered' && event.outcome.code === 'ok').length, 20);
  assert.equal(signatures, 20 + 1, 'a PING for each and one FINDNODE for all');
});

test('what falls due together is done in bounded parts, and all of it', () => {
  const sim = simulateNode({ limits: { ...quietLimits, maxInFlight: 1_000 }, policy: allowing('127.0.0.0/8') });
  const tickets = Array.from({ length: 200 }, (_, i) =>
    sim.ask(
      { id: curve.publicKey(sim.random.bytes(32)), ip: `127.1.1.${i + 1}`, udp: 30303, tcp: 0 },
      { kind: 'ping' },
    ),
  );
  const later = sim.network.now + 60_000;
  let most = 0;
  for (let due = sim.node.nextDeadline(); due !== null && due <= later; due = sim.node.nextDeadline()) {
    const outputs = sim.node.tick(later);
    most = Math.max(most, outputs.length);
    sim.network.apply(sim.us, outputs);
  }
  assert.ok(most <= 32, `${most} at once`);
  sim.network.run(120_000);
  assert.deepEqual([...new Set(tickets.map((ticket) => sim.outcome(ticket).code))], ['pingTimeout']);
});

test('bounds: what is in flight, what is remembered, and what one address is sent', () => {
  const limits = { ...defaultDiscv4Limits, maxInFlight: 30, maxPeers: 20, revalidateMs: null, refreshMs: null };
  const sim = simulateNode({ limits, policy: allowing('127.0.0.0/8') });
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

  const busy = simulateNode({ limits: { outbound: { perSecond: 45 / 60, burst: 10 } } });
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
