import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAlive, listBackends, readPostmaster } from '../../sql/postmaster.ts';
import { until } from '../../testkit/until.ts';
import { isOther, killServer, lastBeat, loopback } from '../fixtures/killServer.ts';
import { startForkscope, temporaryFolder } from '../forkscopeProcess.ts';

test('crawl and serve on one data directory, without start: a killed PostgreSQL runs again, and both go on', async (t) => {
  const folder = temporaryFolder(t, 'restart-alone');
  chmodSync(folder, 0o755);
  const dataDir = join(folder, 'data');
  const cluster = join(dataDir, 'postgres');
  await using crawl = startForkscope(['crawl', `--data-dir=${dataDir}`, '--bind6=none', ...loopback]);
  await crawl.printed(/metrics are served/, 90_000);
  await using serve = startForkscope(['serve', `--data-dir=${dataDir}`, '--http-port=0', '--log-format=json']);
  const url = (await serve.printed(/"url":"(http:[^"]+)"/, 30_000))[1] ?? '';
  const first = killServer(cluster);
  const killedAt = Date.now();
  await until(
    'an answer of the database',
    async () => (await fetch(`${url}/readyz`)).status === 200 && isOther(cluster, first),
  );
  await until('a heartbeat of the crawler', async () => (await lastBeat(cluster)) > killedAt);
  for (const program of [crawl, serve]) {
    program.child.kill('SIGTERM');
    const { code, stderr } = await program.ended;
    assert.equal(code, 0, stderr);
  }
  assert.equal(isAlive(readPostmaster(cluster)?.pid ?? 0), false);
  assert.deepEqual(listBackends(cluster), []);
});

test('start again at once after supervisor and database were killed: whatever they left does not stop it', async (t) => {
  const folder = temporaryFolder(t, 'double-kill');
  chmodSync(folder, 0o755);
  const dataDir = join(folder, 'data');
  const cluster = join(dataDir, 'postgres');
  const args = ['start', `--data-dir=${dataDir}`, '--http-port=0', '--bind6=none', ...loopback];
  const up = /^Forkscope watches .*: (http:\S+)$/m;
  let running = startForkscope(args);
  await running.printed(up, 90_000);
  for (const killed of ['both', 'supervisor'] as const) {
    running.child.kill('SIGKILL');
    if (killed === 'both') killServer(cluster);
    const pid = readPostmaster(cluster)?.pid;
    running = startForkscope(args);
    await running.printed(up, 90_000);
    const told = /embedded PostgreSQL (adopted|started) \(process (\d+)\)/.exec(running.stderr());
    assert.equal(told?.[1], killed === 'both' ? 'started' : 'adopted');
    assert.equal(Number(told?.[2]) === pid, killed === 'supervisor');
  }
  running.child.kill('SIGTERM');
  const { code, stderr } = await running.ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(listBackends(cluster), []);
});
