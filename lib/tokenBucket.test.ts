import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TokenBucket } from './tokenBucket.ts';

test('a burst, then the rate, and nothing saved up beyond the burst', () => {
  const bucket = new TokenBucket({ perSecond: 2, burst: 3 });
  const times = [0, 0, 0, 0, 499, 500, 501, 1000, 10_000, 10_000, 10_000, 10_000];
  const expected = [true, true, true, false, false, true, false, true, true, true, true, false];
  assert.deepEqual(
    times.map((ms) => bucket.take(ms)),
    expected,
  );
  assert.equal(bucket.level(10_250), 0.5);
  assert.equal(bucket.level(1e12), 3);
});

test('it says how long until there is a token, and takes nothing by that', () => {
  const bucket = new TokenBucket({ perSecond: 2, burst: 1 });
  assert.deepEqual([bucket.waitMs(0), bucket.waitMs(0), bucket.take(0)], [0, 0, true]);
  assert.deepEqual([bucket.waitMs(0), bucket.waitMs(100), bucket.waitMs(500)], [500, 400, 0]);
});

test('what is put in is there, up to the burst; what is taken beyond it is a debt of one burst at most', () => {
  const bucket = new TokenBucket({ perSecond: 1, burst: 500 });
  bucket.add(-300, 0);
  bucket.add(100, 0);
  assert.equal(bucket.level(0), 300);
  bucket.add(1e6, 0);
  assert.equal(bucket.level(0), 500);
  bucket.add(-1e6, 0);
  assert.equal(bucket.level(0), -500);
  assert.equal(bucket.waitMs(0), 501_000);
});

test('a clock that is set back gives nothing, and holds nobody up until it has caught up', () => {
  const bucket = new TokenBucket({ perSecond: 1, burst: 1 });
  assert.deepEqual([bucket.take(5000), bucket.take(0), bucket.take(1000)], [true, false, true]);
});

test('without a limit there is always a burst', () => {
  const bucket = new TokenBucket({ perSecond: Number.POSITIVE_INFINITY, burst: 5 });
  for (let i = 0; i < 100; i++) assert.equal(bucket.take(0), true);
  assert.equal(bucket.level(0), 5);
});

test('whenever it is asked, no span of time gives more than a burst and its rate; and whoever waits as told gets one', () => {
  const rate = fc.record({ perSecond: fc.integer({ min: 1, max: 1000 }), burst: fc.integer({ min: 1, max: 50 }) });
  fc.assert(
    fc.property(rate, fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), ({ perSecond, burst }, gaps) => {
      const bucket = new TokenBucket({ perSecond, burst });
      const takenAt: number[] = [];
      let now = 1_700_000_000_000;
      for (const gap of gaps) {
        now += gap;
        const wait = bucket.waitMs(now);
        assert.equal(bucket.take(now), wait === 0);
        if (wait === 0) takenAt.push(now);
        else if (gap % 7 === 0) {
          now += wait;
          assert.ok(bucket.take(now), `a token after ${wait} ms`);
          takenAt.push(now);
        }
      }
      for (const [first, from] of takenAt.entries()) {
        for (const [more, to] of takenAt.slice(first).entries()) {
          const most = burst + ((to - from) * perSecond) / 1000;
          assert.ok(more + 1 <= most + 1e-6, `${more + 1} in ${to - from} ms`);
        }
      }
    }),
    { numRuns: 200 },
  );
});
