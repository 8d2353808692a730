import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTimetable, parseTimetable } from './timetable.ts';

const at = (text: string): number => Date.parse(text);
const day = 86_400_000;

test('a duration means its whole multiples in UTC, as the cron expression that says the same', () => {
  const cases = [
    ['10m', '*/10 * * * *'],
    ['1m', '* * * * *'],
    ['6h', '0 */6 * * *'],
    ['2s', '*/2 * * * * *'],
    ['1d', '0 0 * * *'],
  ] as const;
  for (const [duration, cron] of cases) {
    for (const now of ['2026-03-01T11:59:59.999Z', '2026-03-01T12:00:00Z', '2026-12-31T23:47:12.345Z'].map(at)) {
      assert.equal(parseTimetable(duration).next(now), parseTimetable(cron).next(now), `${duration} after ${now}`);
    }
    assert.equal(parseTimetable(duration).longestGapMs, parseTimetable(cron).longestGapMs, duration);
  }
  assert.equal(parseTimetable('1h30m').longestGapMs, 5_400_000);
});

test('the longest gap of a cron expression, over nights, weekends and months', () => {
  const hour = 3_600_000;
  const cases = [
    ['0,5,30 * * * *', 30 / 60],
    ['0 9-17 * * *', 16],
    ['*/20 9-17 * * *', 15 + 20 / 60],
    // From Friday 17:00 to Monday 9:00.
    ['0 9-17 * * 1-5', 64],
    ['30 4 * * sun', 7 * 24],
    // A month has 28 to 31 days.
    ['0 0 1 * *', 31 * 24],
    ['0 12 L * *', 31 * 24],
    ['0 0 31 * *', 61 * 24],
    ['0 0 1 jan *', 366 * 24],
    ['0 0 29 feb *', (4 * 365 + 1) * 24],
  ] as const;
  for (const [expression, hours] of cases) {
    assert.equal(parseTimetable(expression).longestGapMs / hour, hours, expression);
  }
  // Comes once in 28 years: it is at least that long.
  assert.ok(parseTimetable('0 0 29 feb mon').longestGapMs >= 28 * 365 * day);
});

test('no gap is longer than the longest, and one is as long', () => {
  for (const expression of ['7 3,9 * * 2,5', '*/25 * * * *', '13 13 13 * *', '59 58 23 1,2 * *']) {
    const times = parseTimetable(expression);
    let longest = 0;
    let now = times.next(at('2020-01-01T00:00:00Z'));
    for (const end = at('2025-01-01T00:00:00Z'); now < end && longest < times.longestGapMs; ) {
      const next = times.next(now);
      longest = Math.max(longest, next - now);
      now = next;
    }
    assert.equal(longest, times.longestGapMs, expression);
  }
});

test('what is neither is refused', () => {
  for (const text of ['now and then', '', '10', '500ms', '25h', '2d', '0 0 29 feb mon#1', '61 * * * *']) {
    assert.equal(isTimetable(text), false, text);
    assert.throws(() => parseTimetable(text), RangeError, text);
  }
  for (const text of ['1s', '24h', '1d', '* * * * *']) assert.equal(isTimetable(text), true, text);
});
