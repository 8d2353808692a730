/** The short form of `npm run bench -- truth`: what an unmarked census publishes is so, or it says how much it does not know. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { formatMissed } from './formatErrors.ts';
import { runMixedNetwork } from './runMixedNetwork.ts';

const minute = 60_000;

test('every count of every unmarked census is true, hours after a start and a stop, and when a second vantage joins', async (t) => {
  const { url } = await openTestDatabase(t);
  const steps = [
    { at: 0, kind: 'start' },
    { at: 30 * minute, kind: 'stop' },
    { at: 50 * minute, kind: 'start' },
    // No census is marked for these: who is told lies anew, and who has not looked yet, must know it.
    { at: 180 * minute, kind: 'stop' },
    { at: 180 * minute, kind: 'start' },
    { at: 210 * minute, kind: 'startSecond' },
  ] as const;
  const { wrong, rows, missed, warnings } = await runMixedNetwork({
    ...{ nodes: 80, hours: 4, seed: 1, databaseUrl: url, steps, watched: ['mainnet'] },
  });
  assert.deepEqual(warnings, []);
  const sum = (read: (row: (typeof rows)[number]) => number): number => rows.reduce((all, row) => all + read(row), 0);
  const unmarked = sum(({ complete }) => complete);
  assert.ok(unmarked > 1_000, `${unmarked} counts were compared`);
  assert.ok(sum(({ partial }) => partial) > 1_000, 'the first hours are marked, and those in whose window the stop is');
  const worst = wrong.slice(0, 20).map(({ at, ...count }) => `${new Date(at).toISOString()} ${JSON.stringify(count)}`);
  assert.equal(
    wrong.length,
    0,
    [`${wrong.length} of ${unmarked} are wrong`, ...worst, formatMissed(missed)].join('\n'),
  );
});
