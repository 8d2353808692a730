import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeSync } from './headSync.ts';

const now = Date.UTC(2026, 10, 1);
const minute = 60_000;
const estimate = { number: 1_000n, at: now - minute };

test('a node is synced by the estimate, else by the age of its head, else nobody can say', () => {
  const judge = (headNumber: bigint | null, headAt: number | null, by: typeof estimate | null = estimate) =>
    judgeSync({ headNumber, headAt, visitedAt: now }, by);
  assert.equal(judge(936n, null), true);
  assert.equal(judge(935n, null), false);
  assert.equal(judge(2_000n, null), true, 'ahead of the estimate');
  assert.equal(judge(935n, now), false, 'the estimate outranks the head’s own time, which it could invent');
  assert.equal(judge(null, now - 10 * minute), true);
  assert.equal(judge(null, now - 10 * minute - 1), false);
  assert.equal(judge(5n, now, null), true);
  assert.equal(judge(5n, null, null), null);
  assert.equal(judge(5n, null, { number: 1_000n, at: now - 16 * minute }), null, 'too old an estimate');
});
