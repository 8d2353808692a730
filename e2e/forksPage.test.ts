/** The page of forks in a real browser: what it says of readiness and of splits, and where it has nothing to say. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, openPages } from '../scripts/testRunner/pageTools.ts';
import { settled } from './fixtures/browserTab.ts';
import { findWithAxe, noBrowser } from './fixtures/webBrowser.ts';
import { startWebServer, type WebServer } from './fixtures/webServer.ts';

const now = Date.now();

describe('the page of forks', { skip: noBrowser, timeout: 400_000 }, () => {
  let folder: string;
  let browser: Browser;
  let server: WebServer;
  /** One for all: a tab for each visit would load everything anew. */
  let page: Page;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'forkscope-forks-page-'));
    server = await startWebServer(await openPages(folder), { now });
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, locale: 'en-US' });
    page.setDefaultTimeout(60_000);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function visit(path: string, use: (page: Page) => Promise<void>): Promise<void> {
    await page.goto(server.origin + path);
    await settled(page);
    await use(page);
  }

  const panel = (page: Page, title: string) =>
    page.locator('section.panel').filter({ has: page.getByRole('heading', { level: 2, name: title }) });

  test('who is ready, who is not, and the versions of a client on a press of its name', async () => {
    await visit('/forks', async (page) => {
      const readiness = panel(page, 'Ready for Bogota');
      const text = await readiness.innerText();
      assert.match(text, /73\.3%/);
      assert.match(text, /Bogota is announced by 5,442 of 7,420 nodes on the active fork/);
      assert.match(text, /9 d to go/);
      assert.match(text, /Later forks: Later \(not yet observable/);
      assert.match(text, /Outdated 1,940/);
      const geth = readiness.getByRole('button', { name: 'geth' });
      assert.equal(await geth.getAttribute('aria-expanded'), 'false');
      assert.equal(await readiness.getByText('1.17.4').count(), 0);
      await geth.focus();
      await page.keyboard.press('Enter');
      assert.equal(await geth.getAttribute('aria-expanded'), 'true');
      const row = readiness.getByRole('row').filter({ hasText: '1.17.4' });
      assert.match(await row.innerText(), /1\.17\.4\s+0\s+640\s+0\.0%/);
      assert.deepEqual(await findWithAxe(page), []);
    });
  });

  test('splits say which, since when, and who is where; learned forks stand apart from the schedule', async () => {
    await visit('/forks', async (page) => {
      const [chain, fork] = await panel(page, 'Splits').locator('article').allInnerTexts();
      assert.match(chain ?? '', /^Chain split open/);
      assert.match(
        chain ?? '',
        /differ at height 24,001,216; 3,902 subnets were asked\. Last common block: 24,001,090\./,
      );
      assert.match(chain ?? '', /0x4f1c4f1c…1c4f1c\s+5,210\s+3,610\s+geth 1\.18\.0 2,390/);
      assert.match(chain ?? '', /too small to count/);
      assert.match(chain ?? '', /Side\s+Nodes\s+Subnets\s+Clients/);
      assert.match(chain ?? '', /nethermind 1\.39\.2 289\s+Client unknown 12/);
      assert.match(fork ?? '', /^Fork split closed/);
      assert.match(fork ?? '', /07c9462e\s+missed Amsterdam\s+980\s+0\s+erigon 3\.2\.0 610/);
      assert.match(
        await panel(page, 'Forks not in the network file').innerText(),
        /0badf00d\s+2033-05-18 00:46 UTC\s+6a11ce01\s+41/,
      );
      assert.doesNotMatch(await panel(page, 'Fork schedule of Ethereum mainnet').innerText(), /0badf00d/);
    });
  });

  test('over time: the share by client, and of the client whose row is open by version', async () => {
    await visit('/forks', async (page) => {
      const readiness = panel(page, 'Ready for Bogota');
      const chart = readiness.locator('.time-chart').nth(1);
      await readiness.getByRole('heading', { level: 3, name: 'Ready share by client over time' }).waitFor();
      assert.match(await chart.innerText(), /geth\s+73\.8%\s+nethermind\s+78\.3%/);
      await readiness.getByRole('button', { name: 'geth' }).click();
      await readiness.getByRole('heading', { level: 3, name: 'Ready share of geth by version over time' }).waitFor();
      await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
      const versions = await chart.innerText();
      assert.match(versions, /1\.18\.0\s+100\.0%\s+1\.17\.4\s+0\.0%/);
      await chart.getByText('Show as table').click();
      assert.match(await chart.getByRole('table').innerText(), /\d{4}-\d\d-\d\d \d\d:\d\d\s+100\.0%\s+0\.0%/);
    });
  });

  test('the head, its age, the synced share, how much history nodes keep and what they speak', async () => {
    await visit('/forks', async (page) => {
      const head = await panel(page, 'Head of the network').innerText();
      assert.match(head, /Head block\s+#24,001,\d{3}\s+from 5,1\d\d nodes/);
      assert.match(head, /Age when visited\s+\d s\s+one in ten was older than \d+ s/);
      assert.match(head, /Head block over time/);
      assert.match(head, /Nine in ten were younger\s+\d+ s/);
      const chart = panel(page, 'Head of the network').locator('.time-chart').first();
      const words = await chart.getByRole('img').first().getAttribute('aria-label');
      assert.match(words ?? '', /Head block: #24,001,\d{3}, initially #23,9/);
      await chart.getByText('Show as table').click();
      assert.match(await chart.getByRole('table').innerText(), /\d\d:\d\d\s+#24,001,\d{3}/);
      const synced = await panel(page, 'Synced share over time').innerText();
      assert.match(synced, /5,\d{3} of 5,\d{3} nodes whose head could be judged/);
      assert.match(synced, /Synced\s+88\.\d%/);
      assert.match(await panel(page, 'Archive depth over time').innerText(), /From genesis\s+1,8\d\d/);
      const protocols = await panel(page, 'Protocols spoken').innerText();
      assert.match(protocols, /snap\/1\s+4,160\s+3,660\s+70\.0%/, 'of identified nodes, not of all that is spoken');
      const schedule = await panel(page, 'Fork schedule of Ethereum mainnet').innerText();
      assert.match(schedule, /Amsterdam\s+6a11ce01\s+[-\d: UTC]+\s+#23,984,512\s+Active/);
      assert.match(schedule, /BPO2\s+07c9462e\s+[-\d: UTC]+\s+not shown by any header yet\s+Passed/);
      assert.match(await panel(page, 'Splits').innerText(), /reported over JSON-RPC: office\/rack-1, office\/rack-2/);
    });
  });

  test('a private chain with forks by block: the last one is active, and nodes are called nodes', async () => {
    await visit('/forks?network=sepolia', async (page) => {
      const facts = await page.locator('dl.facts').first().innerText();
      assert.match(facts, /Active fork\s+MergeNetsplit b96cbd13\s+since #?1,735,371\s+Assumed to have passed/);
      assert.match(facts, /Next fork\s+None scheduled/);
      assert.match(await panel(page, 'Fork schedule of Sepolia').innerText(), /b96cbd13[\s\S]*Assumed to have passed/);
      const [chain] = await panel(page, 'Splits').locator('article').allInnerTexts();
      assert.match(chain ?? '', /differ at height 24,001,216; 3,902 nodes were asked\./);
      assert.match(chain ?? '', /Side\s+Nodes\s+Clients/);
      assert.match(chain ?? '', /0x4f1c4f1c…1c4f1c\s+5,210\s+geth 1\.18\.0 2,390/);
    });
  });

  test('nothing scheduled, nobody counted, an API in trouble: each says what it is', async () => {
    await visit('/forks?network=sepolia', async (page) => {
      assert.match(await panel(page, 'Readiness').innerText(), /No fork is scheduled/);
    });
    server.world = { now, empty: true };
    await visit('/forks', async (page) => {
      assert.match(await panel(page, 'Ready for Bogota').innerText(), /No nodes to judge yet/);
      assert.match(await panel(page, 'Splits').innerText(), /No splits seen/);
      assert.match(await panel(page, 'Head of the network').innerText(), /No head known yet/);
      assert.match(await panel(page, 'Synced share over time').innerText(), /No head has been judged yet/);
      assert.match(await panel(page, 'Protocols spoken').innerText(), /No node has named its protocols yet/);
    });
    server.world = { now };
    server.mood = 'failing';
    await visit('/forks', async (page) => {
      assert.ok((await page.locator('[role="alert"]').count()) >= 1);
    });
    server.mood = 'good';
  });
});
