import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addNode, findnodeRequest, simulateNode } from '../../testkit/discv4Simulation.ts';
import { createTestNode, testCurve as curve } from '../../testkit/discv4TestNode.ts';
import { mutate } from '../../testkit/fuzz.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import type { SocketAddress } from '../ports.ts';
import { type Discv4Packet, decodeDiscv4, encodeDiscv4 } from '../wire/discv4.ts';
import { type Discv4Limits, type Discv4Output, defaultDiscv4Limits } from './discv4Types.ts';

const start = 1_800_000_000_000;
const quiet: Discv4Limits = { ...defaultDiscv4Limits, revalidateMs: null, refreshMs: null };
const { perSource } = quiet.strangers;

/** The public limits on loopback, under a clock of our own, with a count of the curve's work. */
function victim(limits: Partial<Discv4Limits> = {}) {
  const random = seededRandom();
  let curveWork = 0;
  const counting = {
    ...curve,
    verify: (...given: Parameters<typeof curve.verify>) => {
      curveWork++;
      return curve.verify(...given);
    },
    recover: (...given: Parameters<typeof curve.recover>) => {
      curveWork++;
      return curve.recover(...given);
    },
    sign: (...given: Parameters<typeof curve.sign>) => {
      curveWork++;
      return curve.sign(...given);
    },
  };
  const { node } = createTestNode({ random, curve: counting, limits: { ...quiet, ...limits } });
  const bytes = { in: 0, out: 0 };
  const codes = new Map<string, number>();
  const take = (outputs: readonly Discv4Output[]): void => {
    for (const output of outputs) {
      if ('send' in output) bytes.out += output.send.bytes.length;
      else if (output.event === 'rejected') codes.set(output.code, (codes.get(output.code) ?? 0) + 1);
    }
  };
  curveWork = 0;
  return {
    random,
    node,
    bytes,
    codes,
    curveWork: () => curveWork,
    send(packet: Uint8Array, from: SocketAddress, now: number): void {
      bytes.in += packet.length;
      take(node.receive(packet, from, now));
    },
    /** Lets the node do all that it still wants to do. */
    settle(now: number): void {
      for (let at = node.nextDeadline(); at !== null && at <= now; at = node.nextDeadline()) take(node.tick(at));
    },
  };
}

/** The smallest PING there is: hardly more than its signature. */
function smallPing(key: Uint8Array, now: number): Uint8Array {
  const nowhere = { ip: '0.0.0.0', udp: 0, tcp: 0 };
  const expiration = BigInt(Math.floor(now / 1000) + 20);
  const packet: Discv4Packet = { kind: 'ping', version: 4, from: nowhere, to: nowhere, expiration, enrSeq: null };
  return encodeDiscv4(curve, key, packet).bytes;
}

const question = (key: Uint8Array, kind: 'findnode' | 'enrRequest', now: number): Uint8Array => {
  const expiration = BigInt(Math.floor(now / 1000) + 20);
  const packet: Discv4Packet =
    kind === 'findnode' ? { kind, target: new Uint8Array(64).fill(7), expiration } : { kind, expiration };
  return encodeDiscv4(curve, key, packet).bytes;
};

test('PINGs with one forged source, one key or a thousand, draw hardly more bytes there than were sent in its name', () => {
  for (const keys of [1, 1000]) {
    const { random, node, bytes, codes, send, settle } = victim();
    const signers = Array.from({ length: keys }, () => random.bytes(32));
    let now = start;
    for (let i = 0; i < 400; i++, now += 50) {
      send(smallPing(signers[i % keys]!, now), { ip: '127.0.0.77', port: 1000 + (i % 5000) }, now);
      settle(now);
    }
    settle(now + 600_000);
    const allowance = perSource.burst + ((now - start) / 1000) * perSource.perSecond;
    assert.ok(bytes.out <= bytes.in + allowance, `${keys} keys: ${bytes.out} for ${bytes.in}`);
    assert.ok((codes.get('unproven') ?? 0) > 50, `${keys} keys: ${JSON.stringify([...codes])}`);
    assert.equal(node.sizes.strangers, 1);
  }
});

