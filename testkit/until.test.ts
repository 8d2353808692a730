import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './until.ts';

test('what comes at last is found, and what never comes is named with the reason', async () => {
  let looks = 0;
  const third = () => {
    looks += 1;
    if (looks === 1) throw new RangeError('not yet');
    return looks === 3 ? 0 : undefined;
  };
  assert.equal(await until('a third look', third, { everyMs: 1 }), 0);
  assert.equal(looks, 3);
  const never = { withinMs: 5, everyMs: 1 };
  await assert.rejects(
    until('rain', () => false, never),
    /^AssertionError.*: rain did not come$/,
  );
  await assert.rejects(
    until('rain', () => Promise.reject(new Error('dry')), never),
    /rain did not come: dry$/,
  );
});
