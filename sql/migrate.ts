import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../lib/errors.ts';
import { packageRoot } from '../lib/packageRoot.ts';
import { applyFunctions, areApplied, type FunctionFile, readFunctions } from './applyFunctions.ts';
import type { Sql, SqlRunner } from './client.ts';
import { MigrateError, UnfitDatabaseError } from './migrateError.ts';
import { inTransaction } from './transaction.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly text: string;
  /** sha256 of the text, hex. */
  readonly checksum: string;
  /** Code that does not know this migration must not run on a database that has it: `-- breaking` on its first line. */
  readonly breaking: boolean;
}

/** All that makes the schema of a build. */
export interface SchemaFiles {
  readonly migrations: readonly Migration[];
  readonly functions: readonly FunctionFile[];
}

export interface MigrateReport {
  /** Names of the migrations that this call applied. */
  readonly applied: readonly string[];
  /** Names of the files of functions that this call applied. */
  readonly functions: readonly string[];
  /** Version of the database afterwards. Higher than the newest file when a newer Forkscope was here, without breaking us. */
  readonly version: number;
}

/**
 * Brings the database up to the newest migration, one transaction each, and in the last one also its functions and views
 * up to ours. One that a breaking one follows is breaking itself: no older build runs on what is between. Where a newer Forkscope was here those stay as they are: its migrations were written for them. Any number of
 * processes may do so at once. Throws MigrateError or UnfitDatabaseError; a failed migration leaves the database at the
 * version before it.
 */
export async function migrate(sql: Sql, files?: SchemaFiles): Promise<MigrateReport> {
  const { migrations, functions } = files ?? (await readSchemaFiles());
  await requireServer(sql);
  const current = await findCurrent(sql, migrations, functions);
  if (current !== null) return { applied: [], functions: [], version: current };
  const applied: string[] = [];
  let replaced: readonly string[] = [];
  for (const [index, migration] of migrations.entries()) {
    const breaking = migrations.slice(index).some((one) => one.breaking);
    await inTransaction(sql, '', async (transaction) => {
      const found = await lockSchema(transaction, migrations);
      if (await applyOne(transaction, { ...migration, breaking })) applied.push(migration.name);
      if (migration.version === migrations.length && found <= migration.version) {
        replaced = await applyFunctions(transaction, functions, migration.version);
      }
    });
  }
  return { applied, functions: replaced, version: await checkSchema(sql, migrations) };
}

/**
 * Version of a database in which there is nothing to do, else null. It takes no lock and no privilege but to read, so
 * that a role which may not make tables can start on it.
 */
async function findCurrent(
  sql: Sql,
  migrations: readonly Migration[],
  functions: readonly FunctionFile[],
): Promise<number | null> {
  const [there] = await sql<{ all: boolean }[]>`
    select to_regclass('schema_migrations') is not null and to_regclass('applied_functions') is not null as all`;
  if (there?.all !== true) return null;
  const { version, known } = await compare(sql, migrations);
  if (known !== migrations.length) return null;
  return version > migrations.length || (await areApplied(sql, functions)) ? version : null;
}

/** The files of this build. */
export async function readSchemaFiles(): Promise<SchemaFiles> {
  const [migrations, functions] = await Promise.all([readMigrations(), readFunctions()]);
  return { migrations, functions };
}

/**
 * For processes that only read: throws MigrateError while the database is older than this code, UnfitDatabaseError when
 * this code cannot run on it. Resolves with its version.
 */
export async function checkSchema(sql: SqlRunner, known: readonly Migration[]): Promise<number> {
  const [table] = await sql<{ there: boolean }[]>`select to_regclass('schema_migrations') is not null as there`;
  const version = table?.there ? (await compare(sql, known)).version : 0;
  const newest = known.at(-1)?.version ?? 0;
  if (version < newest) throw new MigrateError({ code: 'migrateDatabaseOlder', known: newest, found: version });
  return version;
}

export async function readMigrations(folder: string = join(packageRoot, 'sql/migrations')): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name, index) => {
      const version = Number(/^(\d{4})_[a-z0-9]+(?:_[a-z0-9]+)+\.sql$/.exec(name)?.[1]);
      if (version !== index + 1) throw new MigrateError({ code: 'migrateBadFile', name });
      const text = await readFile(join(folder, name), 'utf8');
      const checksum = createHash('sha256').update(text).digest('hex');
      return { version, name, text, checksum, breaking: /^-- breaking\b/.test(text) };
    }),
  );
}

/** Where processes are told that a breaking migration was applied. */
export const schemaChannel = 'forkscope_schema';

/** The oldest server we run on. */
const oldestServerVersion = 150_000;

/** Version of the database, which stays so to the end of the transaction: another process waits here, then finds the rows. */
async function lockSchema(sql: SqlRunner, known: readonly Migration[]): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext('forkscope.migrate'), 0)`;
  await sql`
    create table if not exists schema_migrations (
      version integer constraint schema_migrations_pkey primary key,
      name text not null,
      checksum text not null,
      breaking boolean not null,
      applied_at timestamptz not null default now()
    )`;
  return (await compare(sql, known)).version;
}

async function applyOne(sql: SqlRunner, { version, name, checksum, breaking, text }: Migration): Promise<boolean> {
  const inserted = await sql`
    insert into schema_migrations (version, name, checksum, breaking)
    values (${version}, ${name}, ${checksum}, ${breaking})
    on conflict (version) do nothing returning version`;
  if (inserted.length === 0) return false;
  try {
    await sql.unsafe(text);
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new MigrateError({ code: 'migrateFailed', version, name }, `migration ${name} failed: ${reason}`, { cause });
  }
  // Told when the transaction commits.
  if (breaking) await sql`select pg_notify(${schemaChannel}, ${String(version)})`;
  return true;
}

/** Version of the database, and how many of those that we know were applied; throws if they are not what we know. */
async function compare(
  sql: SqlRunner,
  known: readonly Migration[],
): Promise<{ readonly version: number; readonly known: number }> {
  const rows = await sql<{ version: number; name: string; checksum: string; breaking: boolean }[]>`
    select version, name, checksum, breaking from schema_migrations order by version`;
  for (const row of rows) {
    const ours = known[row.version - 1];
    if (ours === undefined) {
      if (!row.breaking) continue;
      const found = rows.at(-1)?.version ?? row.version;
      throw new UnfitDatabaseError(
        { code: 'migrateDatabaseNewer', known: known.length, found },
        `a newer Forkscope has brought the database to schema ${found} (${row.name}), and this one, of schema ${known.length}, cannot run on it: update Forkscope, or set DATABASE_URL to another database`,
      );
    }
    if (ours.checksum !== row.checksum) {
      throw new UnfitDatabaseError(
        { code: 'migrateChanged', version: row.version, name: row.name },
        `migration ${row.name} is not the same as the one applied to this database`,
      );
    }
  }
  return { version: rows.at(-1)?.version ?? 0, known: rows.filter(({ version }) => version <= known.length).length };
}

async function requireServer(sql: Sql): Promise<void> {
  const [row] = await sql<{ number: number; text: string }[]>`
    select current_setting('server_version_num')::int4 as number, current_setting('server_version') as text`;
  if (row !== undefined && row.number < oldestServerVersion) {
    throw new UnfitDatabaseError(
      { code: 'migrateServerTooOld', found: row.text, need: '15' },
      `PostgreSQL ${row.text} is too old: Forkscope needs 15 or newer`,
    );
  }
}
