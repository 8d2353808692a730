/** A mock cluster with faults, watched into a real Postgres, served by the real API, shown in a real browser. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { openTestApi } from '../api/testkit/testApi.ts';
import { openTab, withTab } from './fixtures/browserTab.ts';
import { looks } from './fixtures/looks.ts';
import { lookAtRaftPages, openRaftPage, openRaftPages, type RaftPages, strangers } from './fixtures/raftPages.ts';
import { findWithAxe, noBrowser } from './fixtures/webBrowser.ts';

const minute = 60_000;
const desktop = looks.light;

describe('Raft pages in a browser', { skip: noBrowser, timeout: 240_000 }, () => {
  let pages: RaftPages;
  /** For visits that leave nothing behind. */
  let shared: Awaited<ReturnType<typeof openTab>>;
  before(async () => {
    pages = await openRaftPages();
    shared = await openTab(pages.browser, desktop);
  });
  after(async () => {
    await shared?.close();
    await pages?.close();
  });

  const visit = (path: string, use: (page: Page) => Promise<void>) => openRaftPage(pages, shared, path, use);

  // e2e/long has them in every look.
  test('light: the list and the clusters are whole, fit, and axe finds nothing', () => lookAtRaftPages(pages, 'light'));

  test('the list leads to a cluster, and its range stands in the address', async () => {
    await withTab(pages.browser, desktop, (tab) =>
      openRaftPage(pages, tab, '/raft', async (page) => {
        await page.getByRole('link', { name: 'consortium' }).click();
        await page.waitForURL(/\/raft\/consortium/);
        await page.getByRole('heading', { name: 'Who led when' }).waitFor();
        await page.getByLabel('24 h').check({ force: true });
        await page.waitForURL(/range=day/);
        const label = await page.locator('canvas').first().getAttribute('aria-label');
        assert.match(label ?? '', /Who led when From .* \d+ spans\. Led longest: Raft \d \(n\d\)\./);
      }),
    );
  });

  test('events say in plain words what happened, for how long and why', async () => {
    await visit('/raft/consortium', async (page) => {
      const texts: string[] = [];
      for (;;) {
        await page.locator('.raft-events li').first().waitFor();
        for (const closed of (await page.locator('.raft-events details:not([open]) > summary').all()).toReversed()) {
          await closed.click();
        }
        texts.push(...(await page.locator('.raft-events li').allInnerTexts()));
        const older = page.getByRole('link', { name: 'Older' });
        if ((await older.count()) === 0) break;
        const first = await page.locator('.raft-events li').first().innerText();
        await older.click();
        await page.waitForFunction(
          (before) => document.querySelector('.raft-events li')?.textContent !== before,
          first,
        );
        await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
      }
      const all = texts.join('\n');
      assert.match(all, /Leader changed: Raft \d \(n\d\) → Raft \d \(n\d\)/);
      assert.match(all, /Quorum lost for 2 min/);
      assert.match(all, /still claimed to lead: it was cut off from the majority/);
      assert.match(all, /n\d was cut off/);
      assert.match(all, /Leadership churned ongoing, \d+[\s\S]*Show \d+ events of it/);
    });
  });

  test('an endpoint without a view says why, each reason apart', async () => {
    await visit('/raft/mixed', async (page) => {
      for (const { name } of strangers) {
        const row = page.locator('.raft-matrix tbody tr', { hasText: `x-${name}` });
        assert.match(await row.innerText(), /No view: /, name);
      }
      const told = await page.locator('.raft-matrix .no-view .outcome').allInnerTexts();
      assert.equal(told.length, strangers.length + 1);
      assert.equal(new Set(told).size, told.length, String(told));
      await page.getByText('Set `bearerToken` or `headers`').waitFor();
      await page.getByText('Leader confirmed').first().waitFor();
    });
  });

  test('another consensus: who should seal, who is silent, and how near the halt is', async () => {
    await visit('/raft/authority', async (page) => {
      await page.getByText('One more silent sealer would halt the chain').waitFor();
      const silent = await page.locator('tbody tr').nth(2).innerText();
      assert.match(silent, /0x3333.*\s+n3\s+–\s+0\s+0\.0% \/ 33\.3%\s+21\s+.*silent/);
      assert.ok((await page.locator('.facts .tag.warn').first().innerText()).includes('Degraded'));
      await page.getByText('Clique', { exact: true }).waitFor();
      await page.getByText('Nodes hold 2 different sets').waitFor();
    });
  });

  test('a recorded chain: who sealed which block, whose turns passed, as a picture, in words and as a table', async () => {
    await visit('/raft/qbft', async (page) => {
      const [turns] = await page.locator('canvas').all();
      const label = (await turns?.getAttribute('aria-label')) ?? '';
      assert.match(
        label,
        /^Who sealed which block Blocks 1 to 37, sealed from .* 6 turns were missed: n4 6\. \d+ round changes\./,
      );
      const panel = page.locator('section.panel', { hasText: 'Who sealed which block' });
      await panel.getByText('Show as table').click();
      const rows = panel.locator('tbody tr');
      await rows.first().waitFor();
      assert.equal(await rows.count(), 37);
      const late = await rows.filter({ hasText: /n4$/ }).allInnerTexts();
      assert.equal(late.length, 6, 'each turn that passed stands at its block');
      assert.match(late[0] ?? '', /^3\d\s.* UTC\s+n1\s+[\d.]+ s\s+1\s+n4$/);
      assert.equal(await page.locator('.facts .tag.bad').first().innerText(), 'Halted');
      const events = await page.locator('.raft-events').innerText();
      assert.match(events, /The chain halted/);
      assert.match(events, /n4 fell silent/);
    });
  });

  test('etcd: members by their names and whole IDs, terms, and no word of GoQuorum’s', async () => {
    await visit('/raft/etcd', async (page) => {
      const text = await page.locator('main').innerText();
      assert.doesNotMatch(text, /minter|GoQuorum|Raft \d|verifier|block|JSON-RPC/i);
      assert.match(text, /Leader changed: etcd-3 → etcd-1/);
      assert.match(text, /Quorum lost/);
      const members = page.locator('section.panel', { hasText: 'as listed by most views' }).locator('tbody tr');
      assert.deepEqual(
        (await members.allInnerTexts()).map((row) => row.split(/\s+/).slice(0, 2)),
        [
          ['3adf460be6c83b3f', 'etcd-1'],
          ['b06c4b81b63cb9af', 'etcd-2'],
          ['1fa663637a3b7091', 'etcd-3'],
        ],
      );
      const views = page.locator('.raft-matrix tbody tr');
      assert.match(await views.first().innerText(), /etcd-1[\s\S]*\s4\s/, 'its term');
      assert.match(
        await views.nth(1).innerText(),
        /No view: Refused\s+Nothing listens on that port: the member is down/,
      );
    });
  });

  test('a picture that nobody renews says so, with its age', async () => {
    pages.api.clock.time += 10 * minute;
    try {
      await visit('/raft/consortium', async (page) => {
        await page
          .getByText(/No poll for 10 min/)
          .first()
          .waitFor();
        assert.deepEqual(await findWithAxe(page), []);
      });
    } finally {
      pages.api.clock.time -= 10 * minute;
    }
  });

  test('without clusters the page says how to name one; without the API, that it is away', async (t) => {
    const empty = await openTestApi(t, { webRoot: pages.webRoot });
    const context = await pages.browser.newContext(desktop);
    try {
      const page = await context.newPage();
      await page.goto(`${empty.url}/raft`);
      await page.getByText('No cluster is watched').waitFor();
      assert.deepEqual(await findWithAxe(page), []);
      await page.route('**/api/v1/raft', (route) => route.abort());
      await page.reload();
      await page.getByRole('alert').getByText('This could not be loaded').waitFor();
      await page.unroute('**/api/v1/raft');
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('No cluster is watched').waitFor();
    } finally {
      await context.close();
    }
  });
});
