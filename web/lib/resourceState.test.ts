import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageNow, combineResources, emptyResource, type ResourceState, viewStateOf } from './resourceState.ts';

const fresh = { asOf: '2026-01-07T01:01:11.000Z', ageSeconds: 12, stale: false, simulated: false };
const failure = { code: 'offline', message: '' };
const never = (): boolean => false;

function received(part: Partial<ResourceState<{ freshness: typeof fresh }>> = {}) {
  return { data: { freshness: fresh }, receivedAt: 1_000, failure: null, failures: 0, loading: false, ...part };
}

test('nothing yet: loading, then failed', () => {
  assert.deepEqual(viewStateOf(emptyResource, never, 0), { at: 'loading' });
  assert.deepEqual(viewStateOf({ ...emptyResource, failure }, never, 0), { at: 'failed', failure });
});

test('an answer without content is empty', () => {
  assert.equal(viewStateOf(received(), () => true, 1_000).at, 'empty');
});

test('a failed refresh keeps what was there and tells its age', () => {
  const view = viewStateOf(received({ failure, failures: 2 }), never, 61_000);
  assert.ok(view.at === 'shown');
  assert.deepEqual(view.old, { why: 'connection', ageSeconds: 72 });
});

test('a stale census is shown with its age, a fresh one without', () => {
  const stale = received({ data: { freshness: { ...fresh, stale: true, ageSeconds: 5_400 } } });
  const view = viewStateOf(stale, never, 1_000);
  assert.ok(view.at === 'shown');
  assert.deepEqual(view.old, { why: 'census', ageSeconds: 5_400 });
  const good = viewStateOf(received(), never, 1_000);
  assert.ok(good.at === 'shown' && good.old === null);
});

test('age counts on here, and a clock that was set back does not make it younger', () => {
  assert.equal(ageNow(fresh, 1_000, 31_000), 42);
  assert.equal(ageNow(fresh, 1_000, 0), 12);
  assert.equal(ageNow({ ...fresh, ageSeconds: null }, 1_000, 2_000), null);
});

test('several answers are whole when all are there, and as old as the oldest', () => {
  const older = received({ data: { freshness: { ...fresh, ageSeconds: 99 } }, receivedAt: 500 });
  const whole = combineResources([received(), older]);
  assert.equal(whole.data?.freshness.ageSeconds, 99);
  assert.equal(whole.receivedAt, 500);
  const part = combineResources([received(), { ...emptyResource, failure, failures: 4 }]);
  assert.equal(part.data, null);
  assert.deepEqual(part.failure, failure);
  assert.equal(part.failures, 4);
});
