import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextAncestorStep, startAncestorSearch, takeAncestorAnswer } from './commonAncestor.ts';
import { chooseHeights, searchHeights } from './heightPlan.ts';

const hour = 3_600_000;

test('heights stay for a period, then a fresh choice stands beside the last one for another', () => {
  const at = (head: bigint | null) => ({ consensus: 'pos', head }) as const;
  const first = chooseHeights([], 0, at(1_000n), hour);
  assert.deepEqual(first, [{ since: 0, heights: [744n, 936n] }]);
  assert.deepEqual(chooseHeights(first, hour - 1, at(1_300n), hour), first);
  const second = chooseHeights(first, hour, at(1_300n), hour);
  assert.deepEqual(second, [...first, { since: hour, heights: [1_044n, 1_236n] }]);
  assert.deepEqual(
    chooseHeights(second, 2 * hour, at(1_600n), hour).map(({ since }) => since),
    [hour, 2 * hour],
  );
  assert.deepEqual(chooseHeights([], 0, at(null), hour), [], 'no head, no heights');
  assert.deepEqual(chooseHeights([], 0, at(5n), hour), [], 'a chain that has only begun');
  assert.deepEqual(chooseHeights([], 0, { consensus: 'raft', head: 10n }, hour), [{ since: 0, heights: [2n] }]);
});

test('the heights of several steps find the ancestor in a third of the rounds', () => {
  for (const truth of [0n, 1n, 777n, 23_999_998n]) {
    let search = startAncestorSearch(24_000_000n);
    let rounds = 0;
    for (let step = nextAncestorStep(search); step.at === 'ask'; rounds++) {
      const heights = searchHeights(search, 3);
      assert.ok(heights.length <= 7);
      while (step.at === 'ask' && heights.includes(step.height)) {
        const other = step.height <= truth ? 'a' : 'b';
        search = takeAncestorAnswer(search, { height: step.height, one: 'a', other });
        step = nextAncestorStep(search);
      }
    }
    assert.deepEqual(nextAncestorStep(search), { at: 'found', ancestor: truth });
    assert.ok(rounds <= 9, `${rounds} rounds`);
  }
});
