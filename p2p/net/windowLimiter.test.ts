import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WindowLimiter } from './windowLimiter.ts';

test('a key has its budget in each window, and other keys have theirs', () => {
  const limiter = new WindowLimiter(2, 1_000, 10);
  assert.deepEqual(
    [0, 1, 2, 999, 1_000, 1_001, 1_002].map((now) => limiter.allows('a', now)),
    [true, true, false, false, true, true, false],
  );
  assert.equal(limiter.allows('b', 2), true);
});

test('it remembers no more keys than it may, the oldest window going first', () => {
  const limiter = new WindowLimiter(1, 1_000, 100);
  for (let i = 0; i < 1_000; i++) assert.equal(limiter.allows(`key ${i}`, i / 10), true);
  assert.equal(limiter.size, 100);
  assert.equal(limiter.allows('key 999', 100), false, 'the newest is remembered');
  assert.equal(limiter.allows('key 0', 100), true, 'the oldest is not');
  assert.equal(limiter.size, 100);
});
