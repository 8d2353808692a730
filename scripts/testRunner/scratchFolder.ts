import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where tests put their files: `path` stands in for the system's folder for temporary files. */
export interface ScratchFolder {
  readonly path: string;
  /** Removes it with all that tests have left there. */
  close(): void;
}

/** Linux has a disk in memory there, though in a container it may be tiny. */
const memoryDisk = '/dev/shm';
/** Several times what a run has there at a time. */
const roomBytes = 4 * 2 ** 30;

/**
 * A folder for a run's temporary files, in memory if there is room: each database of a test is 300 files, which take ten
 * times as long to create on a disk. Elsewhere it is where the system has such files.
 */
export function openScratchFolder(disk = memoryDisk, needBytes = roomBytes): ScratchFolder {
  const path = mkdtempSync(join(hasRoom(disk, needBytes) ? disk : tmpdir(), 'forkscope-run-'));
  // Programs that run as another user have folders of their own in it.
  chmodSync(path, 0o1777);
  return { path, close: () => rmSync(path, { recursive: true, force: true }) };
}

function hasRoom(disk: string, needBytes: number): boolean {
  try {
    const { bavail, bsize } = statfsSync(disk);
    return bavail * bsize >= needBytes;
  } catch {
    return false;
  }
}
