import { type FileHandle, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { ForkscopeError } from '../../lib/errors.ts';
import type { VisitRow } from './visitRow.ts';

export interface SpillOptions {
  readonly folder: string;
  /** At this many bytes in all files together, `isFull` is true. */
  readonly maxBytes?: number;
  /** A file is closed when it has this many bytes, so that one file fits in memory when it is read. */
  readonly maxFileBytes?: number;
}

export interface SpillRead {
  readonly file: string;
  readonly rows: readonly VisitRow[];
  /** Lines that were cut off or damaged. */
  readonly damaged: number;
}

/** A limit that is no positive safe integer: nothing would ever fit, or everything would. */
export class SpillError extends ForkscopeError<{
  code: 'spillLimit';
  limit: 'maxBytes' | 'maxFileBytes';
  value: number;
}> {}

const defaults = { maxBytes: 2 * 1024 ** 3, maxFileBytes: 16 * 1024 ** 2 };

/** One file of the folder. */
interface SpillFile {
  readonly name: string;
  bytes: number;
  rows: number;
}

/**
 * Visits on disk while the database is away: append-only files, one line per visit with its CRC-32 in front. What
 * `append` has resolved for survives a crash. A line cut off by a crash is skipped and reported. Not for calls at the same
 * time: the caller makes one after the other.
 */
export class Spill {
  readonly #options: Required<SpillOptions>;
  /** Oldest first. BOUNDED: by maxBytes, a file for each maxFileBytes or interruption of the writing. */
  #files: SpillFile[] = [];
  /** Appended to; always the last of the files. */
  #current: SpillFile | null = null;
  #next = 1;

  private constructor(options: SpillOptions) {
    this.#options = { ...defaults, ...options };
    for (const limit of ['maxBytes', 'maxFileBytes'] as const) {
      const value = this.#options[limit];
      if (!Number.isSafeInteger(value) || value <= 0) throw new SpillError({ code: 'spillLimit', limit, value });
    }
  }

  /** Opens the folder and counts what an earlier process left there. @throws SpillError for an invalid limit */
  static async open(options: SpillOptions): Promise<Spill> {
    const spill = new Spill(options);
    await mkdir(options.folder, { recursive: true });
    const names = (await readdir(options.folder)).filter((name) => /^visits-\d{10}\.spill$/.test(name)).sort();
    for (const name of names) {
      const content = await readFile(join(options.folder, name));
      spill.#files.push({ name, bytes: content.length, rows: countLines(content) });
      spill.#next = numberOf(name) + 1;
    }
    return spill;
  }

  /** Visits on disk; damaged lines count until they are read. */
  get count(): number {
    return this.#files.reduce((sum, { rows }) => sum + rows, 0);
  }

  get bytes(): number {
    return this.#files.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get maxBytes(): number {
    return this.#options.maxBytes;
  }

  /** No file is left to be read. */
  get isEmpty(): boolean {
    return this.#files.length === 0;
  }

  /** True if a batch of about `bytes` bytes would exceed the bound. */
  isFull(bytes: number): boolean {
    return this.bytes + bytes > this.#options.maxBytes;
  }

  /** Resolves once the rows are on the disk itself. If the disk does not take them it rejects, and none of them is on it. */
  async append(rows: readonly VisitRow[]): Promise<void> {
    const text = Buffer.from(rows.map(toLine).join(''));
    const { folder, maxFileBytes } = this.#options;
    if (this.#current !== null && this.#current.bytes > maxFileBytes) this.#current = null;
    const current = this.#current ?? {
      name: `visits-${String(this.#next++).padStart(10, '0')}.spill`,
      bytes: 0,
      rows: 0,
    };
    const file = await open(join(folder, current.name), 'a', 0o600);
    try {
      await file.appendFile(text);
      await file.sync();
      if (current.bytes === 0) await syncFolder(folder);
    } catch (error) {
      await this.#takeBack(file, current);
      throw error;
    } finally {
      await file.close();
    }
    if (this.#current === null) this.#files.push(current);
    this.#current = current;
    current.bytes += text.length;
    current.rows += rows.length;
  }

  /** The rest of a line that did not fit would make the next line unreadable too, and takes space from others. */
  async #takeBack(file: FileHandle, current: SpillFile): Promise<void> {
    this.#current = null;
    await file.truncate(current.bytes).catch(() => {});
    if (current.bytes === 0) await unlink(join(this.#options.folder, current.name)).catch(() => {});
  }

  /** The oldest file; null when there is none. Nothing is appended to it any more. */
  async readOldest(): Promise<SpillRead | null> {
    const oldest = this.#files[0];
    if (oldest === undefined) return null;
    if (this.#current === oldest) this.#current = null;
    const content = await readFile(join(this.#options.folder, oldest.name), 'utf8');
    const lines = content.split('\n').filter((line) => line !== '');
    const rows = lines.flatMap((line) => fromLine(line) ?? []);
    return { file: oldest.name, rows, damaged: lines.length - rows.length };
  }

  /** Removes a file whose rows are committed. */
  async remove({ file }: Pick<SpillRead, 'file'>): Promise<void> {
    await unlink(join(this.#options.folder, file));
    this.#files = this.#files.filter(({ name }) => name !== file);
  }

  /** Leaves the oldest file to the next start, because the disk lets it neither be read nor removed. */
  leaveOldest(): { readonly file: string; readonly visits: number } | null {
    const oldest = this.#files.shift();
    if (oldest === undefined) return null;
    if (this.#current === oldest) this.#current = null;
    return { file: oldest.name, visits: oldest.rows };
  }
}

function countLines(content: Uint8Array): number {
  let lines = 0;
  for (let at = content.indexOf(0x0a); at >= 0; at = content.indexOf(0x0a, at + 1)) lines++;
  return content.length > 0 && content.at(-1) !== 0x0a ? lines + 1 : lines;
}

function toLine(row: VisitRow): string {
  const json = JSON.stringify(row);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

function fromLine(line: string): VisitRow | null {
  const json = line.slice(9);
  if (crc32(json).toString(16).padStart(8, '0') !== line.slice(0, 8)) return null;
  // We wrote it ourselves, and the checksum shows that it is complete.
  return JSON.parse(json) as VisitRow;
}

function numberOf(name: string): number {
  return Number(/\d{10}/.exec(name)?.[0] ?? 0);
}

/** A new file is only as durable as its entry in the folder. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
