import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getTasks, schedule } from 'node-cron';
import { CronTimes, isCron } from './cronTimes.ts';

const at = (text: string): number => Date.parse(text);
const list = (expression: string, after: string, count: number): string[] => {
  const times = new CronTimes(expression);
  const found: string[] = [];
  for (let now = at(after); found.length < count; ) {
    now = times.next(now);
    found.push(new Date(now).toISOString().replace('.000Z', 'Z'));
  }
  return found;
};

test('the next time of an expression, in UTC and by any clock', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      '*/10 * * * *',
      '2031-12-31T23:39:59.999Z',
      ['2031-12-31T23:40:00Z', '2031-12-31T23:50:00Z', '2032-01-01T00:00:00Z'],
    ],
    ['*/10 * * * *', '2031-12-31T23:40:00Z', ['2031-12-31T23:50:00Z']],
    ['*/5 * * * * *', '2026-03-29T00:59:54Z', ['2026-03-29T00:59:55Z', '2026-03-29T01:00:00Z', '2026-03-29T01:00:05Z']],
    ['41 4 * * *', '2026-10-25T04:41:00Z', ['2026-10-26T04:41:00Z', '2026-10-27T04:41:00Z']],
    ['0 0 29 feb *', '2026-01-01T00:00:00Z', ['2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z']],
    ['0 12 L * *', '2027-01-31T12:00:00Z', ['2027-02-28T12:00:00Z', '2027-03-31T12:00:00Z']],
    // Both must fit, which is node-cron's way.
    ['0 0 13 * fri', '2026-01-01T00:00:00Z', ['2026-02-13T00:00:00Z', '2026-03-13T00:00:00Z', '2026-11-13T00:00:00Z']],
    ['59 30 9,21 * * mon#1', '2026-06-01T09:30:59Z', ['2026-06-01T21:30:59Z', '2026-07-06T09:30:59Z']],
  ];
  for (const [expression, after, expected] of cases) {
    assert.deepEqual(list(expression, after, expected.length), expected, expression);
  }
});

test('it is the time that node-cron itself would take', async () => {
  for (const expression of ['*/7 3-5 * * *', '13,43 */2 1,15 * *', '5 4 * * sun', '30 5 12 W15 * *'].filter(isCron)) {
    const task = schedule(expression, () => {}, { timezone: 'UTC' });
    const now = Date.now();
    assert.equal(new CronTimes(expression).next(now), task.getNextRun()?.getTime(), expression);
    await task.destroy();
  }
});

test('what never comes, or is no expression, is said; nothing is left in the register of node-cron', () => {
  assert.throws(() => new CronTimes('0 0 29 feb mon#1').next(0), /0 0 29 feb mon#1 never comes/);
  assert.throws(() => new CronTimes('now and then'));
  assert.deepEqual(['*/10 * * * *', '0 0 29 feb mon#1', 'now and then'].map(isCron), [true, false, false]);
  assert.equal(isCron('0-999999999 * * * *'), false, 'and nobody counts so far');
  assert.equal(getTasks().size, 0);
});
