/** No list may read the whole table, however large it grows. Plans are made and run by a real server on many rows. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Sql } from '../../sql/client.ts';
import { openTestDatabase, type TestDatabase } from '../../sql/testDatabase.ts';
import { putPoints, putVisits } from '../../sql/testRows.ts';
import { testNow } from '../testkit/testApi.ts';
import { bytesOf, insertNetwork } from '../testkit/testRows.ts';
import { selectCensusInstants, selectCountPoints, selectTotalPoints } from './selectCountPoints.ts';
import { selectCurrentCounts } from './selectCurrentCounts.ts';
import { selectClientNos, selectForkNos } from './selectInterned.ts';
import { selectNetworkGauges } from './selectNetworkGauges.ts';
import { selectNode, selectVisits } from './selectNode.ts';
import { type NodeFilter, type NodeSearch, selectNodeChunk, selectNodes } from './selectNodes.ts';

const nodes = 100_000;
const now = new Date(testNow);
const since = new Date(testNow - 86_400_000);
let database: TestDatabase;
let sql: Sql;

before(async () => {
  database = await openTestDatabase();
  sql = database.sql;
  for (const slug of ['mainnet', 'sepolia', 'tiny']) await insertNetwork(sql, slug, []);
  // Most are dead, as in the world: a fifth were alive within 24 h, the others over the last hundred days.
  await sql`
    insert into clients (raw, name) select 'Geth/' || i, 'geth' from generate_series(1, 300) i
    union all select 'reth/' || i, 'reth' from generate_series(1, 50) i
    union all select 'rare/1', 'rare'`;
  await sql`insert into fork_ids (hash, next) select decode(lpad(to_hex(i), 8, '0'), 'hex'), 0 from generate_series(1, 40) i`;
  await sql`
    insert into nodes (id, id_hash, first_seen, last_seen, last_alive, last_reachable, last_inbound, last_identified,
      ip, client_no, network, network_source, fork_no, fork_class, enr)
    select sha512(int4send(i)), sha256(int4send(i)), at, at, case when i % 10 < 8 then at end,
      case when i % 10 < 2 then at end, case when i % 50 = 0 then at end, case when i % 10 < 2 then at end,
      '10.0.0.0'::inet + i, case when i % 10 < 2 then case when i % 5000 = 0 then 351 else 1 + i % 350 end end,
      network, case when network is not null then 'status' end, case when i % 10 < 3 then 1 + i % 40 end, 'current',
      case when i % 4 > 0 then 'enr:-abc' || i end
    from (
      select i, case when i % 1000 = 0 then 'tiny' when i % 100 = 0 then 'sepolia' when i % 10 < 3 then 'mainnet' end as network,
        ${now}::timestamptz - case when i % 5 = 0 then random() * interval '24 hours' else random() * interval '100 days' end as at
      from generate_series(1, ${nodes}::int4) i
    ) rows`;
  await sql`
    insert into count_series (network, population, time_window, cut, key)
    select n, 'alive', 'day', 'client', array['client' || i]
    from (select 'net' || i as n from generate_series(1, 20) i union all select 'mainnet') networks, generate_series(1, 60) i
    union all select 'mainnet', 'alive', 'day', 'total', '{}'`;
  await sql.begin((one) =>
    putPoints(
      one,
      `select series_no, 'census' as resolution, '${now.toISOString()}'::timestamptz - i * interval '10 minutes' as at, 1 as ids, 1 as ips
      from count_series, generate_series(0, 199) i`,
    ),
  );
  await sql`
    insert into census_runs (at, started_at, finished_at, duration_ms, points, nodes, source)
    select at, at, at, 1, 1, 1, 'test' from generate_series(${now}::timestamptz - interval '30 days', ${now}, interval '10 minutes') at`;
  await sql`
    select create_visit_partition(day::date)
    from generate_series(${now}::timestamptz - interval '20 days', ${now}, interval '1 day') day`;
  await sql`insert into codes (code) values ('ok')`;
  await sql.begin((one) =>
    putVisits(
      one,
      `select '${now.toISOString()}'::timestamptz - i * interval '17 seconds' as at, 1 + i % 500 as node_no, 'here' as vantage,
        'outbound' as direction, 1 as stage_no, 1 as code_no, 5 as took_ms
      from generate_series(1, 50000) i`,
    ),
  );
  await sql`vacuum analyze`;
});
after(() => database.close());

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly Plan[];
}

/** How many rows of a table the query looked at, and by which kinds of scan. */
async function explain(query: unknown, table: RegExp): Promise<{ rows: number; scans: string[]; text: string }> {
  // A query that nobody has awaited is still a fragment.
  const [answer] = await sql<{ 'QUERY PLAN': [{ Plan: Plan }] }[]>`explain (analyze, format json) ${query as never}`;
  const found: { rows: number; scans: string[] } = { rows: 0, scans: [] };
  const visit = (plan: Plan): void => {
    if (table.test(plan['Relation Name'] ?? '')) {
      const looked =
        plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0);
      found.rows += looked * plan['Actual Loops'];
      found.scans.push(plan['Node Type']);
    }
    plan.Plans?.forEach(visit);
  };
  visit(answer!['QUERY PLAN'][0].Plan);
  return { ...found, text: JSON.stringify(answer!['QUERY PLAN'], null, 1) };
}

