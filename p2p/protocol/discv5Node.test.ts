import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { testCurve } from '../../testkit/discv4TestNode.ts';
import { createDiscv5Node, simulateDiscv5 } from '../../testkit/discv5Simulation.ts';
import { bytesToHex } from '../wire/bytes.ts';
import { signEnr } from '../wire/enr.ts';
import type { NodeContact } from '../wire/nodeEndpoint.ts';
import { Discv5Sessions } from './discv5Sessions.ts';
import type { Discv5Outcome } from './discv5Types.ts';

const ping = { kind: 'ping' } as const;

function ok<K extends 'ping' | 'findnode' | 'talkreq'>(
  kind: K,
  outcome: Discv5Outcome,
): Discv5Outcome & { readonly code: 'ok'; readonly kind: K } {
  assert.ok(outcome.code === 'ok' && outcome.kind === kind, outcome.code);
  return outcome as Discv5Outcome & { readonly code: 'ok'; readonly kind: K };
}

test('a first PING takes a knock and a handshake, the next one packet, both ways', () => {
  const sim = simulateDiscv5();
  const peer = sim.add('127.0.0.2');
  const first = ok('ping', sim.settle(peer.contact, ping));
  assert.deepEqual(
    [first.sent, first.received, first.enrSeq, first.ourIp, first.ourUdp, first.rttMs],
    [2, 2, 1n, '127.0.0.1', 30_303, 40],
  );
  const second = ok('ping', sim.settle(peer.contact, ping));
  assert.deepEqual([second.sent, second.received], [1, 1]);
  // The responder of the handshake asks through the same session: it had pinged us before we asked again.
  const met = peer.host.events.filter(({ event }) => event === 'met');
  assert.equal(met.length, 1);
  assert.equal(peer.host.events.filter(({ event }) => event === 'proven').length, 1);
  assert.deepEqual([sim.node.sizes.sessions, peer.node.sizes.sessions], [1, 1]);
  assert.deepEqual([sim.rejected(), sim.rejected(peer.host)], [[], []]);
});

test('FINDNODE names exactly whom the table holds at that distance; 0 is the record', () => {
  const sim = simulateDiscv5();
  const hub = sim.add('127.0.0.2');
  const others = Array.from({ length: 40 }, (_, i) => sim.add(`127.0.1.${i + 1}`));
  for (const { node, host } of others) {
    sim.network.apply(host, node.request(hub.contact, ping, sim.network.now).outputs);
  }
  sim.network.run(5_000);
  assert.ok(hub.node.table.size >= 25, `${hub.node.table.size} in the table`);
  const own = ok('findnode', sim.settle(hub.contact, { kind: 'findnode', distances: [0] }));
  assert.deepEqual(
    own.records.map(({ bytes }) => bytes),
    [hub.node.enr.bytes],
  );
  const named = new Set<string>();
  for (let distance = 256; distance > 246; distance--) {
    const found = ok('findnode', sim.settle(hub.contact, { kind: 'findnode', distances: [distance] }));
    assert.deepEqual([found.misplaced, found.invalid, found.packets], [0, 0, found.total]);
    assert.ok(found.records.length <= 16);
    // We are in its table too, and that is refused.
    assert.ok(found.refused <= 1);
    for (const { idKey } of found.records) named.add(idKey);
  }
  assert.ok(named.size >= hub.node.table.size - 1);
  const empty = ok('findnode', sim.settle(hub.contact, { kind: 'findnode', distances: [3] }));
  assert.deepEqual([empty.records, empty.packets, empty.total], [[], 1, 1]);
  // Each record was named to us once; each check is a signature.
  assert.ok(sim.node.recordChecks <= named.size + 3, `${sim.node.recordChecks} checks`);
});

test('TALKREQ is answered empty', () => {
  const sim = simulateDiscv5();
  const peer = sim.add('127.0.0.2');
  const protocol = Uint8Array.from(Buffer.from('test-protocol'));
  const talk = ok('talkreq', sim.settle(peer.contact, { kind: 'talkreq', protocol, data: Uint8Array.of(1) }));
  assert.equal(talk.data.length, 0);
});

