import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { column, connect, storableText, textArrayLiteral } from './client.ts';
import { parseDatabaseUrl, perServer } from './databaseUrl.ts';
import { reachServer } from './reachServer.ts';
import { openTestDatabase, type TestDatabase } from './testDatabase.ts';
import { inTransaction } from './transaction.ts';

let db: TestDatabase;
before(async () => {
  db = await openTestDatabase();
});
after(() => db.close());

test('values come back as they went in', async () => {
  const bytes = Uint8Array.from([0, 1, 0x5c, 0xff]);
  const at = new Date('2026-11-23T12:34:56.789Z');
  const [row] = await db.sql`
    select ${bytes}::bytea as bytes, ${2n ** 62n}::int8 as big, ${String(2n ** 64n - 1n)}::numeric as uint,
           ${at}::timestamptz as at, ${'2001:db8::1'}::inet as ip, ${'{}'}::text[] as none, '2026-11-23'::date as day,
           ${db.sql.json({ a: [1, null] })}::jsonb as json`;
  assert.deepEqual(
    { ...row },
    {
      bytes,
      big: 2n ** 62n,
      uint: 2n ** 64n - 1n,
      at,
      ip: '2001:db8::1',
      none: [],
      day: '2026-11-23',
      json: { a: [1, null] },
    },
  );
  assert.equal(Object.getPrototypeOf(row!.bytes), Uint8Array.prototype, 'a Uint8Array and no Buffer');
});

test('columns of a batch survive nulls, quotes, bytes and numbers past 2^63', async () => {
  const ids = [new Uint8Array(0), null, Uint8Array.of(0x22, 0x5c, 0x7b)];
  const texts = ['a"b\\c,{}', null, ''];
  const uints = [2n ** 64n - 1n, null, 0n];
  const times = [new Date(0), null, new Date('2026-11-23T00:00:00.001Z')];
  const lists = [['eth/68', 'a"b\\'], null, []];
  const flags = [true, null, false];
  const rows = await db.sql`
    select id, label, uint, at, list::text[] as list, flag, ip
    from unnest(${column('bytea', ids)}::bytea[], ${column('text', texts)}::text[],
                ${column('numeric', uints)}::numeric[], ${column('timestamptz', times)}::timestamptz[],
                ${column(
                  'text',
                  lists.map((list) => list && textArrayLiteral(list)),
                )}::text[],
                ${column('bool', flags)}::bool[],
                ${column('inet', ['127.0.0.1', null, '::1'])}::inet[])
         as u (id, label, uint, at, list, flag, ip)`;
  assert.deepEqual(
    rows.map((row) => ({ ...row })),
    [0, 1, 2].map((i) => ({
      id: ids[i],
      label: texts[i],
      uint: uints[i],
      at: times[i],
      list: lists[i],
      flag: flags[i],
      ip: ['127.0.0.1', null, '::1'][i],
    })),
  );
});

test('a batch may be the first statement of a pool', async () => {
  const sql = connect(db.url, { max: 1 });
  const rows = await sql`select t from unnest(${column('text', ['a', 'b'])}::text[]) as u (t)`;
  await sql.end();
  assert.deepEqual(
    rows.map(({ t }) => t),
    ['a', 'b'],
  );
});

test('arrays are read and written, with nulls, quotes and numbers past 2^53, from the first statement on', async (t) => {
  const sql = connect(db.url, { max: 1 });
  t.after(() => sql.end());
  const texts = ['a"b\\c,{}', null, '', 'NULL', ' x '];
  const [row] = await sql`
    select ${texts}::text[] as texts, ${[1, null, -2]}::int4[] as ints, ${[2n ** 62n].map(String)}::int8[] as bigs,
           array[2 ^ 64::numeric, null]::numeric(20, 0)[] as uints, array['\\x005cff'::bytea, null] as bytes,
           array['2026-11-23T12:34:56.789Z'::timestamptz] as times, array[true, false, null] as flags,
           array['2001:db8::1'::inet] as ips, array[1.5::float8] as fractions, '{}'::text[] as none,
           array['{"a": [1, null]}'::jsonb, 'null'] as json`;
  assert.deepEqual(
    { ...row },
    {
      texts,
      ints: [1, null, -2],
      bigs: [2n ** 62n],
      uints: [2n ** 64n, null],
      bytes: [Uint8Array.of(0, 0x5c, 0xff), null],
      times: [new Date('2026-11-23T12:34:56.789Z')],
      flags: [true, false, null],
      ips: ['2001:db8::1'],
      fractions: [1.5],
      none: [],
      json: [{ a: [1, null] }, null],
    },
  );
  await assert.rejects(db.sql`select array[array[1], array[2]] as x`, /nested/);
});

