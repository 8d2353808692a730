/** What tests of the pages need: the built pages and a browser. A run makes both once; a file run by itself its own. */
import { join } from 'node:path';
import { type Browser, chromium, type LaunchOptions } from 'playwright-core';
import { packageRoot } from '../../lib/packageRoot.ts';
import { absentTool } from '../../testkit/tools/absentTool.ts';

/** Set by the runner: a folder with the built pages, and the address of its browser. */
export const pagesVariable = 'TEST_PAGES';
export const browserVariable = 'TEST_BROWSER';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why the tests with a browser cannot run here; false when they can. */
export function absentBrowser(): string | false {
  return absentTool(executablePath, 'chromium, or name its binary in CHROMIUM');
}

const launchOptions: LaunchOptions = {
  executablePath,
  args: [
    '--no-sandbox',
    '--headless',
    // Nothing draws in three dimensions, and a GPU in software takes a tenth of the time.
    '--disable-gpu',
    '--disable-quic',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
};

/** One browser for several processes; each has contexts of its own. */
export async function startBrowser(): Promise<{ readonly url: string; close(): Promise<void> }> {
  // The runner handles signals: playwright would end its process before the others are closed.
  const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  const server = await chromium.launchServer({ ...launchOptions, ...signals });
  return { url: server.wsEndpoint(), close: () => server.close() };
}

/** The browser of the run, else a new one. Closing it leaves that of the run to the others. */
export function openBrowser(): Promise<Browser> {
  const shared = process.env[browserVariable];
  return shared === undefined ? chromium.launch(launchOptions) : chromium.connect(shared);
}

/** The folder with the pages of the run, else `ownFolder`, where they are built from the present sources. */
export async function openPages(ownFolder: string): Promise<string> {
  const shared = process.env[pagesVariable];
  if (shared !== undefined) return shared;
  await buildPages(ownFolder);
  return ownFolder;
}

/** Builds the pages as they are shipped; with `root` those of another folder. */
export async function buildPages(outDir: string, root?: string): Promise<void> {
  const { build } = await import('vite');
  await build({
    configFile: join(packageRoot, 'web/vite.config.ts'),
    ...(root === undefined ? {} : { root, publicDir: false as const }),
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, sourcemap: false },
  });
}