describe('lists of nodes', () => {
  // 51 rows are wanted. `few` = found by an index; `window` = a filter without one, read within the population.
  const few = 3_000;
  const window = nodes / 4;
  const deep = { micros: BigInt(testNow - 80_000_000) * 1_000n, nodeNo: 5n };
  const cases: [string, Partial<NodeFilter> & { clientName?: string; hash?: string }, number][] = [
    ['alive', {}, few],
    ['alive, a page far down', { after: deep }, few],
    ['seen', { population: 'seen' }, few],
    ['reachable', { population: 'reachable' }, few],
    ['identified', { population: 'identified' }, few],
    ['inbound only', { population: 'inboundOnly' }, few],
    ['of a large network', { network: 'mainnet' }, few],
    ['of a large network, far down', { network: 'mainnet', after: deep }, few],
    ['of a small network', { network: 'tiny' }, few],
    ['of a small network, seen', { network: 'tiny', population: 'seen' }, few],
    ['of a small network, identified', { network: 'sepolia', population: 'identified' }, window],
    ['of a common client', { clientName: 'geth' }, few],
    ['of a rare client', { clientName: 'rare' }, few],
    ['of no client', { clientName: 'nobody' }, few],
    ['of a fork', { hash: '00000001' }, few],
    ['of a fork class', { forkClass: 'current', network: 'mainnet' }, few],
    ['of a fork class that nobody has', { forkClass: 'atGenesis' }, window],
    ['by a short prefix', { search: search('ab') }, few],
    ['by a long prefix', { search: search('abcdef01') }, few],
    ['by a long prefix, or words of a client', { search: search('abcdef01', [351]) }, few],
    ['by words of a client', { search: { at: 'node', clientNos: [351] } }, few],
    ['by address', { search: { at: 'address', ip: '10.0.100.1', port: null } }, few],
    ['by address and port', { search: { at: 'address', ip: '10.0.100.1', port: 30_303 } }, few],
    ['by the start of a record', { search: { at: 'record', text: 'enr:-abc77' } }, few],
  ];
  for (const [name, { clientName, hash, ...filter }, limit] of cases) {
    test(name, async () => {
      const clientNos = clientName === undefined ? undefined : await selectClientNos(sql, clientName);
      const forkNos = hash === undefined ? undefined : await selectForkNos(sql, bytesOf(hash));
      const query = selectNodes(sql, { population: 'alive', since, clientNos, forkNos, ...filter }, 51);
      const { rows, scans, text } = await explain(query, /^nodes$/);
      assert.ok(scans.length > 0 && !scans.includes('Seq Scan'), text);
      assert.ok(rows <= limit, `${rows} rows looked at\n${text}`);
    });
  }
});