test('of servers that are all away it is told which and why, and one of them that is there is enough', async () => {
  const lines: string[] = [];
  const say = (message: string): void => void lines.push(message);
  const log = { debug: say, info: say, warn: say, error: say };
  const reach = (url: string) =>
    reachServer(url, { log, signal: AbortSignal.timeout(20_000), patienceMs: 1, next: 'going on' });
  await assert.rejects(reach('postgres://u:p%40@127.0.0.1:1,127.0.0.1:2/x?target_session_attrs=primary'), {
    message: /u@127\.0\.0\.1:1,127\.0\.0\.1:2\/x refuses connections: .*127\.0\.0\.1:2/,
  });
  assert.deepEqual(perServer('postgres://u:p%40@[::1]:1,b/x?host=/a,/b&sslmode=require'), [
    'postgres://u:p%40@/x?sslmode=require&host=%2Fa&port=5432',
    'postgres://u:p%40@/x?sslmode=require&host=%2Fb&port=5432',
  ]);
  assert.deepEqual(perServer('postgres://[::1]:1,b/x'), ['postgres://[::1]:1/x', 'postgres://b:5432/x']);
  const { user, password, hosts, database } = parseDatabaseUrl(db.url) ?? assert.fail();
  const [{ host, port } = assert.fail()] = hosts;
  if (host.startsWith('/')) {
    await reach(`postgres://${user}@/${database}?host=/none,${host}&port=${port}`);
  } else {
    await reach(`postgres://${user}:${password}@127.0.0.1:1,${host}:${port}/${database}`);
  }
});

/** What pg_terminate_backend and a shutdown send: PostgreSQL's manual, 54.7, ErrorResponse. */
const fields = ['SFATAL', 'VFATAL', 'C57P01', 'Mterminating connection due to administrator command', '', ''].join(
  '\0',
);
const terminated = Buffer.concat([Buffer.from('E\0\0\0'), Buffer.of(fields.length + 4), Buffer.from(fields)]);

test('a connection that is lost before its first answer raises no error that nobody can catch', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-lost-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const socket = decodeURIComponent(/host=([^&]+)/.exec(db.url)?.[1] ?? '');
  let connections = 0;
  const server = createServer((client) => {
    const isLost = ++connections === 1;
    const upstream = connectSocket(join(socket, '.s.PGSQL.5432'));
    let isUp = false;
    upstream.on('data', (bytes) => {
      // The last message of a start-up is ReadyForQuery: Z, its length of 5, idle.
      isUp ||= bytes.subarray(-6).toString('latin1') === 'Z\0\0\0\x05I';
      client.write(bytes);
    });
    client.on('data', (bytes) => (isUp && isLost ? client.end(terminated) : upstream.write(bytes)));
    client.on('close', () => upstream.destroy()).on('error', () => {});
    upstream.on('error', () => {});
  });
  server.listen(join(folder, '.s.PGSQL.5432'));
  t.after(() => server.close());
  const unheard: unknown[] = [];
  const onUnheard = (reason: unknown): void => void unheard.push(reason);
  process.on('unhandledRejection', onUnheard);
  t.after(() => process.off('unhandledRejection', onUnheard));
  const sql = connect(db.url.replace(encodeURIComponent(socket), encodeURIComponent(folder)), { max: 1 });
  t.after(() => sql.end({ timeout: 0 }));
  // postgres.js gives the error of a lost connection to the first statement of the next one as well.
  for (let times = 0; times < 2; times++) await sql`select 1 as x`.catch(() => {});
  await nextTurn();
  assert.deepEqual(unheard, []);
  assert.deepEqual([...(await sql`select 2 as x`)], [{ x: 2 }]);
});

test('a fraction is refused rather than rounded', async () => {
  await assert.rejects(db.sql`select 1.5::numeric as x`, SyntaxError);
});

test('text from strangers is made storable', async () => {
  const hostile = 'a\0b\ud800c\u{1f600}';
  const [row] = await db.sql`select ${storableText(hostile)}::text as text`;
  assert.equal(row!.text, 'a\ufffdb\ufffdc\u{1f600}');
});

