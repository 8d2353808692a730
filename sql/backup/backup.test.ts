/** Backup and restore when something is wrong. What comes back when nothing is: e2e/upgrade.test.ts. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Sql } from '../client.ts';
import { migrate, readSchemaFiles } from '../migrate.ts';
import { exportSnapshot } from '../snapshot/exportSnapshot.ts';
import { openEmptyDatabase, openTestDatabase } from '../testDatabase.ts';
import { createBackupFile, type FrameKind, readFrames } from './backupFile.ts';
import { inspectBackup } from './readBackup.ts';
import { restoreBackup } from './restoreBackup.ts';
import { writeBackup } from './writeBackup.ts';

const { signal } = new AbortController();
const migrations = (await readSchemaFiles()).migrations;

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-backup-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const backUp = (url: string, path: string, until = signal) =>
  writeBackup({ url, path, version: '1.2.3', now: 0, signal: until });

async function restore(path: string, url: string, until = signal) {
  return restoreBackup(await inspectBackup(path, until), { url, path, signal: until });
}

const isCode = (code: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Error && 'code' in error, String(error));
  assert.deepEqual([error.code, text.exec(error.message) === null ? error.message : ''], [code, '']);
  return true;
};

/** Events that hardly compress, half a kB each. */
async function fill(sql: Sql, rows: number): Promise<void> {
  await sql`
    insert into events (kind, subject, opened_at, data)
    select 'test', 'test/' || n, timestamptz '2026-01-01' + n * interval '1 s',
      jsonb_build_object('text', (select string_agg(md5(n::text || k), '') from generate_series(1, 16) k))
    from generate_series(1, ${rows}::int4) n`;
}

async function countEvents(sql: Sql): Promise<bigint | undefined> {
  const [row] = await sql<{ count: bigint }[]>`select count(*) as count from events`;
  return row?.count;
}

async function countTables(sql: Sql): Promise<bigint | undefined> {
  const [row] = await sql<{ count: bigint }[]>`
    select count(*) as count from pg_class where relnamespace = 'public'::regnamespace`;
  return row?.count;
}

test('a file that is cut off, damaged or no backup is named, and nothing is made in the database', async (t) => {
  const folder = newFolder(t);
  const good = join(folder, 'good');
  const { sql, url } = await openTestDatabase(t);
  await fill(sql, 600);
  await backUp(url, good);
  const bytes = readFileSync(good);
  const ends: number[] = [];
  for await (const { at } of readFrames(good)) ends.push(at);
  const empty = await openEmptyDatabase(t);
  const path = join(folder, 'bad');
  const refused = async (content: Uint8Array, code: string, text: RegExp): Promise<void> => {
    writeFileSync(path, content);
    await assert.rejects(restore(path, empty.url), isCode(code, text));
  };
  for (const length of [...ends, ...ends.map((end) => end + 3), bytes.length - 1, bytes.length - 90]) {
    await refused(bytes.subarray(0, length), 'backupTruncated', /ends before its end mark/);
  }
  const flipped = (at: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(at) ^ 0x10, at);
    return copy;
  };
  await refused(flipped(bytes.length >> 1), 'backupDamaged', /damaged at byte \d+ \(the checksum does not match\)/);
  await refused(flipped(bytes.length - 10), 'backupDamaged', /the checksum does not match/);
  await refused(flipped((ends[1] ?? 0) + 1), 'backupDamaged', /no frame begins here/);
  await refused(Buffer.concat([bytes, Buffer.from('x')]), 'backupDamaged', /something follows its end/);
  await refused(Buffer.from('PGDMP\x01'), 'backupForeignFile', /is not a backup of Forkscope/);
  await refused(Buffer.alloc(0), 'backupForeignFile', /is not a backup/);
  await refused(Buffer.from('Forkscope backup, format 2\nH'), 'backupFormatNewer', /newer Forkscope .*update/);
  await assert.rejects(restore(join(folder, 'none'), empty.url), isCode('backupReadFailed', /none cannot be read/));
  await assert.rejects(restore(folder, empty.url), isCode('backupReadFailed', /cannot be read \(EISDIR/));
  assert.equal(await countTables(empty.sql), 0n);
  await restore(good, empty.url);
  assert.equal(await countEvents(empty.sql), 600n);
});

