import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { packageRoot } from '../lib/packageRoot.ts';
import { connect, type Sql } from './client.ts';
import { dumpSchema } from './dumpSchema.ts';
import { checkSchema, type Migration, migrate, readMigrations, readSchemaFiles, type SchemaFiles } from './migrate.ts';
import { MigrateError, UnfitDatabaseError } from './migrateError.ts';
import { findServerUser } from './serverUser.ts';
import { openTestServer, testDatabaseVariable, withDatabase } from './testDatabase.ts';

const run = promisify(execFile);
let server: { url: string; stop(): Promise<void> };
let admin: Sql;
before(async () => {
  server = await openTestServer(process.env[testDatabaseVariable]);
  admin = connect(server.url, { max: 1 });
});
after(async () => {
  await admin.end();
  await server.stop();
});

let count = 0;
async function emptyDatabase(t: TestContext): Promise<{ sql: Sql; url: string }> {
  const name = `forkscope_migrate_${process.pid}_${++count}`;
  await admin`create database ${admin(name)}`;
  const url = withDatabase(server.url, name);
  const sql = connect(url, { max: 2 });
  t.after(async () => {
    await sql.end();
    await admin`drop database ${admin(name)} with (force)`;
  });
  return { sql, url };
}

test('from empty to head, and head again changes nothing', async (t) => {
  const { sql } = await emptyDatabase(t);
  const { migrations, functions } = await readSchemaFiles();
  await assert.rejects(checkSchema(sql, migrations), isCode('migrateDatabaseOlder'));
  const version = migrations.length;
  const names = (files: readonly { name: string }[]) => files.map(({ name }) => name);
  assert.deepEqual(await migrate(sql), { applied: names(migrations), functions: names(functions), version });
  assert.deepEqual(await migrate(sql), { applied: [], functions: [], version });
  assert.equal(await checkSchema(sql, migrations), version);
});

test('twenty processes that start at once apply each migration once', async (t) => {
  const { url } = await emptyDatabase(t);
  const pools = Array.from({ length: 20 }, () => connect(url, { max: 1 }));
  const reports = await Promise.all(pools.map((pool) => migrate(pool)));
  const { migrations, functions } = await readSchemaFiles();
  assert.deepEqual(
    reports.flatMap(({ applied }) => applied).sort(),
    migrations.map(({ name }) => name),
  );
  assert.deepEqual(
    reports.flatMap((report) => report.functions).sort(),
    functions.map(({ name }) => name),
  );
  assert.ok(reports.every(({ version }) => version === migrations.length));
  await Promise.all(pools.map((pool) => pool.end()));
});

test('a failed migration leaves the version before it, and can be tried again', async (t) => {
  const { sql } = await emptyDatabase(t);
  const good = migration(1, 'create table a (x int);');
  const bad = migration(2, 'create table b (x int); select 1 / 0;');
  await assert.rejects(migrate(sql, only(good, bad)), isCode('migrateFailed'));
  assert.deepEqual(
    [...(await sql`select to_regclass('a') is not null as a, to_regclass('b') is not null as b`)],
    [{ a: true, b: false }],
  );
  assert.deepEqual((await migrate(sql, only(good, migration(2, 'create table b (x int);')))).applied, [
    '0002_test_two.sql',
  ]);
});

test('a database that a newer Forkscope changed is refused only where that would break us', async (t) => {
  const { sql } = await emptyDatabase(t);
  const one = migration(1, 'create table a (x int);');
  await migrate(sql, only(one, migration(2, 'create table b (x int);')));
  assert.deepEqual(await migrate(sql, only(one)), { applied: [], functions: [], version: 2 });
  await migrate(sql, only(one, migration(2, 'create table b (x int);'), migration(3, '-- breaking\ndrop table a;')));
  await assert.rejects(migrate(sql, only(one)), isCode('migrateDatabaseNewer'));
  await assert.rejects(checkSchema(sql, [one]), isCode('migrateDatabaseNewer'));
});

test('no older build runs between the migrations of an update of which a later one is breaking', async (t) => {
  const { sql } = await emptyDatabase(t);
  const one = migration(1, 'create table a (x int);');
  const two = migration(2, 'create table b (x int);');
  await migrate(sql, only(one));
  const broken = migration(3, '-- breaking\nselect 1 / 0;');
  await assert.rejects(migrate(sql, only(one, two, broken)), isCode('migrateFailed'));
  await assert.rejects(checkSchema(sql, [one]), isCode('migrateDatabaseNewer'));
  await migrate(sql, only(one, two, migration(3, '-- breaking\ndrop table a;')));
});

