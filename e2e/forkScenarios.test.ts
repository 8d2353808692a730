/**
 * Forks and splits as they happen, from the simulated nodes over the crawler, PostgreSQL and the API to the page, each
 * against what is so. Every step waits for what it needs to see.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Browser } from 'playwright-core';
import type { ReadinessResponse, SplitEvent, SplitsResponse } from '../api/contract/forks.ts';
import { parseClient } from '../crawler/crawl/judgeVisit.ts';
import { type SimulatedTruth, truthAt } from '../crawler/testkit/simulatedNetwork/networkTruth.ts';
import { launchBrowser, noBrowser } from './fixtures/webBrowser.ts';
import { roundMs, type WatchedNetwork, waitFor, watchSimulated } from './watchedNetwork.ts';

const geth = { client: 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0' };
const released = { client: 'Geth/v1.18.0-stable-9a3c51d0/linux-amd64/go1.26.1' };
const besu = { client: 'besu/v26.8.0/linux-x86_64/openjdk-java-21' };
const nethermind = { client: 'Nethermind/v1.39.0+0068729c/linux-x64/dotnet10.0.1' };
const patched = { client: 'Geth/v1.17.6-unstable-0badc0de/linux-amd64/go1.26.0' };

/** Most that a step may take, ms: a machine that is busy with other things takes its time. */
const patience = 140_000;

const byName = (one: object, other: object) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);

/** Clients and versions as a side lists them. */
function clientsOf(nodes: readonly { readonly client: string; readonly identified: boolean }[]) {
  const counts = new Map<string, { client: string | null; version: string | null; nodes: number }>();
  for (const { client: raw, identified } of nodes) {
    const { name, version } = identified ? parseClient(raw) : { name: null, version: null };
    const key = JSON.stringify([name, version]);
    counts.set(key, { client: name, version, nodes: (counts.get(key)?.nodes ?? 0) + 1 });
  }
  return [...counts.values()].sort(byName);
}

/** What is so of each node at this moment. */
function truthNow({ truth }: { readonly truth: readonly SimulatedTruth[] }) {
  const now = Date.now();
  return truth.map((node) => ({ ...node, ...truthAt(node, now) })).filter(({ alive }) => alive);
}

async function splitsOf(watched: WatchedNetwork, network: string): Promise<SplitsResponse['splits']> {
  return (await watched.get<SplitsResponse>(`/networks/${network}/splits`))?.splits ?? [];
}

const isChainSplit = (split: SplitEvent) => split.kind === 'chainSplit';
const isForkSplit = (split: SplitEvent) => split.kind === 'forkSplit';

