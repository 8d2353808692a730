/** A whole crawl of a network in which some speak discv4, some discv5 and some both: what is stored, against the truth. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseScenario } from '../../lib/scenarioFile.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { openVirtualCrawl } from './virtualCrawl.ts';

const geth = { client: 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0', network: 'sepolia' };
const scenario = parseScenario(
  JSON.stringify({
    version: 1,
    seed: 3,
    networks: [],
    nodes: [
      { name: 'old', count: 20, ...geth },
      { name: 'both', count: 20, ...geth, speaks: 'both' },
      { name: 'new', count: 20, ...geth, speaks: 'discv5' },
      { name: 'beacon', count: 15, ...geth, speaks: 'discv5', layer: 'consensus' },
      { name: 'gone', count: 5, ...geth, speaks: 'discv5', reachability: 'dead' },
    ],
  }),
  'the test',
);

interface Row {
  readonly id: string;
  readonly alive: boolean;
  readonly discv4: boolean;
  readonly discv5: boolean;
  readonly reachable: boolean;
  readonly found_by: string[];
  readonly layer: string | null;
  readonly network: string | null;
  readonly consensus_network: string | null;
  readonly consensus_readiness: string | null;
}

test('a node is one row whatever it speaks, and both DHTs are walked', async (t) => {
  const database = await openTestDatabase(t);
  await using crawl = await openVirtualCrawl({ scenario, seed: 4, databaseUrl: database.url });
  const { network, sql } = crawl;
  const crawler = crawl.start('here', { discovery: 'discv4,discv5' }, true);
  const { summary } = await crawl.drive(crawler.ended);
  assert.deepEqual(
    crawler.log.filter((line) => !line.startsWith('info')),
    [],
  );
  const rows = await sql<Row[]>`
    select encode(id, 'hex') as id, last_alive is not null as alive, last_discv4 is not null as discv4,
      last_discv5 is not null as discv5, last_reachable is not null as reachable, found_by, layer, network,
      consensus_network, consensus_readiness
    from nodes`;
  const byId = new Map(rows.map((row) => [row.id, row]));
  assert.equal(summary.alive, 75);
  for (const { id, alive, group } of network.truth) {
    const row = byId.get(id) ?? assert.fail(`${group} ${id} was not found`);
    const { discv4, discv5, reachable, layer, network: slug } = row;
    const isBeacon = group === 'beacon';
    const by = { old: [true, false], both: [true, true], gone: [false, false] }[group] ?? [false, true];
    assert.deepEqual([row.alive, discv4, discv5], [alive, ...by], group);
    assert.deepEqual(
      [layer, slug, reachable],
      !alive ? [null, null, false] : isBeacon ? ['consensus', null, false] : ['execution', 'sepolia', true],
      group,
    );
    assert.equal(row.consensus_network, isBeacon ? 'sepolia' : null, group);
    // Who speaks one protocol alone is named by that one alone.
    const told = row.found_by.filter((one) => one !== 'bootnode');
    if (group === 'old') assert.ok(told.every((one) => one === 'discv4'));
    else if (group === 'both') assert.ok(told.length > 0);
    else assert.deepEqual(told, ['discv5'], group);
  }
  const dials = await sql`
    select from visits join nodes n using (node_no) where n.layer = 'consensus' and visits.tcp_port > 0`;
  assert.equal(dials.length, 0, 'libp2p is not dialled');
  const counts = await sql<{ line: string }[]>`
    select concat_ws(' ', s.network, s.cut, array_to_string(s.key, '/'), p.ids) as line
    from count_points p join count_series s using (series_no)
    where s.population = 'alive' and s.time_window = 'day' and p.resolution = 'census' and p.ids > 0
      and s.cut in ('total', 'discovery', 'layer') order by 1`;
  assert.deepEqual(
    counts.map(({ line }) => line),
    [
      ...['all discovery both 20', 'all discovery discv4 20', 'all discovery discv5 35'],
      ...['all layer consensus 15', 'all layer execution 60', 'all total  75'],
      ...['sepolia discovery both 20', 'sepolia discovery discv4 20', 'sepolia discovery discv5 20'],
      ...['sepolia layer execution 60', 'sepolia total  60'],
    ],
  );
});
