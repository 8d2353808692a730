import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { seededRandom } from '../testkit/seededRandom.ts';
import { BoundedMap } from './boundedMap.ts';

test('beyond its limit the entry set longest ago is dropped', () => {
  const map = new BoundedMap<string, number>(3);
  for (const [i, key] of ['a', 'b', 'c'].entries()) map.set(key, i);
  map.set('a', 9);
  map.set('d', 4);
  assert.deepEqual([map.get('a'), map.get('b'), map.get('c'), map.get('d'), map.size], [9, undefined, 2, 4, 3]);
  assert.equal(map.delete('a'), true);
  assert.equal(map.delete('a'), false);
  for (let i = 0; i < 1000; i++) map.set(`${i}`, i);
  assert.equal(map.size, 3);
  assert.throws(() => new BoundedMap(0), RangeError);
});

test('it drops what a plain model would drop, in any order of settings and deletions', () => {
  const random = seededRandom();
  const map = new BoundedMap<number, number>(20);
  let model: [number, number][] = [];
  for (let step = 0; step < 20_000; step++) {
    const key = random.below(40);
    if (random.next() < 0.2) {
      assert.equal(
        map.delete(key),
        model.some(([other]) => other === key),
      );
      model = model.filter(([other]) => other !== key);
    } else {
      map.set(key, step);
      model = [...model.filter(([other]) => other !== key), [key, step] as [number, number]].slice(-20);
    }
    if (random.next() < 0.001) {
      for (const [other] of model) map.delete(other);
      model = [];
    }
    assert.equal(map.size, model.length, `step ${step}, seed ${random.seed}`);
    for (const [other, value] of model) assert.equal(map.get(other), value, `step ${step}, seed ${random.seed}`);
  }
});

type Step =
  | { readonly do: 'set' | 'delete'; readonly key: number }
  | { readonly do: 'clear' }
  | { readonly do: 'dropWhile'; readonly below: number };

const key = fc.integer({ min: 0, max: 12 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('set' as const, 'delete' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('dropWhile' as const), below: fc.integer({ max: 100, min: 0 }) }),
  },
);

test('it holds what a plain Map would hold whose first key is deleted by hand, in the same order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 100 }), (limit, steps) => {
      const map = new BoundedMap<number, number>(limit);
      const model = new Map<number, number>();
      for (const [value, one] of steps.entries()) {
        switch (one.do) {
          case 'set': {
            map.set(one.key, value);
            model.delete(one.key);
            model.set(one.key, value);
            const [oldest] = model.keys();
            if (model.size > limit && oldest !== undefined) model.delete(oldest);
            break;
          }
          case 'delete':
            assert.equal(map.delete(one.key), model.delete(one.key));
            break;
          case 'clear':
            map.clear();
            model.clear();
            break;
          case 'dropWhile':
            map.dropWhile((held) => held < one.below);
            for (const [oldest, held] of model) {
              if (held >= one.below) break;
              model.delete(oldest);
            }
        }
        assert.equal(map.size, model.size);
        assert.deepEqual([...map.entries()], [...model]);
        assert.deepEqual([...map.values()], [...model.values()]);
        for (let each = 0; each <= 12; each++) {
          assert.deepEqual([map.has(each), map.get(each)], [model.has(each), model.get(each)]);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('what is stale is dropped from the oldest on, up to the first that is not', () => {
  const map = new BoundedMap<string, number>(10);
  for (const [i, key] of ['a', 'b', 'c', 'd'].entries()) map.set(key, i);
  map.set('a', 9);
  map.dropWhile((value) => value !== 2);
  assert.deepEqual([map.size, map.get('b'), map.get('c'), map.get('d'), map.get('a')], [3, undefined, 2, 3, 9]);
  map.dropWhile(() => true);
  assert.equal(map.size, 0);
  map.set('e', 1);
  assert.deepEqual([map.size, map.get('e')], [1, 1]);
});

test('dropping costs the same however many were dropped before', () => {
  const map = new BoundedMap<number, number>(20_000);
  const started = performance.now();
  for (let i = 0; i < 500_000; i++) map.set(i, i);
  // Quadratic behaviour takes minutes; this takes some 100 ms.
  assert.ok(performance.now() - started < 10_000);
  assert.deepEqual([map.size, map.get(479_999), map.get(480_000)], [20_000, undefined, 480_000]);
});

test('setting the same few keys for ever holds no more memory', () => {
  const map = new BoundedMap<string, number>(100);
  const heldBytes = (): number => {
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    return process.memoryUsage().heapUsed;
  };
  const setAll = (times: number): void => {
    for (let i = 0; i < times; i++) map.set(`key ${i % 50}`, i);
  };
  setAll(1_000);
  const before = heldBytes();
  setAll(1_000_000);
  const grown = heldBytes() - before;
  // A table of the Map kept for each time that it was filled anew would be 50 MB.
  assert.ok(grown < 4e6, `${grown} bytes more`);
  assert.equal(map.size, 50);
});