test('handshakes that cross leave a session that both can use', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const sim = simulateDiscv5({ seed, network: { minLatencyMs: 5, maxLatencyMs: 80 } });
    const peer = sim.add('127.0.0.2');
    const ticket = sim.ask(peer.contact, ping);
    const theirs = peer.node.request(sim.contact, ping, sim.network.now);
    sim.network.apply(peer.host, theirs.outputs);
    sim.network.run(5_000);
    ok('ping', sim.outcome(ticket));
    const sentBefore = sim.network.sent.length;
    ok('ping', sim.settle(peer.contact, ping));
    assert.equal(sim.network.sent.length - sentBefore, 2, `seed ${seed}: a PING and a PONG`);
    const again = peer.node.request(sim.contact, ping, sim.network.now);
    sim.network.apply(peer.host, again.outputs);
    sim.network.run(5_000);
    assert.equal(sim.network.sent.length - sentBefore, 4, `seed ${seed}: a PING and a PONG of theirs`);
  }
});

test('a peer that lost its session, or was replaced by another key, is met again or not believed', () => {
  const sim = simulateDiscv5();
  const peer = sim.add('127.0.0.2', { privateKey: new Uint8Array(32).fill(7) });
  ok('ping', sim.settle(peer.contact, ping));
  // It began anew, with the same key.
  sim.add('127.0.0.2', { privateKey: new Uint8Array(32).fill(7) });
  const again = ok('ping', sim.settle(peer.contact, ping));
  assert.deepEqual([again.sent, again.received], [2, 2]);
  // Another node is at its address now: what is sent to the old one is addressed to nobody.
  sim.add('127.0.0.2', { privateKey: new Uint8Array(32).fill(8) });
  assert.equal(sim.settle(peer.contact, ping, 20_000).code, 'silent');
  // One that knows where we think it is, but not the key.
  const liar: NodeContact = { ...peer.contact, id: createDiscv5Node().node.id };
  assert.equal(sim.settle(liar, ping, 20_000).code, 'silent');
});

test('loss, reordering and doubled packets cost retries, never a wrong answer', () => {
  let answered = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const sim = simulateDiscv5({ seed, network: { minLatencyMs: 5, maxLatencyMs: 120, loss: 0.15 } });
    const peer = sim.add('127.0.0.2');
    sim.network.tamper = ({ from, to, bytes }) => {
      if (sim.random.next() < 0.1) sim.network.post(from, to, bytes);
      return bytes;
    };
    for (let i = 0; i < 3; i++) {
      const outcome = sim.settle(peer.contact, ping, 30_000);
      if (outcome.code === 'ok') answered += 1;
      else assert.ok(['silent', 'timeout'].includes(outcome.code), outcome.code);
    }
    assert.deepEqual([sim.node.sizes.inFlight, sim.node.sizes.nonces], [0, 0]);
  }
  assert.ok(answered >= 100, `${answered} of 120`);
});

test('the same message is taken once', () => {
  const sim = simulateDiscv5();
  const peer = sim.add('127.0.0.2');
  ok('ping', sim.settle(peer.contact, ping));
  ok('ping', sim.settle(peer.contact, ping));
  const old = [...sim.network.sent];
  for (const { from, to, bytes } of old) sim.network.post(from, to, bytes);
  sim.network.run(100);
  const [ours, theirs] = [sim.rejected(), sim.rejected(peer.host)];
  assert.ok(theirs.includes('replayed') && ours.includes('replayed'));
  // The knock opens a new challenge, which the old handshake did not sign.
  assert.deepEqual(new Set([...ours, ...theirs]), new Set(['replayed', 'unsolicited', 'packetSignature']));
  ok('ping', sim.settle(peer.contact, ping));
});

