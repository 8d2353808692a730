import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { openTestDatabase, type TestDatabase } from '../../sql/testDatabase.ts';
import { makeContact, makeFullVisit, makePong, makeVisit } from '../../testkit/makeVisit.ts';
import { noBootnodes } from '../crawl/bootnodes.ts';
import type { VisitRecord } from '../crawl/visit.ts';
import { createStore } from '../store/createStore.ts';
import type { Store } from '../store/store.ts';
import { toVisitRow } from '../store/visitRow.ts';
import { takeCensus } from './census.ts';
import { applyRetention, createVisitPartitions } from './retention.ts';
import { rollUpCounts } from './rollUp.ts';

const t0 = Date.UTC(2026, 10, 23, 12);
const minute = 60_000;
const hour = 60 * minute;
/** Past every moment of these tests: what lies ahead of the database's clock would be stored as now. */
const later = { at: 'caller', now: () => t0 + 365 * 24 * hour } as const;
const network = (slug: string) => ({
  slug,
  name: slug,
  networkId: 1n,
  genesisHash: new Uint8Array(32),
  genesisTime: 0n,
  consensus: 'pos',
  forks: [],
  forkHashes: [Uint8Array.of(1, 2, 3, 4)],
  bootnodes: [],
  dns: [],
  allowedCidrs: [],
});
let db: TestDatabase;
let store: Store;
before(async () => {
  db = await openTestDatabase();
  store = createStore(db.sql, 'here', '0', later);
  await store.saveNetworks([network('mainnet'), network('hoodi'), network('shipped')], t0);
  await store.saveBeat({
    ...{ version: '1', startedAt: t0, at: t0, bootnodes: noBootnodes, frontierNodes: 0, visits: 0 },
    ...{ networks: ['mainnet', 'hoodi'], censusIntervalMs: null, facts: {} },
    ...{ spans: [], unwrittenSince: null, pingWithinMs: 3_600_000, dialWithinMs: 6_600_000 },
  });
});
after(() => db.close());
beforeEach(
  () =>
    db.sql`truncate nodes, endpoints, reachability, frontier, visit_log, count_series, census_counts, hour_counts, day_counts, census_runs, coverage_points, crawl_spans, sessions restart identity`,
);

const record = (...records: VisitRecord[]) => store.recordVisits(records.map(toVisitRow));
const at = (visit: VisitRecord, ip: string): VisitRecord => ({
  ...visit,
  outcome: { ...visit.outcome, contact: { ...visit.outcome.contact, ip } },
});
const inbound = (visit: VisitRecord): VisitRecord => ({
  ...visit,
  outcome: { ...visit.outcome, direction: 'inbound', pong: null },
});

/** `network population window key: ids/ips` of a cut, without zeros. */
async function counted(cut: string): Promise<string[]> {
  const rows = await db.sql`
    select * from current_counts where cut = ${cut} order by network, population, time_window desc, key`;
  return rows.map(
    (row) => `${row.network} ${row.population} ${row.time_window} ${row.key.join('|')}: ${row.ids}/${row.ips}`,
  );
}

/** Two geths behind one address, an older nethermind, one on hoodi, one that refuses, one inbound only, one that is only named. */
async function fill(): Promise<void> {
  const geth = 'Geth/v1.16.4-stable/linux';
  const hoodiFork = { hash: Uint8Array.of(0x23, 0xaa, 0x13, 0x51), next: 2n ** 64n - 1n };
  await record(
    at(makeFullVisit(1, t0 - minute, 'mainnet', geth), '10.0.0.1'),
    at(makeFullVisit(2, t0 - minute, 'mainnet', geth), '10.0.0.1'),
    at(makeFullVisit(3, t0 - 5 * hour, 'mainnet', 'Nethermind/v1.35.0/linux'), '10.0.0.3'),
    at(makeFullVisit(4, t0 - minute, 'hoodi', 'Geth/v1.16.5/linux', hoodiFork), '10.0.0.1'),
    makeVisit(5, t0 - minute, { stage: 'auth', code: 'disconnected', remoteReason: 4, pong: makePong }),
    inbound(makeFullVisit(6, t0 - minute, 'mainnet', 'Besu/v25.9.0')),
    makeFullVisit(7, t0 - 25 * hour, 'mainnet', geth),
    makeVisit(
      8,
      t0 - minute,
      { stage: 'pong', code: 'dialTimeout', pong: makePong },
      { network: { slug: null, ambiguous: true, source: 'enr' } },
    ),
  );
  await store.upsertSeen([{ contact: makeContact(9), source: 'neighbour', at: t0 - 3 * hour, dueAt: t0 }]);
}

