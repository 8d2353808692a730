import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { ByteQueue } from './byteQueue.ts';
import { concatBytes } from './bytes.ts';

test('bytes come out in the order they went in, however they are cut', () => {
  const random = seededRandom();
  const queue = new ByteQueue();
  const put: Uint8Array[] = [];
  const got: Uint8Array[] = [];
  for (let i = 0; i < 2000; i++) {
    const bytes = random.bytes(random.below(40));
    put.push(bytes);
    queue.push(bytes);
    const taken = queue.take(random.below(50));
    if (taken !== null) got.push(taken);
  }
  got.push(queue.take(queue.size) ?? new Uint8Array(0));
  assert.deepEqual(concatBytes(...got), concatBytes(...put), `FUZZ_SEED=${random.seed}`);
  assert.equal(queue.size, 0);
});

test('peek leaves the bytes, take copies them, clear forgets them', () => {
  const queue = new ByteQueue();
  queue.push(Uint8Array.of(1, 2, 3));
  assert.equal(queue.peek(4), null);
  assert.equal(queue.take(4), null);
  assert.deepEqual(queue.peek(2), Uint8Array.of(1, 2));
  const taken = queue.take(2);
  queue.push(new Uint8Array(500).fill(9));
  assert.deepEqual(taken, Uint8Array.of(1, 2));
  assert.equal(queue.size, 501);
  queue.clear();
  assert.equal(queue.size, 0);
});
