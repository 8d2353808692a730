import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { openTestServer, testDatabaseVariable } from '../../sql/testDatabase.ts';
import { absentBrowser, browserVariable, buildPages, pagesVariable, startBrowser } from './pageTools.ts';

/** What the files of a run share. */
export interface TestResources {
  /** To be added to a file's environment. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Opens what these built files ask for: a database server (unless the caller names one), built pages, a browser. */
export async function openResources(files: readonly string[]): Promise<TestResources> {
  const modules = [...readModules(files)];
  const wants = (module: string) => modules.some((path) => basename(path) === module);
  const environment: Record<string, string> = {};
  const closing: (() => Promise<void>)[] = [];
  const open = async (what: () => Promise<{ name: string; value: string; close: () => Promise<void> }>) => {
    const { name, value, close } = await what();
    environment[name] = value;
    closing.push(close);
  };
  const opened: Promise<void>[] = [];
  if (wants('testDatabase.js')) {
    opened.push(
      open(async () => {
        const { url, stop } = await openTestServer(process.env[testDatabaseVariable]);
        return { name: testDatabaseVariable, value: url, close: stop };
      }),
    );
  }
  if (wants('pageTools.js') && absentBrowser() === false) {
    opened.push(
      open(async () => {
        const { url, close } = await startBrowser();
        return { name: browserVariable, value: url, close };
      }),
      open(async () => {
        const folder = await mkdtemp(join(tmpdir(), 'forkscope-pages-'));
        await buildPages(folder);
        return { name: pagesVariable, value: folder, close: () => rm(folder, { recursive: true, force: true }) };
      }),
    );
  }
  const close = async (): Promise<void> => {
    await Promise.allSettled(opened);
    await Promise.all(closing.map((act) => act()));
  };
  try {
    await Promise.all(opened);
  } catch (error) {
    await close();
    throw error;
  }
  return { environment, close };
}

/** The files and all of ours that they import, however deep. */
export function readModules(files: readonly string[]): ReadonlySet<string> {
  const found = new Set(files.filter(existsSync));
  // What is added meanwhile has its turn too.
  for (const file of found) for (const path of ownImports(file, readFileSync(file, 'utf8'))) found.add(path);
  return found;
}

/** Our own files that this text of a built file imports. */
export function ownImports(file: string, text: string): string[] {
  return [...text.matchAll(/(?:from |import\()'(\.[^']+\.js)'/g)].map(([, path = '']) => join(dirname(file), path));
}
