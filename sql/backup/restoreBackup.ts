import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { connect } from '../client.ts';
import { quote } from '../dumpSchema.ts';
import { migrate, readSchemaFiles, type SchemaFiles } from '../migrate.ts';
import { BackupRefusedError } from './backupError.ts';
import { damagedError, type Frame, readFrames } from './backupFile.ts';
import { type BackupHeader, schemaOf, storedSequences, tableEnd, tableStart } from './backupHeader.ts';
import { ask, type CopyClient, withCopyClient } from './copyClient.ts';
import { layAsideIndexes } from './laidAside.ts';
import { mapAhead } from './mapAhead.ts';
import { type BackupContents, expandPart, parseFrame } from './readBackup.ts';
import { identifier, readStoredTables } from './storedTables.ts';

export interface RestoreOptions {
  readonly url: string;
  readonly path: string;
  readonly signal: AbortSignal;
  /** Told before each table and before the indexes, and waited for. */
  readonly onProgress?: (progress: RestoreProgress) => unknown;
  /** Of this build, unless a test has others. */
  readonly files?: SchemaFiles;
}

interface RestoreProgress {
  readonly table: string;
  readonly rows: number;
  readonly ofRows: number;
}

export interface RestoreReport {
  readonly header: BackupHeader;
  readonly rows: number;
  /** Version of the schema now. */
  readonly schema: number;
  /** Tables of the backup that are none of Forkscope's. */
  readonly leftOut: readonly string[];
}

/** Tables in which the migrations themselves put rows: with these alone a database is empty. */
const filledByMigrations = ['applied_functions', 'cuts', 'schema_migrations'];
/** It says which functions the database has: those of this build, not those of the backup. */
const notRestored = 'applied_functions';
const partsAhead = 6;

/**
 * Fills an empty database from a backup that was found whole, in one transaction, and brings it up to this build's schema.
 * @throws BackupRefusedError, BackupError; MigrateError, UnfitDatabaseError; the signal's reason
 */
