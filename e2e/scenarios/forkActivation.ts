/**
 * An activation as it happens, from the simulated nodes over the crawler, PostgreSQL and the API to the page, against
 * what is so. Every step waits for what it needs to see.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Browser } from 'playwright-core';
import type { ReadinessResponse } from '../../api/contract/forks.ts';
import { openBrowser } from '../../scripts/testRunner/pageTools.ts';
import { noBrowser } from '../fixtures/webBrowser.ts';
import {
  byName,
  clientsOf,
  patience,
  splitsOf,
  truthNow,
  type Watch,
  type WatchedNetwork,
  waitFor,
} from './watchedNetwork.ts';

const geth = { client: 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0' };
const released = { client: 'Geth/v1.18.0-stable-9a3c51d0/linux-amd64/go1.26.1' };
const besu = { client: 'besu/v26.8.0/linux-x86_64/openjdk-java-21' };
const nethermind = { client: 'Nethermind/v1.39.0+0068729c/linux-x64/dotnet10.0.1' };

/** Nodes of each group. */
const whole = { early: 10, geth: 16, besu: 10, never: 8, behind: 4, closed: 5 };
const half = { early: 5, geth: 8, besu: 6, never: 4, behind: 2, closed: 3 };

/** With all nodes, or with about half of them. */
export function testActivation(watch: Watch, size: 'whole' | 'half'): void {
  test('an activation: who is ready, who is left, and who is on which side', { skip: noBrowser }, async (t) => {
    const browser = await openBrowser();
    t.after(() => browser.close());
    // The moment of the activation must be known before anything runs: a slow machine gets more time before it.
    for (const leadMs of [45_000, 150_000]) {
      if (await seeActivation(t, watch, browser, leadMs, size === 'whole' ? whole : half)) return;
      t.diagnostic(`too slow for an activation ${leadMs} ms from the start`);
    }
    assert.fail('too slow for any activation');
  });
}

