/** Hours of a small network in virtual time: what a window counts is visited within that window. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseScenario } from '../../lib/scenarioFile.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { openVirtualCrawl } from '../../testkit/virtualCrawl/virtualCrawl.ts';

const hour = 3_600_000;
const scenario = parseScenario(
  JSON.stringify({
    version: 1,
    seed: 11,
    networks: [],
    nodes: [
      { name: 'open', count: 6, client: 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0', network: 'mainnet' },
      { name: 'busy', count: 30, client: 'reth/v2.1.0/x86_64', network: 'mainnet', reachability: 'busy' },
      { name: 'night', count: 8, client: 'besu/v26.8.0/linux-x86_64/openjdk-java-21', network: 'mainnet' },
    ],
    // Away for six hours: by the absence alone they would be looked at again up to three and a half hours later.
    faults: [
      { kind: 'nodesDown', at: '30m', group: 'night', share: 1 },
      { kind: 'nodesUp', at: '390m', group: 'night' },
    ],
  }),
  'the test',
);

test('reachable now is no wave, and who comes back after six hours counts two hours later', async (t) => {
  const database = await openTestDatabase(t);
  await using crawl = await openVirtualCrawl({ scenario, seed: 3, databaseUrl: database.url });
  const startedAt = crawl.clock.now();
  crawl.start('here', { 'census-interval': '30m' });
  await crawl.pass(9 * hour);
  const rows = await crawl.sql<{ at: Date; population: string; ids: number }[]>`
    select at, population, ids from counts
    where network = 'all' and cut = 'total' and time_window = 'now' and resolution = 'census'
      and population in ('reachable', 'alive') order by at`;
  const counts = rows.map(({ at, ...row }) => ({ ...row, hours: (at.getTime() - startedAt) / hour }));
  const between = (from: number, to: number) => [
    ...new Set(
      counts.flatMap(({ hours, population, ids }) => (hours >= from && hours < to ? [`${population} ${ids}`] : [])),
    ),
  ];
  assert.deepEqual(between(0.1, 2).sort(), ['alive 44', 'reachable 44']);
  assert.deepEqual(between(3, 6.5).sort(), ['alive 36', 'reachable 36']);
  assert.deepEqual(between(8.5, 9.1).sort(), ['alive 44', 'reachable 44']);
  const [dials] = await crawl.sql<{ most: number }[]>`
    select max(n)::int4 as most from (
      select count(*) as n from visits v join codes c on c.code_no = v.code_no
      where v.remote_reason = 4 group by v.node_no) d`;
  assert.ok((dials?.most ?? 99) <= 6, `${dials?.most} dials of a full node in 9 h`);
});
