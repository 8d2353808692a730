import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../lib/errors.ts';
import { packageRoot } from '../lib/packageRoot.ts';
import type { SqlRunner } from './client.ts';
import { MigrateError } from './migrateError.ts';

/** A file of functions and views. It may be applied any number of times: each time it replaces what it made before. */
export interface FunctionFile {
  /** Its path below sql/, for instance `functions/census.sql`. */
  readonly name: string;
  readonly text: string;
  /** sha256 of the text, hex. */
  readonly checksum: string;
  /** Names of the functions and views that it makes. */
  readonly makes: readonly string[];
}

/**
 * Applies the files that differ from what was applied last, and those of which a migration has dropped a function or a
 * view since; resolves with their names. To be called in a transaction that holds the lock of the migrations.
 * @throws MigrateError of code `migrateFailed`, with the schema's version, when the database refuses a file
 */
export async function applyFunctions(
  sql: SqlRunner,
  files: readonly FunctionFile[],
  version: number,
): Promise<readonly string[]> {
  if (files.length === 0) return [];
  const stale = await findStale(sql, files);
  for (const { name, text, checksum } of stale) {
    try {
      await sql.unsafe(text);
    } catch (cause) {
      const reason = reasonOf(cause);
      throw new MigrateError({ code: 'migrateFailed', version, name }, `${name} failed: ${reason}`, { cause });
    }
    await sql`
      insert into applied_functions (name, checksum, applied_at) values (${name}, ${checksum}, now())
      on conflict (name) do update set checksum = excluded.checksum, applied_at = excluded.applied_at`;
  }
  await sql`delete from applied_functions where name <> all (${files.map(({ name }) => name)}::text[])`;
  return stale.map(({ name }) => name);
}

/** Whether all files are as they were applied last, and nothing else was. */
export async function areApplied(sql: SqlRunner, files: readonly FunctionFile[]): Promise<boolean> {
  const [noted] = await sql<{ count: number }[]>`select count(*)::int4 as count from applied_functions`;
  return (noted?.count === files.length || files.length === 0) && (await findStale(sql, files)).length === 0;
}

async function findStale(sql: SqlRunner, files: readonly FunctionFile[]): Promise<readonly FunctionFile[]> {
  const noted = await sql<{ name: string; checksum: string }[]>`select name, checksum from applied_functions`;
  const applied = new Map(noted.map(({ name, checksum }) => [name, checksum]));
  const made = await selectMade(sql);
  return files.filter(
    ({ name, checksum, makes }) => applied.get(name) !== checksum || makes.some((object) => !made.has(object)),
  );
}

/** The files of this build, in the order of their names. */
export async function readFunctions(folder: string = join(packageRoot, 'sql/functions')): Promise<FunctionFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => readFunctionFile(`functions/${name}`, await readFile(join(folder, name), 'utf8'))),
  );
}

/** @throws MigrateError of code `migrateBadFile` where the text makes nothing by `create or replace` */
export function readFunctionFile(name: string, text: string): FunctionFile {
  const makes = [...text.matchAll(/^create or replace (?:function|view) (\w+)/gm)].map(([, object = '']) => object);
  if (makes.length === 0) throw new MigrateError({ code: 'migrateBadFile', name });
  return { name, text, checksum: createHash('sha256').update(text).digest('hex'), makes };
}

/** One checksum of all of them. It changes only together with a new migration, whose number says which build is newer. */
export function functionsDigest(files: readonly FunctionFile[]): string {
  const lines = files.map(({ name, checksum }) => `${checksum}  ${name}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}

/** Names of all functions and views that are there. */
async function selectMade(sql: SqlRunner): Promise<ReadonlySet<string>> {
  const rows = await sql<{ name: string }[]>`
    select proname as name from pg_proc where pronamespace = current_schema()::regnamespace
    union all select viewname from pg_views where schemaname = current_schema()`;
  return new Set(rows.map(({ name }) => name));
}
