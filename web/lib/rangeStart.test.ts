import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rangeStart } from './rangeStart.ts';

const now = Date.UTC(2026, 0, 7, 13, 37, 21, 5);

test('ranges start on whole hours or days, so that addresses repeat', () => {
  assert.equal(new Date(rangeStart('day', now)).toISOString(), '2026-01-06T13:00:00.000Z');
  assert.equal(new Date(rangeStart('week', now)).toISOString(), '2025-12-31T13:00:00.000Z');
  assert.equal(new Date(rangeStart('month', now)).toISOString(), '2025-12-08T00:00:00.000Z');
  assert.equal(rangeStart('week', now), rangeStart('week', now + 60_000));
});
