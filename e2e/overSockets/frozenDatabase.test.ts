/** A real PostgreSQL stands still (SIGSTOP) beneath a crawler and the API: what is seen goes to disk, and is stored once. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../sql/client.ts';
import { listBackends, readPostmaster } from '../../sql/postmaster.ts';
import { openTestServer } from '../../sql/testDatabase.ts';
import { signalAll } from '../chaos/chaosFaults.ts';
import { onDisk, untilMore, visitsIn } from '../fixtures/awayCrawl.ts';
import { endForkscope, startForkscope, temporaryFolder } from '../forkscopeProcess.ts';
import { startHostile } from '../peers/startHostile.ts';

const second = 94;

test('a database that stands still costs no visit, holds up no end, and /readyz tells of it within a second', {
  timeout: 240_000,
}, async (t) => {
  const folder = temporaryFolder(t, 'frozen');
  const database = await ownServer(t);
  const liars = await startHostile({ count: 20, second });
  t.after(() => liars[Symbol.asyncDispose]());
  const start = () =>
    startForkscope(
      [
        ...['crawl', '--data-dir', folder, '--networks', 'mainnet', '--vantage', 'here', '--log-format', 'json'],
        ...['--revisit', '1s', '--lease', '2s', '--log-level', 'debug', '--crawl-metrics-port', '0'],
        ...['--bootnodes', liars.peers.map(({ enode }) => enode).join(',')],
        ...['--allowed-cidrs', '127.0.0.0/8', '--bind4', `127.${second}.9.9`, '--bind6', 'none', '--port', '0'],
      ],
      { DATABASE_URL: database.url },
    );
  await using crawl = start();
  await using serve = startForkscope(['serve', '--http-port=0', '--log-format=json', `--data-dir=${folder}`], {
    DATABASE_URL: database.url,
  });
  const [, api = ''] = await serve.printed(/"url":"(http:[^"]+)"/, 60_000);
  const readyz = async () => {
    const startedAt = performance.now();
    const { status } = await fetch(`${api}/readyz`);
    return { status, ms: performance.now() - startedAt };
  };
  const until = async (what: string, isSo: () => boolean | Promise<boolean>) => {
    for (const end = Date.now() + 60_000; !(await isSo()); await sleep(100))
      assert.ok(Date.now() < end, `${what}\n${crawl.stderr().slice(-3_000)}`);
  };
  await until('ready', async () => (await readyz()).status === 200);
  await until('visits stored', async () => (await database.stored()).all >= 20);

  database.signal('SIGSTOP');
  const seenBefore = visitsIn(crawl.stderr());
  for (let times = 0; times < 10; times++) {
    const { status, ms } = await readyz();
    assert.ok(status === 503 && ms < 1_000, `${status} after ${ms} ms`);
  }
  const page = await fetch(`${api}/api/v1/networks`);
  assert.equal(page.status, 503);
  await untilMore(crawl, 30);
  await until('what was seen is on disk', () => onDisk(folder) >= 30);
  t.diagnostic(`${visitsIn(crawl.stderr()) - seenBefore} visits seen meanwhile, ${onDisk(folder)} on disk`);
  database.signal('SIGCONT');
  await until('written', () => onDisk(folder) === 0);
  await until('ready again', async () => (await readyz()).status === 200);
  await untilMore(crawl, 10);

  database.signal('SIGSTOP');
  await untilMore(crawl, 10);
  const askedAt = Date.now();
  const end = await endForkscope(crawl);
  assert.deepEqual([end.code, end.signal], [0, null], end.stderr.slice(-3_000));
  assert.ok(Date.now() - askedAt < 15_000, `${Date.now() - askedAt} ms`);
  assert.match(end.stderr, /visits are left on disk for the next start",.*"visits":\d+/);
  database.signal('SIGCONT');
  await using next = start();
  await next.printed(/writing what an earlier run left on disk/, 60_000);
  await until('written by the next', () => onDisk(folder) === 0);
  const last = await endForkscope(next);
  assert.equal(last.code, 0, last.stderr.slice(-3_000));
  const { all, keys } = await database.stored();
  assert.deepEqual({ all, keys }, { all: visitsIn(end.stderr) + visitsIn(last.stderr), keys: all });
});

/** A server of the test's own, all of whose processes get a signal. */
async function ownServer(t: TestContext) {
  const server = await openTestServer();
  const [, cluster = ''] = /host=([^&]+)/.exec(server.url) ?? [];
  const folder = decodeURIComponent(cluster);
  const signal = (name: NodeJS.Signals): void =>
    signalAll([readPostmaster(folder)?.pid ?? 0, ...listBackends(folder)], name);
  const sql = connect(server.url, { max: 1 });
  t.after(async () => {
    signal('SIGCONT');
    await sql.end({ timeout: 2 });
    await server.stop();
  });
  const stored = async (): Promise<{ all: number; keys: number }> => {
    const [table] = await sql<{ there: boolean }[]>`select to_regclass('visits') is not null as there`;
    if (table?.there !== true) return { all: 0, keys: 0 };
    const [row] = await sql<{ all: number; keys: number }[]>`
      select count(*)::int4 as all, count(distinct visit_key)::int4 as keys from visits`;
    return row ?? { all: 0, keys: 0 };
  };
  return { url: server.url, signal, stored };
}
