import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../testkit/simulatedClock.ts';
import { withDeadline } from './deadline.ts';

const never = new Promise<never>(() => {});

function setUp() {
  const clock = new SimulatedClock(0);
  const asked: AbortSignal[] = [];
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    if (signal !== undefined) asked.push(signal);
    return clock.sleep(ms, signal);
  };
  const deadline = { ms: 1_000, clock: { sleep }, late: (): 'late' => 'late' };
  return { clock, asked, deadline };
}

test('work in time gives its answer or its error, and the timer ends with it', async () => {
  const { clock, asked, deadline } = setUp();
  const slow = clock.sleep(999).then(() => 7);
  assert.equal(await clock.drive(withDeadline(slow, deadline)), 7);
  const broken = Promise.reject(new RangeError('no'));
  await assert.rejects(clock.drive(withDeadline(broken, deadline)), RangeError);
  assert.equal(clock.now(), 999, 'nobody waits for the deadline');
  assert.deepEqual(
    asked.map(({ aborted }) => aborted),
    [true, true],
  );
});

test('late work is answered by what stands for it, and its own end troubles nobody', async () => {
  const { clock, deadline } = setUp();
  const late = clock.sleep(2_000).then(() => {
    throw new RangeError('nobody catches this');
  });
  assert.equal(await clock.drive(withDeadline(late, deadline)), 'late');
  assert.equal(clock.now(), 1_000);
  await clock.drive(clock.sleep(5_000));
});

test('what stands for late work may be an error', async () => {
  const { clock, deadline } = setUp();
  const late = (): never => {
    throw new RangeError('too late');
  };
  await assert.rejects(clock.drive(withDeadline(never, { ...deadline, late })), /too late/);
});

test('a signal ends the wait, but not work that was in time', async () => {
  const { clock, deadline } = setUp();
  const ending = new AbortController();
  const waiting = withDeadline(never, { ...deadline, signal: ending.signal });
  ending.abort();
  assert.equal(await waiting, 'late');
  assert.equal(clock.now(), 0);
  assert.equal(await withDeadline(Promise.resolve(3), deadline), 3);
});

test('work that only begins when it is waited for begins', async () => {
  const { deadline } = setUp();
  let begun = 0;
  const lazy: PromiseLike<number> = {
    // biome-ignore lint/suspicious/noThenProperty: a query of postgres.js is such a thing.
    then: (resolve, reject) => {
      begun += 1;
      return Promise.resolve(5).then(resolve, reject);
    },
  };
  assert.equal(await withDeadline(lazy, deadline), 5);
  assert.equal(begun, 1);
});
