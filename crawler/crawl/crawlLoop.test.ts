import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { parseCidr } from '../../lib/ipAddress.ts';
import type { Random } from '../../p2p/ports.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { SimulatedClock } from '../../testkit/simulatedClock.ts';
import { createAddressPolicy } from './addressPolicy.ts';
import { defaultSchedule } from './backoff.ts';
import { type CrawlLoopOptions, runCrawlLoop } from './crawlLoop.ts';
import { DialGate } from './dialGate.ts';
import { Frontier } from './frontier.ts';
import { GroundTargets } from './groundTargets.ts';
import { defaultFrontierLimits } from './roster.ts';
import type { VisitOutcome } from './visit.ts';
import { createVisit, planVisit } from './visitNode.ts';
import { VisitWindow } from './visitWindow.ts';

const policy = createAddressPolicy([parseCidr('127.0.0.0/8')!]);
const targets = new GroundTargets(keccak_256);

/** A world of `count` nodes, each knowing the next three; `dead` never answer; the network takes 20 ms. */
function world(
  count: number,
  dead: ReadonlySet<number>,
  ipOf = (i: number) => `127.1.${i >> 8}.${i & 255 || 255}`,
  isFull: (i: number, now: number) => boolean = () => false,
  silentForMs = 1_000,
  dialMs: (i: number) => number = () => 50,
) {
  const clock = new SimulatedClock();
  const random: Random = seededRandom(7);
  const nodes: NodeContact[] = Array.from({ length: count }, (_, i) => {
    const id = new Uint8Array(64).fill(1);
    new DataView(id.buffer).setUint32(0, i + 1);
    return { id, ip: ipOf(i), udp: 30_303, tcp: 30_303 };
  });
  const indexOf = (contact: NodeContact) => new DataView(contact.id.buffer).getUint32(0) - 1;
  const calls = { ping: 0, findnode: 0, dial: 0, peakDials: 0 };
  let dialling = 0;
  const frontier = new Frontier(policy, defaultFrontierLimits);
  const visit = createVisit({
    discovery: {
      async ping(contact) {
        calls.ping++;
        await clock.sleep(dead.has(indexOf(contact)) ? silentForMs : 20);
        return dead.has(indexOf(contact))
          ? null
          : { rttMs: 20, enrSeq: null, ourIp: '127.0.0.1', ourUdp: 1, clockSkewMs: null };
      },
      async requestEnr() {
        await clock.sleep(20);
        return null;
      },
      async findnode(contact) {
        calls.findnode++;
        await clock.sleep(20);
        return [1, 2, 3].map((step) => nodes[(indexOf(contact) + step) % count]!);
      },
    },
    dialer: {
      async dial(contact) {
        calls.dial++;
        calls.peakDials = Math.max(calls.peakDials, ++dialling);
        await clock.sleep(dialMs(indexOf(contact)));
        dialling--;
        const full = isFull(indexOf(contact), clock.now());
        return {
          stage: full ? 'auth' : 'hello',
          code: full ? 'disconnected' : 'noEth',
          remoteReason: full ? 0x04 : null,
          wireCode: null,
          hello: null,
          status: null,
          headers: [],
        };
      },
    },
    policy,
    gate: new DialGate(policy),
    targets,
    hashId: keccak_256,
    clock,
    random,
  });
  const outcomes: { outcome: VisitOutcome; dueInMs: number }[] = [];
  const run = (options: Partial<CrawlLoopOptions>, signal: AbortSignal, window?: VisitWindow) =>
    runCrawlLoop(
      {
        frontier,
        visit,
        plan: ({ dialAt, direct }) => planVisit({ headers: [], dialAt, direct, now: clock.now() }),
        sinks: {
          outcome: async (outcome, due) => {
            outcomes.push({ outcome, dueInMs: due.dueAt - clock.now() });
          },
          named: () => {},
        },
        clock,
        random,
        schedule: defaultSchedule,
        ...(window === undefined ? {} : { window }),
      },
      { once: true, maxConcurrent: 8, spreadMs: 0, ...options },
      signal,
    );
  return { clock, nodes, frontier, outcomes, calls, run };
}

