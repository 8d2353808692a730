import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { connect, type Sql } from './client.ts';
import { migrate } from './migrate.ts';
import { crawlerRole, grantRoles, readerRole } from './roles.ts';
import { openTestDatabase, type TestDatabase } from './testDatabase.ts';

/** A login of that group, as an operator makes one. */
async function logIn({ sql, url }: TestDatabase, group: string): Promise<Sql> {
  const name = `forkscope_test_${randomBytes(4).toString('hex')}`;
  await sql`create role ${sql(name)} login in role ${sql(group)}`;
  const own = connect(url.replace(/^(postgres(?:ql)?:\/\/)[^@/]*@/, `$1${name}@`), { max: 1 });
  const [who] = await own<{ name: string }[]>`select current_user as name`;
  assert.equal(who?.name, name);
  return own;
}

const isRefused = { code: '42501' };

test('readers read all and write nothing; crawlers write rows and neither make nor drop anything', async (t) => {
  const database = await openTestDatabase(t);
  const { sql } = database;
  assert.match((await grantRoles(sql)).at(-1) ?? '', /^gave forkscope_crawler and forkscope_reader what they need/);
  assert.equal((await grantRoles(sql)).length, 1, 'it may be said again');
  const tables = await sql<{ name: string; kind: string }[]>`
    select relname as name, relkind as kind from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') and not relispartition`;
  const functions = await sql<{ name: string }[]>`
    select proname as name from pg_proc where prosecdef and pronamespace = 'public'::regnamespace`;
  assert.ok(tables.length > 30);

  const reader = await logIn(database, readerRole);
  for (const { name, kind } of tables) {
    await reader`select from ${reader(name)} limit 1`;
    if (kind === 'v') continue;
    await assert.rejects(reader`delete from ${reader(name)}`.execute(), isRefused, name);
    await assert.rejects(reader`truncate ${reader(name)}`.execute(), isRefused, name);
  }
  await assert.rejects(reader`insert into settings (key, value) values ('a', '1')`.execute(), isRefused);
  await assert.rejects(reader`update nodes set ip = null`.execute(), isRefused);
  await assert.rejects(reader`create table mine (a int)`.execute(), isRefused);
  assert.ok(functions.length >= 3, 'partitions are made and dropped as the owner');
  await assert.rejects(reader`select create_visit_partition('2026-01-01')`.execute(), isRefused);
  await assert.rejects(reader`select create_count_partition('census_counts', '2026-01-01')`.execute(), isRefused);
  await assert.rejects(reader`select retire_partition('visit_log', '2030-01-01')`.execute(), isRefused);

  const crawler = await logIn(database, crawlerRole);
  assert.deepEqual((await migrate(crawler)).applied, [], 'a schema that is up to date is nothing to make');
  await crawler`select create_visit_partition('2026-01-01')`;
  await crawler`insert into codes (code) values ('hello')`;
  const [kept] = await crawler`
    select keep_visits(array[jsonb_populate_record(null::visit_log, jsonb_build_object('at', '2026-01-01T01:00Z', 'node_no', 1,
      'visit_key', gen_random_uuid(), 'vantage_no', 1, 'stage_no', 1, 'code_no', 1, 'took_ms', 1, 'inbound', false))]) as visits`;
  assert.equal(kept?.visits, 1);
  assert.equal((await reader`select from visits`).length, 1, 'a partition made later is read as well');
  assert.equal((await reader`select from visit_log_20260101`).length, 1);
  await crawler`select * from take_census('2026-01-01T02:00Z', 'here', '2026-01-01T02:00Z')`;
  await crawler`select roll_up_counts('2026-01-01T04:00Z')`;
  assert.deepEqual(
    [...(await crawler`select retire_partition('visit_log', '2026-01-02') as step`)].map(({ step }) => step),
    ['detached'],
  );
  assert.ok((await reader`select from current_counts`).length >= 0);
  assert.ok(
    (await reader`select from counts where resolution = 'hour'`).length > 0,
    'counts in partitions made later too',
  );
  for (const { name, kind } of tables) {
    if (kind !== 'v') await assert.rejects(crawler`drop table ${crawler(name)}`.execute(), isRefused, name);
  }
  await assert.rejects(crawler`truncate nodes`.execute(), isRefused);
  await assert.rejects(crawler`alter table nodes add column a int`.execute(), isRefused);
  await assert.rejects(crawler`create table mine (a int)`.execute(), isRefused);
  await assert.rejects(crawler`delete from schema_migrations`.execute(), isRefused);
  await assert.rejects(crawler`drop function roll_up_counts`.execute(), isRefused);
  // Before the database closes.
  await Promise.all([reader.end(), crawler.end()]);
});
