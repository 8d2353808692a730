/** The database goes away: what the crawler has seen is on disk when it ends and stored once later, and serve says so in time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { endsSafely, onDisk } from './fixtures/awayCrawl.ts';
import { startDatabaseProxy } from './fixtures/databaseProxy.ts';
import { startForkscope, temporaryFolder } from './forkscopeProcess.ts';
import { startHostile } from './peers/startHostile.ts';

test(
  'SIGTERM while the database is away: what was seen is on disk, the end says so, the next start writes it',
  {
    timeout: 120_000,
  },
  (t) => endsSafely(t, 'cut', 221),
);

test('/readyz answers within a second whatever the database does, and says so when it is back', {
  timeout: 60_000,
}, async (t) => {
  const proxy = await startDatabaseProxy((await openTestDatabase(t)).url);
  t.after(() => proxy[Symbol.asyncDispose]());
  const args = ['serve', '--http-port=0', '--log-format=json', `--data-dir=${temporaryFolder(t, 'readyz')}`];
  await using serve = startForkscope(args, { DATABASE_URL: proxy.url });
  const url = (await serve.printed(/"url":"(http:[^"]+)"/, 30_000))[1] ?? '';
  const ask = async () => {
    const startedAt = performance.now();
    const { status } = await fetch(`${url}/readyz`);
    return { status, ms: performance.now() - startedAt };
  };
  const isReady = async () => {
    for (const end = Date.now() + 10_000; (await ask()).status !== 200; await sleep(50)) assert.ok(Date.now() < end);
  };
  await isReady();
  for (const fault of ['freeze', 'cut'] as const) {
    proxy[fault]();
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    for (const { status, ms } of answers) assert.ok(status === 503 && ms < 1_000, `${fault}: ${status} after ${ms} ms`);
    proxy.restore();
    await isReady();
  }
});

test('a single run at whose end the database is away says where its visits are, and ends with 3', {
  timeout: 90_000,
}, async (t) => {
  const folder = temporaryFolder(t, 'away-once');
  const proxy = await startDatabaseProxy((await openTestDatabase(t)).url);
  t.after(() => proxy[Symbol.asyncDispose]());
  const liars = await startHostile({ count: 12, second: 223 });
  t.after(() => liars[Symbol.asyncDispose]());
  const args = [
    'crawl',
    '--once',
    '--data-dir',
    folder,
    '--networks',
    'mainnet',
    '--vantage',
    'here',
    '--log-level',
    'debug',
  ];
  const reach = ['--allowed-cidrs', '127.0.0.0/8', '--bind4', '127.223.9.9', '--bind6', 'none', '--port', '0'];
  const named = ['--bootnodes', liars.peers.map(({ enode }) => enode).join(','), '--crawl-metrics-port', '0'];
  await using run = startForkscope([...args, ...reach, ...named, '--log-format', 'json'], { DATABASE_URL: proxy.url });
  await run.printed(/"message":"visit"/, 60_000);
  proxy.cut();
  const { code, stderr } = await run.ended;
  assert.equal(code, 3, stderr.slice(-3_000));
  const [, count] = /The database was away in the end: (\d+) visits? of this run wait on disk/.exec(stderr) ?? [];
  assert.equal(Number(count), onDisk(folder), stderr.slice(-3_000));
});
