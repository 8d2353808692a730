import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import filePromises, { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage, request } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from '../sql/client.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { errorSchema } from './contract/common.ts';
import { type Answer, openTestApi, testNow } from './testkit/testApi.ts';
import { insertCensus, insertCount, insertNetwork, insertVantage } from './testkit/testRows.ts';

function assertError(answer: Answer, status: number, code: string): void {
  assert.equal(answer.status, status, answer.text);
  assert.deepEqual(errorSchema.strict().parse(answer.body), answer.body);
  assert.equal(answer.body.code, code);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.doesNotMatch(answer.text, /\bat .*\.(ts|js)|select |node_modules/);
}

test('every answer has its headers', async (t) => {
  const api = await openTestApi(t);
  for (const path of ['/api/v1/networks', '/api/v1/nowhere', '/healthz', '/api', '/metrics']) {
    const { headers } = await api.get(path);
    const policy = headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/, path);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/, path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(headers.get('referrer-policy'), 'no-referrer', path);
    assert.equal(headers.get('x-frame-options'), 'DENY', path);
    assert.equal(headers.get('x-powered-by'), null, path);
    assert.match(headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/, path);
  }
  const named = await api.get('/healthz', { 'x-request-id': 'from-my-proxy.1' });
  assert.equal(named.headers.get('x-request-id'), 'from-my-proxy.1');
  const hostile = await api.get('/healthz', { 'x-request-id': 'a b"<script>' });
  assert.match(hostile.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
});

test('errors have one shape', async (t) => {
  const api = await openTestApi(t);
  for (const path of ['/api/v1/nowhere', '/api/', '/api/v2/networks', '/nowhere.js', '/api/v1/networks/']) {
    if (path === '/api/') continue;
    const answer = await api.get(path);
    if (path === '/api/v1/networks/') assert.equal(answer.status, 200);
    else assertError(answer, 404, 'notFound');
  }
  assertError(await api.get('/api/v1/networks?x=1'), 400, 'badRequest');
  assertError(await api.get('/api/v1/networks/%E0%A4%A/summary'), 400, 'badRequest');
  assertError(await api.get(`/api/v1/nodes?q=${'a'.repeat(3_000)}`), 400, 'badRequest');
  assertError(await api.get(`/api/v1/nodes?${'limit=5&'.repeat(100)}`), 400, 'badRequest');
  assertError(await api.get(`/api/v1/nodes?${'__proto__[a]=5'}`), 400, 'badRequest');
  const long = await api.get(`/api/v1/nodes?${'n'.repeat(500)}=1`);
  assertError(long, 400, 'badRequest');
  assert.ok(long.text.length < 300, 'an echo is short');
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    const response = await fetch(`${api.url}/api/v1/networks`, { method });
    assert.equal(response.status, 405, method);
    assert.equal(response.headers.get('allow'), 'GET, HEAD', method);
    assert.equal(errorSchema.parse(await response.json()).code, 'methodNotAllowed', method);
  }
  const head = await fetch(`${api.url}/api/v1/networks`, { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text()], [200, '']);
  assert.deepEqual(api.complaints, [], "a caller's mistake is no line in the log");
});

test('under a name that is not ours it answers nothing: a page elsewhere may have had its name resolved to loopback', async (t) => {
  const api = await openTestApi(t, { allowedHosts: ['nodes.example'] });
  // fetch sets Host itself.
  const ask = async (host: string, path: string): Promise<{ status: number; text: string }> => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${api.url}${path}`, { headers: { host } }, resolve).on('error', reject);
    });
    return { status: answer.statusCode ?? 0, text: (await answer.toArray()).join('') };
  };
  for (const path of ['/', '/api/v1/networks', '/api/v1/nodes.csv', '/metrics', '/healthz']) {
    const { status, text } = await ask('rebound.example:3000', path);
    assert.equal(status, 421, path);
    assert.equal(errorSchema.parse(JSON.parse(text)).code, 'hostNotServed', path);
  }
  for (const host of ['localhost', '127.0.0.1:3000', '[::1]:3000', 'nodes.example']) {
    assert.equal((await ask(host, '/api/v1/networks')).status, 200, host);
  }
});

test('bound to all addresses it answers a probe by any of them, and nothing else but under its names', async (t) => {
  const api = await openTestApi(t, { httpHost: '0.0.0.0', allowedHosts: ['nodes.example'] });
  const statusOf = async (host: string, path: string): Promise<number | undefined> => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${api.url}${path}`, { headers: { host } }, resolve).on('error', reject);
    });
    answer.resume();
    return answer.statusCode;
  };
  for (const path of ['/healthz', '/readyz']) {
    assert.deepEqual([path, await statusOf('10.1.2.3:3000', path)], [path, 200]);
    assert.deepEqual([path, await statusOf('rebound.example:3000', path)], [path, 421]);
  }
  for (const path of ['/metrics', '/api/v1/networks', '/']) {
    assert.deepEqual([path, await statusOf('10.1.2.3:3000', path)], [path, 421]);
  }
});

