import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { bytesToHex, hexToBytes } from './bytes.ts';
import { KeccakState, keccak256, keccak256Of } from './keccak.ts';

test('keccak256 gives the digests that Ethereum knows by heart', () => {
  // Yellow Paper: KEC of nothing, and of the empty RLP list (the hash of no uncles).
  const known = {
    '': 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    c0: '1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347',
  };
  for (const [input, digest] of Object.entries(known)) {
    assert.equal(bytesToHex(keccak256(hexToBytes(input))), digest, `input 0x${input}`);
  }
});

test('keccak256 agrees with a second implementation at every length around the block size', () => {
  const random = seededRandom();
  for (const length of [0, 1, 31, 32, 64, 65, 135, 136, 137, 271, 272, 273, 1280, 70_000]) {
    const bytes = random.bytes(length);
    const expected = bytesToHex(keccak_256(bytes));
    assert.equal(bytesToHex(keccak256(bytes)), expected, `${length} bytes, seed ${random.seed}`);
    const cut = Math.floor(length / 3);
    assert.equal(bytesToHex(keccak256Of(bytes.subarray(0, cut), bytes.subarray(cut))), expected, `${length} in parts`);
  }
});

test('a digest is a copy of its own', () => {
  const first = keccak256(Uint8Array.of(1));
  const copy = first.slice();
  keccak256(Uint8Array.of(2));
  assert.deepEqual(first, copy);
});

test('states that are read midway and interleaved do not disturb one another', () => {
  const random = seededRandom();
  const ours = [new KeccakState(), new KeccakState(), new KeccakState()];
  const theirs = ours.map(() => keccak_256.create());
  for (let step = 0; step < 300; step++) {
    const which = Math.floor(random.next() * 3);
    const bytes = random.bytes(Math.floor(random.next() * 300));
    theirs[which]!.update(bytes);
    const expected = bytesToHex(theirs[which]!.clone().digest());
    const got = step % 2 === 0 ? ours[which]!.updateAndDigest(bytes) : ours[which]!.update(bytes).digest();
    assert.equal(bytesToHex(got), expected, `step ${step}, seed ${random.seed}`);
    keccak256(bytes);
    assert.equal(bytesToHex(ours[which]!.digest()), expected, `read again, step ${step}, seed ${random.seed}`);
  }
});
