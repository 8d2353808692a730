import { createHmac, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { to as copyTo } from 'pg-copy-streams';
import { databaseError, written } from '../backup/backupError.ts';
import { removeLeftovers, requireFreePath } from '../backup/backupFile.ts';
import { ask, beginReading, type CopyClient, withCopyClient } from '../backup/copyClient.ts';
import { quote } from '../dumpSchema.ts';
import { describeSnapshot, type SnapshotFacts } from './describeSnapshot.ts';
import { type KeyedHash, type SnapshotFile, snapshotFiles } from './snapshotFiles.ts';

export interface SnapshotOptions {
  readonly url: string;
  /** The folder that it becomes; nothing is overwritten. */
  readonly path: string;
  readonly version: string;
  readonly now: number;
  /** First and last day, `YYYY-MM-DD`; null = all that is there. */
  readonly from: string | null;
  readonly until: string | null;
  /** For the hashes of nodes and addresses; null = a new one that nobody keeps. */
  readonly key: Uint8Array | null;
  readonly signal: AbortSignal;
}

const dayMs = 86_400_000;

/**
 * Writes the public data of one moment into a folder of gzipped CSV with a README that describes every column. Rows
 * stream: it takes no more memory for a year than for a day.
 * @throws BackupRefusedError, BackupError; the signal's reason
 */
export async function exportSnapshot(options: SnapshotOptions): Promise<SnapshotFacts> {
  const { path, signal } = options;
  const target = resolve(path);
  await requireFreePath(path);
  const part = `${target}.${process.pid}.part`;
  await written(path, removeLeftovers(target));
  await written(path, mkdir(part));
  try {
    const how = { url: options.url, applicationName: 'forkscope export', writes: false, signal };
    const files = await withCopyClient(how, (client) => writeFiles(client, part, options));
    const facts = { ...options, files, isKeyKept: options.key !== null };
    await written(path, writeFile(join(part, 'README.md'), describeSnapshot(facts)));
    await written(path, rename(part, target));
    return facts;
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    throw error;
  }
}

async function writeFiles(client: CopyClient, folder: string, options: SnapshotOptions) {
  await beginReading(client);
  const key = options.key ?? randomBytes(32);
  const files: { file: SnapshotFile; rows: number }[] = [];
  for (const file of snapshotFiles(keyedHash(key))) {
    files.push({ file, rows: await writeFileOf(client, file, join(folder, `${file.name}.csv.gz`), options) });
    options.signal.throwIfAborted();
  }
  await client.query('commit');
  return files;
}

async function writeFileOf(client: CopyClient, file: SnapshotFile, path: string, options: SnapshotOptions) {
  let rows = 0;
  const text = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from(`${file.columns.map(({ name }) => name).join(',')}\n`);
    for (const range of await rangesOf(client, file, options)) {
      options.signal.throwIfAborted();
      const stream = client.query(copyTo(`copy (${selectOf(file, range)}) to stdout with (format csv)`));
      yield* stream;
      rows += stream.rowCount;
    }
  };
  const source = Readable.from(ofDatabase(text()), { objectMode: true });
  await written(options.path, pipeline(source, createGzip(), createWriteStream(path, { flags: 'wx' })));
  return rows;
}

/** So that what the server says is told from what the disk says. */
async function* ofDatabase<T>(parts: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* parts;
  } catch (error) {
    throw databaseError(error);
  }
}

interface Range {
  readonly from: string;
  readonly until: string;
}

/** The days that there are, or one range that is no range. */
async function rangesOf(client: CopyClient, { days: times }: SnapshotFile, { from, until }: SnapshotOptions) {
  if (times === null) return [null];
  const [found] = await ask<{ first: string | null; last: string | null }>(
    client,
    `select (min(at) at time zone 'UTC')::date::text as first, (max(at) at time zone 'UTC')::date::text as last from (${times}) t`,
  );
  if (found === undefined || found.first === null || found.last === null) return [];
  const first = Date.parse(from !== null && from > found.first ? from : found.first);
  const last = Date.parse(until !== null && until < found.last ? until : found.last);
  const days: Range[] = [];
  for (let day = first; day <= last; day += dayMs) {
    days.push({ from: new Date(day).toISOString(), until: new Date(day + dayMs).toISOString() });
  }
  return days;
}

function selectOf({ columns, source, order }: SnapshotFile, range: Range | null): string {
  const list = columns.map(({ name, sql }) => `${sql ?? name} as "${name}"`).join(', ');
  const [from, until] = [range?.from ?? '-infinity', range?.until ?? 'infinity'].map(quote);
  return `select ${list} ${source(from ?? '', until ?? '')} order by ${order}`;
}

/** HMAC-SHA256 (RFC 2104), the first 16 bytes, as SQL: the server has sha256 and no more. */
function keyedHash(key: Uint8Array): KeyedHash {
  // One key for this alone, of the 64 bytes of a block.
  const block = Buffer.alloc(64);
  createHmac('sha256', key).update('forkscope snapshot').digest().copy(block);
  const pad = (byte: number): string => `'\\x${Buffer.from(block.map((each) => each ^ byte)).toString('hex')}'::bytea`;
  return (bytes) => `encode(substring(sha256(${pad(0x5c)} || sha256(${pad(0x36)} || ${bytes})) from 1 for 16), 'hex')`;
}