describe('forks and splits while they happen', { timeout: 600_000 }, () => {
  test('an activation: who is ready, who is left, and who is on which side', { skip: noBrowser }, async (t) => {
    const browser = await launchBrowser();
    t.after(() => browser.close());
    // The moment of the activation must be known before anything runs: a slow machine gets more time before it.
    for (const leadMs of [45_000, 150_000]) {
      if (await seeActivation(t, browser, leadMs)) return;
      t.diagnostic(`too slow for an activation ${leadMs} ms from the start`);
    }
    assert.fail('too slow for any activation');
  });

  test('a chain that parts under one fork ID is found by its headers, down to the last common block, until it heals', async (t) => {
    const slug = 'clique-devnet';
    const about = { network: slug, latency: '10ms' };
    const watched = await watchSimulated(t, {
      seed: 12,
      networks: [
        {
          slug,
          own: { consensus: 'clique', networkId: 20_402, forks: [{ name: 'London', block: 100 }] },
          head: 1_000,
          blockTime: '500ms',
        },
      ],
      nodes: [
        { name: 'geth', count: 14, ...geth, ...about },
        { name: 'besu', count: 6, ...besu, ...about },
        { name: 'patched', count: 8, ...patched, ...about },
        { name: 'nethermind', count: 5, ...nethermind, ...about },
      ],
      faults: [{ kind: 'chainSplit', at: '1s', network: slug, height: 733, groups: ['patched', 'nethermind'] }],
    });
    const { network, complaints } = watched;
    const sideOf = (branch: number) => truthNow(network).filter((node) => node.branch === branch);
    const expected = [0, 1].map((branch) => {
      const own = network.truth.filter((node) => truthAt(node, network.startedAt + 2_000).branch === branch);
      return { ids: own.map(({ id }) => id).sort(), clients: clientsOf(own) };
    });
    const read = (split: SplitEvent | undefined) =>
      split?.kind !== 'chainSplit'
        ? null
        : split.sides.map(({ nodeIds, clients }) => {
            return { ids: nodeIds.map((id) => id.replace('0x', '')).sort(), clients: [...clients].sort(byName) };
          });
    const open = await waitFor('the split with both sides', { ms: patience, complaints }, async () => {
      const split = (await splitsOf(watched, slug)).find(isChainSplit);
      const whole = split?.kind === 'chainSplit' && split.ancestor !== null && isDeepStrictEqual(read(split), expected);
      return whole ? { found: split } : { saw: split };
    });
    assert.equal(open.closedAt, null);
    assert.deepEqual(open.ancestor, { from: '732', to: '732' });
    assert.ok(BigInt(open.height) >= 733n, open.height);
    assert.deepEqual(
      [open.voters, ...open.sides.map(({ nodes, voters }) => [nodes, voters])],
      [33, [20, 20], [13, 13]],
    );
    assert.ok(open.sides.every(({ counts }) => counts));
    const ids = await watched.sql`select distinct fork_no, fork_class from nodes where network = ${slug}`;
    assert.deepEqual(
      ids.map((row) => row.fork_class),
      ['current'],
      'one fork ID on both sides',
    );

    network.strike({ kind: 'chainHeal', at: 0, network: slug });
    assert.equal(sideOf(1).length, 0);
    const closed = await waitFor('the split closes', { ms: patience, complaints }, async () => {
      const [split, ...others] = await splitsOf(watched, slug);
      assert.deepEqual(others, []);
      return split?.closedAt ? { found: split } : { saw: split };
    });
    assert.deepEqual(read(closed), expected, 'told as it was at its widest');
    assert.ok(
      (await watched.get<SplitsResponse>(`/networks/${slug}/splits`))?.splits.every((split) => !isForkSplit(split)),
    );
  });

  test('blocks of IBFT and QBFT with two sets of committed seals are one block each', async (t) => {
    const own = (consensus: string, networkId: number) => ({
      own: { consensus, networkId, forks: [{ name: 'First', block: 10 }] },
      head: 300,
      blockTime: '500ms',
    });
    const quorum = { client: 'Geth/v1.10.3-stable-quorum-v24.4.1/linux-amd64/go1.21.5' };
    const watched = await watchSimulated(t, {
      seed: 13,
      networks: [
        { slug: 'ibft-net', ...own('ibft1', 20_403) },
        { slug: 'qbft-net', ...own('qbft', 20_404) },
      ],
      nodes: [
        { name: 'ibft-one', count: 5, ...quorum, network: 'ibft-net' },
        { name: 'ibft-other', count: 5, ...quorum, network: 'ibft-net' },
        { name: 'qbft-one', count: 5, ...besu, network: 'qbft-net' },
        { name: 'qbft-other', count: 5, ...besu, network: 'qbft-net' },
      ],
    });
    for (const slug of ['ibft-net', 'qbft-net']) {
      await judgedOften(watched, slug, 10);
      const heights = await watched.sql`
        select height, count(distinct hash)::int4 as hashes, bool_or(forged) as forged, count(*)::int4 as nodes
        from block_facts where network = ${slug} group by 1`;
      for (const { height, hashes, forged } of heights) {
        assert.deepEqual([hashes, forged], [1, false], `${slug} at ${height}`);
      }
      assert.deepEqual(await splitsOf(watched, slug), []);
    }
    assert.equal((await watched.sql`select 1 from events where kind in ('chainSplit', 'forkSplit')`).length, 0);
  });

  test('liars, forgers, newcomers and the silent change no verdict', async (t) => {
    const slug = 'clique-devnet';
    const about = { network: slug, ...geth };
    const watched = await watchSimulated(
      t,
      {
        seed: 14,
        addresses: 'spread',
        networks: [
          {
            slug,
            own: { consensus: 'clique', networkId: 20_405, forks: [{ name: 'London', block: 100 }] },
            head: 1_000,
            blockTime: '500ms',
          },
        ],
        nodes: [
          { name: 'honest', count: 24, ...about },
          { name: 'liars', count: 10, ...about, subnet: 'shared' },
          { name: 'forgers', count: 4, ...about, headers: 'forged' },
          { name: 'other-height', count: 4, ...about, headers: 'otherHeight' },
          { name: 'empty', count: 4, ...about, headers: 'empty' },
          { name: 'quiet', count: 3, ...about, headers: 'silent' },
          { name: 'mute', count: 3, ...about, reachability: 'silent' },
          { name: 'new', count: 4, ...about, forkId: 'genesis' },
        ],
        faults: [{ kind: 'chainSplit', at: '0s', network: slug, height: 900, groups: ['liars'] }],
      },
      ['--split-voters', 'subnet'],
    );
    await judgedOften(watched, slug, 24 + 10 + 4);
    const groupOf = new Map(watched.network.truth.map(({ id, group }) => [id, group]));
    const facts = await watched.sql`
      select node, encode(hash, 'hex') as hash, forged, height from block_facts where network = ${slug} and height > 0`;
    const hashesOf = (group: string, height: bigint) =>
      new Set(
        facts.filter((fact) => groupOf.get(fact.node) === group && fact.height === height).map(({ hash }) => hash),
      );
    const heights = new Set(facts.map(({ height }): bigint => height));
    assert.ok(
      [...heights].some((height) => hashesOf('liars', height).size > 0 && height >= 900n),
      'the lies came in',
    );
    for (const height of heights) {
      assert.ok(hashesOf('honest', height).size <= 1);
      for (const lie of hashesOf('liars', height)) {
        assert.equal(hashesOf('honest', height).has(lie), height < 900n, `a lie at ${height}`);
      }
    }
    for (const { node, forged } of facts) {
      const group = groupOf.get(node) ?? '';
      assert.equal(forged, group === 'forgers', `${group} forged`);
      assert.ok(['honest', 'liars', 'forgers'].includes(group), `a fact of ${group}`);
    }
    assert.deepEqual(await splitsOf(watched, slug), []);
    const [head] =
      await watched.sql`select number from head_estimates where network = ${slug} order by at desc limit 1`;
    const truth = 1_000 + (Date.now() - watched.network.startedAt) / 500;
    assert.ok(Math.abs(Number(head?.number) - truth) < 120, `head ${head?.number}, in truth ${truth}`);
    const classes = await watched.sql`
      select encode(id, 'hex') as id, fork_class from nodes where network = ${slug} and fork_class is not null`;
    for (const { id, fork_class } of classes) {
      assert.equal(fork_class, groupOf.get(id) === 'new' ? 'atGenesis' : 'current', groupOf.get(id));
    }
  });
});

