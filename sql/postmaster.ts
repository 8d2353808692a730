import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What postmaster.pid says about the server of a data directory. */
export interface Postmaster {
  readonly pid: number;
  /** Folder of its Unix socket; null while it has none yet. */
  readonly socketFolder: string | null;
  readonly port: number;
  readonly status: 'starting' | 'ready' | 'stopping' | 'unknown';
}

/** Reads postmaster.pid; null if there is none or it has not been fully written yet. */
export function readPostmaster(cluster: string): Postmaster | null {
  let lines: string[];
  try {
    lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return null;
  }
  // Lines: pid, data directory, start time, port, socket folder, listen address, shared memory, status.
  const pid = Math.abs(Number(lines[0]));
  if (!Number.isSafeInteger(pid) || pid === 0) return null;
  const status = lines[7]?.trim();
  return {
    pid,
    port: Number(lines[3]) || 5432,
    socketFolder: lines[4]?.trim() ? lines[4].trim() : null,
    status: status === 'ready' || status === 'starting' || status === 'stopping' ? status : 'unknown',
  };
}

/** The URL of a database of a server that is ready, by its Unix socket. */
export function socketUrl({ socketFolder, port }: Postmaster, database = 'forkscope'): string {
  const host = encodeURIComponent(socketFolder ?? '');
  return `postgres://forkscope@/${database}?host=${host}${port === 5432 ? '' : `&port=${port}`}`;
}

export type Owner = 'ours' | 'gone' | 'stranger';

/** Whether the process that postmaster.pid names is still the server of this cluster: pids are reused. */
export function whoIs(pid: number, cluster: string): Owner {
  if (!hasPid(pid)) return 'gone';
  if (process.platform === 'linux') return isServerOf(pid, cluster) ? 'ours' : 'stranger';
  try {
    const name = execFileSync('ps', ['-p', String(pid), '-o', 'comm='], { encoding: 'utf8' }).trim();
    return basename(name) === 'postgres' ? 'ours' : 'stranger';
  } catch {
    return 'gone';
  }
}

/** True if any process is still working in the cluster, for instance a backend that outlived its postmaster. */
export function isClusterInUse(cluster: string): boolean {
  return listProcesses(cluster).length > 0;
}

/** The processes working in the cluster, other than its servers. None if the machine does not show them. */
export function listBackends(cluster: string): number[] {
  return listProcesses(cluster).filter((pid) => {
    try {
      return !wordsOf(pid).includes(cluster);
    } catch {
      return false;
    }
  });
}

/** False for a zombie as well: in a container there may be nobody to reap an orphan. */
export function isAlive(pid: number): boolean {
  if (!hasPid(pid)) return false;
  if (process.platform !== 'linux') return true;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}

function hasPid(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function listProcesses(cluster: string): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isServerOf(pid, cluster));
}

function wordsOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
}

function isServerOf(pid: number, cluster: string): boolean {
  try {
    if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'postgres') return false;
    // The server of a cluster names it on its command line, and all its processes change into it.
    if (wordsOf(pid).includes(cluster)) return true;
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster);
  } catch {
    return false;
  }
}
