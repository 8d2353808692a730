/** Every page in every look, in a real browser. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { openBrowser, openPages } from '../../scripts/testRunner/pageTools.ts';
import { type Look, lookAtPages, looks, pageNames } from '../fixtures/looks.ts';
import { noBrowser } from '../fixtures/webBrowser.ts';
import { startWebServer, type WebServer } from '../fixtures/webServer.ts';

const world = { now: Date.now() };

describe('every page in every look', { skip: noBrowser, timeout: 290_000 }, () => {
  let folder: string;
  let browser: Browser;
  let server: WebServer;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'forkscope-looks-'));
    server = await startWebServer(await openPages(join(folder, 'web')), world);
    browser = await openBrowser();
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  // npm test has the light one.
  for (const look of (Object.keys(looks) as Look[]).filter((name) => name !== 'light')) {
    test(`${look}: every page is whole, fits, and axe finds nothing`, () =>
      lookAtPages(browser, server.origin, world, look, pageNames));
  }
});
