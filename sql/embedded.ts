import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { chmod, chown, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from './client.ts';
import { findBinaries } from './embeddedBinaries.ts';
import { prepareCluster } from './embeddedCluster.ts';
import { EmbeddedError } from './embeddedError.ts';
import { holdServer } from './holders.ts';
import { isAlive, isClusterInUse, type Postmaster, readPostmaster, whoIs } from './postmaster.ts';
import { findServerUser, type ServerUser } from './serverUser.ts';

export interface EmbeddedOptions {
  /** Everything of this server lives here: cluster, log, copied binaries. */
  readonly dataDir: string;
  readonly log?: (message: string) => void;
  /** false = the data may be lost with the machine. For tests. */
  readonly durable?: boolean;
  readonly startTimeoutMs?: number;
}

export interface EmbeddedServer {
  /** For `connect`, and for psql. No password: only its socket's folder, closed to others, lets anybody in. */
  readonly url: string;
  readonly pid: number;
  /** True when it was running already: left behind by a crash, or in use by another process of ours. */
  readonly adopted: boolean;
  /** Fast shutdown, once nobody else holds the server. Every connection of ours should be closed before. */
  stop(): Promise<void>;
}

/**
 * A real PostgreSQL server from the npm package's binaries. It listens on a Unix socket inside its own folder (mode
 * 0700) and on no TCP port, in a session of its own, so that Ctrl-C in the terminal leaves it running until the
 * writers have drained. Throws EmbeddedError.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const dataDir = resolve(options.dataDir);
  const user = findServerUser();
  const cluster = join(dataDir, 'postgres');
  const log = options.log ?? (() => {});
  const durable = options.durable ?? true;
  const binaries = await prepareCluster({ dataDir, cluster, user, durable, log }, () => findBinaries(user, dataDir));
  const holder = holdServer(dataDir);
  try {
    const running = await runServer(binaries.postgres, { ...options, dataDir, cluster, user, durable, log });
    const url = await openDatabase(running.postmaster);
    const { pid } = running.postmaster;
    log(`embedded PostgreSQL ${running.child === null ? 'adopted' : 'started'} (process ${pid})`);
    let stopping: Promise<void> | null = null;
    const stop = async () => {
      if (holder.release().others > 0) return log('embedded PostgreSQL is used by another process: left running');
      await stopServer(pid, cluster, running.child);
      log('embedded PostgreSQL stopped');
    };
    return {
      url,
      pid,
      adopted: running.child === null,
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    };
  } catch (error) {
    holder.release();
    throw error;
  }
}

interface Server {
  readonly postmaster: Postmaster;
  /** null = it was running already. */
  readonly child: ChildProcess | null;
}

interface Setting extends Required<Pick<EmbeddedOptions, 'dataDir' | 'log' | 'durable'>> {
  readonly cluster: string;
  readonly user: ServerUser;
  readonly startTimeoutMs?: number;
}

