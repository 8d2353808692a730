import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDate, toIso, toMs, toSeconds, utcDay } from './time.ts';

const noon = Date.UTC(2026, 2, 1, 12);

test('there and back', () => {
  assert.equal(toMs(toDate(noon)), noon);
  assert.deepEqual(toDate(noon), new Date('2026-03-01T12:00:00Z'));
  assert.equal(toIso(noon), '2026-03-01T12:00:00.000Z');
  assert.equal(toIso(toDate(noon)), toIso(noon));
});

test('nothing stays nothing', () => {
  assert.deepEqual([toDate(null), toMs(null), toIso(null)], [null, null, null]);
});

test('days are those of UTC, seconds are whole and never ahead of the time', () => {
  assert.deepEqual(
    [utcDay(noon), utcDay(noon + 43_199_999), utcDay(noon + 43_200_000)],
    ['2026-03-01', '2026-03-01', '2026-03-02'],
  );
  assert.deepEqual([toSeconds(0), toSeconds(999), toSeconds(1_000), toSeconds(noon + 1)], [0n, 0n, 1n, 1772366400n]);
});
