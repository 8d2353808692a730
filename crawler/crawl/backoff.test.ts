import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultSchedule, isWorthALook, laterDialAt, nextDialAt, nextDueAt, unwatchedMs } from './backoff.ts';

const hour = 3_600_000;
const base = {
  ...{ now: 1_000 * hour, lastAliveAt: null, firstSeenAt: 999 * hour, failures: 1, chance: 0.5 },
  ...{ namedAt: 0, unwatchedMs: 0, dialAt: null },
} as const;
const wait = (over: Partial<Parameters<typeof nextDueAt>[0]>) =>
  nextDueAt({ ...base, result: 'silent', ...over }, defaultSchedule) - base.now;

test('a node that answers is due after the revisit time; a full one is dialled at another hour', () => {
  assert.equal(wait({ result: 'alive' }), 30 * 60_000);
  const dialAfter = (chance: number) => nextDialAt({ now: base.now, chance }, defaultSchedule) - base.now;
  assert.deepEqual([0, 0.5, 1].map(dialAfter), [1.5 * hour, 100 * 60_000, 110 * 60_000]);
});

test('visits between two dials are evenly spaced, never further apart than without dials, and the last one brings the dial', () => {
  for (const minutes of [1, 20, 36, 37, 72, 73, 100, 110]) {
    let { now } = base as { now: number };
    const dialAt = now + minutes * 60_000;
    let visits = 0;
    for (; now < dialAt; visits++) {
      const next = nextDueAt({ ...base, now, dialAt, result: 'alive' }, defaultSchedule);
      assert.ok(next - now <= 36 * 60_000 && next <= dialAt, `${minutes}`);
      now = next;
    }
    assert.equal(visits, Math.ceil(minutes / 36), `${minutes}`);
    assert.equal(now, dialAt);
  }
  assert.equal(wait({ result: 'alive', dialAt: base.now - 1 }), 30 * 60_000, 'one that is past changes nothing');
  assert.equal(wait({ dialAt: base.now + hour }), 5 * 60_000, 'nor does one of a silent node');
});

test('what others found full is left alone too; the database has nothing new to say about our own dial', () => {
  const { fullMs } = defaultSchedule;
  const later = (planned: number | null, fullAt: number | null) => laterDialAt(planned, fullAt, defaultSchedule);
  assert.equal(later(null, null), null);
  assert.equal(later(5 * hour, null), 5 * hour);
  assert.equal(later(null, 4 * hour), 4 * hour + fullMs, 'found by another, or before a restart');
  for (const chance of [0, 0.3, 1]) {
    const planned = nextDialAt({ now: 4 * hour, chance }, defaultSchedule);
    assert.equal(later(planned, 4 * hour), planned, 'our own dial');
    assert.equal(later(planned, 5.5 * hour), 5.5 * hour + fullMs, 'another has dialled since');
  }
});

test('the wait for the wait for an address that never answered doubles, up to the maximum', () => {
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

test('one that others still name is looked at again soon, and at once if its wait was planned before it was named', () => {
  const lastAliveAt = base.now - 10 * hour;
  const namedAt = base.now - hour;
  assert.equal(wait({ lastAliveAt, namedAt }), 1.5 * hour);
  assert.equal(wait({ lastAliveAt: base.now - hour, namedAt }), 0.5 * hour, 'no later than otherwise');
  assert.equal(wait({ lastAliveAt, namedAt: base.now - 2 * hour }), 5 * hour, 'long ago');
  assert.equal(wait({ namedAt, failures: 30 }), 48 * hour, 'one that never answered is a name like any other');
  const worth = (over: object) =>
    isWorthALook({ failures: 3, lastAliveAt, dueAt: base.now + 5 * hour, ...over }, base.now, defaultSchedule);
  assert.ok(worth({}));
  assert.ok(!worth({ dueAt: base.now + 1.8 * hour }), 'soon enough');
  assert.ok(!worth({ failures: 0 }), 'it answers');
  assert.ok(!worth({ lastAliveAt: null }), 'it never answered');
});

test('every wait is spread by chance', () => {
  assert.equal(wait({ result: 'alive', chance: 0 }), 24 * 60_000);
  assert.ok(wait({ result: 'alive', chance: 0.999 }) > 35 * 60_000);
});

test('our own absence does not count as theirs', () => {
  const outage = { fromAt: base.now - 4 * hour, untilAt: base.now - hour / 2 };
  const of = (lastAliveAt: number) => unwatchedMs(outage, lastAliveAt, base.now);
  assert.deepEqual(
    [5, 2, 0.25].map((hours) => of(base.now - hours * hour) / hour),
    [3.5, 1.5, 0],
  );
  assert.equal(unwatchedMs(null, 0, base.now), 0);
  assert.equal(unwatchedMs({ ...outage, untilAt: base.now + hour }, base.now - hour, base.now), hour);
  const lastAliveAt = base.now - 5 * hour;
  assert.equal(wait({ lastAliveAt }), 2.5 * hour);
  assert.equal(
    wait({ lastAliveAt, unwatchedMs: of(lastAliveAt) }),
    0.75 * hour,
    'gone for an hour and a half that we saw',
  );
});
