import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../lib/logger.ts';
import { connect } from './client.ts';
import { type Migration, migrate, readMigrations } from './migrate.ts';
import { UnfitDatabaseError } from './migrateError.ts';
import { openTestDatabase, type TestDatabase } from './testDatabase.ts';
import { endWhenUnfit, watchSchema, whileDatabaseFits } from './watchSchema.ts';

const ours = await readMigrations();
const version = ours.length;
const newer = (text: string): Migration => ({
  version: version + 1,
  name: `000${version + 1}_test_newer.sql`,
  text,
  checksum: 'of a newer one',
  breaking: text.startsWith('-- breaking'),
});
const breaking = newer('-- breaking\nalter table codes rename to words;');
/** Of `sleep` that never ends by itself. */
const forEver = (_: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

function collect(): { readonly lines: string[]; readonly log: Logger } {
  const lines: string[] = [];
  const note = (message: string): void => void lines.push(message);
  return { lines, log: { debug() {}, info: note, warn: note, error: note } };
}

/** Another build at work on the same database, over connections of its own. */
async function applyElsewhere({ url }: TestDatabase, migration: Migration): Promise<void> {
  const other = connect(url, { max: 1 });
  try {
    await migrate(other, { migrations: [...ours, migration], functions: [] });
  } finally {
    await other.end();
  }
}

async function openWatch(t: TestContext, pause = forEver) {
  const database = await openTestDatabase();
  const { lines, log } = collect();
  const { looked, sleep } = tellLook(pause);
  const watch = watchSchema(database.url, { log, migrations: ours, sleep });
  t.after(async () => {
    await watch[Symbol.asyncDispose]();
    await database.close();
  });
  return { database, watch, lines, looked };
}

/** `looked` resolves when the watch has looked for the first time, and rests. */
function tellLook(pause = forEver) {
  const events = new EventEmitter();
  const looked = once(events, 'rest');
  return {
    looked,
    sleep: (ms: number, signal: AbortSignal) => {
      events.emit('rest');
      return pause(ms, signal);
    },
  };
}

/** Resolves with the backend of a watch that listens. */
async function untilListens({ sql }: TestDatabase): Promise<number> {
  for (;;) {
    const [found] = await sql<{ pid: number }[]>`
      select pid from pg_stat_activity
      where datname = current_database() and application_name = 'forkscope schema watch'
        and state = 'idle' and query ilike 'listen %'`;
    if (found !== undefined) return found.pid;
    await sleep(10);
  }
}

/** Resolves when a notice has made the watch look: each time it did, its connection is closed a while later. */
async function untilLooksAgain({ sql }: TestDatabase, since: Date): Promise<void> {
  for (;;) {
    await sql`select pg_notify('forkscope_schema', '')`;
    await sleep(10);
    const found = await sql`
      select from pg_stat_activity
      where datname = current_database() and application_name = 'forkscope schema watch'
        and state = 'idle' and query ilike '%schema_migrations%' and query_start > ${since}`;
    if (found.length > 0) return;
  }
}

function assertUnfit(reason: unknown): void {
  assert.ok(reason instanceof UnfitDatabaseError, String(reason));
  assert.deepEqual(reason.detail, { code: 'migrateDatabaseNewer', known: version, found: version + 1 });
  assert.match(reason.message, new RegExp(`schema ${version + 1} .* schema ${version}, cannot run on it: update`));
}

// First, because postgres.js tries the one that is away for some seconds more.
test('a database that is away or not migrated yet is no reason to end', async (t) => {
  const { log, lines } = collect();
  await using away = watchSchema('postgres://nobody@localhost/x?host=/nowhere', { log, migrations: ours });
  const database = await openTestDatabase(t);
  await database.sql`delete from schema_migrations where version = ${version}`;
  const { looked, sleep } = tellLook();
  await using older = watchSchema(database.url, { log, migrations: ours, sleep });
  await untilListens(database);
  await looked;
  assert.deepEqual([away.signal.aborted, older.signal.aborted, lines], [false, false, []]);
});

test('a migration that breaks this build is told at once, one that does not is none of its business', async (t) => {
  const { database, watch, lines } = await openWatch(t);
  await untilListens(database);
  await database.sql`select pg_notify('forkscope_schema', 'whatever anybody writes there')`;
  await applyElsewhere(database, newer('create table further (x int);'));
  const [applied] = await database.sql<[{ at: Date }]>`select clock_timestamp() as at`;
  await untilLooksAgain(database, applied.at);
  assert.equal(watch.signal.aborted, false);
  await database.sql`drop table further`;
  await database.sql`delete from schema_migrations where version > ${version}`;

  const told = once(watch.signal, 'abort');
  await applyElsewhere(database, breaking);
  await told;
  assertUnfit(watch.signal.reason);
  assert.deepEqual(lines, [`ending: ${watch.signal.reason.message}`]);
});

test('what was missed while the connection was away is seen when it is back', async (t) => {
  const { database, watch } = await openWatch(t);
  const pid = await untilListens(database);
  const told = once(watch.signal, 'abort');
  // Without a notice, as one that came while nobody listened.
  await database.sql`
    insert into schema_migrations (version, name, checksum, breaking)
    values (${version + 1}, ${breaking.name}, ${breaking.checksum}, true)`;
  assert.equal(watch.signal.aborted, false);
  await database.sql`select pg_terminate_backend(${pid})`;
  await told;
  assertUnfit(watch.signal.reason);
});

test('where no notices come, as from a replica, it is looked up now and then', async (t) => {
  const wake = new AbortController();
  const pause = (ms: number, signal: AbortSignal) => forEver(ms, AbortSignal.any([signal, wake.signal]));
  const { database, watch, looked } = await openWatch(t, pause);
  await untilListens(database);
  await looked;
  assert.equal(watch.signal.aborted, false);
  await database.sql`
    insert into schema_migrations (version, name, checksum, breaking)
    values (${version + 1}, ${breaking.name}, ${breaking.checksum}, true)`;
  const told = once(watch.signal, 'abort');
  wake.abort();
  await told;
  assertUnfit(watch.signal.reason);
});

test('work ends in good order before the error is thrown; otherwise its result is handed on', async (t) => {
  const database = await openTestDatabase(t);
  const { log } = collect();
  const never = new AbortController().signal;
  assert.equal(await whileDatabaseFits(database.url, log, never, async () => 'done'), 'done');
  const asked = new AbortController();
  asked.abort();
  assert.equal(
    await whileDatabaseFits(database.url, log, asked.signal, async (signal) => (signal.aborted ? 'asked' : 'not')),
    'asked',
  );

  const pool = connect(database.url, { max: 1 });
  const diary: string[] = [];
  const working = whileDatabaseFits(database.url, log, never, async (signal) => {
    endWhenUnfit(pool, signal);
    await pool`select 1`;
    const over = once(signal, 'abort');
    await untilListens(database);
    await applyElsewhere(database, breaking);
    await over;
    await pool`select 1`.catch((error: Error) => diary.push(error.message));
    diary.push('ended');
    throw new Error('what comes of it');
  });
  await assert.rejects(working, (error) => {
    assertUnfit(error);
    return true;
  });
  assert.match(diary.join(), /CONNECTION_ENDED.*,ended/);
});
