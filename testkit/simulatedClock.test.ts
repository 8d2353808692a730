import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from './seededRandom.ts';
import { SimulatedClock } from './simulatedClock.ts';

const start = 1_800_000_000_000;

test('what is due happens in the order of time, and at one time in the order in which it was asked for', async () => {
  const clock = new SimulatedClock(start);
  const seen: [string, number][] = [];
  const note = (name: string) => () => seen.push([name, clock.now() - start]);
  clock.after(20, note('c'));
  clock.after(10, note('a'));
  clock.after(10, () => {
    note('b')();
    clock.after(0, note('at once, but not before the others'));
    void Promise.resolve().then(note('promise'));
  });
  clock.after(9.2, note('whole ms'));
  void clock.sleep(10).then(note('slept'));
  assert.deepEqual(seen, [], 'nothing before time passes');
  await clock.drive(clock.sleep(30));
  assert.deepEqual(seen, [
    ['a', 10],
    ['b', 10],
    ['whole ms', 10],
    ['promise', 10],
    ['slept', 10],
    ['at once, but not before the others', 10],
    ['c', 20],
  ]);
  assert.equal(clock.now(), start + 30);
});

test('what is taken back does not happen, and no time passes for it', async () => {
  const clock = new SimulatedClock(start);
  let count = 0;
  const cancels = Array.from({ length: 3 }, () => clock.after(5, () => count++));
  for (const cancel of cancels) cancel();
  clock.after(7, () => count++);
  const abort = new AbortController();
  const sleep = clock.sleep(1_000, abort.signal);
  clock.after(8, () => abort.abort());
  await clock.drive(sleep);
  assert.deepEqual([count, clock.now() - start], [1, 8]);
  cancels[0]?.();
  await assert.rejects(clock.drive(new Promise(() => {})), /waits for nothing/);
  assert.equal(clock.now() - start, 8, 'nothing is left of the sleep that was aborted');
  void clock.sleep(100);
  await assert.rejects(clock.drive(new Promise(() => {}), 50), /has not ended after 50 ms/);
});

test('sleepers leave nothing behind at a signal that lives on', async () => {
  const clock = new SimulatedClock(start);
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  const { signal } = new AbortController();
  const sleepOften = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) await clock.sleep(1, signal);
  };
  await clock.drive(sleepOften());
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', note);
  assert.deepEqual(warnings, []);
});

test('time stands still while it is held, and goes on when the last hold is gone', async () => {
  const clock = new SimulatedClock(start);
  const releases = [clock.hold('one'), clock.hold('two')];
  assert.ok(clock.busy);
  let slept = false;
  const sleep = clock.sleep(1).then(() => {
    slept = true;
  });
  const driven = clock.drive(sleep);
  for (const release of releases) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(slept, false);
    release();
    release();
  }
  await driven;
  assert.deepEqual([slept, clock.busy, clock.now() - start], [true, false, 1]);
  const work = async (): Promise<number> => {
    await clock.holdFor('a timer', new Promise((resolve) => setTimeout(resolve, 20)));
    return clock.now() - start;
  };
  void clock.sleep(5);
  assert.equal(await clock.drive(work()), 1, 'work outside takes no time');
});

test('files that are read and written hold time by themselves', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'forkscope-clock-'));
  t.after(() => rm(folder, { recursive: true }));
  const clock = new SimulatedClock(start);
  const work = async (): Promise<number> => {
    for (let i = 0; i < 5; i++) await writeFile(join(folder, `${i}`), new Uint8Array(1 << 20));
    for (let i = 0; i < 5; i++) await readFile(join(folder, `${i}`));
    return clock.now() - start;
  };
  for (let ms = 1; ms < 10_000; ms++) clock.after(ms, () => {});
  assert.equal(await clock.drive(work()), 0);
});

test('hundreds of thousands of timers, most of them taken back', async () => {
  const clock = new SimulatedClock(start);
  const random = seededRandom(1);
  let last = 0;
  let count = 0;
  const began = performance.now();
  for (let i = 0; i < 300_000; i++) {
    const cancel = clock.after(random.next() * 100_000, () => {
      assert.ok(clock.now() >= last);
      last = clock.now();
      count += 1;
    });
    if (i % 3 !== 0) cancel();
  }
  await clock.drive(clock.sleep(100_001));
  assert.equal(count, 100_000);
  assert.ok(performance.now() - began < 20_000, `${performance.now() - began} ms`);
});

test('a loop of waits of no time is told, not run for ever', async () => {
  const clock = new SimulatedClock(start);
  const again = (): void => void clock.after(0, again);
  again();
  await assert.rejects(clock.drive(clock.sleep(1)), /time does not pass/);
});
