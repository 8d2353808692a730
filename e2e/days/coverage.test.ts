/**
 * What censuses say of themselves, in virtual time: a first start, stops of an hour and of three and a half, a crawler that
 * does not keep up. None that is unmarked is off by more than its unknown share.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { parseScenario } from '../../lib/scenarioFile.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { openVirtualCrawl, type VirtualCrawl } from '../../testkit/virtualCrawl/virtualCrawl.ts';

const minute = 60_000;
const hour = 60 * minute;

interface Point {
  /** Hours since the start. */
  readonly hours: number;
  readonly population: string;
  readonly window: string;
  readonly ids: number;
  readonly unknown: number | null;
  readonly partial: string | null;
}

async function open(t: TestContext, nodes: readonly object[], faults: readonly object[] = []): Promise<VirtualCrawl> {
  const scenario = parseScenario(JSON.stringify({ version: 1, seed: 5, networks: [], nodes, faults }), 'the test');
  const database = await openTestDatabase(t);
  return openVirtualCrawl({ scenario, seed: 9, databaseUrl: database.url });
}

async function pointsOf({ sql }: VirtualCrawl, startedAt: number): Promise<Point[]> {
  const rows = await sql<(Omit<Point, 'hours'> & { at: Date })[]>`
    select p.at, population, time_window as window, p.ids, c.unknown_ids as unknown, c.partial
    from counts p join coverage_points c using (network, population, time_window, resolution, at)
    where network = 'all' and cut = 'total' and resolution = 'census' order by p.at`;
  return rows.map(({ at, ...row }) => ({ ...row, hours: (at.getTime() - startedAt) / hour }));
}

test('a first start, a stop of an hour and one of three and a half', async (t) => {
  await using crawl = await open(t, [
    { name: 'open', count: 18, client: 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0', network: 'mainnet' },
    { name: 'busy', count: 8, client: 'reth/v2.1.0/x86_64', network: 'mainnet', reachability: 'busy' },
    { name: 'dead', count: 5, client: 'none', network: 'mainnet', reachability: 'dead' },
  ]);
  const startedAt = crawl.clock.now();
  const first = crawl.start('here');
  await crawl.pass(2.5 * hour);
  await first.stop();
  await crawl.pass(hour);
  const second = crawl.start('here');
  await crawl.pass(2.25 * hour);
  await second.stop();
  await crawl.pass(3.5 * hour);
  crawl.start('here');
  await crawl.pass(2.25 * hour);

  const truth: Readonly<Record<string, number>> = { alive: 26, reachable: 26, identified: 18, inboundOnly: 0 };
  const points = (await pointsOf(crawl, startedAt)).filter(({ population }) => population in truth);
  for (const { hours, population, window, ids, unknown, partial } of points) {
    const off = Math.abs(ids - (truth[population] ?? 0));
    assert.ok(partial !== null || off <= (unknown ?? 0), `${population} ${window} at ${hours} h: ${ids} ?${unknown}`);
  }
  const reasons = (from: number, to: number, window = 'now') => [
    ...new Set(points.flatMap((p) => (p.hours > from && p.hours < to && p.window === window ? [p.partial] : []))),
  ];
  assert.deepEqual(reasons(0, 1.8), ['firstHours'], 'from the first second on');
  assert.deepEqual(reasons(2, 2.5), [null]);
  assert.deepEqual(reasons(3.5, 5.3), ['crawlerAway']);
  assert.deepEqual(reasons(5.55, 5.75), [null], 'once the hole has left the window');
  assert.deepEqual(reasons(9.25, 11), ['crawlerAway']);
  assert.deepEqual(reasons(11.3, 11.5), [null]);
  assert.deepEqual(reasons(0, 12, 'day'), ['firstHours']);
  const back = points.find(
    ({ hours, population, window }) => hours > 9.2 && population === 'alive' && window === 'now',
  );
  assert.ok(back !== undefined && back.unknown !== null && back.ids + back.unknown >= 26, JSON.stringify(back));
});

test('a chain of a few nodes that all fall silent: the line or the chain is down, and it is no fall to zero', async (t) => {
  await using crawl = await open(
    t,
    [
      { name: 'few', count: 4, client: 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0', network: 'mainnet' },
      { name: 'dead', count: 3, client: 'none', network: 'mainnet', reachability: 'dead' },
    ],
    [{ kind: 'nodesDown', at: '150m', group: 'few', share: 1 }],
  );
  const startedAt = crawl.clock.now();
  crawl.start('here');
  await crawl.pass(5.5 * hour);
  const points = (await pointsOf(crawl, startedAt)).filter(
    ({ population, window }) => population === 'alive' && window === 'now',
  );
  assert.deepEqual(
    [...new Set(points.flatMap((p) => (p.hours > 2.1 && p.hours < 2.5 ? [`${p.ids} ${p.partial}`] : [])))],
    ['4 null'],
  );
  for (const { hours, ids, partial } of points)
    if (hours > 2.5 && ids < 4) assert.equal(partial, 'lineDown', `${ids} at ${hours} h`);
  assert.deepEqual(
    points.slice(-1).map(({ ids, partial }) => [ids, partial]),
    [[0, 'lineDown']],
  );
});

test('a crawler that does not keep up says so, and how many it may have missed', async (t) => {
  await using crawl = await open(t, [
    {
      name: 'many',
      count: 500,
      client: 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0',
      network: 'mainnet',
      reachability: 'udpOnly',
    },
  ]);
  const startedAt = crawl.clock.now();
  crawl.start('here', { 'packets-per-second': '1', 'max-visits': '2', 'census-interval': '30m' });
  await crawl.pass(3.1 * hour);
  const points = (await pointsOf(crawl, startedAt)).filter(
    ({ population, window, hours }) => population === 'alive' && window === 'now' && hours > 2,
  );
  assert.ok(points.length >= 2);
  for (const { hours, ids, unknown, partial } of points) {
    assert.ok(ids < 475, `${ids} at ${hours} h`);
    assert.equal(partial, 'starved', `${hours}`);
    assert.ok(
      ids + (unknown ?? 0) >= 0.9 * 500,
      `${ids} ?${unknown}: the names it has not got to are known to be unknown`,
    );
  }
});
