/** One of the ways in which database and programs are killed; e2e/long has the others. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exportRoutes, routes } from '../api/contract/routes.ts';
import { isAlive, listBackends, readPostmaster } from '../sql/postmaster.ts';
import { until } from '../testkit/until.ts';
import { isOther, killServer, lastBeat, loopback } from './fixtures/killServer.ts';
import { startForkscope, temporaryFolder } from './forkscopeProcess.ts';

test('start: an embedded PostgreSQL that is killed runs again, and its users go on', async (t) => {
  const folder = temporaryFolder(t, 'restart');
  // As root the server runs as another user, who must be able to enter.
  chmodSync(folder, 0o755);
  const dataDir = join(folder, 'data');
  const cluster = join(dataDir, 'postgres');
  const args = ['start', `--data-dir=${dataDir}`, '--http-port=0', '--bind6=none', ...loopback];
  await using running = startForkscope(args);
  const url = (await running.printed(/^Forkscope watches .*: (http:\S+)$/m, 90_000))[1] ?? '';
  await running.printed(/metrics are served/, 30_000);
  await t.test('suspended, it keeps nobody waiting', () => suspendServer(cluster, url));
  const first = killServer(cluster);
  const killedAt = Date.now();
  await until(
    'an answer of the database',
    async () => (await fetch(`${url}/readyz`)).status === 200 && isOther(cluster, first),
  );
  await until('a heartbeat of the crawler', async () => (await lastBeat(cluster)) > killedAt);
  const told = running.stderr().match(/embedded PostgreSQL ended; restarting it/g);
  assert.equal(told?.length, 1, running.stderr());
  assert.doesNotMatch(running.stderr(), /(crawl|serve) ended/);

  // Shutdown arrives while it is starting.
  killServer(cluster);
  await until('the second restart', () => /PostgreSQL ended(.|\n)*PostgreSQL ended/.test(running.stderr()));
  running.child.kill('SIGTERM');
  const { code, stderr } = await running.ended;
  assert.equal(code, 0, stderr);
  assert.equal(isAlive(readPostmaster(cluster)?.pid ?? 0), false);
  assert.deepEqual(listBackends(cluster), []);
});

/** All processes of the server stop as under SIGSTOP, and go on. */
async function suspendServer(cluster: string, url: string): Promise<void> {
  const ask = async (path: string) => {
    const begun = Date.now();
    const answer = await fetch(url + path, { signal: AbortSignal.timeout(20_000) });
    return { path, answer, text: await answer.text(), tookMs: Date.now() - begun };
  };
  const id = 'ab'.repeat(64);
  const paths = Object.values({ ...routes, ...exportRoutes }).map(({ path }) =>
    path.replace('{id}', id).replace('{network}', 'mainnet').replace('{cluster}', 'none'),
  );
  await ask('/api/v1/status');
  const pids = [readPostmaster(cluster)?.pid ?? 0, ...listBackends(cluster)];
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    for (const limitMs of [6_000, 2_500]) {
      const answers = await Promise.all(paths.map(ask));
      for (const { path, answer, text } of answers) {
        assert.equal(answer.status, 503, path);
        assert.match(text, /"code":"unavailable"/, path);
        assert.equal(answer.headers.get('retry-after'), '5', path);
      }
      const late = answers.filter(({ tookMs }) => tookMs >= limitMs).map(({ path, tookMs }) => `${path}: ${tookMs} ms`);
      assert.deepEqual(late, []);
    }
    const metrics = await ask('/metrics');
    assert.ok(metrics.tookMs < 2_500);
    assert.match(metrics.text, /^forkscope_api_database_up 0$/m);
    assert.equal((await ask('/')).answer.status, 200, 'the pages need no database');
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
  await until('answers again', async () => (await ask('/api/v1/status')).answer.status === 200);
}