test('keys are good for one endpoint only', () => {
  const sim = simulateDiscv5();
  const peer = sim.add('127.0.0.2');
  ok('ping', sim.settle(peer.contact, ping));
  const ticket = sim.ask(peer.contact, ping);
  const last = sim.network.sent.at(-1)!;
  // The same packet from another port.
  sim.network.post({ ip: '127.0.0.1', port: 4_000 }, last.to, last.bytes);
  const before = sim.network.sent.length;
  sim.network.run(1_000);
  ok('ping', sim.outcome(ticket));
  const elsewhere = sim.network.sent.slice(before).filter(({ to }) => to.port === 4_000);
  assert.deepEqual(
    elsewhere.map(({ bytes }) => bytes.length),
    [63],
    'a WHOAREYOU and no PONG',
  );
});

test('packets that nobody can read draw at most a smaller WHOAREYOU each, within limits, and all is bounded', () => {
  const sim = simulateDiscv5({
    limits: {
      maxChallenges: 50,
      maxSources: 200,
      perPort: false,
      inbound: { perSecond: 1_000, burst: 1_000 },
      challengesPerSource: { perSecond: 10, burst: 20 },
      challengesInAll: { perSecond: 100, burst: 100 },
    },
  });
  const victim = { ip: '127.9.9.9', port: 1 };
  const knocks = Array.from({ length: 500 }, () => {
    const { node } = createDiscv5Node();
    const [output] = node.request(sim.contact, ping, sim.network.now).outputs;
    assert.ok(output !== undefined && 'send' in output);
    return output.send.bytes;
  });
  const cause = knocks.reduce((sum, bytes) => sum + bytes.length, 0);
  for (const bytes of knocks) sim.network.post(victim, { ip: '127.0.0.1', port: 30_303 }, bytes);
  let before = sim.network.sent.length;
  sim.network.run(100);
  const drawn = sim.network.sent.slice(before);
  assert.ok(drawn.length <= 21 && drawn.every(({ bytes, to }) => bytes.length === 63 && to.ip === victim.ip));
  assert.ok(drawn.reduce((sum, { bytes }) => sum + bytes.length, 0) < cause / 10);
  // From as many addresses.
  for (const [i, bytes] of knocks.entries()) {
    sim.network.post({ ip: `127.${i % 250}.${1 + (i >> 8)}.7`, port: 2 }, { ip: '127.0.0.1', port: 30_303 }, bytes);
  }
  before = sim.network.sent.length;
  sim.network.run(100);
  assert.ok(sim.network.sent.length - before <= 110);
  const { challenges, sources, sessions } = sim.node.sizes;
  assert.ok(challenges <= 50 && sources <= 200 && sessions === 0);
  // Who is asked by us is served meanwhile.
  const peer = sim.add('127.0.0.2');
  ok('ping', sim.settle(peer.contact, ping));
});

test('a WHOAREYOU that we did not cause, and a handshake that we did not ask for, are dropped before the curve', () => {
  const sim = simulateDiscv5();
  const peer = sim.add('127.0.0.2');
  ok('ping', sim.settle(peer.contact, ping));
  const [, whoareyou, handshake] = sim.network.sent;
  const noCurve = createDiscv5Node({ privateKey: new Uint8Array(32).fill(9) });
  sim.network.add({ ip: '127.0.0.3', port: 30_303 }, noCurve.node);
  sim.network.post(whoareyou!.from, whoareyou!.to, whoareyou!.bytes);
  sim.network.post(handshake!.from, handshake!.to, handshake!.bytes);
  sim.network.run(100);
  assert.deepEqual([sim.rejected(), sim.rejected(peer.host)], [['unsolicited'], ['unsolicited']]);
});

test('no more than six packets go to a peer within any second, and a challenge is still answered', () => {
  // Without an address nobody pings us, so that all we send is our own.
  const sim = simulateDiscv5({ hidden: true });
  const peer = sim.add('127.0.0.2');
  const tickets = Array.from({ length: 20 }, (_, i) =>
    sim.ask(peer.contact, { kind: 'findnode', distances: [256 - i] }),
  );
  const times: number[] = [];
  sim.network.tamper = ({ from, bytes }) => {
    if (from.ip === '127.0.0.1') times.push(sim.network.now);
    return bytes;
  };
  sim.network.run(10_000);
  for (const ticket of tickets) ok('findnode', sim.outcome(ticket));
  for (const at of times) {
    const within = times.filter((other) => other >= at && other < at + 1_000).length;
    assert.ok(within <= 6, `${within} within a second`);
  }
});

