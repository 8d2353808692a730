import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { ForkscopeError } from '../../lib/errors.ts';

export class LockError extends ForkscopeError<{ code: 'lockHeld'; path: string; pid: number }> {
  constructor(path: string, pid: number) {
    super(
      { code: 'lockHeld', path, pid },
      `forkscope ${basename(path, '.lock')} is already running on this data directory (process ${pid}, ${path}); stop it first, or give another --data-dir`,
    );
  }
}

export interface Lock {
  release(): void;
}

interface Holder {
  readonly pid: number;
  /** Distinguishes a process from a later one with the same pid; null if the machine does not show it. */
  readonly born: string | null;
}

/**
 * Makes nothing.
 * @throws LockError if somebody alive holds the lock at `path`
 */
export function requireFree(path: string): void {
  const seen = readOrNull(path);
  const holder = seen === null ? null : parseHolder(seen);
  if (holder !== null && isHeld(holder)) throw new LockError(path, holder.pid);
}

/** Whether a holder of the lock at `path` ended without releasing it: it was killed. */
export function wasKilled(path: string): boolean {
  const seen = readOrNull(path);
  if (seen === null) return false;
  const holder = parseHolder(seen);
  return holder === null || !isHeld(holder);
}

/**
 * Takes the lock at `path` (`start.lock` is that of `forkscope start`), even from a dead holder.
 * @throws LockError if the holder is alive
 */
export function takeLock(path: string): Lock {
  mkdirSync(dirname(path), { recursive: true });
  const own = `${path}.${process.pid}`;
  const mine = JSON.stringify({ pid: process.pid, born: bornOf(process.pid) });
  writeFileSync(own, mine, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 20; attempt++) {
      // A link appears atomically, and only if nothing is there.
      if (linked(own, path)) return { release: () => releaseLock(path, mine) };
      const seen = readOrNull(path);
      const holder = seen === null ? null : parseHolder(seen);
      if (holder !== null && isHeld(holder)) throw new LockError(path, holder.pid);
      if (seen !== null) removeStale(path, seen);
    }
    throw new LockError(path, 0);
  } finally {
    rmSync(own, { force: true });
  }
}

/** Two processes may find the same dead lock: whoever moved away a live one puts it back. */
function removeStale(path: string, seen: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readOrNull(aside) !== seen) linked(aside, path);
  rmSync(aside, { force: true });
}

function releaseLock(path: string, mine: string): void {
  if (readOrNull(path) === mine) rmSync(path, { force: true });
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function parseHolder(text: string): Holder | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || typeof value.pid !== 'number') return null;
    return { pid: value.pid, born: 'born' in value && typeof value.born === 'string' ? value.born : null };
  } catch {
    return null;
  }
}

function isHeld(holder: Holder): boolean {
  if (!Number.isSafeInteger(holder.pid) || holder.pid <= 0) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const born = bornOf(holder.pid);
  return holder.born === null || born === null || born === holder.born;
}

/** Start time of a process in clock ticks since boot, with the boot it belongs to (Linux). */
function bornOf(pid: number): string | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  const boot = readOrNull('/proc/sys/kernel/random/boot_id');
  if (stat === null || boot === null) return null;
  // The name in parentheses may hold anything; the fields after it are numbers, the 20th of them the start time.
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return ticks === undefined ? null : `${boot.trim()} ${ticks}`;
}