test('once: every node is visited exactly once, found from a single bootnode, and the run ends', async () => {
  const dead = new Set([5, 17, 80]);
  const { clock, nodes, frontier, outcomes, calls, run } = world(100, dead);
  frontier.offer(nodes[0]!, null, clock.now(), clock.now());
  await clock.drive(run({}, new AbortController().signal));
  assert.equal(outcomes.length, 100);
  assert.equal(new Set(outcomes.map(({ outcome }) => Buffer.from(outcome.contact.id).toString('hex'))).size, 100);
  assert.equal(outcomes.filter(({ outcome }) => outcome.code === 'pingTimeout').length, dead.size);
  assert.equal(calls.dial, 97);
  assert.ok(calls.peakDials <= 8);
  assert.equal(new Set(outcomes.map(({ outcome }) => outcome.key)).size, 100);
});

test('once: names that are silent give way to others while they are waited for, and those that answer keep their places', async () => {
  const dead = new Set(Array.from({ length: 400 }, (_, i) => 20 + i));
  const spent: number[] = [];
  for (const jammed of [false, true]) {
    const { clock, nodes, frontier, outcomes, calls, run } = world(420, dead, undefined, undefined, 3_000);
    const window = new VisitWindow(8);
    if (jammed)
      for (let late = 0; late < 5; late++) window.late(`n${late}`, clock.now() - 1_000 + (late > 3 ? 1_000 : 0));
    for (const node of nodes) frontier.offer(node, null, clock.now(), clock.now());
    const start = clock.now();
    await clock.drive(run({}, new AbortController().signal, window));
    assert.equal(outcomes.length, 420);
    assert.ok(calls.peakDials <= 8, `${calls.peakDials} dials at once`);
    spent.push(clock.now() - start);
  }
  const [open, jammed] = spent as [number, number];
  assert.ok(open <= 75_000, `${open}`);
  assert.ok(jammed >= 150_000, `${jammed}: where answers are late, silence says nothing`);
});

test('a tenth that draw out their sessions make nobody wait for their end: honest nodes are through some seconds later than without them, not a minute', async () => {
  const count = 2_000;
  const spent: number[] = [];
  for (const isSlow of [() => false, (i: number) => i % 10 === 0]) {
    const dialMs = (i: number) => (isSlow(i) ? 20_000 : 50);
    const { clock, nodes, frontier, outcomes, run } = world(count, new Set(), undefined, undefined, 1_000, dialMs);
    for (const node of nodes) frontier.offer(node, null, clock.now(), clock.now());
    const start = clock.now();
    const honest = (): number => outcomes.filter(({ outcome }) => outcome.tookMs < 10_000).length;
    const over = new AbortController();
    const running = run({ once: true, maxConcurrent: 64 }, over.signal, new VisitWindow(64));
    const wanted = Array.from({ length: count }, (_, i) => i).filter((i) => !isSlow(i)).length;
    while (honest() < wanted) await clock.drive(clock.sleep(100));
    spent.push(clock.now() - start);
    over.abort();
    await clock.drive(running);
  }
  const [without, beside] = spent as [number, number];
  assert.ok(beside - without < 10_000, `${beside} ms beside them, ${without} without`);
});

test('once: nodes behind one public address are dialled in turn, 35 s apart, and none is left out', async () => {
  const { clock, nodes, frontier, outcomes, calls, run } = world(4, new Set(), () => '8.8.8.8');
  frontier.offer(nodes[0]!, null, clock.now(), clock.now());
  const start = clock.now();
  await clock.drive(run({}, new AbortController().signal));
  assert.equal(calls.dial, 4);
  const dialled = outcomes.filter(({ outcome }) => outcome.code === 'noEth');
  assert.equal(dialled.length, 4);
  const starts = dialled.map(({ outcome }) => outcome.startedAt).sort((a, b) => a - b);
  for (let i = 1; i < 4; i++) assert.ok(starts[i]! - starts[i - 1]! >= 34_900);
  assert.ok(clock.now() - start > 100_000);
});

