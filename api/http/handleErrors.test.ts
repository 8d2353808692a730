import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { connect, type Sql } from '../../sql/client.ts';
import { routes } from '../contract/routes.ts';
import { openTestApi, type TestApi } from '../testkit/testApi.ts';
import { insertNode } from '../testkit/testRows.ts';

/** A path of each operation, with the query that it cannot do without. */
const operationPaths = Object.values(routes).map(({ operationId, path }) => {
  const filled = path.replace('{network}', 'mainnet').replace('{cluster}', 'prod').replace('{id}', 'ab'.repeat(64));
  return operationId === 'getCounts' || operationId === 'getDistribution' ? `${filled}?cut=client` : filled;
});

/** The fields of each complaint. */
function fieldsOf(api: TestApi): Record<string, unknown>[] {
  return api.complaints.map((line) => ({ line: line.split(' {')[0], ...JSON.parse(line.slice(line.indexOf('{'))) }));
}

async function apiWithoutDatabase(t: TestContext): Promise<TestApi> {
  const sql = connect(`postgres://nobody@localhost/x?host=/nowhere-${randomBytes(4).toString('hex')}`, { max: 1 });
  t.after(() => sql.end({ timeout: 1 }));
  return openTestApi(t, { sql });
}

/** A database that is away at once: a pool waits longer before each try, up to 20 s. */
function brokenSql(): Sql {
  const away = Object.assign(new Error('connect ENOENT /nowhere-1/.s.PGSQL.5432'), { code: 'ENOENT' });
  // As in postgres.js nothing is sent, so nothing fails, before somebody waits for it: parts of statements never do.
  // biome-ignore lint/suspicious/noThenProperty: it stands for a query, which is a thenable
  const query = { then: (...way: Parameters<Promise<never>['then']>) => Promise.reject(away).then(...way) };
  return (() => query) as unknown as Sql;
}

/** A database in which the n-th statement with these words fails. */
function breakingSql(sql: Sql, words: string, nth: number): Sql {
  let met = 0;
  return new Proxy(sql, {
    apply(target, self, [strings, ...values]: [readonly string[], ...unknown[]]) {
      if (strings.join('').includes(words) && ++met === nth) return Promise.reject(new Error('broken'));
      return Reflect.apply(target as unknown as () => unknown, self, [strings, ...values] as never);
    },
  });
}

test('while the database is away each request that it fails is one line: which it was, and why', async (t) => {
  const api = await openTestApi(t, { sql: brokenSql() });
  for (const [index, path] of operationPaths.entries()) {
    const requestId = `request-${index}`;
    const { status } = await api.get(path, { 'x-request-id': requestId });
    assert.equal(status, 503, path);
    const [entry, ...more] = fieldsOf(api);
    assert.deepEqual(more, [], path);
    assert.deepEqual(
      { ...entry, reason: '' },
      { line: 'request failed', requestId, method: 'GET', path: path.split('?')[0], code: 'unavailable', reason: '' },
    );
    assert.match(String(entry?.reason), /ENOENT.*nowhere-/, path);
    api.complaints.length = 0;
  }
  const real = await apiWithoutDatabase(t);
  assert.equal((await real.get('/api/v1/status')).status, 503);
  assert.deepEqual(
    fieldsOf(real).map(({ path, code }) => ({ path, code })),
    [{ path: '/api/v1/status', code: 'unavailable' }],
  );
});

test('a route that throws is one line with its stack; what the caller wrote in the query is not in it', async (t) => {
  const api = await openTestApi(t);
  api.clock.now = () => {
    throw new TypeError('the clock has stopped');
  };
  const { status } = await api.get('/api/v1/status?', { 'x-request-id': 'find-me' });
  assert.equal(status, 500);
  await api.get('/api/v1/nodes?q=hunter2');
  const [entry, other, ...more] = fieldsOf(api);
  assert.deepEqual(more, []);
  assert.match(String(entry?.stack), /TypeError: the clock has stopped\n\s+at /);
  assert.deepEqual(
    { ...entry, stack: '' },
    {
      line: 'request failed',
      requestId: 'find-me',
      method: 'GET',
      path: '/api/v1/status',
      code: 'internal',
      reason: 'the clock has stopped',
      stack: '',
    },
  );
  assert.equal(other?.path, '/api/v1/nodes');
  assert.doesNotMatch(JSON.stringify(other), /hunter2/);
});

test('what fails when half of the answer is out cuts the line, and is one line in the log and nowhere else', async (t) => {
  const { sql, clock } = await openTestApi(t);
  await insertNode(sql, clock.time, { index: 1 });
  const api = await openTestApi(t, { sql: breakingSql(sql, 'from nodes where node_no >', 2) });
  const raw = t.mock.method(console, 'error', () => {});
  await assert.rejects(api.get('/api/v1/nodes.csv', { 'x-request-id': 'half' }));
  assert.deepEqual(
    fieldsOf(api).map(({ requestId, path, code }) => ({ requestId, path, code })),
    [{ requestId: 'half', path: '/api/v1/nodes.csv', code: 'internal' }],
  );
  assert.equal(raw.mock.callCount(), 0, 'express has nothing to say beside the log');
});

test('a file that fails before its first line is an answer like any other, and no file', async (t) => {
  const { sql, clock } = await openTestApi(t);
  await insertNode(sql, clock.time, { index: 1 });
  const api = await openTestApi(t, { sql: breakingSql(sql, 'from nodes where node_no >', 1) });
  const { status, headers } = await api.get('/api/v1/nodes.csv');
  assert.deepEqual([status, headers.get('content-disposition')], [500, null]);
  assert.equal(fieldsOf(api).length, 1);
});

test('that it is not ready is said once for each reason, and when that is over; no probe repeats it', async (t) => {
  const away = await apiWithoutDatabase(t);
  for (let round = 0; round < 2; round++) assert.equal((await away.get('/readyz')).status, 503);
  const [entry, ...more] = fieldsOf(away);
  assert.deepEqual(more, []);
  assert.equal(entry?.line, 'not ready');
  assert.match(String(entry?.reason), /ENOENT.*nowhere-/);

  const api = await openTestApi(t);
  const [newest] = await api.sql<{ version: number; name: string }[]>`
    delete from schema_migrations where version = (select max(version) from schema_migrations) returning *`;
  for (let round = 0; round < 3; round++) assert.equal((await api.get('/readyz')).status, 503);
  await api.sql`insert into schema_migrations ${api.sql({ ...newest })}`;
  for (let round = 0; round < 3; round++) assert.equal((await api.get('/readyz')).status, 200);
  await api.sql`delete from schema_migrations where version = ${newest!.version}`;
  assert.equal((await api.get('/readyz')).status, 503);
  const said = fieldsOf(api).map(({ line, reason }) => `${line}: ${String(reason).slice(0, 28)}`);
  assert.deepEqual(said, ['not ready: the database is at migration', 'not ready: the database is at migration']);
});

test('metrics that cannot be read are absent, and the log says why', async (t) => {
  const api = await openTestApi(t, { sql: brokenSql() });
  assert.equal((await api.get('/metrics')).status, 200);
  const [entry, ...more] = fieldsOf(api);
  assert.deepEqual(more, []);
  assert.match(String(entry?.reason), /ENOENT.*nowhere-/);
});
