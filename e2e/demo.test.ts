import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NetworkSummaryResponse } from '../api/contract/networks.ts';
import type { SimulatedTruth } from '../testkit/simulatedNetwork/networkTruth.ts';
import { endForkscope, startForkscope } from './forkscopeProcess.ts';

const greeting = /^A simulated network of 300 nodes .*: (http:\/\/127\.0\.0\.1:\d+)$/m;
const fillMs = 90_000;

test('demo: a scenario that is none is a wrong call, answered with those that there are', async () => {
  const { code, stderr } = await startForkscope(['demo', '--scenario', 'nope']).ended;
  assert.equal(code, 2);
  assert.match(
    stderr,
    /neither a file nope nor a scenario of that name; scenarios are chain-split, demo, fork-activation, two-seals/,
  );
});

test('demo: pages fill with the simulated network, say that it is one, and nothing is kept', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-demo-test-'));
  const scratch = join(folder, 'tmp');
  mkdirSync(scratch);
  // As root the database server runs as another user, who must be able to enter.
  chmodSync(folder, 0o755);
  const truthFile = join(folder, 'truth.ndjson');
  const demo = startForkscope(['demo', '--http-port', '0', '--truth', truthFile], { TMPDIR: scratch });
  t.after(async () => {
    await endForkscope(demo);
    rmSync(folder, { recursive: true, force: true });
  });
  const url = (await demo.printed(greeting, 60_000))[1] ?? '';
  const truth = readFileSync(truthFile, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): SimulatedTruth => JSON.parse(line));
  const named = truth.filter(({ identified, network }) => identified && network === 'sepolia').length;

  let seen = '';
  for (const until = Date.now() + fillMs; ; await sleep(1_000)) {
    const response = await fetch(`${url}/api/v1/networks/sepolia/summary`);
    // The API may be up before the crawler has told the database which networks there are.
    if (response.status === 404 && Date.now() < until) continue;
    assert.equal(response.status, 200, `${await response.clone().text()}\n${demo.stderr()}`);
    const summary: NetworkSummaryResponse = await response.json();
    assert.equal(summary.freshness.simulated, true);
    const identified = summary.populations.find(({ population }) => population === 'identified')?.day.ids ?? 0;
    seen = `${identified} of ${named} identified`;
    if (identified === named) break;
    assert.ok(Date.now() < until, `${seen}\n${demo.stderr()}`);
  }

  const { code, stderr } = await endForkscope(demo, 'SIGINT');
  assert.equal(code, 0, stderr);
  assert.deepEqual(readdirSync(scratch), []);
});
