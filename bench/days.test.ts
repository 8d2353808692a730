import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './days.ts';

test('the bench of days lets an hour pass, holds its count to the truth, and tells where the time went', async () => {
  const result = JSON.parse(JSON.stringify(await run(['--nodes', '20', '--hours', '1', '--revisit', '10m'])));
  assert.deepEqual([result.hours, result.warnings], [1, 0]);
  assert.deepEqual(result.counts, [{ hour: 1, alive: 18, truth: 18 }]);
  for (const figure of ['tookSeconds', 'cpuSeconds', 'databaseSeconds', 'visits', 'datagrams', 'queries', 'jumps']) {
    assert.ok(result[figure] > 0, JSON.stringify(result));
  }
});