/** The same few PINGs, again and again with ever new sources: that costs the sender nothing. */
function floodFromEverywhere(limits: Partial<Discv4Limits>) {
  const bounds = { maxSources: 300, maxInFlight: 200, maxPeers: 250, maxProofs: 100 };
  const sim = victim({ ...bounds, ...limits });
  const { node } = sim;
  const key = sim.random.bytes(32);
  let now = start;
  const count = 2000;
  for (let i = 0; i < count; i++) {
    if (i % 500 === 0) now += 1000;
    sim.send(smallPing(key, now), { ip: `127.${i % 250}.${Math.floor(i / 250)}.9`, port: 30303 }, now);
    const { sources, strangers, inFlight, expected, peers, deadlines } = node.sizes;
    const held = JSON.stringify(node.sizes);
    assert.ok(sources <= 300 && strangers <= 300 && inFlight <= 200 && expected <= 400 && peers <= 250, held);
    assert.ok(deadlines <= 4 * 200 + 1, held);
  }
  sim.settle(now + 600_000);
  assert.deepEqual([node.sizes.inFlight, node.sizes.expected, node.nextDeadline()], [0, 0, null]);
  return { ...sim, count, seconds: (now - start) / 1000 };
}

test('PINGs with forged sources all over a network draw no more there in all, and leave every map within its bound', () => {
  const inAll = { perSecond: 1000, burst: 5000 };
  const unlimited = { perSecond: 1e6, burst: 1e6 };
  const { bytes, seconds } = floodFromEverywhere({ questions: unlimited, strangers: { perSource, inAll } });
  assert.ok(bytes.out <= bytes.in + inAll.burst + seconds * inAll.perSecond, `${bytes.out} for ${bytes.in}`);
  assert.ok(bytes.out > 0.5 * bytes.in, 'within that they are answered');
});

test('whoever they claim to be, strangers cost no more of the curve than there is set aside for them', () => {
  const questions = { perSecond: 50, burst: 200 };
  const { codes, curveWork, seconds, count } = floodFromEverywhere({ questions });
  const heeded = questions.burst + seconds * questions.perSecond;
  assert.ok(curveWork() <= 3 * heeded, `${curveWork()} curve operations for ${count} packets`);
  assert.ok((codes.get('rateLimited') ?? 0) >= count - heeded, JSON.stringify([...codes]));
});

test('an honest stranger becomes known, and so do forty behind one address, one after another', () => {
  const { random, node, send } = victim();
  for (let i = 0; i < 40; i++) {
    const now = start + i * 500;
    const from = { ip: '127.0.0.5', port: 30303 + i };
    const key = random.bytes(32);
    const to = { ip: '127.0.0.9', udp: 30303, tcp: 0 };
    const pings = node.receive(smallPing(key, now), from, now).flatMap((output) => {
      return 'send' in output && output.send.kind === 'ping' ? [decodeDiscv4(curve, output.send.bytes).hash] : [];
    });
    assert.equal(pings.length, 1, `node ${i} is asked for its proof`);
    const expiration = BigInt(Math.floor(now / 1000) + 20);
    send(
      encodeDiscv4(curve, key, { kind: 'pong', to, pingHash: pings[0]!, expiration, enrSeq: null }).bytes,
      from,
      now,
    );
    assert.ok(node.isProven(curve.publicKey(key), from.ip, now));
  }
});

test('FINDNODE and ENRRequest without proof get nothing, from one source and from many', () => {
  for (const kind of ['findnode', 'enrRequest'] as const) {
    for (const many of [false, true]) {
      const { random, node, bytes, codes, curveWork, send, settle } = victim({ maxSources: 100 });
      const packet = question(random.bytes(32), kind, start);
      for (let i = 0; i < 3000; i++) {
        const ip = many ? `127.1.${i >> 8}.${i & 255}` : '127.0.0.1';
        send(packet, { ip, port: 30303 }, start + (many ? 0 : i));
      }
      settle(start + 600_000);
      assert.equal(bytes.out, 0);
      assert.deepEqual([...codes.keys()].toSorted(), ['rateLimited', 'unproven']);
      assert.ok(curveWork() <= quiet.questions.burst, `${curveWork()} curve operations`);
      assert.ok(node.sizes.sources <= 100);
    }
  }
});