async function runServer(postgres: string, setting: Setting): Promise<Server> {
  const { cluster, log } = setting;
  const timeoutMs = setting.startTimeoutMs ?? 120_000;
  for (let attempt = 1; ; attempt++) {
    const found = readPostmaster(cluster);
    const owner = found === null ? 'gone' : whoIs(found.pid, cluster);
    if (found !== null && owner === 'ours') {
      const ready = await untilReady(cluster, found.pid, null, timeoutMs);
      if (ready !== null) return { postmaster: ready, child: null };
      continue;
    }
    if (found !== null && owner === 'stranger' && !isClusterInUse(cluster)) {
      // The server would take the stranger for a server and refuse. A pid that is simply gone it handles itself,
      // with a check of shared memory that would be lost with the file.
      log(`removed a stale postmaster.pid: process ${found.pid} is no database server`);
      rmSync(join(cluster, 'postmaster.pid'), { force: true });
    }
    const child = await spawnServer(postgres, setting);
    const ready = await untilReady(cluster, child.pid ?? 0, child, timeoutMs);
    if (ready !== null) return { postmaster: ready, child };
    const tail = await logTail(setting.dataDir);
    // Lost a race against another process that starts the same server: look again.
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

async function spawnServer(postgres: string, { cluster, dataDir, user, durable, log }: Setting): Promise<ChildProcess> {
  const path = logPath(dataDir);
  if (((await stat(path).catch(() => null))?.size ?? 0) > 8 << 20) await rename(path, `${path}.1`);
  const settings: Record<string, string> = {
    listen_addresses: '',
    unix_socket_directories: await socketFolder(cluster, user),
    unix_socket_permissions: '0700',
    // No replicas hang on this server: less to write.
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
): Promise<Postmaster | null> {
  const until = performance.now() + timeoutMs;
  while (performance.now() < until) {
    const postmaster = readPostmaster(cluster);
    if (postmaster?.pid === pid && postmaster.status === 'ready') return postmaster;
    const gone = child === null ? whoIs(pid, cluster) !== 'ours' : child.exitCode !== null || child.signalCode !== null;
    if (gone || pid === 0) return null;
    await sleep(20);
  }
  if (child !== null) await stopServer(pid, cluster, child);
  throw new EmbeddedError({
    code: 'embeddedStartTimeout',
    seconds: timeoutMs / 1_000,
    log: logPath(join(cluster, '..')),
  });
}

async function stopServer(pid: number, cluster: string, child: ChildProcess | null): Promise<void> {
  const timeoutMs = 60_000;
  const socket = readPostmaster(cluster)?.socketFolder ?? null;
  const isGone = () =>
    child === null ? whoIs(pid, cluster) !== 'ours' : child.exitCode !== null || child.signalCode !== null;
  // SIGINT is PostgreSQL's fast shutdown: open transactions are rolled back, everything committed is written out.
  if (!isGone() && isAlive(pid)) process.kill(pid, 'SIGINT');
  const until = performance.now() + timeoutMs;
  while (!isGone()) {
    if (performance.now() > until)
      throw new EmbeddedError({ code: 'embeddedStopTimeout', seconds: timeoutMs / 1_000, pid });
    await sleep(10);
  }
  if (socket !== null && socket !== cluster) await rm(socket, { recursive: true, force: true });
}

/** The path of a Unix socket may have 103 bytes on macOS, 107 on Linux: a deep data directory needs a folder elsewhere. */
async function socketFolder(cluster: string, user: ServerUser): Promise<string> {
  if (Buffer.byteLength(join(cluster, '.s.PGSQL.5432.lock')) <= 103) return cluster;
  const folder = await mkdtemp(join(tmpdir(), 'forkscope-'));
  await chmod(folder, 0o700);
  if (user.spawn.uid !== undefined) await chown(folder, user.spawn.uid, user.spawn.gid);
  return folder;
}

async function openDatabase({ socketFolder, port }: Postmaster): Promise<string> {
  const url = (name: string) =>
    `postgres://forkscope@/${name}?host=${encodeURIComponent(socketFolder ?? '')}${port === 5432 ? '' : `&port=${port}`}`;
  const sql = connect(url('postgres'), { max: 1 });
  try {
    const there = await sql`select 1 from pg_database where datname = 'forkscope'`;
    if (there.length === 0) {
      await sql`create database forkscope`.catch((error: unknown) => {
        // Another process made it in the meantime.
        if (!(error instanceof Error && 'code' in error && (error.code === '42P04' || error.code === '23505')))
          throw error;
      });
    }
  } finally {
    await sql.end();
  }
  return url('forkscope');
}

function logPath(dataDir: string): string {
  return join(dataDir, 'postgres.log');
}

async function logTail(dataDir: string): Promise<string> {
  const text = await readFile(logPath(dataDir), 'utf8').catch(() => '');
  return text.slice(-4_000);
}
