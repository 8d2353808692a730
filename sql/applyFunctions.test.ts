import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../lib/packageRoot.ts';
import { functionsDigest, readFunctionFile, readFunctions } from './applyFunctions.ts';
import type { Sql } from './client.ts';
import { type Migration, migrate, readSchemaFiles, type SchemaFiles } from './migrate.ts';
import { MigrateError } from './migrateError.ts';
import { openTestDatabase } from './testDatabase.ts';

/** The schema of this build, and of one that is a migration ahead. */
const present = await readSchemaFiles();
const version = present.migrations.length;
const answer = (text: string) =>
  readFunctionFile('functions/answer.sql', `create or replace function answer() returns text return '${text}';`);
const withAnswer = (text: string, ...further: string[]): SchemaFiles => ({
  migrations: [...present.migrations, ...further.map((sql, index) => migration(version + 1 + index, sql))],
  functions: [...present.functions, answer(text)],
});
const asked = async (sql: Sql) => (await sql<{ answer: string }[]>`select answer()`)[0]?.answer;

test('a file is applied when it is new or has changed, and only then', async (t) => {
  const { sql } = await openTestDatabase(t);
  assert.deepEqual(await migrate(sql), { applied: [], functions: [], version });
  assert.deepEqual((await migrate(sql, withAnswer('one'))).functions, ['functions/answer.sql']);
  const noted = () => sql`select checksum, applied_at from applied_functions where name = 'functions/answer.sql'`;
  const [first] = await noted();
  assert.equal(first?.checksum, answer('one').checksum);
  assert.deepEqual((await migrate(sql, withAnswer('one'))).functions, []);
  assert.deepEqual([...(await noted())], [first]);
  assert.deepEqual((await migrate(sql, withAnswer('two'))).functions, ['functions/answer.sql']);
  assert.equal(await asked(sql), 'two');
  assert.deepEqual((await migrate(sql)).functions, []);
  assert.deepEqual([...(await noted())], [], 'a file that is gone is forgotten; a migration drops what it made');
});

test('an older build leaves the functions of a newer one as they are, and runs with them', async (t) => {
  const { sql } = await openTestDatabase(t);
  const older = withAnswer('old');
  const newer = withAnswer('new', '-- The answer is another.\nselect 1;');
  await migrate(sql, older);
  assert.deepEqual(await migrate(sql, newer), {
    applied: [newer.migrations.at(-1)?.name],
    functions: ['functions/answer.sql'],
    version: version + 1,
  });
  assert.deepEqual(await migrate(sql, older), { applied: [], functions: [], version: version + 1 });
  assert.equal(await asked(sql), 'new');
  // In turn, as two machines with their own builds start again and again.
  assert.deepEqual(await migrate(sql, newer), { applied: [], functions: [], version: version + 1 });
  assert.deepEqual(await migrate(sql, older), { applied: [], functions: [], version: version + 1 });
  assert.equal(await asked(sql), 'new');
});

test('functions come with the last migration or not at all', async (t) => {
  const { sql } = await openTestDatabase(t);
  await migrate(sql, withAnswer('one'));
  const next = withAnswer('two', 'create table kept (x int);', 'create table lost (x int);');
  const broken = readFunctionFile(
    'functions/broken.sql',
    'create or replace view broken as select no_such from codes;',
  );
  await assert.rejects(
    migrate(sql, { ...next, functions: [...next.functions, broken] }),
    (error) =>
      error instanceof MigrateError &&
      error.detail.code === 'migrateFailed' &&
      error.detail.version === version + 2 &&
      /functions\/broken\.sql failed: .*no_such/.test(error.message),
  );
  const [there] = await sql`select to_regclass('kept') is not null as kept, to_regclass('lost') is not null as lost`;
  assert.deepEqual({ ...there }, { kept: true, lost: false });
  assert.equal(await asked(sql), 'one');
});

test('what a migration drops is made anew by its file, also where that has not changed', async (t) => {
  const { sql } = await openTestDatabase(t);
  const next = withAnswer(
    'one',
    'drop view node_rows; alter table nodes alter column enr type varchar(512); drop function take_census;',
  );
  const { functions } = await migrate(sql, next);
  assert.deepEqual(functions, ['functions/census.sql', 'functions/rows.sql', 'functions/answer.sql']);
  assert.deepEqual([...(await sql`select * from node_rows`)], []);
});

test('the database holds the functions and views of the files and no others', async (t) => {
  const { sql } = await openTestDatabase(t);
  const rows = await sql<{ name: string }[]>`
    select proname as name from pg_proc where pronamespace = 'public'::regnamespace
    union all select viewname from pg_views where schemaname = 'public'`;
  assert.deepEqual(
    rows.map(({ name }) => name).sort(),
    present.functions.flatMap(({ makes }) => makes).sort(),
    'one that is gone from the files, or has other arguments, is dropped by a migration or by its file',
  );
});

test('functions change only together with a new migration', async () => {
  const noted = JSON.parse(await readFile(join(packageRoot, 'sql/functions/checksums.json'), 'utf8'));
  const newest = present.migrations.at(-1)?.name ?? '';
  assert.equal(
    functionsDigest(await readFunctions()),
    noted[newest],
    `builds are ordered by their migrations: add one that says what changes after ${newest}, then run npm run schema`,
  );
});

test('a file that makes nothing is refused', () => {
  assert.throws(
    () => readFunctionFile('functions/empty.sql', 'create function f() returns int return 1;'),
    (error) => error instanceof MigrateError && error.code === 'migrateBadFile',
  );
});

function migration(number: number, text: string): Migration {
  const name = `${String(number).padStart(4, '0')}_test_functions.sql`;
  return { version: number, name, text, checksum: `sum of ${text}`, breaking: text.startsWith('-- breaking') };
}