/** One activation so long after the start; false = it came before what is ready was known. */
async function seeActivation(t: TestContext, browser: Browser, leadMs: number): Promise<boolean> {
  const slug = 'sepolia';
  const about = { network: slug, latency: '10ms' };
  const unprepared = { ...about, forkId: 'unprepared' };
  const watched = await watchSimulated(t, {
    seed: 11,
    networks: [{ slug, blockTime: '1s' }],
    nodes: [
      { name: 'early', count: 10, ...released, ...about },
      { name: 'geth', count: 16, ...geth, ...unprepared },
      { name: 'besu', count: 10, ...besu, ...unprepared },
      { name: 'never', count: 8, ...nethermind, ...unprepared },
      { name: 'behind', count: 4, ...geth, ...about, forkId: 'behind' },
      { name: 'closed', count: 5, ...geth, ...about, reachability: 'udpOnly' },
    ],
    faults: [{ kind: 'forkActivation', at: `${leadMs}ms`, network: slug, fork: 'Bogota' }],
  });
  const { network, complaints } = watched;
  const activation = network.startedAt + leadMs;
  const present = network.truth[0]?.forkId ?? assert.fail('no nodes');
  const classesNow = () => {
    const nodes = truthNow(network);
    const count = (next: string) =>
      nodes.filter(({ forkId }) => forkId.hash === present.hash && forkId.next === next).length;
    return { ready: count(present.next), current: count('0') };
  };
  /** Until the API says what is so; null = the activation came first. */
  const readinessIs = (what: string, ready: number) =>
    waitFor(what, { ms: leadMs + patience, complaints }, async () => {
      if (Date.now() > activation - 2_000) return { found: null };
      const body = await watched.get<ReadinessResponse>(`/networks/${slug}/readiness`);
      const saw = { ready: body?.ready, current: body?.current };
      return saw.ready === ready && isDeepStrictEqual(saw, classesNow()) ? { found: body } : { saw };
    });

  const page = await browser.newPage({ locale: 'en-US', viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(patience);
  const panel = (title: string) =>
    page.locator('section.panel').filter({ has: page.getByRole('heading', { level: 2, name: title }) });

  const first = await readinessIs('all are known before the first release', 15);
  if (first !== null) {
    assert.equal(first.fork?.name, 'Bogota');
    assert.equal(first.current, 34);
    await page.goto(`${watched.url}/forks?network=${slug}`);
  }
  network.strike(
    { kind: 'upgrade', at: 0, group: 'geth', ...released, share: 0.75, over: 3_000 },
    {
      ...{ kind: 'upgrade', at: 0, group: 'besu', share: 0.5, over: 3_000 },
      client: 'besu/v26.10.0/linux-x86_64/openjdk-java-21',
    },
  );
  const last = first === null ? null : await readinessIs('what upgraded is ready', 32);
  if (last === null) {
    await page.close();
    await watched.close();
    return false;
  }
  assert.equal(last.current, 17);
  const shares = last.history.points.flatMap(({ share }) => share ?? []);
  assert.ok((shares.at(-1) ?? 0) > Math.min(...shares), `it rose: ${shares}`);
  assert.deepEqual(
    last.clients.find(({ client }) => client === 'besu')?.lowestReady,
    { version: '26.10.0', nodes: 5 },
    'who announces the fork names the version that it takes',
  );
  assert.deepEqual(await splitsOf(watched, slug), [], 'no split before it');
  await panel('Ready for Bogota').waitFor();

  const sides = await waitFor('two sides as they are', { ms: leadMs + patience, complaints }, async () => {
    const [split, ...others] = await splitsOf(watched, slug);
    if (split?.kind !== 'forkSplit') return { saw: split };
    assert.deepEqual(others, []);
    const nodes = truthNow(network).filter(({ group }) => group !== 'behind');
    const told = split.sides.map(({ hash, kind, fork, nodes: size, clients }) => {
      return { hash, kind, fork: fork?.name, nodes: size, clients: [...clients].sort(byName) };
    });
    const so = (['followed', 'missed'] as const).map((kind) => {
      const own = nodes.filter(({ prepared }) => prepared === (kind === 'followed'));
      const hash = `0x${own[0]?.forkId.hash}`;
      return { hash, kind, fork: 'Bogota', nodes: own.length, clients: clientsOf(own) };
    });
    return isDeepStrictEqual(told, so) ? { found: told } : { saw: { told, so } };
  });
  assert.deepEqual(
    sides.map(({ nodes }) => nodes),
    [32, 17],
  );
  assert.notEqual(sides[0]?.hash, sides[1]?.hash);
  await nodesAreTold(watched, slug);
  // The page was open all the while.
  const article = panel('Splits').locator('article');
  await article
    .getByRole('row')
    .filter({ hasText: /follows Bogota\s*32/ })
    .waitFor();
  await article
    .getByRole('row')
    .filter({ hasText: /missed Bogota\s*17/ })
    .waitFor();
  assert.match(await article.innerText(), /^Fork split open/);
  return true;
}

/** Fork hash and class of every single node, as the export has them. */
async function nodesAreTold({ network, url }: WatchedNetwork, slug: string): Promise<void> {
  const lines = await (await fetch(`${url}/api/v1/nodes.ndjson?network=${slug}`)).text();
  const told = new Map(
    lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map((node) => [node.id.replace('0x', ''), node]),
  );
  for (const { id, forkId, group, prepared } of truthNow(network)) {
    const node = told.get(id);
    assert.equal(node?.forkId?.hash, `0x${forkId.hash}`, `fork hash of a node of ${group}`);
    const expected = group === 'behind' ? 'behind' : prepared ? 'current' : 'outdated';
    assert.equal(node?.forkClass, expected, `class of a node of ${group}`);
  }
}

/** How far back the judges of a round look. */
const judgedFromMs = 6 * roundMs;

/** Until the judges have looked at blocks of so many nodes in three rounds and more. */
async function judgedOften(watched: WatchedNetwork, slug: string, nodes: number): Promise<void> {
  let since = 0;
  await waitFor(`rounds over ${nodes} nodes of ${slug}`, { ms: patience, complaints: watched.complaints }, async () => {
    const [most] = await watched.sql`
      select count(*)::int4 as nodes from block_facts where network = ${slug} and at > ${new Date(Date.now() - judgedFromMs)}
      group by height order by 1 desc limit 1`;
    const [watch] =
      await watched.sql`select (state->>'roundAt')::float8 as at from fork_watches where network = ${slug}`;
    const saw = { nodes: most?.nodes ?? 0, at: watch?.at ?? 0 };
    if (since === 0 && saw.nodes >= nodes) since = saw.at;
    return since > 0 && saw.at - since >= 4 * roundMs ? { found: saw } : { saw };
  });
}
