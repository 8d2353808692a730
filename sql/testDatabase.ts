import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countOf } from '../lib/plural.ts';
import { sleep } from '../lib/sleep.ts';
import { functionsDigest } from './applyFunctions.ts';
import { connect, type Sql } from './client.ts';
import { startEmbedded } from './embedded.ts';
import { migrate, readSchemaFiles } from './migrate.ts';

export interface TestDatabase {
  readonly sql: Sql;
  readonly url: string;
  /** Drops the database. Throws if anything but `sql` is still connected to it. */
  close(): Promise<void>;
}

/** A test context, or anything else that accepts a hook. */
export interface HasAfter {
  after(hook: () => Promise<void>): void;
}

/** The server that all test files of a run share; scripts/test.ts sets it. */
export const testDatabaseVariable = 'TEST_DATABASE_URL';

/**
 * A database for the caller alone with all migrations applied, on a real server: the one that TEST_DATABASE_URL names, or
 * an embedded one. It is a clone of a template that is migrated once. With a test context it closes itself after the test.
 */
export function openTestDatabase(test?: HasAfter): Promise<TestDatabase> {
  return open(templateOf, test);
}

/** The same with nothing in it, for tests of migrations. */
export function openEmptyDatabase(test?: HasAfter): Promise<TestDatabase> {
  return open(async () => 'template0', test);
}

async function open(prepare: (serverUrl: string) => Promise<string>, test?: HasAfter): Promise<TestDatabase> {
  const server = await openTestServer(process.env[testDatabaseVariable]);
  try {
    const template = await prepare(server.url);
    const name = `forkscope_test_${randomBytes(8).toString('hex')}`;
    // Its files are copied as they are: a third of the time that it takes to log them page by page.
    await onServer(server.url, (sql) => sql`create database ${sql(name)} template ${sql(template)} strategy file_copy`);
    const url = withDatabase(server.url, name);
    const sql = connect(url, { max: 4 });
    let closing: Promise<void> | null = null;
    const close = async () => {
      await sql.end({ timeout: 5 });
      const leaked = await onServer(server.url, (admin) => dropDatabase(admin, name));
      await server.stop();
      if (leaked.length > 0)
        throw new Error(
          `leaked ${countOf(leaked.length, { one: 'connection', other: 'connections' })}: ${leaked.join('; ')}`,
        );
    };
    const database = {
      sql,
      url,
      close: () => {
        closing ??= close();
        return closing;
      },
    };
    test?.after(database.close);
    return database;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** A server for tests: `url` when given, else an embedded one that forgets everything when stopped. */
export async function openTestServer(url?: string): Promise<{ url: string; stop(): Promise<void> }> {
  if (url !== undefined && url !== '') return { url, stop: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), 'forkscope-test-'));
  // The server runs as another user when we are root.
  await chmod(folder, 0o755);
  const server = await startEmbedded({ dataDir: folder, durable: false });
  return {
    url: server.url,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The same URL with another database. */
export function withDatabase(url: string, name: string): string {
  return url.replace(/^([a-z]+:\/\/[^/?#]*)(?:\/[^?#]*)?/i, `$1/${name}`);
}

/** BOUNDED: by the servers of a test run; of each the template that this process has seen to be there. */
const templates = new Map<string, Promise<string>>();

function templateOf(serverUrl: string): Promise<string> {
  const known = templates.get(serverUrl);
  if (known !== undefined) return known;
  const prepared = prepareTemplate(serverUrl);
  templates.set(serverUrl, prepared);
  prepared.catch(() => templates.delete(serverUrl));
  return prepared;
}

async function prepareTemplate(serverUrl: string): Promise<string> {
  const files = await readSchemaFiles();
  const checksums = [...files.migrations.map(({ checksum }) => checksum), functionsDigest(files.functions)];
  const digest = createHash('sha256').update(checksums.join()).digest('hex');
  const name = `forkscope_template_${digest.slice(0, 16)}`;
  await onServer(serverUrl, async (sql) => {
    // One connection, so the lock lasts until it is unlocked or the process dies.
    await sql`select pg_advisory_lock(hashtext('forkscope.template'), 0)`;
    const there = await sql`select 1 from pg_database where datname = ${name} and datistemplate`;
    if (there.length === 0) {
      await sql`drop database if exists ${sql(name)} with (force)`;
      await sql`create database ${sql(name)}`;
      const own = connect(withDatabase(serverUrl, name), { max: 1 });
      try {
        await migrate(own, files);
      } finally {
        await own.end();
      }
      await untilAlone(sql, name);
      await sql`alter database ${sql(name)} is_template true`;
    }
    await sql`select pg_advisory_unlock(hashtext('forkscope.template'), 0)`;
  });
  return name;
}

/** Drops the database and says what was still connected to it. */
async function dropDatabase(sql: Sql, name: string): Promise<string[]> {
  const leaked = await untilAlone(sql, name);
  await sql`drop database if exists ${sql(name)} with (force)`;
  return leaked;
}

/** The server takes a moment to forget a closed connection. Returns what is left after two seconds. */
async function untilAlone(sql: Sql, name: string): Promise<string[]> {
  for (let round = 0; ; round++) {
    const rows = await sql<{ application_name: string; query: string }[]>`
      select application_name, left(query, 80) as query from pg_stat_activity where datname = ${name} and backend_type = 'client backend'`;
    if (rows.length === 0 || round === 40) return rows.map((row) => `${row.application_name}: ${row.query}`);
    await sleep(50);
  }
}

async function onServer<T>(serverUrl: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = connect(serverUrl, { max: 1 });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}