test('every figure of a census, exactly', async () => {
  await fill();
  const report = await takeCensus(db.sql, t0 + 5_000, 'here');
  assert.equal(report?.nodes, 8);
  assert.deepEqual(await counted('total'), [
    'all alive now : 5/3',
    'all alive day : 6/4',
    'all identified now : 4/2',
    'all identified day : 5/3',
    'all inboundOnly now : 1/1',
    'all inboundOnly day : 1/1',
    'all reachable now : 4/2',
    'all reachable day : 5/3',
    'all seen now : 6/4',
    'all seen day : 8/6',
    'hoodi alive now : 1/1',
    'hoodi alive day : 1/1',
    'hoodi identified now : 1/1',
    'hoodi identified day : 1/1',
    'hoodi reachable now : 1/1',
    'hoodi reachable day : 1/1',
    'hoodi seen now : 1/1',
    'hoodi seen day : 1/1',
    'mainnet alive now : 2/1',
    'mainnet alive day : 3/2',
    'mainnet identified now : 3/2',
    'mainnet identified day : 4/3',
    'mainnet inboundOnly now : 1/1',
    'mainnet inboundOnly day : 1/1',
    'mainnet reachable now : 2/1',
    'mainnet reachable day : 3/2',
    'mainnet seen now : 3/2',
    'mainnet seen day : 4/3',
  ]);
  assert.deepEqual(
    (await counted('network')).filter((line) => line.includes(' alive day') || line.includes(' seen day')),
    [
      'all alive day : 1/1',
      'all alive day ambiguous: 1/1',
      'all alive day hoodi: 1/1',
      'all alive day mainnet: 3/2',
      'all seen day : 2/2',
      'all seen day ambiguous: 1/1',
      'all seen day hoodi: 1/1',
      'all seen day mainnet: 4/3',
    ],
  );
  assert.deepEqual(
    (await counted('client')).filter((line) => line.includes('reachable')),
    [
      'all reachable now : 1/1',
      'all reachable now geth: 3/1',
      'all reachable day : 1/1',
      'all reachable day geth: 3/1',
      'all reachable day nethermind: 1/1',
      'hoodi reachable now geth: 1/1',
      'hoodi reachable day geth: 1/1',
      'mainnet reachable now geth: 2/1',
      'mainnet reachable day geth: 2/1',
      'mainnet reachable day nethermind: 1/1',
    ],
  );
  assert.deepEqual(
    (await counted('fork_id')).filter((line) => line.includes('identified day')),
    [
      'all identified day 07c9462e|0: 4/3',
      'all identified day 23aa1351|18446744073709551615: 1/1',
      'hoodi identified day 23aa1351|18446744073709551615: 1/1',
      'mainnet identified day 07c9462e|0: 4/3',
    ],
  );
  assert.deepEqual(
    (await counted('fork_class')).filter((line) => line.includes('all alive day')),
    ['all alive day : 2/2', 'all alive day current: 4/2'],
  );
  assert.deepEqual(
    (await counted('client_version')).filter((line) => line.includes('mainnet alive day')),
    ['mainnet alive day geth|1.16.4: 2/1', 'mainnet alive day nethermind|1.35.0: 1/1'],
  );
  assert.deepEqual(
    (await counted('client_fork')).filter((line) => line.includes('hoodi alive now')),
    ['hoodi alive now geth|1.16.5|current: 1/1'],
  );
});

