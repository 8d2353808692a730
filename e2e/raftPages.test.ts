/** A mock cluster with faults, watched into a real Postgres, served by the real API, shown in a real browser. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { insertRaftCluster } from '../api/testkit/raftRows.ts';
import { openTestApi, type TestApi } from '../api/testkit/testApi.ts';
import type { NodeResult } from '../consortium/ask/round.ts';
import { createRaftLocks, openLockConnection } from '../consortium/store/raftLocks.ts';
import { createPostgresRaftStore } from '../consortium/store/raftStore.ts';
import { systemClock } from '../p2p/net/systemClock.ts';
import { openBrowser, openPages } from '../scripts/testRunner/pageTools.ts';
import { databaseAt } from '../sql/database.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { configOf, playRaft } from '../testkit/playRaft.ts';
import { type RaftCluster, startRaftCluster } from '../testkit/raftCluster.ts';
import { settled, type Tab, withTab } from './fixtures/browserTab.ts';
import { watchEtcd, watchSealers } from './fixtures/recordedClusters.ts';
import { findWithAxe, noBrowser } from './fixtures/webBrowser.ts';

const minute = 60_000;
const desktop: BrowserContextOptions = { viewport: { width: 1360, height: 900 }, locale: 'en-US' };
const looks = {
  light: { ...desktop, colorScheme: 'light' },
  dark: { ...desktop, colorScheme: 'dark' },
  phone: { ...desktop, viewport: { width: 360, height: 740 }, hasTouch: true },
  chinese: { ...desktop, locale: 'zh-CN' },
} as const satisfies Record<string, BrowserContextOptions>;

/** Bodies that are not a view, each distinguished from the others. */
const strangers: readonly { readonly name: NodeResult; readonly status: number; readonly body: string }[] = [
  { name: 'html', status: 200, body: '<html>Log in</html>' },
  { name: 'unauthorized', status: 401, body: '' },
  { name: 'vhost', status: 403, body: 'invalid host specified' },
  { name: 'tooLarge', status: 200, body: `"${'x'.repeat(2 << 20)}"` },
  { name: 'badJson', status: 200, body: '{"jsonrpc":' },
  { name: 'malformed', status: 200, body: '42' },
  {
    name: 'notRaft',
    status: 200,
    body: '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"the method raft_cluster does not exist/is not available"}}',
  },
];