/** An activation this long after the start; false = it came before readiness was known. */
async function seeActivation(
  t: TestContext,
  watch: Watch,
  browser: Browser,
  leadMs: number,
  counts: typeof whole,
): Promise<boolean> {
  const slug = 'sepolia';
  const about = { network: slug, latency: '10ms' };
  const unprepared = { ...about, forkId: 'unprepared' };
  await using watched = await watch(t, {
    seed: 11,
    networks: [{ slug, blockTime: '1s' }],
    nodes: [
      { name: 'early', count: counts.early, ...released, ...about },
      { name: 'geth', count: counts.geth, ...geth, ...unprepared },
      { name: 'besu', count: counts.besu, ...besu, ...unprepared },
      { name: 'never', count: counts.never, ...nethermind, ...unprepared },
      { name: 'behind', count: counts.behind, ...geth, ...about, forkId: 'behind' },
      { name: 'closed', count: counts.closed, ...geth, ...about, reachability: 'udpOnly' },
    ],
    faults: [{ kind: 'forkActivation', at: `${leadMs}ms`, network: slug, fork: 'Bogota' }],
  });
  const { network } = watched;
  // Three quarters of geth and half of besu upgrade in time.
  const upgraded = { geth: counts.geth * 0.75, besu: counts.besu * 0.5 };
  const early = counts.early + counts.closed;
  const ready = early + upgraded.geth + upgraded.besu;
  const late = counts.geth + counts.besu + counts.never - upgraded.geth - upgraded.besu;
  const activation = network.startedAt + leadMs;
  const present = network.truth[0]?.forkId ?? assert.fail('no nodes');
  const classesNow = () => {
    const nodes = truthNow(watched);
    const count = (next: string) =>
      nodes.filter(({ forkId }) => forkId.hash === present.hash && forkId.next === next).length;
    return { ready: count(present.next), current: count('0') };
  };
  /** Waits until the API tells the truth; null = the activation came first. */
  const readinessIs = (what: string, ready: number) =>
    waitFor(
      watched,
      what,
      async () => {
        if (watched.now() > activation - 2_000) return { found: null };
        const body = await watched.get<ReadinessResponse>(`/networks/${slug}/readiness`);
        const saw = { ready: body?.ready, current: body?.current };
        return saw.ready === ready && isDeepStrictEqual(saw, classesNow()) ? { found: body } : { saw };
      },
      leadMs + patience,
    );

  const page = await browser.newPage({ locale: 'en-US', viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(patience);
  const catchUp = await watched.keepTime(page);
  const panel = (title: string) =>
    page.locator('section.panel').filter({ has: page.getByRole('heading', { level: 2, name: title }) });

  const first = await readinessIs('all are known before the first release', early);
  if (first !== null) {
    assert.equal(first.fork?.name, 'Bogota');
    assert.equal(first.current, counts.geth + counts.besu + counts.never);
    await page.goto(`${watched.url}/forks?network=${slug}`);
  }
  network.strike(
    { kind: 'upgrade', at: 0, group: 'geth', ...released, share: 0.75, over: 3_000 },
    {
      ...{ kind: 'upgrade', at: 0, group: 'besu', share: 0.5, over: 3_000 },
      client: 'besu/v26.10.0/linux-x86_64/openjdk-java-21',
    },
  );
  const last = first === null ? null : await readinessIs('what upgraded is ready', ready);
  if (last === null) {
    await page.close();
    return false;
  }
  assert.equal(last.current, late);
  const shares = last.history.points.flatMap(({ share }) => share ?? []);
  assert.ok((shares.at(-1) ?? 0) > Math.min(...shares), `it rose: ${shares}`);
  assert.deepEqual(
    last.clients.find(({ client }) => client === 'besu')?.lowestReady,
    { version: '26.10.0', nodes: upgraded.besu },
    'who announces the fork names the version that it takes',
  );
  assert.deepEqual(await splitsOf(watched, slug), [], 'no split before it');
  await catchUp();
  await panel('Ready for Bogota').waitFor();

  const sides = await waitFor(
    watched,
    'two sides as they are',
    async () => {
      const [split, ...others] = await splitsOf(watched, slug);
      if (split?.kind !== 'forkSplit') return { saw: split };
      assert.deepEqual(others, []);
      const nodes = truthNow(watched).filter(({ group }) => group !== 'behind');
      const told = split.sides.map(({ hash, kind, fork, nodes: size, clients }) => {
        return { hash, kind, fork: fork?.name, nodes: size, clients: [...clients].sort(byName) };
      });
      const so = (['followed', 'missed'] as const).map((kind) => {
        const own = nodes.filter(({ prepared }) => prepared === (kind === 'followed'));
        const hash = `0x${own[0]?.forkId.hash}`;
        return { hash, kind, fork: 'Bogota', nodes: own.length, clients: clientsOf(own) };
      });
      return isDeepStrictEqual(told, so) ? { found: told } : { saw: { told, so } };
    },
    leadMs + patience,
  );
  assert.deepEqual(
    sides.map(({ nodes }) => nodes),
    [ready, late],
  );
  assert.notEqual(sides[0]?.hash, sides[1]?.hash);
  await nodesAreTold(watched, slug);
  // The page was open the whole time.
  await catchUp();
  const article = panel('Splits').locator('article');
  await article
    .getByRole('row')
    .filter({ hasText: new RegExp(`follows Bogota\\s*${ready}`) })
    .waitFor();
  await article
    .getByRole('row')
    .filter({ hasText: new RegExp(`missed Bogota\\s*${late}`) })
    .waitFor();
  assert.match(await article.innerText(), /^Fork split open/);
  return true;
}

/** Fork hash and class of every single node, as the export has them. */
async function nodesAreTold(watched: WatchedNetwork, slug: string): Promise<void> {
  const lines = await (await fetch(`${watched.url}/api/v1/nodes.ndjson?network=${slug}`)).text();
  const told = new Map(
    lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map((node) => [node.id.replace('0x', ''), node]),
  );
  for (const { id, forkId, group, prepared } of truthNow(watched)) {
    const node = told.get(id);
    assert.equal(node?.forkId?.hash, `0x${forkId.hash}`, `fork hash of a node of ${group}`);
    const expected = group === 'behind' ? 'behind' : prepared ? 'current' : 'outdated';
    assert.equal(node?.forkClass, expected, `class of a node of ${group}`);
  }
}
