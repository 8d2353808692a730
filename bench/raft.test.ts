import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './raft.ts';

test('the Raft benchmark polls every node and gives its cost', async () => {
  const result = JSON.parse(JSON.stringify(await run(['2', '2', '3', 'postgres', '1000'])));
  assert.ok(result.pollsPerSecond > 0.5, JSON.stringify(result));
  assert.equal(result.failedPolls, 0);
  assert.ok(result.cpuPercentOfOneCore > 0);
});
