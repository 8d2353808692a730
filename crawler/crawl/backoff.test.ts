import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultSchedule, laterDialAt, nextDialAt, nextDueAt } from './backoff.ts';

const hour = 3_600_000;
const base = { now: 1_000 * hour, lastAliveAt: null, firstSeenAt: 999 * hour, failures: 1, chance: 0.5 } as const;
const wait = (over: Partial<Parameters<typeof nextDueAt>[0]>) =>
  nextDueAt({ ...base, result: 'silent', ...over }, defaultSchedule) - base.now;

test('a node that answers is due after the revisit time; a full one is dialled at another hour', () => {
  assert.equal(wait({ result: 'alive' }), 30 * 60_000);
  const dialAfter = (chance: number) => nextDialAt({ now: base.now, chance }, defaultSchedule) - base.now;
  assert.deepEqual([0, 0.5, 1].map(dialAfter), [2.4 * hour, 3 * hour, 3.6 * hour]);
});

test('what others found full is left alone too; of our own dial the database tells nothing new', () => {
  const later = (planned: number | null, fullAt: number | null) => laterDialAt(planned, fullAt, defaultSchedule);
  assert.equal(later(null, null), null);
  assert.equal(later(5 * hour, null), 5 * hour);
  assert.equal(later(null, 4 * hour), 7 * hour, 'found by another, or before a restart');
  for (const chance of [0, 0.3, 1]) {
    const planned = nextDialAt({ now: 4 * hour, chance }, defaultSchedule);
    assert.equal(later(planned, 4 * hour), planned, 'our own dial');
    assert.equal(later(planned, 4 * hour + 2.4 * hour), 9.4 * hour, 'another has dialled since');
  }
});

test('an address that never answered doubles, up to the maximum', () => {
  assert.deepEqual(
    [1, 2, 3, 30].map((failures) => wait({ failures })),
    [5 * 60_000, 10 * 60_000, 20 * 60_000, 48 * hour],
  );
});

test('a node that was alive is tried again after half its absence, within the bounds', () => {
  assert.equal(wait({ lastAliveAt: base.now - 10 * hour }), 5 * hour);
  assert.equal(wait({ lastAliveAt: base.now - 60_000 }), 5 * 60_000);
  assert.equal(wait({ lastAliveAt: base.now - 900 * hour }), 48 * hour);
});

test('every wait is spread by chance', () => {
  assert.equal(wait({ result: 'alive', chance: 0 }), 24 * 60_000);
  assert.ok(wait({ result: 'alive', chance: 0.999 }) > 35 * 60_000);
});
