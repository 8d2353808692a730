import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Binaries, isFull } from './embeddedBinaries.ts';
import { EmbeddedError } from './embeddedError.ts';
import { isAlive } from './postmaster.ts';
import type { ServerUser } from './serverUser.ts';

const run = promisify(execFile);

export interface ClusterOptions {
  readonly dataDir: string;
  /** The server's own data directory, inside dataDir. */
  readonly cluster: string;
  readonly user: ServerUser;
  readonly durable: boolean;
  readonly log: (message: string) => void;
}

/** Creates the data directory and, the first time, an empty database cluster in it. Returns the matching binaries. */
export async function prepareCluster(options: ClusterOptions, find: () => Promise<Binaries>): Promise<Binaries> {
  const { dataDir, cluster, user } = options;
  try {
    // Root's folder can be entered by others, because the server's user must; secret files in it are closed one by one.
    await mkdir(dataDir, { recursive: true, mode: user.spawn.uid === undefined ? 0o700 : 0o755 });
    await requireEntry(dataDir, user);
    const binaries = await find();
    await removeParts(dataDir);
    if (!existsSync(cluster)) await createCluster(options, binaries);
    await requireVersion(cluster, binaries);
    await requireEntry(cluster, user);
    return binaries;
  } catch (cause) {
    if (isFull(cause)) throw new EmbeddedError({ code: 'embeddedDiskFull', path: dataDir }, { cause });
    if (isRefused(cause))
      throw new EmbeddedError({ code: 'embeddedPermission', path: dataDir, user: user.name }, { cause });
    throw cause;
  }
}

/** Created under another name and then renamed: a crash half-way leaves nothing that looks like a database. */
async function createCluster({ dataDir, cluster, user, durable, log }: ClusterOptions, { initdb }: Binaries) {
  log(`creating a database in ${cluster}`);
  const part = await mkdtemp(join(dataDir, `part-${process.pid}-`));
  try {
    await chmod(part, 0o700);
    if (user.spawn.uid !== undefined) await chown(part, user.spawn.uid, user.spawn.gid);
    const args = ['-D', part, '-U', 'forkscope', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-instructions'];
    await run(initdb, durable ? args : [...args, '--no-sync'], {
      ...user.spawn,
      cwd: part,
      env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' },
    }).catch((cause: unknown) => {
      const reason = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause);
      if (/No space left on device/i.test(reason)) throw new EmbeddedError({ code: 'embeddedDiskFull', path: dataDir });
      throw new EmbeddedError({ code: 'embeddedInitFailed', reason }, { cause });
    });
    await rename(part, cluster).catch((cause: unknown) => {
      // Another process was faster; its cluster is just as good.
      if (!existsSync(join(cluster, 'PG_VERSION'))) throw cause;
    });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

async function requireVersion(cluster: string, { major }: Binaries): Promise<void> {
  const found = (await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => '')).trim();
  if (found === '') throw new EmbeddedError({ code: 'embeddedDataForeign', path: cluster });
  if (found !== major) throw new EmbeddedError({ code: 'embeddedDataVersion', path: cluster, found, need: major });
}

/** Throws unless the server's user can enter the folder, including all of its parents. */
async function requireEntry(folder: string, user: ServerUser): Promise<void> {
  await run('/bin/ls', ['-d', join(folder, '.')], { ...user.spawn, cwd: '/' }).catch((cause: unknown) => {
    throw new EmbeddedError({ code: 'embeddedPermission', path: folder, user: user.name }, { cause });
  });
}

/** What a crash during an earlier creation has left behind. */
async function removeParts(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const pid = /^part-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(dataDir, name), { recursive: true, force: true });
  }
}

function isRefused(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EROFS')
  );
}
