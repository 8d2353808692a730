import { mkdir, open, readdir, readFile, stat, unlink } from 'node:fs/promises';
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

/**
 * Visits on disk while the database is away: append-only files, one line per visit with its CRC-32 in front. What
 * `append` has resolved for survives a crash. A line cut off by a crash is skipped and reported.
 */
export class Spill {
  readonly #options: Required<SpillOptions>;
  #count = 0;
  #bytes = 0;
  #current: { readonly name: string; bytes: number } | null = null;
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
    for (const name of await spill.#files()) {
      spill.#bytes += (await stat(join(options.folder, name))).size;
      spill.#count += (await spill.#read(name)).rows.length;
      spill.#next = numberOf(name) + 1;
    }
    return spill;
  }

  /** Visits on disk. */
  get count(): number {
    return this.#count;
  }

  /** True if a batch of about `bytes` bytes would exceed the bound. */
  isFull(bytes: number): boolean {
    return this.#bytes + bytes > this.#options.maxBytes;
  }

  /** Resolves once the rows are on the disk itself. */
  async append(rows: readonly VisitRow[]): Promise<void> {
    const text = rows.map(toLine).join('');
    const { folder, maxFileBytes } = this.#options;
    if (this.#current === null || this.#current.bytes > maxFileBytes) {
      this.#current = { name: `visits-${String(this.#next++).padStart(10, '0')}.spill`, bytes: 0 };
    }
    const current = this.#current;
    const file = await open(join(folder, current.name), 'a', 0o600);
    try {
      await file.appendFile(text);
      await file.sync();
    } catch (error) {
      // The rest of a line that did not fit would make the next line unreadable too.
      this.#current = null;
      throw error;
    } finally {
      await file.close();
    }
    if (current.bytes === 0) await syncFolder(folder);
    const bytes = Buffer.byteLength(text);
    current.bytes += bytes;
    this.#bytes += bytes;
    this.#count += rows.length;
  }

  /** The oldest file; null when there is none. Nothing is appended to it any more. */
  async readOldest(): Promise<SpillRead | null> {
    const name = (await this.#files())[0];
    if (name === undefined) return null;
    if (this.#current?.name === name) this.#current = null;
    return this.#read(name);
  }

  /** Removes a file whose rows are committed. */
  async remove({ file, rows }: SpillRead): Promise<void> {
    const path = join(this.#options.folder, file);
    this.#bytes = Math.max(0, this.#bytes - (await stat(path)).size);
    await unlink(path);
    this.#count = Math.max(0, this.#count - rows.length);
  }

  async #read(file: string): Promise<SpillRead> {
    const lines = (await readFile(join(this.#options.folder, file), 'utf8')).split('\n').filter((line) => line !== '');
    const rows = lines.flatMap((line) => fromLine(line) ?? []);
    return { file, rows, damaged: lines.length - rows.length };
  }

  async #files(): Promise<string[]> {
    return (await readdir(this.#options.folder)).filter((name) => /^visits-\d{10}\.spill$/.test(name)).sort();
  }
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
