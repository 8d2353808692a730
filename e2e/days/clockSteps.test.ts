/** Clocks that are set, two hours either way, while a crawl goes on: in virtual time over a real PostgreSQL. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseScenario } from '../../lib/scenarioFile.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { openVirtualCrawl } from '../../testkit/virtualCrawl/virtualCrawl.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const scenario = parseScenario(
  JSON.stringify({
    version: 1,
    seed: 5,
    networks: [],
    nodes: [
      { name: 'full', count: 20, client: 'Geth/v1.17.5-stable-1a2b3c4d/linux-amd64/go1.26.0', network: 'mainnet' },
      { name: 'dead', count: 6, client: 'none', network: 'mainnet', reachability: 'dead' },
    ],
    faults: [],
  }),
  'the test',
);

test('whichever clock is set, forward or back, every node is visited as before and no time lies in the future', async (t) => {
  const database = await openTestDatabase(t);
  await using crawl = await openVirtualCrawl({ scenario, seed: 2, databaseUrl: database.url });
  const { clock, clocks, sql } = crawl;
  const crawler = crawl.start('here', { revisit: '2m' });
  await crawl.pass(10 * minute);
  const visits = async (): Promise<number> => {
    const [row] = await sql<{ visits: number }[]>`select count(*)::int4 as visits from visits`;
    return row?.visits ?? 0;
  };
  const during = async (ms: number): Promise<number> => {
    const before = await crawl.drive(visits());
    await crawl.pass(ms);
    return (await crawl.drive(visits())) - before;
  };
  const usual = await during(10 * minute);
  assert.ok(usual >= 80, `${usual} visits`);
  const steps: Partial<typeof clocks>[] = [
    { machines: 2 * hour },
    { machines: 0 },
    { machines: -2 * hour },
    { machines: 0 },
    { database: 2 * hour },
    { database: 0 },
    { machines: -2 * hour, database: -2 * hour },
    { machines: 0, database: 0 },
  ];
  for (const step of steps) {
    const said = crawler.log.length;
    Object.assign(clocks, step);
    const made = await during(10 * minute);
    assert.ok(made > 0.8 * usual && made < 1.5 * usual, `${JSON.stringify(step)}: ${made} visits, usually ${usual}`);
    const told = crawler.log.slice(said).filter((line) => /clock was set/.test(line));
    assert.equal(told.length, 1, `${JSON.stringify(step)}: ${told.join('\n')}`);
    const now = new Date(clock.now() + clocks.database + 5_000);
    const [future] = await crawl.drive(
      sql<{ rows: number }[]>`
        select (select count(*) from frontier where visited_at > ${now} or due_at > ${now}::timestamptz + interval '58 hours')
          + (select count(*) from nodes where greatest(last_seen, last_visit, last_alive, last_reachable) > ${now})
          + (select count(*) from vantages where last_beat > ${now})
          + (select count(*) from crawl_spans where until_at > ${now})
          + (select count(*) from census_runs where at > ${now}) as rows`,
    );
    assert.equal(Number(future?.rows), 0, JSON.stringify(step));
  }
  const errors = crawler.log.filter((line) => line.startsWith('error'));
  assert.deepEqual(errors, []);
});

test('what a clock that was ahead left behind is brought back at the start', async (t) => {
  const database = await openTestDatabase(t);
  await using crawl = await openVirtualCrawl({ scenario, seed: 3, databaseUrl: database.url });
  const { clock, clocks, sql } = crawl;
  Object.assign(clocks, { machines: 400 * day, database: 400 * day });
  const first = crawl.start('here', { revisit: '2m' });
  await crawl.pass(10 * minute);
  await first.stop();
  Object.assign(clocks, { machines: 0, database: 0 });
  const startedAt = new Date(clock.now());
  const second = crawl.start('here', { revisit: '2m' });
  await crawl.pass(10 * minute);
  const [seen] = await crawl.drive(
    sql<{ visits: number; nodes: number; censuses: number }[]>`
      select count(*)::int4 as visits, count(distinct node_no)::int4 as nodes,
        (select count(*)::int4 from census_runs where at <= ${new Date(clock.now())}) as censuses
      from visits where at between ${startedAt} and ${new Date(clock.now())}`,
  );
  assert.ok((seen?.visits ?? 0) >= 80, `${seen?.visits} visits`);
  assert.equal(seen?.nodes, 26);
  assert.ok((seen?.censuses ?? 0) >= 4, `${seen?.censuses} censuses`);
  const told = second.log.filter((line) => line.startsWith('warn'));
  assert.deepEqual(
    told.map((line) => line.replace(/ \{.*/, '')),
    ['warn stored times that have not come yet were brought back to now'],
  );
});