export async function restoreBackup({ header, rows }: BackupContents, options: RestoreOptions): Promise<RestoreReport> {
  const { url, path, signal } = options;
  const files = options.files ?? (await readSchemaFiles());
  requireKnown(header, files, path);
  const version = schemaOf(header);
  const how = { url, applicationName: 'forkscope restore', writes: true, signal };
  const leftOut = await withCopyClient(how, async (client) => {
    // Before anything is made in a database that is somebody else's.
    await requireEmpty(client, version);
    await migrateTo(url, { migrations: files.migrations.slice(0, version), functions: [] });
    signal.throwIfAborted();
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(hashtext('forkscope.migrate'), 0)`);
    await requireEmpty(client, version);
    const unknown = await fill(client, header, rows, options);
    await client.query('commit');
    return unknown;
  });
  return { header, rows, leftOut, schema: await migrateTo(url, files) };
}

function requireKnown(header: BackupHeader, { migrations }: SchemaFiles, path: string): void {
  for (const [index, { version, name, checksum }] of header.migrations.entries()) {
    const ours = migrations[index];
    if (ours === undefined) {
      const known = migrations.length;
      const found = schemaOf(header);
      throw new BackupRefusedError(
        { code: 'backupSchemaNewer', path, found, known },
        `${path} is of a newer Forkscope (schema ${found}; this one knows ${known}): update Forkscope, then restore it`,
      );
    }
    if (ours.version !== version || ours.checksum !== checksum) {
      throw new BackupRefusedError(
        { code: 'backupSchemaOther', path, name },
        `${path} is of another build of Forkscope, whose migration ${name} differs: restore it with that build`,
      );
    }
  }
}

async function requireEmpty(client: CopyClient, version: number): Promise<void> {
  const tables = await readStoredTables(client);
  const known = tables.some(({ name }) => name === 'schema_migrations');
  const [schema] = known
    ? await ask<{ found: number }>(client, 'select coalesce(max(version), 0)::int4 as found from schema_migrations')
    : [];
  for (const { name, key } of tables) {
    if (key !== null || filledByMigrations.includes(name)) continue;
    const [one] = await ask<{ filled: boolean }>(
      client,
      `select exists (select from ${identifier(name)}) or ${!known} as filled`,
    );
    if (one?.filled === true) {
      throw new BackupRefusedError(
        { code: 'backupDatabaseFull', table: name },
        `the database holds something already (table ${name}) and is not overwritten: restore into an empty one, by a new FORKSCOPE_DATA_DIR, or by createdb and DATABASE_URL`,
      );
    }
  }
  if (schema !== undefined && schema.found > version) {
    throw new BackupRefusedError(
      { code: 'backupDatabaseAhead', found: schema.found, need: version },
      `the database is empty, but its schema is ${schema.found} already, and the backup is of ${version}: restore it into a database without tables`,
    );
  }
}

async function migrateTo(url: string, files: SchemaFiles): Promise<number> {
  const sql = connect(url, { max: 1, applicationName: 'forkscope restore' });
  try {
    return (await migrate(sql, files)).version;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Resolves with the tables that it left out. */
async function fill(
  client: CopyClient,
  header: BackupHeader,
  rows: number,
  options: RestoreOptions,
): Promise<readonly string[]> {
  await client.query(`set local maintenance_work_mem = '512MB'`);
  await makePartitions(client, header);
  const ours = new Set((await readStoredTables(client)).map(({ name }) => name));
  const names = header.tables.map(({ name }) => name);
  const kept = names.filter((name) => ours.has(name) && name !== notRestored);
  const makeIndexes = await layAsideIndexes(client);
  // Emptied in this transaction, so that rows are written frozen and, where wal_level is minimal, only once.
  await client.query(`truncate ${kept.map(identifier).join(', ')}`);
  await copyRows(client, new Set(kept), rows, options);
  options.signal.throwIfAborted();
  await options.onProgress?.({ table: 'indexes', rows, ofRows: rows });
  await makeIndexes();
  await client.query('analyze');
  return names.filter((name) => !ours.has(name));
}

/** The partitions of the backup, in place of those that are there. */
async function makePartitions(client: CopyClient, { tables }: BackupHeader): Promise<void> {
  const there = await readStoredTables(client);
  const ours = new Set(there.map(({ name }) => name));
  for (const { name } of there.filter(({ parent }) => parent !== null).toReversed()) {
    await client.query(`drop table ${identifier(name)}`);
  }
  for (const { name, parent, bound, key, options } of tables) {
    if (parent === null || bound === null || !ours.has(parent)) continue;
    ours.add(name);
    const by = key === null ? '' : ` partition by ${key}`;
    const given = options.length === 0 ? '' : ` with (${options.join(', ')})`;
    await client.query(`create table ${identifier(name)} partition of ${identifier(parent)} ${bound}${by}${given}`);
  }
}

async function copyRows(
  client: CopyClient,
  kept: ReadonlySet<string>,
  ofRows: number,
  options: RestoreOptions,
): Promise<void> {
  const { path, signal, onProgress } = options;
  const frames = readFrames(path);
  let rows = 0;
  try {
    for (let next = await frames.next(); next.done !== true; next = await frames.next()) {
      const frame = next.value;
      if (frame.kind === 'S') await setSequences(client, frame, path);
      if (frame.kind !== 'T') continue;
      const start = parseFrame(frame, 'T', tableStart, path);
      signal.throwIfAborted();
      await onProgress?.({ table: start.table, rows, ofRows });
      rows += await copyTable(kept.has(start.table) ? client : null, start, frames, path);
    }
  } finally {
    await frames.return(undefined);
  }
}

/** The rows that follow a `T`, up to the `E`; resolves with how many there are. Without a client they are left out. */
async function copyTable(
  client: CopyClient | null,
  { table, columns }: { readonly table: string; readonly columns: readonly string[] },
  frames: AsyncGenerator<Frame>,
  path: string,
): Promise<number> {
  const end: { frame?: Frame } = {};
  const parts = mapAhead(partsOf(frames, end), (part) => expandPart(part, path), partsAhead);
  let copied: number | null = null;
  if (client === null) for await (const _ of parts);
  else {
    const names = columns.map(identifier).join(', ');
    const stream = client.query(copyFrom(`copy ${identifier(table)} (${names}) from stdin with (freeze)`));
    await pipeline(Readable.from(parts, { objectMode: true }), stream);
    copied = stream.rowCount;
  }
  if (end.frame === undefined) throw damagedError(path, 0, `table ${table} has no end`);
  const told = parseFrame(end.frame, 'E', tableEnd, path).rows;
  if (copied === null || copied === told) return told;
  throw damagedError(path, end.frame.at, `table ${table} has ${copied} rows and should have ${told}`);
}

async function* partsOf(frames: AsyncGenerator<Frame>, end: { frame?: Frame }): AsyncGenerator<Frame> {
  for (let next = await frames.next(); next.done !== true; next = await frames.next()) {
    if (next.value.kind !== 'D') {
      end.frame = next.value;
      return;
    }
    yield next.value;
  }
}

async function setSequences(client: CopyClient, frame: Frame, path: string): Promise<void> {
  for (const { name, last, called } of parseFrame(frame, 'S', storedSequences, path)) {
    await client.query(`select setval(${quote(identifier(name))}, ${last}, ${called})`);
  }
}