test('garbage of every kind gets nothing and costs no more than reading it', () => {
  const { random, node, bytes, curveWork, send, settle } = victim({ maxSources: 100 });
  const honest = [smallPing(random.bytes(32), start), question(random.bytes(32), 'findnode', start)];
  let now = start;
  for (let i = 0; i < 4000; i++, now += 1) {
    const broken = i % 2 === 0 ? random.bytes(random.below(1400)) : mutate(random.pick(honest), random);
    // Now and then a mutation leaves a packet valid: only broken ones are of interest here.
    if (honest.some((packet) => Buffer.compare(packet, broken) === 0)) continue;
    send(broken, { ip: `127.2.${i & 63}.${i % 7}`, port: 30303 }, now);
  }
  settle(now + 600_000);
  assert.equal(bytes.out, 0, `seed ${random.seed}`);
  assert.equal(curveWork(), 0, `seed ${random.seed}`);
  assert.ok(node.sizes.sources <= 100);
});

test('under a flood of forged PINGs our own questions are asked and answered as ever', () => {
  const limits = { ...quiet, questions: { perSecond: 50, burst: 100 } };
  const sim = simulateNode({ limits, seed: 5 });
  const peers = Array.from({ length: 20 }, (_, i) => addNode(sim.network, sim.random, `127.0.5.${i + 1}`));
  const key = sim.random.bytes(32);
  let forged = 0;
  const tickets: number[] = [];
  for (let step = 0; step < 200; step++) {
    const ping = smallPing(key, sim.network.now);
    for (let i = 0; i < 20; i++, forged++) {
      const ip = `127.${100 + (forged % 100)}.${(forged >> 4) % 250}.${forged % 250}`;
      sim.network.apply(sim.us, sim.node.receive(ping, { ip, port: 30303 }, sim.network.now));
    }
    if (step % 10 === 0) {
      const peer = peers[step / 10]!;
      tickets.push(sim.ask(peer, { kind: 'enr' }), sim.ask(peer, findnodeRequest));
    }
    sim.network.run(10);
  }
  sim.network.run(60_000);
  assert.ok(sim.rejected().filter((code) => code === 'rateLimited').length > 2000, 'it was a flood');
  const codes = tickets.map((ticket) => sim.outcome(ticket).code);
  assert.deepEqual([...new Set(codes)], ['ok']);
  const asked = sim.network.sent.flatMap(({ from, bytes }) => {
    const { kind } = decodeDiscv4(curve, bytes).packet;
    return from.ip === '127.0.0.1' && (kind === 'findnode' || kind === 'enrRequest') ? [kind] : [];
  });
  assert.equal(asked.length, tickets.length, 'at the first try: their PINGs for their proof came through');
});

test('IPv6: a host that has a /64 to choose from is one source', () => {
  const { random, node, codes, send } = victim();
  const key = random.bytes(32);
  const policy = { ip: '::1', port: 30303 };
  send(smallPing(key, start), policy, start);
  const public6 = createTestNode({
    random,
    limits: quiet,
    addressPolicy: { allows: () => true, allowsRelay: () => true },
  });
  let heeded = 0;
  for (let i = 0; i < 500; i++) {
    const from = { ip: `2600:1:2:3::${i.toString(16)}`, port: 30303 };
    const outputs = public6.node.receive(question(key, 'findnode', start), from, start);
    if (outputs.some((output) => 'event' in output && output.event === 'rejected' && output.code === 'unproven'))
      heeded++;
  }
  assert.equal(heeded, quiet.inbound.burst);
  assert.equal(public6.node.sizes.sources, 1);
  assert.equal(codes.size, 0);
  assert.equal(node.sizes.sources, 1);
});
