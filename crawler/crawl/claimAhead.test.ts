/** A crawler that is alone rarely asks the database, and loses no time by it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr } from '../../lib/ipAddress.ts';
import { makeContact } from '../../testkit/makeVisit.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { SimulatedClock } from '../../testkit/simulatedClock.ts';
import { createAddressPolicy } from './addressPolicy.ts';
import { ClaimDesk } from './claimDesk.ts';
import { Frontier } from './frontier.ts';
import type { KnownNode, LeaseStore } from './leaseStore.ts';
import { defaultFrontierLimits } from './roster.ts';

const leaseMs = 60_000;

/** A schedule in memory: when each node is due, and who else is there. */
function open({ others = false } = {}) {
  const clock = new SimulatedClock();
  const due = new Map<number, number>();
  const state = { polls: 0 };
  const known = (n: number, dueAt: number): KnownNode => ({
    ...{ contact: makeContact(n), proven: true, visited: true, firstSeenAt: 0, lastAliveAt: 0, failures: 0 },
    ...{ dueAt, fullAt: null, direct: false },
  });
  const leases: LeaseStore = {
    claimNodes: async (wishes) =>
      wishes.map(({ contact: { id } }) => ({ id, granted: true, waitMs: null, known: null })),
    claimDue: async (limit, _leaseMs, _reach, aheadMs = 0) => {
      state.polls += 1;
      const found = [...due].filter(([, at]) => at <= clock.now() + aheadMs).slice(0, limit);
      for (const [n] of found) due.delete(n);
      return found.map(([n, at]) => known(n, at));
    },
    renewLeases: async (ids) => [...ids],
    releaseLeases: async () => 0,
    othersCrawl: async () => others,
  };
  const cidr = parseCidr('10.0.0.0/8') ?? assert.fail('no CIDR');
  const frontier = new Frontier(createAddressPolicy([cidr], false), defaultFrontierLimits);
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const reach = { allowedCidrs: [], publicUnicast: false, exceptIds: [] };
  const random = seededRandom(1);
  const desk = new ClaimDesk({ frontier, leases, clock, random, log, reach, size: () => 40 }, leaseMs);
  /** What was handed out, by time. */
  const taken: [number, number][] = [];
  const stop = new AbortController();
  const running = desk.run(stop.signal);
  const take = (): void => {
    for (let node = desk.take(clock.now()); node !== null; node = desk.take(clock.now())) {
      taken.push([new DataView(node.id.buffer, node.id.byteOffset).getUint32(0), clock.now()]);
    }
  };
  const pass = (ms: number): Promise<void> =>
    clock.drive(
      (async () => {
        const end = clock.now() + ms;
        while (clock.now() < end) {
          const at = desk.nextDueAt() ?? Number.POSITIVE_INFINITY;
          await clock.sleep(Math.max(1, Math.min(end, at, clock.now() + 100) - clock.now()));
          take();
        }
      })(),
    );
  const close = async (): Promise<void> => {
    stop.abort();
    await clock.drive(running);
  };
  return { clock, frontier, desk, due, state, taken, pass, close };
}

test('alone it claims what will be due before it asks again, and hands it out when it is due', async () => {
  const { clock, desk, due, state, taken, pass, close } = open();
  const start = clock.now();
  for (let n = 1; n <= 10; n++) due.set(n, start + n * 1_000 + 137);
  await pass(60_000);
  assert.deepEqual(
    taken.map(([n, at]) => [n, at - start]),
    Array.from({ length: 10 }, (_, i) => [i + 1, (i + 1) * 1_000 + 137]),
  );
  assert.ok(state.polls <= 8, `${state.polls} questions in a minute`);
  assert.equal(desk.ready, 0);
  await close();
});

test('a node that is named in the meantime does not wait for the next query', async () => {
  const { clock, frontier, due, taken, pass, close } = open();
  const start = clock.now();
  for (let n = 1; n <= 10; n++) due.set(n, start + 8_000 + n);
  await pass(2_000);
  frontier.offer(makeContact(77), null, clock.now(), clock.now() + 500);
  await pass(2_000);
  const [[named, at] = assert.fail('nothing was taken')] = taken;
  assert.equal(named, 77);
  assert.ok(at - start <= 3_600, `${at - start}`);
  await close();
});

test('with others it takes nothing early, and asks every second', async () => {
  const { clock, desk, due, state, taken, pass, close } = open({ others: true });
  due.set(1, clock.now() + 5_000);
  await pass(4_000);
  assert.deepEqual([desk.held, taken], [0, []], 'another may have it');
  assert.ok(state.polls >= 4, `${state.polls}`);
  await pass(2_200);
  assert.equal(taken.length, 1);
  await close();
});

test('what exceeds the stock at hand is asked for at once', async () => {
  const { clock, due, taken, pass, close } = open();
  const start = clock.now();
  for (let n = 1; n <= 500; n++) due.set(n, start + n);
  await pass(10_000);
  assert.equal(taken.length, 500);
  await close();
});