test('a combination that vanishes gets one zero, and totals are always there', async () => {
  await fill();
  await takeCensus(db.sql, t0, 'here');
  for (const hours of [1, 26, 27]) await takeCensus(db.sql, t0 + hours * hour, 'here');
  const series = async (cut: string, slug: string) =>
    (
      await db.sql`
        select key, at, ids, ips from counts
        where cut = ${cut} and network = ${slug} and population = 'alive' and time_window = 'day' order by key, at`
    ).map((row) => `${row.key.join('|')} +${(row.at.getTime() - t0) / hour} h: ${row.ids}/${row.ips}`);
  assert.deepEqual(await series('client', 'mainnet'), [
    'geth +0 h: 2/1',
    'geth +1 h: 2/1',
    'geth +26 h: 0/0',
    'nethermind +0 h: 1/1',
    'nethermind +1 h: 1/1',
    'nethermind +26 h: 0/0',
  ]);
  assert.deepEqual(await series('total', 'hoodi'), [' +0 h: 1/1', ' +1 h: 1/1', ' +26 h: 0/0', ' +27 h: 0/0']);
  await record(makeFullVisit(1, t0 + 28 * hour, 'mainnet', 'Geth/v1.16.4'));
  await takeCensus(db.sql, t0 + 28 * hour, 'here');
  assert.equal((await series('client', 'mainnet'))[3], 'geth +28 h: 1/1');
});

test('many crawlers at the same moment take one census', async () => {
  await fill();
  const reports = await Promise.all(Array.from({ length: 8 }, (_, n) => takeCensus(db.sql, t0 + n, 'here')));
  assert.equal(reports.filter((report) => report !== null).length, 1);
  assert.equal(await takeCensus(db.sql, t0 + 59_000, 'there'), null, 'nor is it taken again in the same minute');
  assert.equal(await takeCensus(db.sql, t0 - hour, 'there'), null, 'nor for the past');
  const runs = await db.sql`select source, interval_ms from census_runs`;
  assert.deepEqual([...runs], [{ source: 'here', interval_ms: null }]);
  const plan = { nextWithinMs: 30 * 86_400_000 };
  assert.notEqual(await takeCensus(db.sql, t0 + minute, 'there', plan), null);
  const [newest] = await db.sql`select source, interval_ms from census_runs order by at desc`;
  assert.deepEqual({ ...newest }, { source: 'there', interval_ms: 2_592_000_000n }, 'more than 32 bits hold');
});

test('a census tells when it was asked for; builds that pass no time are answered too', async () => {
  const asked = async () => {
    const [run] = await db.sql`select started_at, finished_at, duration_ms from census_runs order by at desc limit 1`;
    const { started_at, finished_at, duration_ms } = run!;
    assert.ok(Math.abs(finished_at - started_at - duration_ms) <= 1);
    return started_at.getTime();
  };
  await takeCensus(db.sql, t0 + 5_000, 'here');
  assert.equal(await asked(), t0 + 5_000);
  // As builds before migration 0019 do.
  const before = Date.now();
  const rows = await db.sql`select points, nodes, duration_ms from take_census(${new Date(t0 + minute)}, ${'old'})`;
  assert.equal(rows.length, 1);
  assert.ok(Math.abs((await asked()) - before) < minute);
});

test('a lock held elsewhere is respected', async (t) => {
  const held = await db.sql.reserve();
  t.after(() => held.release());
  await held`select pg_advisory_lock(hashtext('forkscope.census'), 0)`;
  assert.equal(await takeCensus(db.sql, t0, 'here'), null);
  await held`select pg_advisory_unlock(hashtext('forkscope.census'), 0)`;
  assert.notEqual(await takeCensus(db.sql, t0, 'here'), null);
});

