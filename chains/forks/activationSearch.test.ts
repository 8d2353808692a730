import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ActivationSearch, activationHeights, isFound, isRefuted, searchActivation } from './activationSearch.ts';

const genesisTime = 1_700_000_000_000;
/** A block every 12 s, with a slot missed now and then. */
const timeOf = (height: bigint) => genesisTime + Number(height + height / 7n) * 12_000;
const blockTimes = (heights: readonly bigint[]) => heights.map((height) => ({ height, time: timeOf(height) }));

function searchFor(first: bigint, head: bigint, at: bigint): { found: ActivationSearch | null; rounds: number } {
  let found = searchActivation(null, at, blockTimes([head]));
  let rounds = 0;
  while (found !== null && !isFound(found)) {
    const heights = activationHeights(found, 5);
    assert.ok(heights.length > 0 && heights.length <= 5, `${first} of ${head}`);
    assert.ok(heights.every((height) => height > (found?.below ?? 0n) && height < (found?.block ?? 0n)));
    found = searchActivation(found, at, blockTimes(heights));
    rounds += 1;
  }
  return { found, rounds };
}

test('the first block of a fork by time is found, wherever it lies, in few rounds', () => {
  for (const head of [1n, 2n, 7n, 1_000n, 24_000_000n]) {
    for (const first of [1n, 2n, head / 3n, head / 2n, head - 1n, head].filter((n) => n >= 1n && n <= head)) {
      const at = BigInt(timeOf(first)) / 1_000n - 3n;
      const { found, rounds } = searchFor(first, head, at);
      assert.deepEqual(found, { below: first - 1n, block: first, time: timeOf(first) }, `${first} of ${head}`);
      assert.ok(rounds <= 11, `${rounds} rounds for ${head}`);
    }
  }
});

test('without a block of the fork there is no search; what lies outside or comes late changes nothing', () => {
  const at = BigInt(timeOf(500n)) / 1_000n;
  assert.equal(searchActivation(null, at, []), null);
  assert.equal(searchActivation(null, at, blockTimes([1n, 499n])), null);
  const search = searchActivation(null, at, blockTimes([400n, 600n, 700n]));
  assert.deepEqual(search, { below: 400n, block: 600n, time: timeOf(600n) });
  assert.deepEqual(searchActivation(search, at, []), search);
  assert.deepEqual(searchActivation(search, at, blockTimes([1n, 650n, 399n])), search);
});

test('a timestamp that cannot be, below a block known to be before the fork, moves nothing', () => {
  const at = BigInt(timeOf(500n)) / 1_000n;
  const search = { below: 450n, block: 520n, time: timeOf(520n) };
  assert.deepEqual(searchActivation(search, at, [{ height: 10n, time: timeOf(900n) }]), search);
  assert.deepEqual(searchActivation(search, at, [{ height: 800n, time: 0 }]), search);
});

test('a bound is refuted by a header of its own height alone', () => {
  const at = BigInt(timeOf(500n)) / 1_000n;
  const search = { below: 450n, block: 520n, time: timeOf(520n) };
  assert.equal(isRefuted(search, at, blockTimes([1n, 450n, 499n, 500n, 520n, 900n])), false);
  assert.equal(isRefuted(search, at, [{ height: 450n, time: timeOf(500n) }]), true);
  assert.equal(isRefuted(search, at, [{ height: 520n, time: timeOf(499n) }]), true);
  assert.equal(isRefuted(search, at, [{ height: 460n, time: 0 }]), false);
  assert.equal(isRefuted({ ...search, below: 0n }, at, [{ height: 0n, time: timeOf(900n) }]), false);
});

test('the block at the very second of the activation is its first', () => {
  const at = BigInt(timeOf(500n)) / 1_000n;
  assert.deepEqual(searchFor(500n, 1_000n, at).found?.block, 500n);
});
