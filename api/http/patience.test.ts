import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../../testkit/simulatedClock.ts';
import { ApiError } from './errors.ts';
import { createPatience } from './patience.ts';

function setUp() {
  const clock = new SimulatedClock(0);
  const state = { there: true, asked: 0 };
  const isThere = async (): Promise<boolean> => {
    state.asked += 1;
    await clock.sleep(state.there ? 1 : 800);
    return state.there;
  };
  return { clock, state, ...createPatience(isThere, (ms, signal) => clock.sleep(ms, signal)) };
}
const after = (clock: SimulatedClock, ms: number) => () => clock.sleep(ms).then(() => ms);
const unavailable = (message: RegExp) => (error: unknown) =>
  error instanceof ApiError && error.code === 'unavailable' && message.test(error.message);

test('an answer in time is given, and an error is as it was; nobody wonders', async () => {
  const { clock, state, wait } = setUp();
  assert.equal(await clock.drive(wait(after(clock, 2_900))), 2_900);
  const broken = clock.drive(wait(() => Promise.reject(new RangeError('no'))));
  await assert.rejects(broken, RangeError);
  assert.equal(state.asked, 0);
});

test('a slow database that is there is waited for, but not for ever', async () => {
  const { clock, wait } = setUp();
  assert.equal(await clock.drive(wait(after(clock, 9_900))), 9_900);
  const begun = clock.now();
  await assert.rejects(clock.drive(wait(after(clock, 60_000))), unavailable(/too slow/));
  assert.ok(clock.now() - begun <= 12_001);
});

test('a silent database costs four seconds once, then each caller under one, whose question it is spared; back, it answers at once', async () => {
  const { clock, state, wait } = setUp();
  state.there = false;
  await assert.rejects(clock.drive(wait(after(clock, 3_600_000))), unavailable(/does not answer/));
  assert.ok(clock.now() <= 4_000);
  let questions = 0;
  const counted = () => {
    questions += 1;
    return after(clock, 5)();
  };
  const second = clock.now();
  const waves = await clock.drive(Promise.allSettled([wait(counted), wait(counted), wait(counted)]));
  assert.deepEqual([waves.every(({ status }) => status === 'rejected'), questions], [true, 0]);
  assert.ok(clock.now() - second <= 801);
  state.there = true;
  assert.equal(await clock.drive(wait(after(clock, 7))), 7);
  const asked = state.asked;
  await clock.drive(wait(after(clock, 7)));
  assert.equal(state.asked, asked, 'it is trusted again');
});

test('an answer that comes while one wonders is the answer', async () => {
  const { clock, state, wait } = setUp();
  state.there = false;
  assert.equal(await clock.drive(wait(after(clock, 3_400))), 3_400);
});
