import assert from 'node:assert/strict';
import { test } from 'node:test';
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
