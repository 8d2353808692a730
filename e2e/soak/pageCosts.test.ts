/** What the pages cost a reader: time until something is seen, memory that is given back. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { openBrowser, openPages } from '../../scripts/testRunner/pageTools.ts';
import { buildChartHarness, noBrowser } from '../fixtures/webBrowser.ts';
import { startWebServer } from '../fixtures/webServer.ts';

const world = { now: Date.now() };
const desktop: BrowserContextOptions = { viewport: { width: 1360, height: 900 }, locale: 'en-US' };

describe('pages measured in a browser', { skip: noBrowser, timeout: 290_000 }, () => {
  let folder: string;
  let browser: Browser;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'forkscope-web-'));
    browser = await openBrowser();
  });

  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('the first content is painted within a second', async () => {
    const server = await startWebServer(await openPages(join(folder, 'web')), world);
    const context = await browser.newContext(desktop);
    try {
      const page = await context.newPage();
      await page.goto(server.origin);
      await page.waitForSelector('main h1');
      await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
      const painted = await page.evaluate(
        () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.POSITIVE_INFINITY,
      );
      assert.ok(painted < 1_000, `${painted} ms`);
    } finally {
      await context.close();
      await server.close();
    }
  });

  test('charts mounted and destroyed fifty times leave nothing', async () => {
    const outDir = join(folder, 'harness');
    await buildChartHarness(outDir);
    const harness = await startWebServer(outDir, world);
    const context = await browser.newContext(desktop);
    try {
      const page = await context.newPage();
      await page.goto(harness.origin);
      const devtools = await context.newCDPSession(page);
      const cycle = async (times: number): Promise<{ nodes: number; jsEventListeners: number }> => {
        for (let round = 0; round < times; round++) {
          await page.evaluate(() => window.harness.show(20));
          await page.waitForFunction(() => window.harness.live() === 3);
          await page.evaluate(() => window.harness.show(30));
          assert.equal(await page.evaluate(() => window.harness.live()), 3, 'an update makes no new chart');
          await page.evaluate(() => window.harness.hide());
          await page.waitForFunction(() => window.harness.live() === 0);
        }
        assert.equal(await page.locator('canvas').count(), 0);
        await devtools.send('HeapProfiler.collectGarbage');
        return devtools.send('Memory.getDOMCounters');
      };
      const early = await cycle(5);
      const late = await cycle(45);
      assert.ok(
        late.jsEventListeners <= early.jsEventListeners,
        `listeners ${early.jsEventListeners} → ${late.jsEventListeners}`,
      );
      assert.ok(late.nodes <= early.nodes + 5, `nodes ${early.nodes} → ${late.nodes}`);
      // Removed before its code had loaded: nothing may be mounted afterwards.
      await page.reload();
      await page.evaluate(() => {
        window.harness.show(5);
        window.harness.hide();
      });
      await page.waitForTimeout(300);
      assert.equal(await page.evaluate(() => window.harness.live()), 0);
    } finally {
      await context.close();
      await harness.close();
    }
  });
});
