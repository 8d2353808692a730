import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type AncestorSearch,
  maxSilentHeights,
  nextAncestorStep,
  startAncestorSearch,
  takeAncestorAnswer,
} from './commonAncestor.ts';

/** Asks two chains that part after `ancestor`; `silent` heights stay unanswered. */
function search(ancestor: bigint, differ: bigint, silent: (height: bigint) => boolean = () => false) {
  let state: AncestorSearch = startAncestorSearch(differ);
  for (let asked = 0; ; asked++) {
    assert.ok(asked < 500, 'the search does not end');
    const step = nextAncestorStep(state);
    if (step.at !== 'ask') return { step, asked };
    const name = (side: string) => (step.height <= ancestor ? `h${step.height}` : `${side}${step.height}`);
    const quiet = silent(step.height);
    state = takeAncestorAnswer(state, { height: step.height, one: name('a'), other: quiet ? null : name('b') });
  }
}

test('any ancestor is found in as many questions as the height has bits', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 1n << 40n }), fc.nat(1000), (differ, part) => {
      const ancestor = (differ * BigInt(part)) / 1001n;
      const { step, asked } = search(ancestor, differ);
      assert.deepEqual(step, { at: 'found', ancestor });
      assert.ok(asked <= differ.toString(2).length);
    }),
    { numRuns: 300 },
  );
});

test('neighbouring heights need no question', () => {
  assert.deepEqual(search(0n, 1n), { step: { at: 'found', ancestor: 0n }, asked: 0 });
});

test('a height without an answer is asked around, not given up', () => {
  const silent = (height: bigint) => [250n, 499n, 500n].includes(height);
  for (const ancestor of [0n, 1n, 498n, 501n, 998n]) {
    const expected = ancestor === 498n ? { at: 'narrowed', agree: 498n, differ: 501n } : { at: 'found', ancestor };
    assert.deepEqual(search(ancestor, 999n, silent).step, expected);
  }
});

test('sides that answer nothing end the search with what is known', () => {
  const { step, asked } = search(5n, 1_000_000n, () => true);
  assert.deepEqual(step, { at: 'narrowed', agree: 0n, differ: 1_000_000n });
  assert.equal(asked, maxSilentHeights);
  const small = search(1n, 4n, () => true);
  assert.deepEqual(small.step, { at: 'narrowed', agree: 0n, differ: 4n });
});

test('late and stray answers change nothing', () => {
  const state = takeAncestorAnswer(startAncestorSearch(100n), { height: 50n, one: 'x', other: 'x' });
  for (const height of [0n, 49n, 50n, 100n, 5000n]) {
    assert.equal(takeAncestorAnswer(state, { height, one: 'x', other: 'y' }), state);
  }
});
