import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '../lib/sleep.ts';
import { EmbeddedError } from './embeddedError.ts';
import { isAlive, isClusterInUse, listBackends, type Postmaster, readPostmaster, whoIs } from './postmaster.ts';
import type { ServerUser } from './serverUser.ts';

/** A server process that is ready, or was. */
export interface ServerProcess {
  readonly postmaster: Postmaster;
  /** null = it was running already. */
  readonly child: ChildProcess | null;
}

export interface ServerSetting {
  readonly dataDir: string;
  /** The server's own data directory, inside dataDir. */
  readonly cluster: string;
  readonly user: ServerUser;
  readonly durable: boolean;
  readonly log: (message: string) => void;
  readonly startTimeoutMs?: number | undefined;
  /** Folder of its Unix socket; null = one that the path fits into. */
  readonly socketFolder: string | null;
}

/**
 * Starts the server of a cluster, or finds it running, and waits until it is ready. An abort ends what was started.
 * @throws EmbeddedError; the signal's reason
 */
export async function runServer(
  postgres: string,
  setting: ServerSetting,
  signal?: AbortSignal,
): Promise<ServerProcess> {
  const { cluster, log } = setting;
  const timeoutMs = setting.startTimeoutMs ?? 120_000;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const found = readPostmaster(cluster);
    const owner = found === null ? 'gone' : whoIs(found.pid, cluster);
    if (found !== null && owner === 'ours') {
      const ready = await untilReady(cluster, found.pid, null, timeoutMs, signal);
      if (ready !== null) return { postmaster: ready, child: null };
      continue;
    }
    if (found !== null) await endSurvivors(found.pid, cluster);
    if (found !== null && owner === 'stranger' && !isClusterInUse(cluster)) {
      // The server would take the stranger, or the zombie of a killed server, for a server and refuse. A pid that is
      // simply gone it handles itself, with a check of shared memory that would be lost with the file.
      const what = isAlive(found.pid) ? 'is not a database server' : 'was killed and nobody has reaped it';
      log(`removed a stale postmaster.pid: process ${found.pid} ${what}`);
      removeLocks(cluster, found);
    }
    const child = await spawnServer(postgres, setting);
    const ready = await untilReady(cluster, child.pid ?? 0, child, timeoutMs, signal);
    if (ready !== null) return { postmaster: ready, child };
    const tail = await logTail(setting.dataDir);
    // Lost a race against another process that starts the same server: try again.
    if (/lock file "postmaster\.pid" already exists/.test(tail) && attempt < 5) continue;
    if (/No space left on device|could not extend file/i.test(tail)) {
      throw new EmbeddedError({ code: 'embeddedDiskFull', path: cluster });
    }
    if (/Permission denied/i.test(tail)) {
      throw new EmbeddedError({ code: 'embeddedPermission', path: cluster, user: setting.user.name });
    }
    const reason = tail.split('\n').findLast((line) => /FATAL|PANIC|error/i.test(line)) ?? 'no reason in its log';
    throw new EmbeddedError({ code: 'embeddedStartFailed', reason, log: logPath(setting.dataDir) });
  }
}

/** The locks of a server that is gone, on its data and on its socket. */
function removeLocks(cluster: string, { pid, socketFolder, port }: Postmaster): void {
  rmSync(join(cluster, 'postmaster.pid'), { force: true });
  if (socketFolder === null) return;
  const lock = join(socketFolder, `.s.PGSQL.${port}.lock`);
  try {
    if (Number.parseInt(readFileSync(lock, 'utf8'), 10) === pid) rmSync(lock);
  } catch {
    // There is none.
  }
}

async function spawnServer(postgres: string, setting: ServerSetting): Promise<ChildProcess> {
  const { cluster, dataDir, user, durable, log } = setting;
  const path = logPath(dataDir);
  if (((await stat(path).catch(() => null))?.size ?? 0) > 8 << 20) await rename(path, `${path}.1`);
  const settings: Record<string, string> = {
    listen_addresses: '',
    unix_socket_directories: await openSocketFolder(setting),
    unix_socket_permissions: '0700',
    // This server has no replicas: less to write.
    wal_level: 'minimal',
    max_wal_senders: '0',
    log_timezone: 'UTC',
    timezone: 'UTC',
    jit: 'off',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '200' }),
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const output = openSync(path, 'a', 0o600);
  try {
    const child = spawn(postgres, ['-D', cluster, ...args], {
      ...user.spawn,
      cwd: cluster,
      detached: true,
      stdio: ['ignore', output, output],
      env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' },
    });
    child.on('error', (error) => log(`embedded PostgreSQL: ${error.message}`));
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
}

