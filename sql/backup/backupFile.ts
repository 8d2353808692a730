import { createHash } from 'node:crypto';
import { type FileHandle, link, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isAlive } from '../postmaster.ts';
import { BackupError, BackupRefusedError, existsError, fileError, written } from './backupError.ts';

/**
 * A backup is a line of text and frames: a letter, the length of the payload as 32 bits, the payload. `H` begins it
 * (JSON, see backupHeader.ts); `T` names the table of the `D`s that follow, each a gzip member of COPY text; `E` ends the
 * table with its rows; `S` holds the sequences; `Z` ends the file with the sha256 of all before it. A file without `Z` was
 * not finished.
 */
export type FrameKind = 'H' | 'T' | 'D' | 'E' | 'S' | 'Z';

export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Buffer;
  /** Where it begins in the file. */
  readonly at: number;
}

const formatVersion = 1;
const firstLine = Buffer.from(`Forkscope backup, format ${formatVersion}\n`);
const anyFirstLine = /^Forkscope backup, format (\d{1,6})\n/;
const headBytes = 5;
const maxPayloadBytes = 256 << 20;
const readBytes = 4 << 20;

/** A file that is there under its name only once it is whole. */
export interface BackupWriter {
  /** Bytes so far. */
  readonly size: number;
  write(kind: FrameKind, payload: Uint8Array): Promise<void>;
  /** Ends it, once it is on the disk. */
  finish(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/** @throws BackupRefusedError where a file of that name is there; BackupError where it cannot be written */
export async function createBackupFile(path: string): Promise<BackupWriter> {
  const target = resolve(path);
  await requireFreePath(path);
  const part = `${target}.${process.pid}.part`;
  const checked = <T>(work: Promise<T>): Promise<T> => written(path, work);
  await checked(removeLeftovers(target));
  const handle = await checked(open(part, 'w', 0o600));
  const hash = createHash('sha256');
  let size = 0;
  const append = async (bytes: Uint8Array): Promise<void> => {
    hash.update(bytes);
    await checked(handle.appendFile(bytes));
    size += bytes.length;
  };
  const write = async (kind: FrameKind, payload: Uint8Array): Promise<void> => {
    const head = Buffer.alloc(headBytes);
    head.write(kind, 'latin1');
    head.writeUInt32BE(payload.length, 1);
    await append(head);
    await append(payload);
  };
  const discard = async (): Promise<void> => {
    await handle.close().catch(() => {});
    await rm(part, { force: true }).catch(() => {});
  };
  try {
    await append(firstLine);
  } catch (error) {
    await discard();
    throw error;
  }
  return {
    get size() {
      return size;
    },
    write,
    discard,
    async finish() {
      await write('Z', Buffer.from(JSON.stringify({ sha256: hash.copy().digest('hex') })));
      await checked(handle.sync());
      await checked(handle.close());
      await checked(publish(part, target));
    },
  };
}

/** @throws BackupRefusedError where something of that name is there */
export async function requireFreePath(path: string): Promise<void> {
  if ((await stat(resolve(path)).catch(() => null)) !== null) throw existsError(path);
}

/**
 * The frames of a file in their order. Ends after `Z`, if the file is what was written.
 * @throws BackupRefusedError if it is no backup that this build reads; BackupError if it is cut off or damaged
 */
export async function* readFrames(path: string): AsyncGenerator<Frame> {
  const source = await openSource(path);
  const hash = createHash('sha256');
  try {
    await requireFirstLine(source, path);
    hash.update(firstLine);
    for (;;) {
      const at = source.position;
      const head = await source.take(headBytes);
      if (head === null) throw truncatedError(path);
      const kind = kindOf(head.toString('latin1', 0, 1));
      const length = head.readUInt32BE(1);
      if (kind === null || length > maxPayloadBytes) throw damagedError(path, at, 'no frame begins here');
      const payload = await source.take(length);
      if (payload === null) throw truncatedError(path);
      if (kind === 'Z') {
        if (payload.toString() !== JSON.stringify({ sha256: hash.digest('hex') })) {
          throw damagedError(path, at, 'the checksum does not match');
        }
        if ((await source.take(1)) !== null) throw damagedError(path, source.position, 'something follows its end');
        return;
      }
      hash.update(head);
      hash.update(payload);
      yield { kind, payload, at };
    }
  } finally {
    await source.close();
  }
}

export function damagedError(path: string, at: number, reason: string): BackupError {
  return new BackupError(
    { code: 'backupDamaged', path, at, reason },
    `${path} is damaged at byte ${at} (${reason}): take another copy of it`,
  );
}

function truncatedError(path: string): BackupError {
  return new BackupError(
    { code: 'backupTruncated', path },
    `${path} ends before its end mark: it was cut off, or not copied whole. Take another copy of it`,
  );
}

function kindOf(letter: string): FrameKind | null {
  switch (letter) {
    case 'H':
    case 'T':
    case 'D':
    case 'E':
    case 'S':
    case 'Z':
      return letter;
    default:
      return null;
  }
}

interface Source {
  readonly position: number;
  /** null = the file ends before. */
  take(length: number): Promise<Buffer | null>;
  close(): Promise<void>;
}

async function openSource(path: string): Promise<Source> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    throw fileError(error, path, 'read');
  }
  let held = Buffer.alloc(0);
  let position = 0;
  return {
    get position() {
      return position;
    },
    async take(length) {
      try {
        while (held.length < length) {
          const { bytesRead, buffer } = await handle.read(
            Buffer.allocUnsafe(Math.max(readBytes, length - held.length)),
          );
          if (bytesRead === 0) return null;
          held = Buffer.concat([held, buffer.subarray(0, bytesRead)]);
        }
      } catch (error) {
        throw fileError(error, path, 'read');
      }
      const taken = held.subarray(0, length);
      held = held.subarray(length);
      position += length;
      return taken;
    },
    close: () => handle.close(),
  };
}

async function requireFirstLine(source: Source, path: string): Promise<void> {
  const line = (await source.take(firstLine.length))?.toString('latin1') ?? '';
  const found = Number(anyFirstLine.exec(line)?.[1] ?? Number.NaN);
  if (found === formatVersion) return;
  if (found > formatVersion) {
    throw new BackupRefusedError(
      { code: 'backupFormatNewer', path, found, known: formatVersion },
      `${path} was written by a newer Forkscope (format ${found}; this one reads ${formatVersion}): update Forkscope`,
    );
  }
  const what = 'it does not begin as a file of forkscope backup does';
  throw new BackupRefusedError({ code: 'backupForeignFile', path }, `${path} is not a backup of Forkscope: ${what}`);
}

/** Under its final name, without overwriting what another process put there meanwhile. */
async function publish(part: string, target: string): Promise<void> {
  try {
    await link(part, target);
    await rm(part);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw error;
    // A file system without hard links.
    await rename(part, target);
  }
  const folder = await open(dirname(target), 'r');
  await folder.sync().catch(() => {});
  await folder.close();
}

/** What those left behind that were to write the same and were killed: files, or folders. */
export async function removeLeftovers(target: string): Promise<void> {
  const folder = dirname(target);
  for (const name of await readdir(folder)) {
    const pid = name.startsWith(`${basename(target)}.`) ? /\.(\d+)\.part$/.exec(name)?.[1] : undefined;
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(folder, name), { recursive: true, force: true });
  }
}