test('neither a file nor a database that holds something is overwritten', async (t) => {
  const path = join(newFolder(t), 'one');
  const { sql, url } = await openTestDatabase(t);
  await fill(sql, 10);
  // A day that retention has let go of and not dropped yet.
  await sql`create table gone_visit_log_20260101 (like visit_log including defaults)`;
  await sql`create table gone_census_counts_20260101 (like census_counts including defaults)`;
  await backUp(url, path);
  const { header } = await inspectBackup(path, signal);
  assert.ok(header.tables.every(({ name }) => !name.startsWith('gone_')));
  const was = readFileSync(path);
  await assert.rejects(backUp(url, path), isCode('backupFileExists', /is there already and is not overwritten/));
  assert.deepEqual(readFileSync(path), was);
  await assert.rejects(backUp(url, join(path, 'x')), isCode('backupWriteFailed', /cannot be written/));
  await assert.rejects(backUp(url, `${path}s/x`), isCode('backupFolderMissing', /the folder of .* does not exist/));
  await assert.rejects(restore(path, url), isCode('backupDatabaseFull', /\(table events\) and is not overwritten/));
  assert.equal(await countEvents(sql), 10n);

  const other = await openEmptyDatabase(t);
  await assert.rejects(backUp(other.url, `${path}2`), isCode('backupNoSchema', /holds nothing of Forkscope/));
  await other.sql`create table visitors (name text)`;
  await assert.rejects(restore(path, other.url), isCode('backupDatabaseFull', /table visitors/));
  assert.equal(await countTables(other.sql), 1n);
  assert.deepEqual(readdirSync(join(path, '..')), ['one']);

  const migrated = await openTestDatabase(t);
  await restore(path, migrated.url);
  assert.equal(await countEvents(migrated.sql), 10n, 'what migrations put in is nothing');
  assert.deepEqual((await migrate(migrated.sql)).functions, []);
});

test('a backup of a newer schema or another build is refused; one older than the tables needs a bare database', async (t) => {
  const folder = newFolder(t);
  const { sql, url } = await openTestDatabase(t);
  const empty = await openEmptyDatabase(t);
  const newest = migrations.length;
  const put = (version: number, checksum: string) => sql`
    insert into schema_migrations (version, name, checksum, breaking) values (${version}, 'x', ${checksum}, false)
    on conflict (version) do update set checksum = excluded.checksum`;
  await put(newest + 1, 'new');
  await backUp(url, join(folder, 'newer'));
  const newer = new RegExp(`of a newer Forkscope \\(schema ${newest + 1}; this one knows ${newest}\\): update`);
  await assert.rejects(restore(join(folder, 'newer'), empty.url), isCode('backupSchemaNewer', newer));
  await sql`delete from schema_migrations where version > ${newest}`;
  await put(newest, 'other');
  await backUp(url, join(folder, 'other'));
  await assert.rejects(restore(join(folder, 'other'), empty.url), isCode('backupSchemaOther', /another build/));
  assert.equal(await countTables(empty.sql), 0n);

  const old = await openEmptyDatabase(t);
  await migrate(old.sql, { migrations: migrations.slice(0, 20), functions: [] });
  await backUp(old.url, join(folder, 'old'));
  const ready = await openTestDatabase(t);
  const ahead = new RegExp(`its schema is ${newest} already, and the backup is of 20`);
  await assert.rejects(restore(join(folder, 'old'), ready.url), isCode('backupDatabaseAhead', ahead));
});

test('SQL in a header is not run', async (t) => {
  const path = join(newFolder(t), 'evil');
  const file = await createBackupFile(path);
  const frame = (kind: FrameKind, value: unknown) => file.write(kind, Buffer.from(JSON.stringify(value)));
  const table = { name: 'visit_log_20260101', columns: ['at'], parent: 'visit_log', key: null, options: [] };
  await frame('H', {
    ...{ forkscope: '1', server: '18', at: '', migrations: migrations.slice(0, 4) },
    tables: [{ ...table, bound: `FOR VALUES FROM ('2026-01-01') TO ('2026-01-02'); drop table nodes; --')` }],
  });
  await file.finish();
  const { url } = await openEmptyDatabase(t);
  await assert.rejects(restore(path, url), isCode('backupDamaged', /a frame H holds something else/));
});

