import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './postmaster.ts';

let counter = 0;

/**
 * Notes in the data directory that this process uses its server, so that only the last one to leave stops it. A process
 * that has died does not count.
 */
export function holdServer(dataDir: string): { release(): { others: number } } {
  const folder = join(dataDir, 'holders');
  mkdirSync(folder, { recursive: true });
  const mine = `${process.pid}.${++counter}`;
  writeFileSync(join(folder, mine), birthOf(process.pid) ?? '');
  return {
    release() {
      rmSync(join(folder, mine), { force: true });
      return { others: readdirSync(folder).filter((name) => isHolding(folder, name)).length };
    },
  };
}

function isHolding(folder: string, name: string): boolean {
  const pid = Number.parseInt(name, 10);
  const birth = readIfThere(join(folder, name));
  if (birth !== null && isAlive(pid) && birthOf(pid) === birth) return true;
  rmSync(join(folder, name), { force: true });
  return false;
}

/** Something that differs between two processes with the same pid. */
function birthOf(pid: number): string | null {
  if (process.platform === 'linux') {
    // Field 22 of stat is the start time; the command in field 2 may hold anything, so count from its last bracket.
    const stat = readIfThere(`/proc/${pid}/stat`);
    return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  }
  try {
    return execFileSync('ps', ['-p', String(pid), '-o', 'lstart='], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
