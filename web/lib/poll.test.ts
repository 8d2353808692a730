import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPollPlan, nextPollDelay } from './poll.ts';

const now = 1_000_000_000;

test('the first try is at once', () => {
  assert.equal(nextPollDelay({ lastEndedAt: null, failures: 0, hidden: false }, now, 0.5), 0);
});

test('nothing is asked while the page is hidden', () => {
  assert.equal(nextPollDelay({ lastEndedAt: null, failures: 0, hidden: true }, now, 0), null);
  assert.equal(nextPollDelay({ lastEndedAt: now - 9e9, failures: 3, hidden: true }, now, 0), null);
});

test('a page that comes back after long asks at once', () => {
  assert.equal(nextPollDelay({ lastEndedAt: now - 3_600_000, failures: 0, hidden: false }, now, 0.99), 0);
});

test('failures double the wait up to a limit', () => {
  const delays = [0, 1, 2, 3, 4, 60].map((failures) =>
    nextPollDelay({ lastEndedAt: now, failures, hidden: false }, now, 0),
  );
  assert.deepEqual(delays, [30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
});

test('chance spreads tries by at most a tenth', () => {
  const delay = nextPollDelay({ lastEndedAt: now, failures: 0, hidden: false }, now, 0.999);
  assert.ok(delay !== null && delay > defaultPollPlan.intervalMs && delay <= defaultPollPlan.intervalMs * 1.1);
});
