import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimiter } from './rateLimiter.ts';

test('a burst, then the rate; and each key by itself', () => {
  const limiter = new RateLimiter({ perSecond: 2, burst: 3 }, 10);
  const at = (ms: number, key = 'a') => limiter.allows(key, ms);
  //            burst of 3        empty  +1 at 500 ms          a full bucket again, no more
  const times = [0, 0, 0, 0, 499, 500, 501, 1000, 10_000, 10_000, 10_000, 10_000];
  const expected = [true, true, true, false, false, true, false, true, true, true, true, false];
  assert.deepEqual(
    times.map((ms) => at(ms)),
    expected,
  );
  assert.equal(at(10_000, 'b'), true);
});

test('delay says how long until there is room, and takes nothing until then', () => {
  const limiter = new RateLimiter({ perSecond: 2, burst: 1 }, 10);
  assert.deepEqual(
    [0, 0, 100, 100, 500].map((ms) => limiter.delay('a', ms)),
    [0, 500, 400, 400, 0],
  );
});

test('a charge goes into debt, at most one burst deep', () => {
  const limiter = new RateLimiter({ perSecond: 1, burst: 2 }, 10);
  for (let i = 0; i < 50; i++) limiter.charge('a', 0);
  assert.equal(limiter.delay('a', 0), 3000);
  assert.equal(limiter.delay('a', 3000), 0);
});

test('a clock that is set back gives nothing, and holds nobody up until it has caught up', () => {
  const limiter = new RateLimiter({ perSecond: 1, burst: 1 }, 10);
  assert.deepEqual([limiter.allows('a', 5000), limiter.allows('a', 0), limiter.allows('a', 1000)], [true, false, true]);
});

test('keys are bounded, and an unlimited rate keeps none', () => {
  const limiter = new RateLimiter({ perSecond: 1, burst: 1 }, 10);
  for (let i = 0; i < 100; i++) limiter.allows(`${i}`, 0);
  assert.equal(limiter.size, 10);
  const unlimited = new RateLimiter({ perSecond: Number.POSITIVE_INFINITY, burst: 1 }, 10);
  for (let i = 0; i < 100; i++) assert.equal(unlimited.allows('a', 0), true);
  unlimited.charge('a', 0);
  assert.equal(unlimited.size, 0);
});

test('it remembers no more keys than it may, the one used longest ago going first', () => {
  const limiter = new RateLimiter({ burst: 1, perSecond: 1 }, 100);
  for (let i = 0; i < 1_000; i++) assert.equal(limiter.allows(`key ${i}`, i / 10), true);
  assert.equal(limiter.size, 100);
  assert.equal(limiter.allows('key 999', 100), false, 'the newest is remembered');
  assert.equal(limiter.allows('key 0', 100), true, 'the oldest is not');
  assert.equal(limiter.size, 100);
});
