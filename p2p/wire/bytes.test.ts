import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { bytesToHex, bytesToKey, hexToBytes } from './bytes.ts';

const random = seededRandom();

test('hex is what Buffer says, for views of any length and place, and comes back', () => {
  for (let length = 0; length < 5_000; length += 1 + Math.floor(length / 8)) {
    const whole = random.bytes(length + 3);
    const view = whole.subarray(3);
    const hex = bytesToHex(view);
    assert.equal(hex, Buffer.from(whole).toString('hex', 3), `${length} bytes, seed ${random.seed}`);
    assert.deepEqual(hexToBytes(hex), view);
  }
});

test('a key has a character for each byte asked for, and no more than there are bytes', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  assert.equal(bytesToKey(bytes), String.fromCharCode(...bytes));
  assert.equal(bytesToKey(bytes, 32), String.fromCharCode(...bytes.subarray(0, 32)));
  assert.equal(bytesToKey(bytes.slice(0, 4), 32).length, 4);
  assert.equal(bytesToKey(random.bytes(4_000), 3_000).length, 3_000);
  // What a longer one left behind does not show up in a shorter one.
  assert.equal(bytesToKey(new Uint8Array(0)), '');
});

test('a small array stays in the heap', () => {
  const before = process.memoryUsage().arrayBuffers;
  const ids = Array.from({ length: 20_000 }, () => new Uint8Array(64));
  for (const id of ids) bytesToHex(id);
  const grown = process.memoryUsage().arrayBuffers - before;
  // 64 bytes each, with four times that in overhead.
  assert.ok(grown < 640_000, `${grown} bytes outside`);
  assert.equal(ids.length, 20_000);
});