test('continuous: a node that answers comes back at the revisit time, a silent one backs off', async () => {
  const { clock, nodes, frontier, outcomes, run } = world(2, new Set([1]));
  frontier.offer(nodes[0]!, null, clock.now(), clock.now());
  const stop = new AbortController();
  const running = run({ once: false }, stop.signal);
  await clock.drive(clock.sleep(3 * 3_600_000));
  stop.abort();
  await clock.drive(running);
  const of = (index: number) => outcomes.filter(({ outcome }) => outcome.contact.ip === nodes[index]!.ip);
  assert.ok(of(0).length >= 5 && of(0).length <= 8, `${of(0).length} visits of the live node in 3 h`);
  assert.ok(of(1).length >= 4 && of(1).length <= 7, `${of(1).length} tries of the dead node in 3 h`);
  assert.ok(of(1).at(-1)!.dueInMs > of(1)[0]!.dueInMs * 4);
});

test('continuous: a full node is visited over UDP as ever and dialled at other hours, until it has room', async () => {
  const hour = 3_600_000;
  let fullUntil = Number.POSITIVE_INFINITY;
  const { clock, nodes, frontier, outcomes, calls, run } = world(1, new Set(), undefined, (_i, now) => now < fullUntil);
  frontier.offer(nodes[0]!, null, clock.now(), clock.now());
  const stop = new AbortController();
  const running = run({ once: false }, stop.signal);
  await clock.drive(clock.sleep(48 * hour));
  const starts = (code: string) =>
    outcomes.flatMap(({ outcome }) => (outcome.code === code ? [outcome.startedAt] : []));
  const dialled = starts('disconnected');
  assert.ok(outcomes.length >= 80 && outcomes.length <= 120, `${outcomes.length} visits in 48 h`);
  assert.ok(calls.findnode >= outcomes.length, 'each walks its buckets');
  assert.ok(outcomes.every(({ outcome }) => outcome.pong !== null));
  assert.equal(dialled.length, calls.dial);
  assert.equal(dialled.length + starts('dialPaused').length, outcomes.length);
  const waits = dialled.slice(1).map((at, i) => at - dialled[i]!);
  assert.ok(waits.length >= 20, `${waits.length}`);
  // The last visit before it may be dialled comes when it may.
  for (const wait of waits) assert.ok(wait >= 1.5 * hour && wait < 1.84 * hour, `${wait / hour} h`);
  assert.ok(Math.max(...waits) - Math.min(...waits) > 10 * 60_000, 'not at fixed hours');
  assert.ok(waits.length <= 2 * 14.75, 'at most twice as many as with three hours between visits half an hour apart');

  fullUntil = clock.now();
  outcomes.length = 0;
  await clock.drive(clock.sleep(8 * hour));
  stop.abort();
  await clock.drive(running);
  const roomFrom = outcomes.findIndex(({ outcome }) => outcome.code === 'noEth');
  assert.ok(roomFrom >= 0 && roomFrom <= 10, `${roomFrom}`);
  assert.ok(outcomes.slice(roomFrom).every(({ outcome }) => outcome.code === 'noEth'));
  assert.ok(outcomes.length - roomFrom > 5);
});

