/** Two crawlers on one database, by the clock of a simulated world: what a week leaves there. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { loadBuiltinNetworks } from '../../chains/networks/loadNetworks.ts';
import { noBootnodes } from '../../crawler/crawl/bootnodes.ts';
import type { KnownNode, LeaseReach } from '../../crawler/crawl/leaseStore.ts';
import { takeCensus } from '../../crawler/jobs/census.ts';
import { followHead } from '../../crawler/jobs/followHead.ts';
import { saveWatch } from '../../crawler/jobs/forkWatchQueries.ts';
import { applyRetention, createVisitPartitions } from '../../crawler/jobs/retention.ts';
import { rollUpCounts } from '../../crawler/jobs/rollUp.ts';
import { createStore } from '../../crawler/store/createStore.ts';
import type { Store } from '../../crawler/store/store.ts';
import { toVisitRow } from '../../crawler/store/visitRow.ts';
import { column, type Sql } from '../../sql/client.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { makeContact, makeFullVisit, makeId, makeVisit } from '../makeVisit.ts';
import { SimulatedClock } from '../simulatedClock.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
/** A Monday far from the real clock, so that whatever asked that one shows. */
const t0 = Date.UTC(2041, 0, 7);
const leaseMs = minute;
const retention = { visitDays: 3, censusDays: 2, unprovenDays: 2 };
const everywhere: LeaseReach = { allowedCidrs: [], publicUnicast: true, exceptIds: [] };

/** Thirty nodes are always there, ten leave on the fourth day, ten come on the sixth. */
const isThere = (n: number, at: number): boolean => n < 30 || (n < 40 ? at < t0 + 3 * day : at >= t0 + 5 * day);

/** A week of visits, censuses, roll-ups and retention passes by the world’s clock alone. */
export async function passWeek(t: TestContext): Promise<void> {
  const world = await openWorld(t);
  const { sql, clock, here, there } = world;
  await name(here, 0, 40, t0);
  for (let at = t0; at < t0 + 7 * day; at += hour) {
    await clock.drive(clock.sleep(at - clock.now()));
    if (at === t0 + 2 * day + 12 * hour) await crawlerDies(world);
    if (at === t0 + 5 * day) await name(here, 40, 50, at);
    // Named once and never there.
    if (at === t0 + day) await name(here, 1_000, 1_005, at);
    const now = clock.now();
    const some = await here.claimDue(20, leaseMs, everywhere);
    const others = await there.claimDue(100, leaseMs, everywhere);
    await here.recordVisits(visitsOf(some, now));
    await there.recordVisits(visitsOf(others, now));
    await here.saveBeat(beatAt(now));
    assert.notEqual(await takeCensus(sql, now, 'here'), null);
    for (const late of [0, 30 * minute]) {
      await followHead(sql, builtin, { at: at + late, since: now - 3 * hour, minVoters: 1, byId: false });
    }
    if (at % (6 * hour) === 0) await rollUpCounts(sql, now);
    await createVisitPartitions(sql, now);
    if (at % day === 4 * hour) await applyRetention(sql, now, retention);
  }
  await rollUpCounts(sql, clock.now());

  const alive = await series(sql, 'hour');
  assert.equal(alive.length, 7 * 24 - 1, 'every finished hour');
  // Ten are last seen in the 71st hour and count for a day; ten others are there from the 120th hour on.
  assert.deepEqual(
    [0, 94, 95, 119, 120, 166].map((hours) => alive[hours]?.ids),
    [40, 40, 30, 30, 40, 40],
  );
  assert.deepEqual(
    (await series(sql, 'day')).map(({ hours, ids, low, high }) => [hours / 24, ids, low, high]),
    [
      [0, 40, 40, 40],
      [1, 40, 40, 40],
      [2, 40, 40, 40],
      [3, 30, 30, 40],
      [4, 30, 30, 30],
      [5, 40, 40, 40],
    ],
  );
  assert.deepEqual(
    (await sql`select distinct at::date::text as day from visits order by 1`).map((row) => row.day),
    ['2041-01-10', '2041-01-11', '2041-01-12', '2041-01-13'],
    'three days and the present one',
  );
  const [census] = await sql`select min(at) as first from count_points where resolution = 'census'`;
  assert.equal(census?.first.getTime(), t0 + 4 * day, 'the day of two days before the last retention');
  const [kept] = await sql`
    select count(*) filter (where id = any(${column('bytea', [makeId(35), makeId(45)])}::bytea[]))::int4 as proven,
      count(*) filter (where last_alive is null)::int4 as unproven from nodes`;
  assert.deepEqual({ ...kept }, { proven: 2, unproven: 0 });
  const estimates = await sql<{ old: boolean; minute: number }[]>`
    select at < ${new Date(t0 + 4 * day)} as old, extract(minute from at)::int4 as minute
    from head_estimates group by 1, 2 order by 1, 2`;
  assert.deepEqual(
    estimates.map((row) => `${row.old ? 'old' : 'new'} :${row.minute}`),
    ['new :0', 'new :30', 'old :30'],
    'of old ones the last of each hour',
  );
  assert.deepEqual(await outside(sql, t0, clock.now()), []);
}

/** Leases lapse, and others are at work, by the clock of the world. */
export async function letLeasesLapse(t: TestContext): Promise<void> {
  const world = await openWorld(t);
  await name(world.here, 0, 10, t0);
  await crawlerDies(world);
}

