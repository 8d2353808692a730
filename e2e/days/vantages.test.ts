/** Crawlers in three places, each of which sees what the others do not: what any of them reaches counts. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { parseScenario } from '../../lib/scenarioFile.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { openVirtualCrawl } from '../../testkit/virtualCrawl/virtualCrawl.ts';

const minute = 60_000;
const places = ['paris', 'tokyo', 'lima'] as const;
type Place = (typeof places)[number];

const scenario = parseScenario(
  JSON.stringify({
    version: 1,
    seed: 5,
    networks: [],
    nodes: [
      { name: 'open', count: 8, client: 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0', network: 'mainnet' },
      { name: 'full', count: 8, client: 'reth/v2.1.0/x86_64', network: 'mainnet', reachability: 'busy' },
    ],
  }),
  'the test',
);

/** Of eight nodes, one is seen from each place alone, one from each two, and two from everywhere. */
const views: readonly (readonly Place[])[] = [
  ['paris'],
  ['tokyo'],
  ['lima'],
  ['paris', 'tokyo'],
  ['tokyo', 'lima'],
  ['paris', 'lima'],
  places,
  places,
];

async function openPlaces(t: TestContext) {
  const database = await openTestDatabase();
  const crawl = await openVirtualCrawl({ scenario, databaseUrl: database.url, seed: 11 });
  t.after(async () => {
    await crawl[Symbol.asyncDispose]();
    await database.close();
  });
  const nodes = crawl.network.truth.map(({ id, ip }, i) => ({ id, ip, seenFrom: views[i % views.length]! }));
  const viewOf = new Map(nodes.map(({ ip, seenFrom }) => [ip, seenFrom]));
  const placeAt = new Map<string, Place>();
  crawl.wire.route = (from, to) => {
    const place = placeAt.get(from) ?? placeAt.get(to);
    const view = viewOf.get(from) ?? viewOf.get(to);
    return place === undefined || view === undefined || view.includes(place) ? 'open' : 'silent';
  };
  /** Bootnodes that this place can see. */
  const start = (place: Place) => {
    placeAt.set(`127.0.0.${placeAt.size + 1}`, place);
    const seen = nodes.flatMap(({ seenFrom }, i) => (seenFrom === places ? [i] : []));
    const bootnodes = crawl.network.bootnodes(nodes.length).filter((_, i) => seen.includes(i));
    return crawl.start(place, { bootnodes: bootnodes.slice(0, 3).join(',') });
  };
  const seenFrom = (...from: readonly Place[]) =>
    nodes.filter((node) => node.seenFrom.some((place) => from.includes(place))).length;
  /** By its time in minutes since the start: how many IDs each census counted. */
  const counts = async (population: 'alive' | 'reachable') => {
    const rows = await crawl.sql<{ at: Date; ids: number }[]>`
      select p.at, p.ids from count_points p join count_series s using (series_no)
      where s.network = 'all' and s.cut = 'total' and s.population = ${population} and s.time_window = 'now'
        and p.resolution = 'census' order by p.at`;
    return rows.map(({ at, ids }) => ({ minutes: Math.round((at.getTime() - startedAt) / minute), ids }));
  };
  const startedAt = crawl.clock.now();
  return { crawl, start, seenFrom, counts, nodes };
}

/** No census counts fewer from this minute on, and there is one as late as `until`. */
function assertAtLeast(
  counts: readonly { readonly minutes: number; readonly ids: number }[],
  from: number,
  until: number,
  ids: number,
) {
  const later = counts.filter(({ minutes }) => minutes >= from);
  assert.ok(later.some(({ minutes }) => minutes >= until));
  assert.deepEqual(
    later.filter((count) => count.ids < ids),
    [],
    `fewer than ${ids}`,
  );
}

test('a further crawler in another place never lowers a count, and what any of them reaches counts', async (t) => {
  const { crawl, start, seenFrom, counts } = await openPlaces(t);
  start('paris');
  await crawl.pass(12 * minute);
  start('tokyo');
  await crawl.pass(10 * minute);
  start('lima');
  // Longer than the window: nobody counts for what was seen before all were there.
  await crawl.pass(129 * minute);
  for (const population of ['alive', 'reachable'] as const) {
    const all = await counts(population);
    assertAtLeast(all, 10, 20, seenFrom('paris'));
    assertAtLeast(all, 20, 30, seenFrom('paris', 'tokyo'));
    assertAtLeast(all, 40, 150, seenFrom(...places));
  }
});
