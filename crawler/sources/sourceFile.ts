import { statSync } from 'node:fs';
import type { NodeList } from './nodeList.ts';
import { readSourceFile, SourceFileError } from './readSourceFile.ts';

/** A file that lists nodes, read again when it has changed. */
export class SourceFile {
  readonly path: string;
  #list: NodeList;
  #read: string;
  #seen: string;

  /** @throws SourceFileError for a file that cannot be read, or names no node */
  constructor(path: string) {
    this.path = path;
    this.#read = stampOf(path);
    this.#seen = this.#read;
    this.#list = readSourceFile(path);
  }

  get list(): NodeList {
    return this.#list;
  }

  /**
   * What it lists now, if it was written since, and is not being written any more: it looks the same as at the last call.
   * A file that has become wrong is told once; what it listed before stays.
   */
  look(): NodeList | SourceFileError | null {
    const now = stampOf(this.path);
    const isSettled = now === this.#seen;
    this.#seen = now;
    if (now === this.#read || !isSettled) return null;
    this.#read = now;
    try {
      this.#list = readSourceFile(this.path);
      return this.#list;
    } catch (error) {
      if (error instanceof SourceFileError) return error;
      throw error;
    }
  }
}

/** Changes with every writing of the file, also of another in its place. */
function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 'missing' : `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
}