/** One crawler claims nodes, renews half of them, and is not heard of again: within a lease the other has them. */
async function crawlerDies({ clock, here, there }: World): Promise<void> {
  const wait = (ms: number) => clock.drive(clock.sleep(ms));
  await there.saveBeat(beatAt(clock.now()));
  const claimed = await there.claimDue(10, leaseMs, everywhere);
  assert.equal(claimed.length, 10);
  await wait(30 * second);
  const ids = claimed.map(({ contact }) => contact.id);
  assert.equal((await there.renewLeases(ids.slice(0, 5), leaseMs)).length, 5);
  const [first] = claimed;
  assert.ok(first);
  const [answer] = await here.claimNodes(
    [{ contact: first.contact, firstSeenAt: clock.now(), early: true, direct: false }],
    leaseMs,
  );
  assert.deepEqual([answer?.granted, answer?.waitMs], [false, leaseMs]);
  const theirs = async (): Promise<number> => {
    const taken = await here.claimDue(100, leaseMs, everywhere);
    return taken.filter(({ contact }) => ids.some((id) => Buffer.compare(id, contact.id) === 0)).length;
  };
  await wait(29 * second);
  assert.equal(await theirs(), 0, 'a second before the lease is over');
  await wait(second);
  assert.equal(await theirs(), 5, 'what was not renewed');
  assert.equal(await here.othersCrawl(), true);
  await wait(30 * second);
  assert.equal(await theirs(), 5, 'the rest');
  assert.equal(await here.othersCrawl(), false);
  await here.releaseLeases();
}

interface World {
  readonly sql: Sql;
  readonly clock: SimulatedClock;
  readonly here: Store;
  readonly there: Store;
}

async function openWorld(t: TestContext): Promise<World> {
  const { sql } = await openTestDatabase(t);
  const clock = new SimulatedClock(t0);
  const time = { at: 'caller', now: () => clock.now() } as const;
  const here = createStore(sql, 'here', '1', time);
  const there = createStore(sql, 'there', '2', time);
  await here.saveNetworks([network], clock.now());
  await here.saveSetting('simulated', true);
  const event = { kind: 'forkSplit', openedAt: t0, closedAt: null, data: '{}' } as const;
  const round = { revision: 0, state: '{}', heights: [], now: new Date(t0), events: [event] };
  assert.equal(await saveWatch(sql, 'mainnet', round), true);
  assert.equal(await saveWatch(sql, 'mainnet', { ...round, revision: 1 }), true);
  return { sql, clock, here, there };
}

function visitsOf(nodes: readonly KnownNode[], now: number) {
  return nodes.map(({ contact }) => {
    const n = Buffer.from(contact.id).readUInt32BE();
    const visit = isThere(n, now) ? makeFullVisit(n, now) : makeVisit(n, now);
    return toVisitRow({ ...visit, outcome: { ...visit.outcome, contact }, dueAt: now + 2 * hour });
  });
}

async function name(store: Store, from: number, to: number, at: number): Promise<void> {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  await store.upsertSeen(
    numbers.map((n) => ({ contact: makeContact(n, `8.8.${n >> 8}.${n & 255}`), source: 'neighbour', at, dueAt: at })),
  );
}

/** Nodes alive within a day, an hour or a day after the other. */
async function series(sql: Sql, resolution: 'hour' | 'day') {
  const rows = await sql<{ at: Date; ids: number; ids_low: number; ids_high: number }[]>`
    select at, ids, ids_low, ids_high from counts
    where network = 'mainnet' and cut = 'total' and population = 'alive' and time_window = 'day'
      and resolution = ${resolution}
    order by at`;
  return rows.map((row) => ({
    hours: (row.at.getTime() - t0) / hour,
    ids: row.ids,
    low: row.ids_low,
    high: row.ids_high,
  }));
}

/** Every time in the database that is not of the simulated week; what is due may lie a little ahead. */
async function outside(sql: Sql, from: number, to: number): Promise<string[]> {
  const columns = await sql<{ name: string; column: string }[]>`
    select c.relname as name, a.attname as column from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and a.atttypid = 'timestamptz'::regtype and a.attnum > 0
      -- These tell when the database itself was changed.
      and c.relname not in ('schema_migrations', 'applied_functions')`;
  const found: string[] = [];
  for (const { name: table, column } of columns) {
    const ahead = (column === 'look_at' ? 15 : 2) * hour;
    // The days of a month are one row.
    const first = table === 'day_counts' && column === 'from_at' ? Date.UTC(2041, 0) : from;
    const rows = await sql`
      select 1 from ${sql(table)} where ${sql(column)} not between ${new Date(first)} and ${new Date(to + ahead)} limit 1`;
    if (rows.length > 0) found.push(`${table}.${column}`);
  }
  return found;
}

const builtin = loadBuiltinNetworks().find(({ slug }) => slug === 'mainnet') ?? assert.fail('no mainnet');
const network = {
  slug: 'mainnet',
  name: 'mainnet',
  networkId: 1n,
  genesisHash: new Uint8Array(32),
  genesisTime: 0n,
  consensus: 'pos',
  forks: [],
  forkHashes: [Uint8Array.of(1, 2, 3, 4)],
  bootnodes: [],
  dns: [],
  allowedCidrs: [],
};

function beatAt(at: number) {
  return {
    version: '1',
    startedAt: t0,
    at,
    bootnodes: noBootnodes,
    frontierNodes: 0,
    visits: 0,
    networks: ['mainnet'],
    censusIntervalMs: 600_000,
    spans: [{ fromAt: t0, untilAt: at, heard: true }],
    unwrittenSince: null,
    pingWithinMs: 2_520_000,
    dialWithinMs: 6_960_000,
    facts: {},
  };
}