test('a build of migration 48 is refused as soon as counts are kept otherwise', async (t) => {
  const { sql } = await emptyDatabase(t);
  const { migrations, functions } = await readSchemaFiles();
  const old = migrations.slice(0, 48);
  await migrate(sql, { migrations: old, functions: [] });
  await checkSchema(sql, old);
  const stopped = migrations.map((one) => (one.version === 50 ? { ...one, text: 'select 1 / 0' } : one));
  await assert.rejects(migrate(sql, { migrations: stopped, functions }), isCode('migrateFailed'));
  await assert.rejects(checkSchema(sql, old), isCode('migrateDatabaseNewer'));
});

test('a migration that was edited after it was applied is refused', async (t) => {
  const { sql } = await emptyDatabase(t);
  await migrate(sql, only(migration(1, 'create table a (x int);')));
  await assert.rejects(migrate(sql, only(migration(1, 'create table a (x bigint);'))), isCode('migrateChanged'));
});

test('merged migrations are never edited', async () => {
  const noted = JSON.parse(await readFile(join(packageRoot, 'sql/migrations/checksums.json'), 'utf8'));
  assert.deepEqual(Object.fromEntries((await readMigrations()).map(({ name, checksum }) => [name, checksum])), noted);
});

test('schema.sql is what migrations and functions make', async (t) => {
  const { sql } = await emptyDatabase(t);
  await migrate(sql);
  assert.equal(
    await dumpSchema(sql),
    await readFile(join(packageRoot, 'sql/schema.sql'), 'utf8'),
    'run npm run schema',
  );
});

test('every table and column says what it is', async (t) => {
  const { sql } = await emptyDatabase(t);
  await migrate(sql);
  const silent = await sql`
    select c.relname || coalesce('.' || a.attname, '') as name
    from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'schema_migrations'
      and (obj_description(c.oid) is null or col_description(c.oid, a.attnum) is null)`;
  assert.deepEqual(
    silent.map(({ name }) => name),
    [],
  );
});

test('no column takes its time from the server but those that builds before migration 0019 leave to it', async (t) => {
  const { sql } = await emptyDatabase(t);
  await migrate(sql);
  const rows = await sql<{ name: string }[]>`
    select d.adrelid::regclass || '.' || a.attname as name
    from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
    where pg_get_expr(d.adbin, d.adrelid) ~* 'now|timestamp|current_' order by 1`;
  assert.deepEqual(
    rows.map(({ name }) => name),
    [
      'clients.first_seen',
      'events.updated_at',
      'fork_ids.first_seen',
      'networks.loaded_at',
      'schema_migrations.applied_at',
      'settings.updated_at',
    ],
  );
});

test("Debian's own PostgreSQL gives the same schema", async (t) => {
  const binaries = findDebianServer();
  if (binaries === null) {
    t.skip('no PostgreSQL in /usr/lib/postgresql: apt-get install postgresql');
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'forkscope-debian-'));
  const { spawn } = findServerUser();
  if (spawn.uid !== undefined) await chown(folder, spawn.uid, spawn.gid);
  await chmod(folder, 0o700);
  const env = { LC_ALL: 'C', PATH: '/usr/bin:/bin' };
  const data = join(folder, 'data');
  const tool = (name: string, ...args: string[]) => run(join(binaries, name), args, { ...spawn, env, cwd: '/' });
  await tool('initdb', '-D', data, '-U', 'forkscope', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync');
  const options = `-c listen_addresses= -c unix_socket_directories=${folder} -c fsync=off`;
  await tool('pg_ctl', '-D', data, '-w', '-l', join(folder, 'log'), '-o', options, 'start');
  const sql = connect(`postgres://forkscope@/postgres?host=${folder}`, { max: 1 });
  try {
    await migrate(sql);
    assert.equal(await dumpSchema(sql), await readFile(join(packageRoot, 'sql/schema.sql'), 'utf8'));
    await sql`select create_visit_partition('2026-11-23')`;
    t.diagnostic(`ran on ${(await sql`select version()`)[0]?.version}`);
  } finally {
    await sql.end();
    await tool('pg_ctl', '-D', data, '-w', '-m', 'fast', 'stop');
    await rm(folder, { recursive: true, force: true });
  }
});

function findDebianServer(): string | null {
  const root = '/usr/lib/postgresql';
  try {
    const newest = readdirSync(root)
      .map(Number)
      .filter((major) => major >= 15)
      .sort((a, b) => b - a)[0];
    return newest === undefined ? null : join(root, String(newest), 'bin');
  } catch {
    return null;
  }
}

function migration(version: number, text: string): Migration {
  const name = `${String(version).padStart(4, '0')}_test_${['zero', 'one', 'two', 'three'][version]}.sql`;
  return { version, name, text, checksum: `sum of ${text}`, breaking: text.startsWith('-- breaking') };
}

function only(...migrations: Migration[]): SchemaFiles {
  return { migrations, functions: [] };
}

function isCode(code: MigrateError['code'] | UnfitDatabaseError['code']) {
  return (error: unknown) =>
    (error instanceof MigrateError || error instanceof UnfitDatabaseError) && error.code === code;
}