describe('Raft pages in a browser', { skip: noBrowser, timeout: 240_000 }, () => {
  const hooks: (() => Promise<void>)[] = [];
  const suite = { after: (hook: () => Promise<void>) => void hooks.push(hook) };
  const servers: Server[] = [];
  let folder: string;
  let webRoot: string;
  let browser: Browser;
  let api: TestApi;
  let churning: RaftCluster;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'forkscope-raft-pages-'));
    webRoot = await openPages(join(folder, 'web'));
    const db = await openTestDatabase(suite);
    const locks = createRaftLocks(() => openLockConnection(databaseAt(db.url)), systemClock);
    suite.after(locks.close);
    const store = createPostgresRaftStore({
      sql: db.sql,
      locks,
      clock: systemClock,
      onRefused: (_, error) => assert.fail(String(error)),
    });
    const now = Date.now();
    const startAt = now - 40 * minute;
    churning = await startRaftCluster(
      {
        seed: 11,
        nodes: 5,
        faults: [
          ...[5, 300, 700, 1_500].map((at) => ({ at: at * 1_000, kind: 'send', transactions: 30 }) as const),
          { at: 2 * minute, kind: 'isolate', node: 'leader' },
          { at: 3 * minute, kind: 'healAll' },
          { at: 6 * minute, kind: 'isolate', node: 'follower' },
          { at: 7 * minute, kind: 'healAll' },
          { at: 10 * minute, kind: 'kill', node: 1 },
          { at: 10 * minute, kind: 'kill', node: 2 },
          { at: 10 * minute, kind: 'kill', node: 3 },
          { at: 12 * minute, kind: 'start', node: 'leader' },
          { at: 28 * minute, kind: 'churn', everyMs: 40_000, forMs: 10 * minute },
          { at: 39 * minute, kind: 'cutLink', between: ['leader', 'follower'] },
        ],
      },
      { startAt },
    );
    suite.after(() => churning.close());
    const watch = { startAt, fromMs: 4_000, toMs: 40 * minute, store };
    await playRaft({ ...watch, cluster: churning, name: 'consortium', config: { intervalMs: 10_000 } });
    const quiet = await startRaftCluster({ seed: 2, nodes: 3, faults: [] }, { startAt });
    suite.after(() => quiet.close());
    const bad = await Promise.all(strangers.map(async ({ status, body }) => listen(status, body, servers)));
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    servers.push(silent);
    await new Promise((resolve) => silent.once('listening', resolve));
    const config = configOf({ urls: [...quiet.urls, ...bad, urlOf(silent)] }, 'mixed');
    const names = ['bank-a', 'bank-b', 'bank-c', ...strangers.map(({ name }) => `x-${name}`), 'x-timeout'];
    const endpoints = config.endpoints.map((endpoint, index) => ({
      ...endpoint,
      name: names[index] ?? '',
      probeUrl: null,
    }));
    await playRaft({
      ...watch,
      fromMs: 39 * minute,
      cluster: quiet,
      name: 'mixed',
      config: { endpoints, intervalMs: 20_000, rpc: { timeoutMs: 1_000, maxBodyBytes: 1 << 20 } },
    });
    await insertRaftCluster(db.sql, now, {
      cluster: 'authority',
      sealers: {
        consensus: 'clique',
        state: 'degraded',
        stateSince: new Date(now - 5 * minute).toISOString(),
        ...{
          validators: 3,
          needed: 2,
          active: 2,
          failuresToHalt: 1,
          sets: 2,
          window: 64,
          roundChanges: 0,
          storm: false,
        },
        ...{ head: '812', headAt: new Date(now - 1_000).toISOString(), pending: '0', round: null },
        rule: { emptyMs: 1_000, periodMs: 1_000 },
        sealers: [1, 2, 3].map((n) => ({
          address: `0x${String(n).repeat(40)}`,
          expected: true,
          node: `n${n}`,
          sealed: n === 3 ? 0 : 32,
          ...{ share: n === 3 ? 0 : 0.5, expectedShare: 1 / 3, missed: n === 3 ? 21 : 0 },
          ...{ lastSealed: n === 3 ? null : '812', lastSealedAt: n === 3 ? null : new Date(now).toISOString() },
          ...{ silent: n === 3, down: n === 3 },
        })),
        nodes: [],
        votes: [],
        timeline: [],
      },
    });
    const watched = { sql: db.sql, store, now };
    await watchSealers(watched, 'qbft', 'qbft', ({ toHalt }) => toHalt);
    await watchEtcd(
      watched,
      'etcd',
      [
        { at: 0, leader: 2, term: 2 },
        { at: 60_000, leader: 0, term: 3 },
        { at: 120_000, leader: null, term: 4, down: [1, 2] },
      ],
      4 * minute,
    );
    api = await openTestApi(suite, { sql: db.sql, webRoot });
    api.clock.time = now;
    browser = await openBrowser();
  });

  after(async () => {
    await browser?.close();
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    for (const hook of hooks.toReversed()) await hook();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What is missing is part of the picture. */
  const allowed = /status of 404/;
  const open = (tab: Tab, path: string, use: (page: Page) => Promise<void>) =>
    tab.visit(
      api.url + path,
      async (page) => {
        await settled(page);
        await use(page);
      },
      allowed,
    );
  const visit = (path: string, options: BrowserContextOptions, use: (page: Page) => Promise<void>) =>
    withTab(browser, options, (tab) => open(tab, path, use));

  const keep = async (page: Page, name: string): Promise<void> => {
    const out = process.env.RAFT_SCREENSHOTS;
    if (out === undefined) return;
    mkdirSync(out, { recursive: true });
    await page.screenshot({ path: join(out, `${name}.png`), fullPage: true });
  };

  const paths = ['', '/consortium', '/mixed', '/qbft', '/etcd', '/nowhere'].map((end) => `/raft${end}`);
  const withCharts = /consortium|mixed|qbft|etcd/;
  for (const [look, options] of Object.entries(looks)) {
    test(`${look}: the list and the clusters are whole, fit, and axe finds nothing`, async () => {
      await withTab(browser, options, async (tab) => {
        for (const path of paths) {
          await open(tab, path, async (page) => {
            if (withCharts.test(path)) {
              await page.waitForFunction(() => document.querySelectorAll('canvas').length === 2);
              await page.waitForTimeout(300);
            }
            const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
            assert.ok(overflow <= 0, `${path} is ${overflow} px too wide`);
            await keep(page, `${look}${path.replaceAll('/', '-')}`);
            for (const details of (await page.locator('main details:not([open]) > summary').all()).toReversed())
              await details.click();
            assert.deepEqual(await findWithAxe(page), [], `${path} in ${look}`);
          });
        }
      });
    });
  }

  test('the list leads to a cluster, and its range stands in the address', async () => {
    await visit('/raft', desktop, async (page) => {
      await page.getByRole('link', { name: 'consortium' }).click();
      await page.waitForURL(/\/raft\/consortium/);
      await page.getByRole('heading', { name: 'Who led when' }).waitFor();
      await page.getByLabel('24 h').check({ force: true });
      await page.waitForURL(/range=day/);
      const label = await page.locator('canvas').first().getAttribute('aria-label');
      assert.match(label ?? '', /Who led when From .* \d+ spans\. Led longest: Raft \d \(n\d\)\./);
    });
  });

  test('events say in plain words what happened, for how long and why', async () => {
    await visit('/raft/consortium', desktop, async (page) => {
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
    await visit('/raft/mixed', desktop, async (page) => {
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
    await visit('/raft/authority', desktop, async (page) => {
      await page.getByText('One more silent sealer would halt the chain').waitFor();
      const silent = await page.locator('tbody tr').nth(2).innerText();
      assert.match(silent, /0x3333.*\s+n3\s+–\s+0\s+0\.0% \/ 33\.3%\s+21\s+.*silent/);
      assert.ok((await page.locator('.facts .tag.warn').first().innerText()).includes('Degraded'));
      await page.getByText('Clique', { exact: true }).waitFor();
      await page.getByText('Nodes hold 2 different sets').waitFor();
    });
  });

  test('a recorded chain: who sealed which block, whose turns passed, as a picture, in words and as a table', async () => {
    await visit('/raft/qbft', desktop, async (page) => {
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
    await visit('/raft/etcd', desktop, async (page) => {
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
    api.clock.time += 10 * minute;
    try {
      await visit('/raft/consortium', desktop, async (page) => {
        await page
          .getByText(/No poll for 10 min/)
          .first()
          .waitFor();
        assert.deepEqual(await findWithAxe(page), []);
      });
    } finally {
      api.clock.time -= 10 * minute;
    }
  });

  test('without clusters the page says how to name one; without the API, that it is away', async (t) => {
    const empty = await openTestApi(t, { webRoot });
    const context = await browser.newContext(desktop);
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

async function listen(status: number, body: string, servers: Server[]): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    // A batch and each of its calls alone get the same body.
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return urlOf(server);
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}/`;
}