test('a chunk of an export reads that chunk', async () => {
  const chunk = { after: 50_000n, last: 52_000n };
  const search = { at: 'address', ip: '10.0.100.1', port: null } as const;
  for (const filter of [{}, { search }, { network: 'mainnet' }]) {
    const query = selectNodeChunk(sql, { population: 'seen', since, ...filter }, chunk);
    const { rows, scans, text } = await explain(query, /^nodes$/);
    assert.ok(!scans.includes('Seq Scan'), text);
    assert.ok(rows <= 4_000, `${rows} rows looked at\n${text}`);
  }
});

function search(hex: string, clientNos: readonly number[] = []): NodeSearch {
  const range = (length: number) => ({
    first: bytesOf(hex.padEnd(length, '0')),
    last: bytesOf(hex.padEnd(length, 'f')),
  });
  return { at: 'node', ids: range(128), hashes: range(64), clientNos };
}

describe('one node', () => {
  test('by its ID', async () => {
    const { rows, scans, text } = await explain(nodeQuery(), /^nodes$/);
    assert.deepEqual(scans, ['Index Scan'], text);
    assert.ok(rows <= 1, text);
  });
  test('its visits, over all days', async () => {
    const found = await sql.begin(async (one) => {
      await one`select from node_visits(77, 50)`;
      const [looked] = await one<{ scans: number; rows: number }[]>`
        select sum(seq_tup_read)::int4 as scans, sum(idx_tup_fetch)::int4 as rows from pg_stat_xact_user_tables
        where relname ~ '^visit_log_'`;
      return looked;
    });
    assert.equal(found?.scans, 0);
    assert.ok(found.rows >= 50 && found.rows <= 150, `${found.rows}`);
    const newest = await sql<{ key: string }[]>`
      select visit_key::text as key from visits where node_no = 77 order by at desc limit 50`;
    assert.deepEqual(
      (await selectVisits(sql, 77n, 50)).map(({ key }) => key),
      newest.map(({ key }) => key),
    );
  });
  test('those of one day are planned without the others', async () => {
    const day = new Date(`${now.toISOString().slice(0, 10)}T00:00Z`);
    const [plan] = await sql`
      explain (format json) select * from visit_rows v
      where v.node_no = 77 and v.at >= ${day} and v.at < 'infinity' order by v.at desc limit 50`;
    assert.deepEqual([...new Set(JSON.stringify(plan).match(/visit_log_\d+/g))].length, 1);
  });
});

/** selectNode awaits its query, so it is spelled out here. */
function nodeQuery() {
  return sql`select r.id from node_rows r where r.id = ${bytesOf('ab'.repeat(64))}`;
}

describe('counts', () => {
  const of = {
    network: 'mainnet',
    cut: 'client',
    population: 'alive',
    window: 'day',
    resolution: 'census',
    from: since,
    to: now,
  } as const;
  // 252,200 points in all; this is 60 series of 144, of the days that they are of, and what is before the range of the total.
  const cases: [string, () => unknown, number][] = [
    ['points of a cut', () => selectCountPoints(sql, of, 12), 60 * 200],
    ['points of the total', () => selectTotalPoints(sql, of), 400],
    ['the last census', () => selectCurrentCounts(sql, of), 60],
  ];
  for (const [name, query, limit] of cases) {
    test(name, async () => {
      const { rows, scans, text } = await explain(query(), /^(census_counts|count_series)/);
      assert.ok(scans.length > 0 && !scans.includes('Seq Scan'), text);
      assert.ok(rows <= limit, `${rows} rows looked at\n${text}`);
    });
  }
  test('all networks at once, whatever the planner knows', async () => {
    await sql`update pg_class set reltuples = -1, relpages = 0 where relname like 'census_counts%' or relname = 'count_series'`;
    await sql`
      delete from pg_statistic where starelid in ('count_series'::regclass, 'census_runs'::regclass)`;
    const { rows, text } = await explain(selectNetworkGauges(sql), /^count_series$|^census_counts/);
    // So many series are at the newest census.
    assert.ok(rows <= 1_261, `${rows} rows looked at\n${text}`);
    await sql`analyze census_counts, count_series, census_runs`;
  });
  test('instants of the censuses', async () => {
    assert.equal((await selectCensusInstants(sql, of)).length, 144);
    assert.equal(await selectNode(sql, bytesOf('00'.repeat(64))), null);
  });
});
