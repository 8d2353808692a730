import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slots } from './slots.ts';

test('no more than so many at a time, in order, and a failure frees its place', async () => {
  const slots = new Slots(2);
  const order: number[] = [];
  let running = 0;
  let peak = 0;
  const work = (index: number) => async () => {
    order.push(index);
    peak = Math.max(peak, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    if (index % 3 === 0) throw new Error(`${index}`);
    return index;
  };
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => slots.run(work(index))));
  assert.equal(peak, 2);
  assert.deepEqual(
    order,
    Array.from({ length: 20 }, (_, index) => index),
  );
  assert.equal(results.filter(({ status }) => status === 'rejected').length, 7);
  assert.equal(await slots.run(async () => 'still open'), 'still open');
});
