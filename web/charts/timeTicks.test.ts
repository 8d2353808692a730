import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTimeTick, timeTicks } from './timeTicks.ts';

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.UTC(2026, 0, 7, 10, 20);

test('a day is ticked every three hours, on whole ones', () => {
  const ticks = timeTicks(start, start + day, 8);
  assert.deepEqual(
    ticks.map((at) => formatTimeTick(at, 3 * hour)),
    ['12:00', '15:00', '18:00', '21:00', '01-08', '03:00', '06:00', '09:00'],
  );
});

test('a week is ticked by the day, a year by months', () => {
  const week = timeTicks(start, start + 7 * day, 8);
  assert.deepEqual(
    week.map((at) => formatTimeTick(at, day)),
    ['01-08', '01-09', '01-10', '01-11', '01-12', '01-13', '01-14'],
  );
  assert.equal(timeTicks(start, start + 365 * day, 8).length, 4);
  assert.equal(formatTimeTick(Date.UTC(2026, 6, 1), 182 * day), '2026-07');
});

test('ticks are even, inside the range, and never more than asked for by far', () => {
  for (const span of [5 * 60_000, hour, 7 * hour, 3 * day, 40 * day, 400 * day, 4_000 * day]) {
    const ticks = timeTicks(start, start + span, 8);
    assert.ok(ticks.length <= 12, `${span}: ${ticks.length}`);
    assert.ok(ticks.every((at) => at >= start && at <= start + span));
    assert.ok(new Set(ticks.slice(1).map((at, index) => at - (ticks[index] ?? 0))).size <= 1);
  }
  assert.deepEqual(timeTicks(start, start - day, 8), []);
});
