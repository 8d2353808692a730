/** Whole crawls in virtual time over a real PostgreSQL: what is stored is compared with the truth, for every seed. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { parseScenario, type Scenario } from '../../lib/scenarioFile.ts';
import { type Curve, chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { truthAt } from '../simulatedNetwork/networkTruth.ts';
import { openVirtualCrawl } from './virtualCrawl.ts';

const minute = 60_000;
/** When half of the full nodes stop. */
const faultMs = 3 * minute;
const lengthMs = 11 * minute;

const scenario: Scenario = parseScenario(
  JSON.stringify({
    version: 1,
    seed: 3,
    networks: [],
    nodes: [
      { name: 'full', count: 20, client: 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0', network: 'mainnet' },
      { name: 'besu', count: 8, client: 'besu/v26.8.0/linux-x86_64/openjdk-java-21', network: 'sepolia', lag: 2 },
      { name: 'busy', count: 6, client: 'reth/v2.1.0/x86_64', network: 'mainnet', reachability: 'busy', loss: 0.1 },
      { name: 'dead', count: 6, client: 'none', network: 'mainnet', reachability: 'dead' },
    ],
    faults: [{ kind: 'nodesDown', at: `${faultMs}ms`, group: 'full', share: 0.5 }],
  }),
  'the test',
);

/** A crawler that ran for a while, and all that it left behind. */
async function crawlFor(t: TestContext, seed: number, curve?: Curve) {
  const database = await openTestDatabase(t);
  await using crawl = await openVirtualCrawl({
    ...{ scenario, seed, databaseUrl: database.url, wire: { minLatencyMs: 1, maxLatencyMs: 30 } },
    ...(curve === undefined ? {} : { curve }),
  });
  const { clock, network, sql } = crawl;
  const startedAt = clock.now();
  const crawler = crawl.start('here', { revisit: '2m' });
  await crawl.pass(lengthMs);
  const { summary } = (await crawler.stop()) ?? assert.fail('it was not killed');
  const alive = network.truth.filter((node) => truthAt(node, clock.now()).alive);
  const found = await sql<{ id: string; at: Date }[]>`
    select encode(id, 'hex') as id, last_alive as at from nodes where last_alive is not null order by id`;
  const counts = await sql`
    select p.resolution, p.at, s.network, s.population, s.time_window, s.cut, s.key, p.ids, p.ips
    from count_points p join count_series s using (series_no) order by 1, 2, 3, 4, 5, 6, 7`;
  const visits = await sql`
    select v.at, v.visit_key, encode(n.id, 'hex') as id, v.direction, c.code, v.rtt_ms
    from visits v join nodes n using (node_no) join codes c on c.code_no = v.code_no order by 1, 2`;
  const heads = await sql<{ client: string; version: number; head: bigint | null }[]>`
    select distinct on (v.node_no) c.name as client, v.eth_version as version, v.head_number as head
    from visits v join clients c using (client_no) where v.eth_version is not null order by v.node_no, v.at`;
  const warnings = crawler.log.filter((line) => !line.startsWith('info'));
  return { alive, found, counts: [...counts], visits: [...visits], heads: [...heads], summary, warnings, startedAt };
}

test('what is found is what is so, and two runs of one seed are one and the same', async (t) => {
  const { alive, found, visits, counts, heads, summary, warnings, startedAt } = await crawlFor(t, 4);
  assert.deepEqual(warnings, []);
  const before69 = heads.filter(({ version }) => version < 69);
  assert.deepEqual([...new Set(before69.map(({ client }) => client))], ['besu']);
  assert.ok(
    heads.every(({ head }) => head !== null),
    'a first visit has a head, though two networks are watched and a Status of eth/68 does not number it',
  );
  const recent = found.filter(({ at }) => at.getTime() > startedAt + faultMs + 3 * minute);
  assert.deepEqual(idsOf(recent), idsOf(alive));
  assert.deepEqual([alive.length, found.length], [24, 34], 'ten of them are gone');
  const now = counts.filter((one) => {
    return (
      [one.resolution, one.network, one.population, one.cut, one.time_window].join() === 'census,all,alive,total,now'
    );
  });
  assert.deepEqual(
    now.map(({ at, ids }) => [at.getTime() - startedAt, ids]),
    [10, 30, 60, 180, 300, 600].map((seconds) => [seconds * 1_000, 34]),
    'the early censuses and those of the schedule, all within two hours of the fault',
  );
  const again = await crawlFor(t, 4);
  assert.deepEqual(again.visits, visits);
  assert.deepEqual(again.counts, counts);
  assert.deepEqual(again.summary, summary);
  const other = await crawlFor(t, 2);
  assert.notDeepEqual(other.visits, visits);
  assert.deepEqual(idsOf(other.found), idsOf(found));
});

test('with the real curve it comes out as with the stand-in', async (t) => {
  const { alive, found, warnings, startedAt } = await crawlFor(t, 1, await chooseCurve());
  assert.deepEqual(warnings, []);
  const recent = found.filter(({ at }) => at.getTime() > startedAt + faultMs + 3 * minute);
  assert.deepEqual(idsOf(recent), idsOf(alive));
  assert.deepEqual([alive.length, found.length], [24, 34]);
});

function idsOf(nodes: readonly { readonly id: string }[]): string[] {
  return nodes.map(({ id }) => id).sort();
}