test('it is of one moment, whatever is written meanwhile', async (t) => {
  const path = join(newFolder(t), 'moment');
  const { sql, url } = await openTestDatabase(t);
  await fill(sql, 6_000);
  // `events` is copied before `settings`: without one snapshot for all there would be more of the latter.
  let written = 0;
  let writing = true;
  const writer = (async () => {
    for (; writing; written++) {
      await sql.begin(async (both) => {
        await both`insert into events (kind, subject, opened_at) values ('pair', ${`pair/${written}`}, '2026-01-01')`;
        await both`insert into settings (key, value) values (${`pair/${written}`}, '1')`;
      });
      if (written % 20 === 0) {
        await sql`select create_visit_partition(('2026-01-01'::date + ${written}::int4))`;
      }
    }
  })();
  while (written < 5) await pause(5);
  await backUp(url, path);
  const atEnd = written;
  writing = false;
  await writer;
  const copy = await openEmptyDatabase(t);
  await restore(path, copy.url);
  const [pairs] = await copy.sql<{ events: number; settings: number }[]>`
    select (select count(*)::int4 from events where kind = 'pair') as events,
      (select count(*)::int4 from settings where key like 'pair/%') as settings`;
  assert.equal(pairs?.events, pairs?.settings);
  assert.ok(Number(pairs?.events) < atEnd, 'the writer went on meanwhile');
});

test('an end half-way leaves no file and no rows', async (t) => {
  const folder = newFolder(t);
  const path = join(folder, 'half');
  const { sql, url } = await openTestDatabase(t);
  await fill(sql, 8_000);
  const ending = (when: () => boolean, act: () => unknown) => ({
    onProgress: () => (when() ? void act() : undefined),
  });
  let told = 0;
  const stop = new AbortController();
  const stopped = writeBackup({
    ...{ url, path, version: '1', now: 0, signal: stop.signal },
    ...ending(
      () => ++told === 2,
      () => stop.abort(),
    ),
  });
  await assert.rejects(stopped, { name: 'AbortError' });

  const kill = (server: Sql, name: string) => server`
    select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${name}`;
  const killed = writeBackup({
    ...{ url, path, version: '1', now: 0, signal },
    onProgress: async () => kill(sql, 'forkscope backup'),
  });
  await assert.rejects(killed, isCode('backupDatabaseFailed', /the database did not do its part/));
  assert.deepEqual(readdirSync(folder), []);

  writeFileSync(join(folder, 'half.999999999.part'), 'of a backup that was killed');
  writeFileSync(join(folder, `half.${process.pid}.part.x`), 'not ours');
  await backUp(url, path);
  assert.deepEqual(readdirSync(folder).sort(), ['half', `half.${process.pid}.part.x`]);

  const copy = await openEmptyDatabase(t);
  const restoring = restoreBackup(await inspectBackup(path, signal), {
    ...{ url: copy.url, path, signal },
    onProgress: async ({ table }) => (table === 'indexes' ? kill(copy.sql, 'forkscope restore') : null),
  });
  await assert.rejects(restoring, isCode('backupDatabaseFailed', /did not do its part/));
  assert.equal(await countEvents(copy.sql), 0n);
  await restore(path, copy.url);
  assert.equal(await countEvents(copy.sql), 8_000n);
});

/** Whether this machine lets us mount a small disk. */
function mountRefused(): string | false {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status === 0;
  if (mounted) execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return !mounted && 'no small disk can be mounted here';
}

test('a full disk is named, and has its space back', { skip: mountRefused() }, async (t) => {
  const disk = join(newFolder(t), 'small');
  const { sql, url } = await openTestDatabase(t);
  await fill(sql, 5_000);
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
  try {
    await assert.rejects(backUp(url, join(disk, 'x')), isCode('backupDiskFull', /no space left for .*nothing of it/));
    assert.deepEqual(readdirSync(disk), []);
    await sql`
      insert into networks (slug, name, network_id, genesis_hash, file)
      select 'n' || n, 'n', n, sha256(n::text::bytea), '{}' from generate_series(1, 5000) n`;
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(1_000_000));
    const snapshot = { url, path: join(disk, 'x'), version: '1', now: 0, from: null, until: null, key: null, signal };
    await assert.rejects(exportSnapshot(snapshot), isCode('backupDiskFull', /no space left for .*nothing of it/));
    assert.deepEqual(readdirSync(disk), ['ballast']);
  } finally {
    execFileSync('umount', [disk]);
  }
});
