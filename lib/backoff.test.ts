import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffMs, spreadMs } from './backoff.ts';

const policy = { firstMs: 250, maxMs: 15_000 };

test('the first failure waits the first time, each further one doubles it, up to the most', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((failures) => backoffMs(policy, failures)),
    [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000],
  );
});

test('however many failures there were, a wait is never nothing, shorter than the one before or beyond the most', () => {
  const some = fc.record({ firstMs: fc.integer({ min: 1, max: 1e9 }), more: fc.integer({ min: 0, max: 1e12 }) });
  fc.assert(
    fc.property(some, fc.nat({ max: 1e9 }), ({ firstMs, more }, failures) => {
      const wait = backoffMs({ firstMs, maxMs: firstMs + more }, failures);
      assert.ok(wait >= firstMs && wait <= firstMs + more);
      assert.ok(backoffMs({ firstMs, maxMs: firstMs + more }, failures + 1) >= wait);
    }),
  );
});

test('a spread wait is whole and within its spread', () => {
  const half = { least: 0.5, most: 1 };
  assert.deepEqual([spreadMs(1_000, half, 0), spreadMs(1_000, half, 0.5), spreadMs(1_001, half, 0)], [500, 750, 501]);
  const around = { least: 0.8, most: 1.2 };
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (ms, chance) => {
      const wait = spreadMs(ms, around, chance);
      assert.ok(Number.isInteger(wait) && wait >= Math.floor(0.8 * ms) && wait <= Math.ceil(1.2 * ms));
    }),
  );
});