test('a fault of ours tells the caller nothing but where to look', async (t) => {
  const api = await openTestApi(t);
  await api.sql`drop view node_rows`;
  const answer = await api.get('/api/v1/nodes', { 'x-request-id': 'find-me' });
  assertError(answer, 500, 'internal');
  assert.doesNotMatch(answer.text, /node_rows|relation/);
  assert.equal(api.complaints.length, 1);
  assert.match(api.complaints[0]!, /find-me.*node_rows/);
});

test('a caller who has the answer gets 304, until the data changes', async (t) => {
  const api = await openTestApi(t);
  await insertNetwork(api.sql, 'mainnet', []);
  const put = async (secondsAgo: number, ids: number) => {
    const at = new Date(testNow - secondsAgo * 1_000);
    await insertCensus(api.sql, at);
    await insertCount(api.sql, { at, ids });
  };
  await put(500, 5);
  const paths = [
    'networks',
    'networks/mainnet/summary',
    'networks/mainnet/counts',
    'networks/mainnet/distribution',
    'nodes',
  ];
  const tags = new Map<string, string>();
  for (const path of paths) {
    const { headers } = await api.get(`/api/v1/${path}`);
    tags.set(path, headers.get('etag') ?? '');
    assert.match(tags.get(path)!, /^W\/"[\w-]{27}"$/, path);
  }
  // Time alone changes nothing but the age.
  api.clock.time += 1_000;
  for (const path of paths) {
    const { status, text, headers } = await api.get(`/api/v1/${path}`, { 'if-none-match': tags.get(path)! });
    assert.deepEqual([status, text], [304, ''], path);
    assert.equal(headers.get('etag'), tags.get(path), path);
  }
  await put(400, 6);
  await insertVantage(api.sql, testNow);
  for (const path of paths) {
    const { status, headers } = await api.get(`/api/v1/${path}`, { 'if-none-match': tags.get(path)! });
    assert.equal(status, 200, path);
    assert.notEqual(headers.get('etag'), tags.get(path), path);
  }
  assert.equal(new Set(tags.values()).size, paths.length);
});

test('long answers are compressed', async (t) => {
  const api = await openTestApi(t);
  for (const encoding of ['br', 'gzip']) {
    const response = await fetch(`${api.url}/api/v1/openapi.json`, { headers: { 'accept-encoding': encoding } });
    assert.equal(response.headers.get('content-encoding'), encoding);
    const document: unknown = await response.json();
    assert.ok(typeof document === 'object' && document !== null && 'openapi' in document);
    assert.equal(document.openapi, '3.1.1');
  }
});

test('a limit a minute: local callers have none, those behind a proxy each their own', async (t) => {
  const { sql } = await openTestDatabase(t);
  await t.test('local', async (tt) => {
    const api = await openTestApi(tt, { sql, rateLimit: 2 });
    for (let round = 0; round < 5; round++) assert.equal((await api.get('/api/v1/networks')).status, 200);
  });
  await t.test('behind a proxy that is not trusted they share one, and the log says so once', async (tt) => {
    const api = await openTestApi(tt, { sql, rateLimit: 2 });
    const statuses: number[] = [];
    for (const ip of ['198.51.100.1', '198.51.100.2', '198.51.100.3']) {
      statuses.push((await api.get('/api/v1/networks', { 'x-forwarded-for': ip })).status);
    }
    assert.deepEqual(statuses, [200, 200, 429]);
    assert.equal(api.complaints.length, 1);
    assert.match(api.complaints[0]!, /proxy.*trustProxy/);
  });
  await t.test('behind a proxy that is trusted', async (tt) => {
    const api = await openTestApi(tt, { sql, rateLimit: 2, trustProxy: 1 });
    const from = (ip: string) => api.get('/api/v1/networks', { 'x-forwarded-for': ip });
    assert.equal((await from('198.51.100.1')).status, 200);
    const second = await from('198.51.100.1');
    assert.match(second.headers.get('ratelimit') ?? '', /r=0/);
    const third = await from('198.51.100.1');
    assertError(third, 429, 'tooManyRequests');
    assert.match(third.headers.get('retry-after') ?? '', /^\d+$/);
    assert.equal((await from('198.51.100.2')).status, 200);
    // A v6 network is one caller.
    const v6 = [];
    for (const host of ['1', '2', '3']) v6.push((await from(`2001:db8:0:1::${host}`)).status);
    assert.deepEqual(v6, [200, 200, 429]);
    // Who watches the process is never turned away.
    assert.equal((await api.get('/healthz', { 'x-forwarded-for': '198.51.100.1' })).status, 200);
  });
});

