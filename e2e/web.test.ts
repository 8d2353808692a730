/** The pages in a real browser, over answers of the contract's shapes, under the strictest policy. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openBrowser, openPages } from '../scripts/testRunner/pageTools.ts';
import { openTab, settled, withTab } from './fixtures/browserTab.ts';
import type { FixtureWorld } from './fixtures/fixtureWorld.ts';
import { type Look, lookAtPages, looks, type PageName, pageNames, pathsOf } from './fixtures/looks.ts';
import { findWithAxe, noBrowser } from './fixtures/webBrowser.ts';
import { startWebServer, type WebServer } from './fixtures/webServer.ts';

const now = Date.now();
const world: FixtureWorld = { now };
const paths = pathsOf(world);
const dataPaths = ['overview', 'forks', 'clients', 'nodes', 'node'] as const;
const { light: desktop, chinese } = looks;

describe('pages in a browser', { skip: noBrowser, timeout: 290_000 }, () => {
  let folder: string;
  let browser: Browser;
  let server: WebServer;
  /** For visits that leave nothing behind. */
  let shared: Awaited<ReturnType<typeof openTab>>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'forkscope-web-'));
    server = await startWebServer(await openPages(join(folder, 'web')), world);
    browser = await openBrowser();
    shared = await openTab(browser, desktop);
  });

  after(async () => {
    await shared?.close();
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const seePages = (look: Look, names: readonly PageName[]) => lookAtPages(browser, server.origin, world, look, names);
  const visit = (path: string, options: BrowserContextOptions, use: (page: Page) => Promise<void>, allowed?: RegExp) =>
    withTab(browser, options, (tab) => tab.visit(server.origin + path, use, allowed));

  // e2e/long has every page in every look.
  test('light: every page is whole, fits, and axe finds nothing', () => seePages('light', pageNames));
  test('loading: skeletons, before anything came and with the API silent', async () => {
    server.mood = 'silent';
    try {
      await shared.visit(server.origin + paths.overview, async (page) => {
        await page.waitForSelector('main [aria-busy="true"] .skeleton, main .panel[aria-busy="true"] .skeleton');
        assert.deepEqual(await findWithAxe(page), []);
      });
    } finally {
      server.mood = 'good';
    }
  });

  test('error: says so in words, and trying again mends it', async () => {
    server.mood = 'failing';
    try {
      await shared.visit(
        server.origin + paths.overview,
        async (page) => {
          await page.getByRole('alert').getByText('This could not be loaded').waitFor();
          assert.deepEqual(await findWithAxe(page), []);
          server.mood = 'good';
          await page.getByRole('button', { name: 'Try again' }).click();
          await page.getByText('48,211').waitFor();
        },
        /status of 503/,
      );
    } finally {
      server.mood = 'good';
    }
  });

  test('empty: every page with numbers says what to do next', async () => {
    server.world = {
      ...world,
      empty: true,
      advice: [{ code: 'noBootnodeAnswered', message: 'None of 4 bootnodes answered. Check UDP port 30303.' }],
    };
    try {
      await withTab(browser, desktop, async (tab) => {
        for (const name of dataPaths) {
          await tab.visit(
            server.origin + paths[name],
            async (page) => {
              await settled(page);
              await page.locator('.state-empty').first().waitFor();
              if (name !== 'clients') assert.deepEqual(await findWithAxe(page), [], name);
            },
            /status of 404/,
          );
        }
        await tab.visit(server.origin + paths.overview, async (page) => {
          await page.getByText('No bootnode has answered').waitFor();
          await page.getByText('None of 4 bootnodes answered. Check UDP port 30303.').waitFor();
        });
      });
      await visit(paths.overview, chinese, async (page) => {
        await page.getByText('没有引导节点应答').waitFor();
      });
    } finally {
      server.world = world;
    }
  });

  test('stale: numbers stay, with their age and a warning; simulated data says so', async () => {
    server.world = { ...world, stale: true, simulated: true };
    try {
      await withTab(browser, desktop, async (tab) => {
        for (const name of dataPaths) {
          await tab.visit(server.origin + paths[name], async (page) => {
            await settled(page);
            await page
              .getByText(/No new census for 90 min/)
              .first()
              .waitFor();
            assert.match((await page.locator('.fresh').textContent()) ?? '', /Old: as of \d\d:\d\d:\d\d UTC90 min ago/);
            await page.getByText('Simulated data.').waitFor();
            if (name === 'nodes') assert.deepEqual(await findWithAxe(page), [], name);
          });
        }
      });
    } finally {
      server.world = world;
    }
  });

  test('a lost connection leaves the numbers where they are', async () => {
    await visit(
      paths.overview,
      desktop,
      async (page) => {
        await page.clock.install();
        await page.reload();
        await page.getByText('48,211').waitFor();
        server.mood = 'failing';
        await page.clock.fastForward(600_000);
        await page
          .getByText(/Could not refresh/)
          .first()
          .waitFor();
        assert.ok(await page.getByText('48,211').isVisible());
        assert.match((await page.locator('.fresh').textContent()) ?? '', /Connection lost/);
        server.mood = 'good';
      },
      /status of 503/,
    );
    server.mood = 'good';
  });

  test('choices stand in the address, are remembered, and the way back works', async () => {
    await visit(paths.overview, desktop, async (page) => {
      await page.getByText('48,211').waitFor();
      assert.equal(await page.locator('.picker select').inputValue(), 'mainnet', 'the first that is watched');
      await page.getByLabel('IPs').check({ force: true });
      await page.waitForURL(/figure=ips/);
      await page.getByText('31,904').first().waitFor();
      await page.locator('.picker select').selectOption('sepolia');
      await page.waitForURL(/network=sepolia/);
      await page.getByRole('link', { name: 'Nodes', exact: true }).click();
      await page.waitForURL(/\/nodes\?network=sepolia&figure=ips/);
      await page.getByRole('link', { name: 'Older' }).click();
      await page.waitForURL(/cursor=c16/);
      await page.goBack();
      await page.waitForURL((url) => !url.search.includes('cursor'));
      await page.getByLabel('Node ID, address or words').fill('nothing');
      await page.keyboard.press('Enter');
      await page.waitForURL(/q=nothing/);
      await page.getByText('No matching nodes').waitFor();
      await page.getByRole('button', { name: /^Colours:/ }).click();
      await page.getByRole('button', { name: /^Colours:/ }).click();
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
      await page.getByRole('button', { name: '简体中文' }).click();
      await page.getByRole('heading', { name: '节点' }).waitFor();
      await page.reload();
      await page.getByRole('heading', { name: '节点' }).waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
      assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
    });
  });

  test('a node’s page explains how visits ended', async () => {
    await shared.visit(server.origin + paths.node, async (page) => {
      await page.getByText('No answer to PING').waitFor();
      await page.getByText(/a firewall or NAT in front of it drops the packets/).waitFor();
      await page.getByText(/It is full\. That is the usual answer of a healthy node/).waitFor();
    });
  });

  test('every chart has its sentence and its numbers as a table', async () => {
    await shared.visit(`${server.origin}/?range=day`, async (page) => {
      await page.locator('canvas').nth(4).waitFor();
      const labels = await page
        .locator('canvas')
        .evaluateAll((all) => all.map((canvas) => canvas.getAttribute('aria-label')));
      assert.ok(labels.length >= 5 && labels.every((label) => label !== null && label.length > 20), String(labels));
      assert.match(labels[0] ?? '', /Nodes over time From \d{4}-.* Alive: [\d,]+, initially/);
      await page.getByText('Show as table').first().click();
      // A day in hours, without its hole: the rows come a moment after the click.
      await page.locator('.chart-data table tbody tr').nth(17).waitFor();
      assert.deepEqual(await findWithAxe(page), []);
      const painted = await page
        .locator('canvas')
        .first()
        .evaluate((canvas: HTMLCanvasElement) => {
          const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
          return pixels.some((value) => value > 0);
        });
      assert.ok(painted, 'the chart is blank');
    });
  });

  test('the keyboard gets past the header, and a new page takes the focus', async () => {
    await shared.visit(server.origin + paths.overview, async (page) => {
      await settled(page);
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to content');
      await page.getByRole('link', { name: 'Forks', exact: true }).focus();
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/forks/);
      await page.waitForFunction(() => document.activeElement?.id === 'main');
      assert.match(await page.title(), /^Forks · /);
    });
  });
});