test('a table takes who answers from where its record says to be, and forgets who does not', () => {
  const sim = simulateDiscv5({ limits: { revalidateMs: 10_000 } });
  const peer = sim.add('127.0.0.2');
  const hidden = sim.add('127.0.0.3', { hidden: true });
  for (const { node, host } of [peer, hidden]) {
    sim.network.apply(host, node.request(sim.contact, ping, sim.network.now).outputs);
  }
  sim.network.run(1_000);
  assert.equal(sim.node.table.size, 1);
  assert.equal(bytesToHex(sim.node.table.oldestOfBucket(0)!.id), bytesToHex(peer.node.id));
  sim.network.run(120_000);
  assert.equal(sim.node.table.size, 1);
  sim.network.tamper = () => null;
  sim.network.run(120_000);
  assert.equal(sim.node.table.size, 0);
});

test('a newer record is announced by the sequence number and given at distance 0', () => {
  const sim = simulateDiscv5();
  const key = new Uint8Array(32).fill(5);
  const peer = sim.add('127.0.0.2', { privateKey: key });
  ok('ping', sim.settle(peer.contact, ping));
  peer.node.setEnr(signEnrFor(key, 9n));
  assert.equal(ok('ping', sim.settle(peer.contact, ping)).enrSeq, 9n);
  const own = ok('findnode', sim.settle(peer.contact, { kind: 'findnode', distances: [0] }));
  assert.deepEqual([own.records[0]!.seq, own.records[0]!.endpoint], [9n, null]);
  assert.throws(() => peer.node.setEnr(sim.node.enr), RangeError);
});

test('ends are told once: closed, refused addresses, keys that are none, too much in flight', () => {
  const sim = simulateDiscv5({ limits: { maxInFlight: 2 } });
  const peer = sim.add('127.0.0.2');
  assert.deepEqual(sim.settle({ ...peer.contact, ip: '10.0.0.1' }, ping), {
    code: 'addressRefused',
    sent: 0,
    received: 0,
  });
  assert.equal(sim.settle({ ...peer.contact, udp: 0 }, ping).code, 'addressRefused');
  const tickets = [sim.ask(peer.contact, ping), sim.ask(peer.contact, ping), sim.ask(peer.contact, ping)];
  assert.equal(sim.outcome(tickets[2]!).code, 'pendingFull');
  sim.network.apply(sim.us, sim.node.close(sim.network.now));
  assert.deepEqual(
    tickets.slice(0, 2).map((ticket) => sim.outcome(ticket).code),
    ['closed', 'closed'],
  );
  sim.network.run(1_000);
  assert.equal(sim.node.nextDeadline(), null);
});

test('a session takes at most a kilobyte, and no more are kept than the limit', () => {
  const held = () => {
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const sessions = new Discv5Sessions({ maxSessions: 20_000, maxSeen: 10 });
  const keys = (fill: number) => ({ read: new Uint8Array(16).fill(fill), write: new Uint8Array(16).fill(fill + 1) });
  const nameAt = (i: number) => `${String(i).padEnd(32, '\u00e9')}127.${i >> 16}.${(i >> 8) & 255}.${i & 255} 30303`;
  const before = held();
  for (let i = 0; i < 20_000; i++) {
    sessions.establish(nameAt(i), keys(1));
    sessions.establish(nameAt(i), keys(3));
  }
  const each = (held() - before) / 20_000;
  assert.ok(each < 1_000, `${each} bytes a session`);
  for (let i = 0; i < 5_000; i++) sessions.establish(nameAt(i + 20_000), keys(1));
  assert.equal(sessions.size, 20_000);
  assert.ok(!sessions.has(nameAt(0)) && sessions.has(nameAt(24_999)));
});

function signEnrFor(privateKey: Uint8Array, seq: bigint) {
  return signEnr(testCurve, privateKey, { seq, pairs: {} });
}
