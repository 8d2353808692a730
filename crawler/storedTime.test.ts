import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../testkit/simulatedClock.ts';
import type { TimeStore } from './store/store.ts';
import { StoredTime } from './storedTime.ts';

const hour = 3_600_000;
const second = 1_000;

/** A crawler's time, the two clocks that may be set, and what was logged and repaired. */
async function openTime(databaseMs = 0) {
  const clock = new SimulatedClock();
  const set = { machine: 0, database: databaseMs, away: false, tookMs: 0 };
  const lines: string[] = [];
  let repairs = 0;
  const store: TimeStore = {
    async present() {
      if (set.away) throw new Error('away');
      await clock.sleep(set.tookMs);
      return clock.now() + set.database;
    },
    async repairFuture() {
      repairs += 1;
      return repairs > 1 ? { nodes: 3 } : {};
    },
  };
  const say = (message: string, fields?: object): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const log = { debug: () => {}, info: say, warn: say, error: say };
  const own = {
    now: () => clock.now(),
    wall: () => clock.now() + set.machine,
    sleep: clock.sleep.bind(clock),
    after: clock.after.bind(clock),
  };
  const time = new StoredTime({ clock: own, store, log });
  await clock.drive(time.begin());
  const pass = async (seconds: number): Promise<void> => {
    for (let n = 0; n < seconds; n++) await clock.drive(clock.sleep(second).then(() => time.tick()));
  };
  return { clock, set, time, lines, pass, repairs: () => repairs };
}

test('a step of the machine alone is told once and changes no time that is stored', async () => {
  const { set, time, lines, pass, clock, repairs } = await openTime();
  for (const [machine, said] of [
    [2 * hour, '+2h'],
    [0, '-2h'],
  ] as const) {
    lines.length = 0;
    set.machine = machine;
    await pass(60);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', new RegExp(`^this machine's clock was set.*"by":"\\${said}"`));
    assert.equal(time.clock.now(), clock.now());
  }
  assert.equal(repairs(), 1, 'at the start');
});

test('a step of the database is followed and told once; one back is repaired', async () => {
  const { set, time, lines, pass, clock, repairs } = await openTime();
  set.database = 2 * hour;
  await pass(30);
  assert.deepEqual([lines.length, time.clock.now() - clock.now(), repairs()], [1, 2 * hour, 1]);
  assert.match(lines[0] ?? '', /^the database's clock was set.*"\+2h"/);
  set.database = 0;
  await pass(30);
  assert.deepEqual([time.clock.now() - clock.now(), repairs()], [0, 2]);
  assert.match(lines[1] ?? '', /^the database's clock was set.*"-2h"/);
  assert.match(lines[2] ?? '', /^stored times that have not come yet were brought back to now \{"nodes":3\}/);
  assert.equal(lines.length, 3);
});

test('one machine that holds both clocks is told of once', async () => {
  const { set, time, lines, pass, clock } = await openTime();
  Object.assign(set, { machine: -hour, database: -hour });
  await pass(30);
  assert.match(lines.join('\n'), /^this machine's clock was set.*\nstored times/);
  assert.equal(time.clock.now() - clock.now(), -hour);
});

test('clocks that differ from the start are told of; small differences and slow answers are none', async () => {
  const skewed = await openTime(-3 * hour);
  assert.match(skewed.lines.join('\n'), /^the clocks of this machine and of the database differ.*"-3h"/);
  assert.equal(skewed.time.toStored(5 * hour), 2 * hour);
  assert.equal(skewed.time.toSteady(2 * hour), 5 * hour);
  const near = await openTime(4 * second);
  Object.assign(near.set, { machine: 3 * second });
  await near.pass(30);
  assert.deepEqual([near.lines, near.time.toStored(7)], [[], 7]);
  Object.assign(near.set, { tookMs: 11 * second, database: hour });
  await near.pass(30);
  assert.deepEqual([near.lines, near.time.toStored(7)], [[], 7]);
});

test('a difference about as large as the tolerance is told once, and no reading of it is a step', async () => {
  const { set, time, lines, pass, repairs } = await openTime(4_999);
  for (const database of [5_001, 4_999, 5_001, 4_990, 5_003, 4_999]) {
    set.database = database;
    await pass(11);
  }
  assert.deepEqual([lines.length, time.toStored(0), repairs()], [1, 5_001, 1], lines.join('\n'));
  assert.match(lines[0] ?? '', /^the database's clock was set.*"\+5s"/);
  set.database = 0;
  await pass(11);
  assert.deepEqual([time.toStored(0), repairs()], [0, 2], 'back at none');
});

test('a database that is away is asked again; what was stored meanwhile is repaired then', async () => {
  const { set, lines, pass, repairs } = await openTime(hour);
  Object.assign(set, { away: true, database: 0 });
  await pass(30);
  assert.deepEqual([lines.length, repairs()], [1, 1]);
  set.away = false;
  await pass(11);
  assert.deepEqual([lines.length, repairs()], [3, 2]);
});
