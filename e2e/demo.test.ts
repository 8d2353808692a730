import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runDemo } from './fixtures/demoRun.ts';
import { startForkscope } from './forkscopeProcess.ts';

test('demo: a scenario that is none is a wrong call, answered with those that there are', async () => {
  const { code, stderr } = await startForkscope(['demo', '--scenario', 'nope']).ended;
  assert.equal(code, 2);
  assert.match(
    stderr,
    /neither a file nope nor a scenario of that name; scenarios are chain-split, demo, fork-activation, two-seals/,
  );
});

test('demo: pages fill with the simulated network, say that it is one, and nothing is kept', (t) =>
  runDemo(t, { scenario: 'two-seals', nodes: 22, network: 'qbft-consortium' }));
