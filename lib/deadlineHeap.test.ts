import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../testkit/seededRandom.ts';
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
      assert.equal(heap.takeDue(now)?.item, expected, `round ${round}, seed ${random.seed}`);
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

type Step =
  | { readonly do: 'add'; readonly at: number }
  | { readonly do: 'takeDue'; readonly now: number }
  | { readonly do: 'drop' }
  | { readonly do: 'retain'; readonly divisor: number };

const time = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom(0, Number.MAX_SAFE_INTEGER));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('add' as const), at: time }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('takeDue' as const), now: time }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retain' as const), divisor: fc.integer({ min: 1, max: 4 }) }) },
);

test('it holds what a plain list would hold, whatever is done to it', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const heap = new DeadlineHeap<number>();
      // Things are numbers of their own; many fall due at one time.
      let model: { at: number; item: number }[] = [];
      const earliest = () => Math.min(...model.map(({ at }) => at));
      const remove = (item: number | undefined): number => {
        const found = model.find((one) => one.item === item);
        assert.ok(found, 'it was in there, and once');
        model = model.filter((one) => one !== found);
        return found.at;
      };
      for (const [number, one] of steps.entries()) {
        switch (one.do) {
          case 'add':
            heap.add(one.at, number);
            model.push({ at: one.at, item: number });
            break;
          case 'takeDue': {
            const least = earliest();
            const due = heap.takeDue(one.now);
            assert.equal(due?.at, least <= one.now ? least : undefined);
            if (due !== undefined) assert.equal(remove(due.item), least);
            break;
          }
          case 'drop': {
            const [item, least] = [heap.peek(), earliest()];
            heap.drop();
            if (model.length > 0) assert.equal(remove(item), least);
            break;
          }
          case 'retain':
            heap.retain((item, at) => (item + at) % one.divisor === 0);
            model = model.filter(({ at, item }) => (item + at) % one.divisor === 0);
        }
        assert.equal(heap.size, model.length);
        assert.equal(heap.next(), model.length === 0 ? null : earliest());
      }
    }),
    { numRuns: 500 },
  );
});
