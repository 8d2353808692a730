import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import { ForkscopeError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { type ServeConfig, startApi } from './main.ts';

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function configFor(databaseUrl: string, more: Partial<ServeConfig> = {}): ServeConfig {
  return {
    config: null,
    databaseUrl,
    dataDir: '/nowhere',
    networks: ['mainnet'],
    networkFiles: [],
    censusIntervalMs: 600_000,
    logLevel: 'error',
    logFormat: 'json',
    httpHost: '127.0.0.1',
    httpPort: 0,
    rateLimit: 600,
    trustProxy: 0,
    maskIps: false,
    ...more,
  };
}

test('serves on a port of its own and stops when the signal aborts', async (t) => {
  const { url: databaseUrl } = await openTestDatabase(t);
  const abort = new AbortController();
  const api = await startApi(configFor(databaseUrl), abort.signal, silent);
  assert.match(api.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const ready = await fetch(`${api.url}/readyz`);
  assert.deepEqual([ready.status, await ready.json()], [200, { status: 'ready' }]);
  const metrics = await (await fetch(`${api.url}/metrics`)).text();
  assert.match(metrics, /^forkscope_api_process_cpu_seconds_total /m);
  abort.abort();
  await api[Symbol.asyncDispose]();
  await assert.rejects(fetch(`${api.url}/healthz`));
  // The test database refuses to close while anybody is connected: the pool is gone too.
});

test('on IPv6 the address stands in brackets', async (t) => {
  const { url: databaseUrl } = await openTestDatabase(t);
  await using api = await startApi(configFor(databaseUrl, { httpHost: '::1' }), new AbortController().signal, silent);
  assert.match(api.url, /^http:\/\/\[::1\]:\d+$/);
  assert.equal((await fetch(`${api.url}/healthz`)).status, 200);
});

test('answers what is under way before it closes, and is not kept by idle or silent connections', async (t) => {
  const { url: databaseUrl, sql } = await openTestDatabase(t);
  const api = await startApi(configFor(databaseUrl), new AbortController().signal, silent);
  const port = Number(new URL(api.url).port);
  const silentPeer = connectTcp(port, '127.0.0.1');
  await once(silentPeer, 'connect');
  // The lock holds the answer back until we let go.
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let locked = () => {};
  const isLocked = new Promise<void>((resolve) => {
    locked = resolve;
  });
  const lock = sql.begin(async (transaction) => {
    await transaction`lock table vantages in access exclusive mode`;
    locked();
    await held;
  });
  await isLocked;
  const answer = new Promise<number | undefined>((resolve, reject) => {
    get(`${api.url}/api/v1/status`, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
  await untilWaiting(sql);
  const startedAt = performance.now();
  const closing = api[Symbol.asyncDispose]();
  release();
  await lock;
  assert.equal(await answer, 200);
  await closing;
  // It waits for answers, not for connections: those that ask nothing would cost the whole grace of 4 s.
  assert.ok(performance.now() - startedAt < 3_000);
  silentPeer.destroy();
});

async function untilWaiting(sql: Awaited<ReturnType<typeof openTestDatabase>>['sql']): Promise<void> {
  for (;;) {
    const [row] = await sql<{ waiting: number }[]>`
      select count(*)::int4 as waiting from pg_locks where not granted and locktype = 'relation'`;
    if ((row?.waiting ?? 0) > 0) return;
  }
}

test('a port that is taken is told with what to do', async (t) => {
  const { url: databaseUrl } = await openTestDatabase(t);
  await using first = await startApi(configFor(databaseUrl), new AbortController().signal, silent);
  const httpPort = Number(new URL(first.url).port);
  await assert.rejects(
    startApi(configFor(databaseUrl, { httpPort }), new AbortController().signal, silent),
    (error) => {
      assert.ok(error instanceof ForkscopeError);
      assert.equal(error.code, 'listenFailed');
      assert.match(error.message, /another program is listening on .*--http-port/);
      return true;
    },
  );
});

test('an aborted signal stops it at once; the database may be away', async () => {
  const url = 'postgres://nobody@localhost/x?host=/nowhere';
  const api = await startApi(configFor(url), AbortSignal.abort(), silent);
  await api[Symbol.asyncDispose]();
  await assert.rejects(fetch(`${api.url}/healthz`));
  await using running = await startApi(configFor(url), new AbortController().signal, silent);
  assert.equal((await fetch(`${running.url}/readyz`)).status, 503);
});

test('when it has stopped, nothing keeps the process alive', async (t) => {
  const { url: databaseUrl } = await openTestDatabase(t);
  const main = new URL('./main.js', import.meta.url).href;
  const script = `
    const { startApi } = await import(${JSON.stringify(main)});
    const abort = new AbortController();
    const api = await startApi(JSON.parse(process.argv[1]), abort.signal);
    for (const path of ['/readyz', '/metrics', '/api/v1/nodes']) {
      const response = await fetch(api.url + path);
      await response.text();
      if (response.status !== 200) throw new Error(path + ' ' + response.status);
    }
    abort.abort();
    await api[Symbol.asyncDispose]();
    process.stdout.write('stopped');`;
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', script, JSON.stringify(configFor(databaseUrl))],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  let stoppedAt = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
    stoppedAt = performance.now();
  });
  const [code] = await once(child, 'exit');
  assert.deepEqual([code, output], [0, 'stopped']);
  const lingered = performance.now() - stoppedAt;
  assert.ok(lingered < 3_000, `it lingered for ${Math.round(lingered)} ms`);
});
