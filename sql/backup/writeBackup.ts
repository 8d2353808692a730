import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { to as copyTo } from 'pg-copy-streams';
import { type BackupWriter, createBackupFile } from './backupFile.ts';
import { type BackupHeader, type StoredTable, schemaOf } from './backupHeader.ts';
import { ask, beginReading, type CopyClient, withCopyClient } from './copyClient.ts';
import { mapAhead } from './mapAhead.ts';
import { identifier, readSequences, readStoredTables } from './storedTables.ts';

export interface BackupOptions {
  readonly url: string;
  /** Where it is to be; nothing is overwritten. */
  readonly path: string;
  /** Of this Forkscope. */
  readonly version: string;
  readonly now: number;
  readonly signal: AbortSignal;
  /** Told after each part of a table, and waited for. */
  readonly onProgress?: (progress: BackupProgress) => unknown;
}

interface BackupProgress {
  readonly table: string;
  /** Of the file so far. */
  readonly bytes: number;
}

export interface BackupReport {
  readonly schema: number;
  readonly tables: number;
  readonly rows: number;
  /** Of the file. */
  readonly bytes: number;
  /** Of the rows as text. */
  readonly textBytes: number;
}

const partBytes = 1 << 20;
/** The thread pool of Node has four threads. */
const partsAhead = 6;
const compress = promisify(gzip);

/**
 * Writes all rows as they are at one moment, while others go on writing. Retention is put off until it is done, so
 * that no partition goes meanwhile.
 * @throws BackupRefusedError, BackupError; the signal's reason
 */
export async function writeBackup(options: BackupOptions): Promise<BackupReport> {
  const file = await createBackupFile(options.path);
  try {
    const { url, signal } = options;
    return await withCopyClient({ url, applicationName: 'forkscope backup', writes: false, signal }, (client) =>
      writeSnapshot(client, file, options),
    );
  } catch (error) {
    await file.discard();
    throw error;
  }
}

async function writeSnapshot(client: CopyClient, file: BackupWriter, options: BackupOptions): Promise<BackupReport> {
  await beginReading(client);
  const header = await readHeader(client, options);
  await client.query(`lock table ${header.tables.map(({ name }) => identifier(name)).join(', ')} in access share mode`);
  await file.write('H', json(header));
  const sequences = await readSequences(client);
  let rows = 0;
  let textBytes = 0;
  for (const table of header.tables.filter(({ key }) => key === null)) {
    const done = await writeTable(client, file, table, options);
    rows += done.rows;
    textBytes += done.textBytes;
  }
  await file.write('S', json(sequences));
  await client.query('commit');
  await file.finish();
  return {
    schema: schemaOf(header),
    tables: header.tables.filter(({ parent }) => parent === null).length,
    rows,
    bytes: file.size,
    textBytes,
  };
}

async function readHeader(client: CopyClient, { version, now }: BackupOptions): Promise<BackupHeader> {
  const [found] = await ask<{ server: string }>(client, `select current_setting('server_version') as server`);
  const migrations = await ask<BackupHeader['migrations'][number]>(
    client,
    'select version, name, checksum from schema_migrations order by version',
  );
  const tables = await readStoredTables(client);
  return {
    ...{ forkscope: version, server: found?.server ?? '', at: new Date(now).toISOString() },
    ...{ migrations: [...migrations], tables: [...tables] },
  };
}

async function writeTable(
  client: CopyClient,
  file: BackupWriter,
  { name, columns }: StoredTable,
  { onProgress, signal }: BackupOptions,
): Promise<{ rows: number; textBytes: number }> {
  await file.write('T', json({ table: name, columns }));
  const stream = client.query(copyTo(`copy ${identifier(name)} (${columns.map(identifier).join(', ')}) to stdout`));
  let textBytes = 0;
  const level = { level: constants.Z_BEST_SPEED };
  for await (const part of mapAhead(inParts(stream), (text) => compress(text, level), partsAhead)) {
    signal.throwIfAborted();
    await file.write('D', part);
    await onProgress?.({ table: name, bytes: file.size });
  }
  const rows = stream.rowCount;
  await file.write('E', json({ rows, textBytes }));
  return { rows, textBytes };

  async function* inParts(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let held: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of chunks) {
      held.push(chunk);
      bytes += chunk.length;
      textBytes += chunk.length;
      if (bytes < partBytes) continue;
      yield Buffer.concat(held);
      held = [];
      bytes = 0;
    }
    if (bytes > 0) yield Buffer.concat(held);
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