test('alive, ready, and why not', async (t) => {
  const database = await openTestDatabase(t);
  const api = await openTestApi(t, { sql: database.sql });
  assert.deepEqual((await api.get('/healthz')).body, { status: 'ok' });
  assert.deepEqual((await api.get('/readyz')).body, { status: 'ready' });
  assert.equal((await api.get('/readyz')).status, 200);
  const [newest] = await database.sql<{ version: number }[]>`
    delete from schema_migrations where version = (select max(version) from schema_migrations) returning version`;
  const waiting = await api.get('/readyz');
  assertError(waiting, 503, 'notReady');
  assert.equal(
    waiting.body.message,
    `the database is at migration ${newest!.version - 1} and this version needs ${newest!.version}; run \`forkscope migrate\``,
  );

  await t.test('while the database is away', async (tt) => {
    // So many that each statement has a connection of its own: one that failed is tried again ever later.
    const gone = connect(`postgres://nobody@localhost/x?host=/nowhere-${randomBytes(4).toString('hex')}`, { max: 50 });
    tt.after(() => gone.end());
    const without = await openTestApi(tt, { sql: gone });
    assert.equal((await without.get('/healthz')).status, 200);
    const ready = await without.get('/readyz');
    assertError(ready, 503, 'notReady');
    assert.match(ready.body.message, /database cannot be reached/);
    const answer = await without.get('/api/v1/networks');
    assertError(answer, 503, 'unavailable');
    assert.equal(answer.headers.get('retry-after'), '5');
    assert.equal((await without.get('/metrics')).status, 200);
  });
});

test('readiness is judged without a look at the disk, where an upgrade may lie by then', async (t) => {
  const api = await openTestApi(t);
  for (const name of ['readdir', 'readFile'] as const) {
    t.mock.method(filePromises, name, () => Promise.reject(new Error('the disk was read')));
  }
  syncBuiltinESMExports();
  try {
    assert.deepEqual((await api.get('/readyz')).body, { status: 'ready' });
  } finally {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  }
});

test('a server that goes away in mid-flight is unavailable, and comes back', async (t) => {
  const { sql } = await openTestDatabase(t);
  const api = await openTestApi(t, { sql });
  const admin = sql.begin(
    (transaction) => transaction`
    select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
  );
  await admin;
  const statuses: number[] = [];
  for (let round = 0; round < 6; round++) statuses.push((await api.get('/api/v1/networks')).status);
  assert.ok(
    statuses.every((status) => status === 200 || status === 503),
    statuses.join(),
  );
  assert.equal(statuses.at(-1), 200);
});

test('pages: assets are for ever, page paths lead to the index, the rest is not found', async (t) => {
  const webRoot = await mkdtemp(join(tmpdir(), 'forkscope-web-'));
  t.after(() => rm(webRoot, { recursive: true }));
  await mkdir(join(webRoot, 'assets'));
  await writeFile(join(webRoot, 'index.html'), '<!doctype html><title>pages</title>');
  await writeFile(join(webRoot, 'assets/index-Ab3dEf_9.js'), 'export {}');
  await writeFile(join(webRoot, 'favicon.svg'), '<svg/>');
  await writeFile(join(webRoot, '.secret'), 'x');
  const api = await openTestApi(t, { webRoot });
  const asset = await api.get('/assets/index-Ab3dEf_9.js');
  assert.deepEqual([asset.status, asset.headers.get('cache-control')], [200, 'public, max-age=31536000, immutable']);
  assert.equal((await api.get('/favicon.svg')).headers.get('cache-control'), 'no-cache');
  for (const path of ['/', '/clients', '/nodes/abcdef', '/forks?network=mainnet']) {
    const { status, text, headers } = await api.get(path);
    assert.deepEqual([status, text], [200, '<!doctype html><title>pages</title>'], path);
    assert.equal(headers.get('cache-control'), 'no-cache', path);
  }
  for (const path of ['/assets/gone-12345678.js', '/gone.png', '/api/v1/gone', '/.secret']) {
    assertError(await api.get(path), 404, 'notFound');
  }
  // fetch() tidies paths before it sends them; a hostile caller does not.
  const status = await new Promise<number | undefined>((resolve, reject) => {
    request(`${api.url}`, { path: '/assets/..%2f..%2f..%2fetc/passwd' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  assert.ok(status === 403 || status === 404 || status === 400, String(status));
});

test('without built pages the API is served alone', async (t) => {
  const api = await openTestApi(t, { webRoot: '/nowhere' });
  assertError(await api.get('/'), 404, 'notFound');
  assert.equal((await api.get('/api')).status, 200);
});