test('connects in both forms of URL', async () => {
  const sql = connect(`${db.url}${db.url.includes('?') ? '&' : '?'}application_name=probe`, { max: 1 });
  const [row] = await sql`select current_setting('TimeZone') as zone, current_setting('application_name') as name`;
  await sql.end();
  assert.deepEqual({ ...row }, { zone: 'UTC', name: 'probe' });
});

/** Passes on what a client and the server of the tests say; `cut` ends all connections in either of TCP's ways. */
async function startRelay(t: TestContext) {
  const socket = decodeURIComponent(/host=([^&]+)/.exec(db.url)?.[1] ?? '');
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connectSocket(join(socket, '.s.PGSQL.5432'));
    clients.add(client);
    client.pipe(upstream).pipe(client);
    client.on('error', () => {}).on('close', () => upstream.destroy() && clients.delete(client));
    upstream.on('error', () => {}).on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const cut = (way: 'end' | 'resetAndDestroy'): void => {
    for (const client of clients) client[way]();
  };
  return { url: `postgres://forkscope@127.0.0.1:${port}${new URL(db.url.replace('@/', '@x/')).pathname}`, cut };
}

test('whatever is asked as a connection goes is answered or refused soon, and so is what is asked next', async (t) => {
  const relay = await startRelay(t);
  for (const way of ['end', 'resetAndDestroy'] as const) {
    const sql = connect(relay.url, { max: 1 });
    t.after(() => sql.end({ timeout: 0 }));
    for (let turns = 0; turns < 24; turns++) {
      await sql`select 1`.catch(() => {});
      relay.cut(way);
      for (let turn = 0; turn < turns % 12; turn++) await nextTurn();
      for (let times = 0; times < 3; times++) {
        const late = sleep(5_000, 'late', { ref: false });
        const end = await Promise.race([sql`select 1`.then(() => 'told', codeOf), late]);
        assert.ok(['told', 'CONNECTION_CLOSED', 'ECONNRESET'].includes(String(end)), `${way}, ${turns}: ${end}`);
      }
    }
    assert.deepEqual([...(await sql`select 2 as x`)], [{ x: 2 }]);
  }
});

test('a connection that goes in the midst of a transaction costs the transaction, and nobody else', async (t) => {
  const relay = await startRelay(t);
  const uncaught: unknown[] = [];
  const onUncaught = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', onUncaught);
  t.after(() => process.off('uncaughtException', onUncaught));
  await db.sql`create table moved (what text)`;
  const sql = connect(relay.url, { max: 1 });
  t.after(() => sql.end({ timeout: 0 }));
  for (const way of ['end', 'resetAndDestroy'] as const) {
    // Under way, and between two statements.
    for (const pause of [0, 50]) {
      const moving = inTransaction(sql, '', async (transaction) => {
        await transaction`insert into moved values ('half')`;
        relay.cut(way);
        if (pause === 0) await transaction`select pg_sleep(0.3)`;
        else await sleep(pause);
        // By then another transaction has the place in the pool.
        const other = inTransaction(sql, '', async (own) => {
          await own`insert into moved values ('whole')`;
          await sleep(100);
          return ['kept'];
        });
        await transaction`insert into moved values ('astray')`.catch(() => {});
        assert.deepEqual(await other, ['kept']);
        return 'done';
      });
      assert.match(String(await moving.then(() => 'done', codeOf)), /^CONNECTION_CLOSED$/);
      await sleep(200);
    }
  }
  await sql`select 1`.catch(() => {});
  const rows = await db.sql<{ what: string }[]>`select distinct what from moved`;
  assert.deepEqual(
    rows.map(({ what }) => what),
    ['whole'],
  );
  assert.deepEqual(uncaught, []);
});

test('a transaction gives back what its work does, and takes back what its work threw at', async (t) => {
  const sql = connect(db.url, { max: 2 });
  t.after(() => sql.end({ timeout: 1 }));
  await sql`create table kept (n int4)`;
  assert.deepEqual(
    await inTransaction(sql, '', async (own) => own`insert into kept values (1) returning n`.then(([row]) => [row?.n])),
    [1],
  );
  const failing = inTransaction(sql, '', async (own) => {
    await own`insert into kept values (2)`;
    throw new TypeError('no');
  });
  await assert.rejects(failing, TypeError);
  await assert.rejects(
    inTransaction(sql, 'read only', async (own) => own`insert into kept values (3)`),
    { code: '25006' },
  );
  assert.deepEqual([...(await sql`select n from kept`)], [{ n: 1 }]);
});

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error;
}