test('hours and days take the last census, and keep the minimum and the maximum', async () => {
  const series = 'mainnet/alive/day/client/geth';
  const visits = [0, 10, 20, 70].map((m, n) => ({ m, n }));
  // Censuses at :05, :15, :25 of the first hour and :15 of the second find 1, 2, 3 and 4 geths.
  for (const { m, n } of visits) {
    await record(makeFullVisit(n + 1, t0 + m * minute, 'mainnet', 'Geth/v1.16.4'));
    await takeCensus(db.sql, t0 + (m + 5) * minute, 'here');
  }
  await record(makeFullVisit(50, t0 + 26 * minute, 'mainnet', 'Reth/v1.8.0'));
  await db.sql`update nodes set last_alive = ${new Date(t0 - 48 * hour)} where client_no = (select client_no from clients where name = 'reth' limit 1)`;
  await rollUpCounts(db.sql, t0 + hour + 30 * minute);
  assert.deepEqual(await points('hour'), [`${series} 12:00: 3/3 (1-3)`], 'the running hour waits');
  await rollUpCounts(db.sql, t0 + 2 * hour);
  await rollUpCounts(db.sql, t0 + 2 * hour);
  assert.deepEqual(await points('hour'), [`${series} 12:00: 3/3 (1-3)`, `${series} 13:00: 4/4 (4-4)`]);
  assert.deepEqual(await points('day'), []);
  await rollUpCounts(db.sql, t0 + 12 * hour);
  assert.deepEqual(await points('day'), [`${series} 00:00: 4/4 (1-4)`]);
  async function points(resolution: string): Promise<string[]> {
    const rows = await db.sql`
      select * from counts where resolution = ${resolution} and cut = 'client' and network = 'mainnet'
        and population = 'alive' and time_window = 'day' order by key, at`;
    return rows.map(
      (row) =>
        `${row.network}/${row.population}/${row.time_window}/${row.cut}/${row.key} ${row.at.toISOString().slice(11, 16)}: ${row.ids}/${row.ips} (${row.ids_low}-${row.ids_high})`,
    );
  }
});

test('an absence within an hour shows in its minimum', async () => {
  await takeCensus(db.sql, t0 + minute, 'here');
  await record(makeFullVisit(1, t0 + 2 * minute, 'mainnet', 'Geth/v1.16.4'));
  await takeCensus(db.sql, t0 + 3 * minute, 'here');
  await rollUpCounts(db.sql, t0 + hour);
  const [row] = await db.sql`
    select ids, ids_low, ids_high from counts where resolution = 'hour' and cut = 'client' and network = 'mainnet'
      and population = 'alive' and time_window = 'day'`;
  assert.deepEqual({ ...row }, { ids: 1, ids_low: 0, ids_high: 1 });
});

test('retention removes what is old, and nothing that was proven or not yet rolled up', async () => {
  const day = 24 * hour;
  await record(makeFullVisit(1, t0 - 40 * day), makeFullVisit(2, t0 - 29 * day), makeFullVisit(2, t0));
  await store.upsertSeen([
    { contact: makeContact(1, '10.9.9.9'), source: 'neighbour', at: t0 - 20 * day, dueAt: t0 },
    { contact: makeContact(3), source: 'neighbour', at: t0 - 20 * day, dueAt: t0 },
    { contact: makeContact(4), source: 'neighbour', at: t0 - 2 * day, dueAt: t0 },
  ]);
  await takeCensus(db.sql, t0 - 10 * day, 'here');
  assert.deepEqual(await applyRetention(db.sql, t0, { visitDays: 30 }), {
    visit_days: 1,
    census_days: 0,
    census_points: 0,
    coverage_points: 0,
    crawl_spans: 0,
    sessions: 0,
    churn_points: 0,
    endpoints: 2,
    nodes: 1,
    gone_nodes: 0,
    crowded_nodes: 0,
    clients: 0,
    fork_ids: 0,
    head_estimates: 0,
    block_facts: 0,
    rpc_heads: 0,
  });
  await rollUpCounts(db.sql, t0);
  await takeCensus(db.sql, t0, 'here');
  await rollUpCounts(db.sql, t0 + hour);
  const again = await applyRetention(db.sql, t0, { visitDays: 30 });
  assert.ok(again !== null && (again.census_days ?? 0) > 0);
  assert.deepEqual(
    (await db.sql`select distinct at from count_points where resolution = 'census'`).map((row) => row.at),
    [new Date(t0)],
  );
  assert.equal((await db.sql`select 1 from visits`).length, 2);
  assert.equal((await db.sql`select 1 from nodes`).length, 3);
});

