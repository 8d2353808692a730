import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import { ForkscopeError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { createRegistry } from '../lib/runProcess.ts';
import { databaseAt } from '../sql/database.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import type { ApiConfig } from './config.ts';
import { type RunningApi, startApi } from './main.ts';

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const clock = { now: Date.now };

function start(
  databaseUrl: string,
  signal = new AbortController().signal,
  more: Partial<ApiConfig> = {},
): Promise<RunningApi> {
  const options = {
    config: configFor(more),
    version: '1.2.3',
    log: silent,
    registry: createRegistry('forkscope_api_'),
  };
  return startApi(options, { clock, database: databaseAt(databaseUrl) }, signal);
}

function configFor(more: Partial<ApiConfig> = {}): ApiConfig {
  return {
    config: null,
    databaseUrl: null,
    dataDir: '/nowhere',
    networks: ['mainnet'],
    networkFiles: [],
    censusInterval: '10m',
    oldNames: [],
    logLevel: 'error',
    logFormat: 'json',
    httpHost: '127.0.0.1',
    httpPort: 0,
    allowedHosts: [],
    rateLimit: 600,
    trustProxy: 0,
    maskIps: false,
    ...more,
  };
}

test('serves on a port of its own and stops when the signal aborts', async (t) => {
  const { url: databaseUrl } = await openTestDatabase(t);
  const abort = new AbortController();
  const api = await start(databaseUrl, abort.signal);
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
  await using api = await start(databaseUrl, undefined, { httpHost: '::1' });
  assert.match(api.url, /^http:\/\/\[::1\]:\d+$/);
  assert.equal((await fetch(`${api.url}/healthz`)).status, 200);
});

test('answers what is under way before it closes, and is not kept by idle or silent connections', async (t) => {
  const { url: databaseUrl, sql } = await openTestDatabase(t);
  const api = await start(databaseUrl);
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
  await untilWaiting(sql, 1);
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

test('whether the database is there is not asked behind the work that keeps every connection busy', async (t) => {
  const { url: databaseUrl, sql } = await openTestDatabase(t);
  await using api = await start(databaseUrl);
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
  const asked = Array.from({ length: 12 }, () => fetch(`${api.url}/api/v1/status`).then(({ status }) => status));
  const answers = Promise.all(asked);
  let ready: number;
  try {
    await untilWaiting(sql, 10);
    ready = (await fetch(`${api.url}/readyz`)).status;
    // They have waited for so long by then that it was asked whether the database is there.
    await Promise.race([answers, untilAsked(sql)]);
  } finally {
    release();
    await lock;
  }
  assert.deepEqual([ready, [...new Set(await answers)]], [200, [200]]);
});

type TestSql = Awaited<ReturnType<typeof openTestDatabase>>['sql'];

async function untilWaiting(sql: TestSql, atLeast: number): Promise<void> {
  for (;;) {
    const [row] = await sql<{ waiting: number }[]>`
      select count(*)::int4 as waiting from pg_locks where not granted and locktype = 'relation'`;
    if ((row?.waiting ?? 0) >= atLeast) return;
  }
}

/** Until the database has answered the simplest question. */
async function untilAsked(sql: TestSql): Promise<void> {
  for (const end = performance.now() + 10_000; performance.now() < end; ) {
    const [row] = await sql<{ asked: number }[]>`
      select count(*)::int4 as asked from pg_stat_activity
      where datname = current_database() and query = 'select 1' and state = 'idle'`;
    if ((row?.asked ?? 0) > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('a port that is taken is told with what to do', async (t) => {
  const { url: databaseUrl } = await openTestDatabase(t);
  await using first = await start(databaseUrl);
  const httpPort = Number(new URL(first.url).port);
  await assert.rejects(start(databaseUrl, undefined, { httpPort }), (error) => {
    assert.ok(error instanceof ForkscopeError);
    assert.equal(error.code, 'listenFailed');
    assert.match(error.message, /another program is listening on .*--http-port/);
    return true;
  });
});

test('an aborted signal stops it at once; the database may be away', async () => {
  const url = 'postgres://nobody@localhost/x?host=/nowhere';
  const api = await start(url, AbortSignal.abort());
  await api[Symbol.asyncDispose]();
  await assert.rejects(fetch(`${api.url}/healthz`));
  await using running = await start(url);
  assert.equal((await fetch(`${running.url}/readyz`)).status, 503);
});

test('when it has stopped, nothing keeps the process alive', async (t) => {
  const { url: databaseUrl } = await openTestDatabase(t);
  const moduleAt = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    const { run } = await import(${moduleAt('./main.js')});
    const { createRegistry } = await import(${moduleAt('../lib/runProcess.js')});
    const { databaseAt } = await import(${moduleAt('../sql/database.js')});
    const abort = new AbortController();
    const { config, url } = JSON.parse(process.argv[1]);
    const none = () => {};
    const log = { debug: none, info: none, warn: none, error: none };
    const registry = createRegistry('forkscope_api_');
    let listening;
    const ready = new Promise((resolve) => { listening = resolve; });
    const world = { clock: { now: Date.now }, database: databaseAt(url) };
    const running = run({ config, version: '1.2.3', log, registry, onListening: listening }, world, abort.signal);
    const api = await ready;
    for (const path of ['/readyz', '/metrics', '/api/v1/nodes']) {
      const response = await fetch(api + path);
      await response.text();
      if (response.status !== 200) throw new Error(path + ' ' + response.status);
    }
    abort.abort();
    await running;
    process.stdout.write('stopped');`;
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', script, JSON.stringify({ config: configFor(), url: databaseUrl })],
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
