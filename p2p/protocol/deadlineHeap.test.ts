import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { DeadlineHeap } from './deadlineHeap.ts';

test('things come out in the order of their times, and not before they are due', () => {
  const random = seededRandom();
  const heap = new DeadlineHeap<number>();
  const waiting: number[] = [];
  for (let round = 0; round < 3000; round++) {
    if (random.next() < 0.6) {
      const at = random.below(10_000);
      heap.add(at, at);
      waiting.push(at);
    } else {
      const now = random.below(10_000);
      waiting.sort((a, b) => a - b);
      const expected = waiting[0] !== undefined && waiting[0] <= now ? waiting.shift() : undefined;
      assert.equal(heap.takeDue(now), expected, `round ${round}, seed ${random.seed}`);
    }
    assert.equal(heap.size, waiting.length);
  }
  heap.retain((at) => at % 2 === 0);
  const even = waiting.filter((at) => at % 2 === 0).sort((a, b) => a - b);
  assert.equal(heap.next(), even[0] ?? null);
  const rest: number[] = [];
  for (let next = heap.peek(); next !== undefined; next = heap.peek()) {
    rest.push(next);
    heap.drop();
  }
  assert.deepEqual(rest, even, `seed ${random.seed}`);
  assert.equal(heap.next(), null);
  heap.drop();
  assert.equal(heap.takeDue(Number.POSITIVE_INFINITY), undefined);
});