test('of old head estimates, the last of each hour stays; blocks and heads that nobody looks at any more go', async () => {
  const old = Math.floor((t0 - 8 * 24 * hour) / hour) * hour;
  const estimates = [old, old + 20 * minute, old + 50 * minute, old + 60 * minute, t0 - hour, t0 - hour + minute];
  for (const at of estimates) {
    await db.sql`insert into head_estimates (network, at, number, nodes) values ('mainnet', ${new Date(at)}, 1, 5)`;
  }
  await db.sql`insert into head_estimates (network, at, number, nodes) values ('sepolia', ${new Date(old)}, 1, 5)`;
  const hash = new Uint8Array(32);
  for (const days of [31, 29]) {
    const at = new Date(t0 - days * 24 * hour);
    await db.sql`
      insert into block_facts (network, height, node, voter, hash, forged, source, at)
      values ('mainnet', ${BigInt(days)}, 'a', 'a', ${hash}, false, 'eth', ${at})`;
    await db.sql`insert into rpc_heads (network, node, endpoint, number, at) values ('mainnet', ${`n${days}`}, 'a', 1, ${at})`;
  }
  const removed = await applyRetention(db.sql, t0, { visitDays: 30 });
  assert.deepEqual([removed?.head_estimates, removed?.block_facts, removed?.rpc_heads], [2, 1, 1]);
  assert.deepEqual(
    (await db.sql`select network, at from head_estimates order by network, at`).map(({ network, at }) => [
      network,
      (at.getTime() - old) / minute,
    ]),
    [
      ['mainnet', 50],
      ['mainnet', 60],
      ['mainnet', (t0 - hour - old) / minute],
      ['mainnet', (t0 - hour - old) / minute + 1],
      ['sepolia', 0],
    ],
  );
  assert.deepEqual(await applyRetention(db.sql, t0, { visitDays: 30 }).then((again) => again?.head_estimates), 0);
});

test('partitions are made ahead, and days are UTC days', async () => {
  await Promise.all(Array.from({ length: 4 }, () => createVisitPartitions(db.sql, Date.UTC(2027, 0, 31, 23, 59))));
  await createVisitPartitions(db.sql, Date.UTC(2027, 0, 31, 23, 59));
  await db.sql`set time zone 'Pacific/Auckland'`.catch(() => {});
  await record(makeVisit(1, Date.UTC(2027, 0, 31, 23, 59, 59, 999)), makeVisit(1, Date.UTC(2027, 1, 1)));
  const rows = await db.sql`select tableoid::regclass::text as part from visit_log order by at`;
  assert.deepEqual(
    rows.map(({ part }) => part),
    ['visit_log_20270131', 'visit_log_20270201'],
  );
  await db.sql`set time zone 'UTC'`;
});

test('synced, history and capabilities are counted, and a capability that a stranger invents is `other`', async () => {
  const visit = (
    n: number,
    over: { earliest: bigint | null; head: bigint; synced: boolean | null; caps: string[] },
  ) => {
    const full = makeFullVisit(n, t0 - minute);
    const { outcome } = full;
    const capabilities = over.caps.map((name) => ({ name, version: 1 }));
    return {
      ...full,
      synced: over.synced,
      outcome: {
        ...outcome,
        hello: { ...outcome.hello!, capabilities },
        status: { ...outcome.status!, headNumber: over.head, earliestNumber: over.earliest },
      },
    };
  };
  await record(
    visit(1, { earliest: 0n, head: 2_000_000n, synced: true, caps: ['eth', 'snap'] }),
    visit(2, { earliest: 1_000_000n, head: 2_000_000n, synced: false, caps: ['eth', 'evil'] }),
    visit(3, { earliest: 1_900_000n, head: 2_000_000n, synced: true, caps: ['eth', 'evil', 'worse'] }),
    visit(4, { earliest: 1_999_000n, head: 2_000_000n, synced: null, caps: ['eth'] }),
    visit(5, { earliest: null, head: 2_000_000n, synced: null, caps: ['eth'] }),
    visit(6, { earliest: 5_000_000n, head: 2_000_000n, synced: null, caps: [] }),
  );
  await takeCensus(db.sql, t0, 'here');
  const at = async (cut: string) => (await counted(cut)).filter((line) => line.includes('mainnet identified day'));
  const lines = (...ends: string[]) => ends.map((end) => `mainnet identified day ${end}`);
  assert.deepEqual(await at('synced'), lines(': 3/3', 'lagging: 1/1', 'synced: 2/2'));
  assert.deepEqual(await at('history'), lines(': 2/2', '0: 1/1', '1000000: 1/1', '90000: 1/1', 'genesis: 1/1'));
  assert.deepEqual(await at('capability'), lines('eth/1: 5/5', 'other: 2/2', 'snap/1: 1/1'));
  assert.deepEqual(await counted('synced').then((all) => all.filter((line) => line.startsWith('all '))), []);
});