/** null = that server is gone. */
async function untilReady(
  cluster: string,
  pid: number,
  child: ChildProcess | null,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Postmaster | null> {
  const until = performance.now() + timeoutMs;
  while (performance.now() < until && signal?.aborted !== true) {
    const postmaster = readPostmaster(cluster);
    if (postmaster?.pid === pid && postmaster.status === 'ready') return postmaster;
    if (pid === 0 || isGone(pid, cluster, child)) return null;
    await sleep(20);
  }
  if (child !== null) await stopServer(pid, cluster, child);
  signal?.throwIfAborted();
  throw new EmbeddedError({
    code: 'embeddedStartTimeout',
    seconds: timeoutMs / 1_000,
    log: logPath(join(cluster, '..')),
  });
}

/** Fast shutdown; processes that outlived a server that ended in another way are ended too. */
export async function stopServer(pid: number, cluster: string, child: ChildProcess | null): Promise<void> {
  const timeoutMs = 60_000;
  const socket = readPostmaster(cluster)?.socketFolder ?? null;
  // SIGINT is PostgreSQL's fast shutdown: open transactions are rolled back, everything committed is written out.
  if (!isGone(pid, cluster, child)) signalTo(pid, 'SIGINT');
  const until = performance.now() + timeoutMs;
  while (!isGone(pid, cluster, child)) {
    if (performance.now() > until)
      throw new EmbeddedError({ code: 'embeddedStopTimeout', seconds: timeoutMs / 1_000, pid });
    await sleep(10);
  }
  await endSurvivors(pid, cluster);
  if (socket !== null && socket !== cluster) await rm(socket, { recursive: true, force: true });
}

/** Resolves when the process is gone, or when the signal aborts. */
export async function untilGone({ postmaster: { pid }, child }: ServerProcess, signal: AbortSignal): Promise<void> {
  if (child === null) {
    // A process that is not our child does not report its end.
    while (!signal.aborted && isAlive(pid)) await sleep(500, signal);
    return;
  }
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  await once(child, 'exit', { signal }).catch(() => {});
  child.unref();
}

function isGone(pid: number, cluster: string, child: ChildProcess | null): boolean {
  return child === null ? whoIs(pid, cluster) !== 'ours' : child.exitCode !== null || child.signalCode !== null;
}

/**
 * Ends the processes that outlived the killed server `pid`, as the server would have done after a crash: as long as one
 * of them holds its shared memory, no other server of the cluster starts.
 */
export async function endSurvivors(pid: number, cluster: string): Promise<void> {
  const left = listBackends(cluster);
  // Asked in this order: another server names itself there before it has processes of its own.
  if (isAlive(pid) || readPostmaster(cluster)?.pid !== pid) return;
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    for (const backend of left) signalTo(backend, signal);
    const until = performance.now() + 3_000;
    while (left.some(isAlive) && performance.now() < until) await sleep(10);
  }
}

export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    if (isAlive(pid)) process.kill(pid, signal);
  } catch (error) {
    // It went in between.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** The path of a Unix socket can have 103 bytes on macOS, 107 on Linux: a deep data directory needs a folder elsewhere. */
async function openSocketFolder({ cluster, user, socketFolder }: ServerSetting): Promise<string> {
  if ((socketFolder ?? cluster) === cluster && Buffer.byteLength(join(cluster, '.s.PGSQL.5432.lock')) <= 103)
    return cluster;
  const folder = socketFolder ?? (await mkdtemp(join(tmpdir(), 'forkscope-')));
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  if (user.spawn.uid !== undefined) await chown(folder, user.spawn.uid, user.spawn.gid);
  return folder;
}

function logPath(dataDir: string): string {
  return join(dataDir, 'postgres.log');
}

async function logTail(dataDir: string): Promise<string> {
  const text = await readFile(logPath(dataDir), 'utf8').catch(() => '');
  return text.slice(-4_000);
}