test('nodes without UDP are dialled without a PING, on the schedule of nodes that answer, and walk no buckets', async () => {
  const { clock, nodes, frontier, outcomes, calls, run } = world(2, new Set([0, 1]));
  frontier.give({ ...nodes[0]!, udp: 0 }, clock.now(), clock.now());
  // Its UDP port is closed, or nobody speaks discv4 there.
  frontier.give(nodes[1]!, clock.now(), clock.now());
  const stop = new AbortController();
  const running = run({ once: false }, stop.signal);
  await clock.drive(clock.sleep(3 * 3_600_000));
  stop.abort();
  await clock.drive(running);
  const of = (index: number) => outcomes.filter(({ outcome }) => outcome.contact.ip === nodes[index]!.ip);
  for (const index of [0, 1]) {
    assert.ok(of(index).length >= 5 && of(index).length <= 8, `${of(index).length} visits of node ${index} in 3 h`);
    for (const { outcome } of of(index)) {
      assert.deepEqual([outcome.stage, outcome.code, outcome.pong, outcome.neighbours], ['hello', 'noEth', null, null]);
    }
  }
  assert.deepEqual([calls.ping, calls.findnode, calls.dial], [of(1).length, 0, outcomes.length]);
});

test('what a neighbour names without an answer over UDP is not dialled; who dialled us is', async () => {
  const { clock, nodes, frontier, outcomes, calls, run } = world(2, new Set([0, 1]));
  frontier.offer(nodes[0]!, '127.0.0.9', clock.now(), clock.now());
  frontier.meetCaller(nodes[1]!, clock.now());
  await clock.drive(run({}, new AbortController().signal));
  assert.equal(calls.dial, 1);
  const codes = new Map(outcomes.map(({ outcome }) => [outcome.contact.ip, [outcome.stage, outcome.code]]));
  assert.deepEqual(codes.get(nodes[0]!.ip), ['none', 'pingTimeout']);
  assert.deepEqual(codes.get(nodes[1]!.ip), ['hello', 'noEth']);
});

test('a full node without UDP is left alone until it may be dialled again', async () => {
  const { clock, nodes, frontier, outcomes, calls, run } = world(1, new Set(), undefined, () => true);
  frontier.give({ ...nodes[0]!, udp: 0 }, clock.now(), clock.now());
  const stop = new AbortController();
  const running = run({ once: false }, stop.signal);
  await clock.drive(clock.sleep(48 * 3_600_000));
  stop.abort();
  await clock.drive(running);
  assert.ok(outcomes.every(({ outcome }) => outcome.code === 'disconnected' && outcome.stage === 'auth'));
  assert.ok(outcomes.every(({ dueInMs }) => dueInMs >= defaultSchedule.fullMs * (1 - defaultSchedule.jitter)));
  const fewest = (48 * 3_600_000) / (defaultSchedule.fullMs * (1 + defaultSchedule.jitter));
  assert.ok(calls.dial >= Math.floor(fewest) && calls.dial === outcomes.length, `${calls.dial}`);
});

test('nodes without UDP behind one public address are dialled 35 s apart; one that refuses is left alone for longer each time', async () => {
  const { clock, nodes, frontier, outcomes, run } = world(3, new Set(), () => '8.8.8.8');
  for (const node of nodes) frontier.give({ ...node, udp: 0 }, clock.now(), clock.now());
  await clock.drive(run({}, new AbortController().signal));
  const dialled = outcomes.filter(({ outcome }) => outcome.code === 'noEth').map(({ outcome }) => outcome.startedAt);
  assert.equal(dialled.length, 3);
  for (let i = 1; i < 3; i++) assert.ok(dialled[i]! - dialled[i - 1]! >= 34_900);
  for (const { outcome } of outcomes) assert.ok(['noEth', 'dialThrottled'].includes(outcome.code), outcome.code);
  for (const node of frontier.nodes()) assert.equal(node.failures, 0, 'a dial that was put off is no failure');
});

test('the signal ends the run after the visits under way were handed over', async () => {
  const { clock, nodes, frontier, outcomes, run } = world(50, new Set());
  frontier.offer(nodes[0]!, null, clock.now(), clock.now());
  const stop = new AbortController();
  const running = run({ once: false }, stop.signal);
  await clock.drive(clock.sleep(300));
  const before = frontier.visiting;
  assert.ok(before > 0);
  const handedOver = outcomes.length;
  stop.abort();
  await clock.drive(running);
  assert.equal(frontier.visiting, 0);
  assert.equal(outcomes.length, handedOver + before);
});
