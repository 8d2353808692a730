/** Counts of hours and days, as they are kept: what comes late, and what an earlier version kept otherwise. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { openTestDatabase, type TestDatabase } from '../../sql/testDatabase.ts';
import { putPoints } from '../../sql/testRows.ts';
import { takeCensus } from './census.ts';
import { carryCounts, rollUpCounts } from './rollUp.ts';

const hour = 3_600_000;
const noWait = { sleep: () => Promise.resolve() };
const t0 = Date.UTC(2026, 1, 3, 12);
let db: TestDatabase;

before(async () => {
  db = await openTestDatabase();
});
after(() => db.close());
beforeEach(
  () =>
    db.sql`truncate nodes, count_series, census_counts, hour_counts, day_counts, count_points_before, census_runs, coverage_points restart identity cascade`,
);

const insertSeries = () => db.sql`
  insert into count_series (network, population, time_window, cut, key)
  select 'mainnet', 'alive', 'day', 'client', array[c] from unnest(array['geth', 'reth', 'besu']) c`;
const read = async (resolution: string) => {
  const rows = await db.sql`
    select series_no, at, ids, ips, ids_low, ids_high from count_points where resolution = ${resolution} order by 1, 2`;
  return rows.map(({ at, series_no, ids, ips, ids_low, ids_high }) => ({
    ...{ at: at.toISOString(), series_no, ids, ips, ids_low, ids_high },
  }));
};
/** Counts of everything seen by the total of all nodes. */
const seen = async (resolution: string) => {
  const rows = await db.sql`
    select at, ids, ids_low, ids_high from counts
    where resolution = ${resolution} and network = 'all' and cut = 'total' and population = 'seen' and time_window = 'day' order by 1`;
  return rows.map(
    ({ at, ids, ids_low, ids_high }) => `${at.toISOString().slice(0, 13)} ${ids} (${ids_low}-${ids_high})`,
  );
};
const name = (nodes: number, at: number) => db.sql`
  insert into nodes (id, id_hash, first_seen, last_seen)
  select sha512(int4send(n)), sha256(int4send(n)), ${new Date(at)}, ${new Date(at)}
  from generate_series((select count(*)::int4 from nodes) + 1, (select count(*)::int4 from nodes) + ${nodes}::int4) n`;

test('a census that is done only after its hour and its day were rolled up changes both', async () => {
  await name(2, t0 + 11 * hour);
  await takeCensus(db.sql, t0 + 11 * hour + 60_000, 'here');
  // Past midnight.
  await rollUpCounts(db.sql, t0 + 12 * hour + 180_000);
  assert.deepEqual(await seen('hour'), ['2026-02-03T23 2 (2-2)']);
  assert.deepEqual(await seen('day'), ['2026-02-03T00 2 (2-2)']);
  await name(3, t0 + 11 * hour + 120_000);
  await takeCensus(db.sql, t0 + 12 * hour - 60_000, 'slow');
  await takeCensus(db.sql, t0 + 12 * hour + 240_000, 'here');
  assert.notEqual(await rollUpCounts(db.sql, t0 + 12 * hour + 300_000), null);
  assert.deepEqual(await seen('hour'), ['2026-02-03T23 5 (2-5)'], 'the running hour waits');
  assert.deepEqual(await seen('day'), ['2026-02-03T00 5 (2-5)']);
  assert.equal(await rollUpCounts(db.sql, t0 + 12 * hour + 360_000), 0, 'what is taken up is not taken up again');
});

test('points of one day come in any order, and come again', async () => {
  await insertSeries();
  const put = (no: number, at: string, ids: number) =>
    db.sql.begin((one) =>
      putPoints(one, `select ${no} as series_no, 'hour' as resolution, '${at}' as at, ${ids} as ids, ${ids} as ips`),
    );
  await put(1, '2026-02-03T23:00Z', 1);
  await put(1, '2026-02-03T07:00Z', 2);
  await put(2, '2026-02-03T00:00Z', 3);
  await put(1, '2026-02-03T23:00Z', 4);
  await put(1, '2026-02-28T23:00Z', 5);
  await put(1, '2026-03-01T00:00Z', 6);
  assert.deepEqual(
    (await read('hour')).map(({ series_no, at, ids }) => `${series_no} ${at.slice(0, 13)} ${ids}`),
    ['1 2026-02-03T07 2', '1 2026-02-03T23 4', '1 2026-02-28T23 5', '1 2026-03-01T00 6', '2 2026-02-03T00 3'],
  );
  const range = async (since: string, before: string) =>
    (
      await db.sql`select at, ids from series_points(1, 'hour', ${since}::text::timestamptz, ${before}::text::timestamptz) order by at`
    ).map(({ ids }) => ids);
  assert.deepEqual(
    await range('2026-02-03T07:00Z', '2026-02-03T23:00Z'),
    [2],
    'from a moment until before another one',
  );
  assert.deepEqual(await range('2026-02-03T07:30Z', '2026-03-01T00:00Z'), [4, 5]);
  assert.deepEqual(await range('-infinity', 'infinity'), [2, 4, 5, 6]);
  assert.deepEqual(
    (await db.sql`select c.at from counts_between('2026-02-03T23:00Z', '2026-02-28T23:00Z') c`).map(({ at }) =>
      at.toISOString(),
    ),
    ['2026-02-03T23:00:00.000Z'],
  );
});

test('hours and days of an earlier version are carried over a part at a time, and are the same before, between and after', async () => {
  await insertSeries();
  // Three months; the second series began and ended in between, the third has holes.
  for (const [resolution, step] of [
    ['hour', '1 hour'],
    ['day', '1 day'],
  ] as const) {
    await db.sql`
      insert into count_points_before (series_no, resolution, at, ids, ips, ids_low, ids_high)
      select s, ${resolution}, at, n * s, n * s, n * s - 1, n * s + 1
      from generate_series(timestamptz '2025-12-30 00:00Z', timestamptz '2026-03-02 12:00Z', ${step}::interval) with ordinality g (at, n),
        generate_series(1, 3) s
      where s <> 2 or at between '2026-01-15 07:00Z' and '2026-02-20 13:00Z'`;
    await db.sql`delete from count_points_before where series_no = 3 and extract(day from at) in (7, 30) and extract(hour from at) < 9`;
  }
  const was = { hour: await read('hour'), day: await read('day') };
  assert.ok(was.hour.length > 3_000 && was.day.length > 100);
  const stopping = new AbortController();
  const [first] = await db.sql<{ points: number }[]>`select carry_counts() as points`;
  assert.ok((first?.points ?? 0) > 0 && (first?.points ?? 0) < was.hour.length / 2);
  assert.deepEqual({ hour: await read('hour'), day: await read('day') }, was, 'after one step');
  stopping.abort();
  assert.deepEqual(await carryCounts(db.sql, noWait, stopping.signal), { done: false, points: 0 });
  assert.deepEqual(await carryCounts(db.sql, noWait), {
    ...{ done: true, points: was.hour.length + was.day.length - (first?.points ?? 0) },
  });
  assert.deepEqual({ hour: await read('hour'), day: await read('day') }, was);
  assert.equal((await db.sql`select from count_points_before`).length, 0);
  assert.deepEqual(await carryCounts(db.sql, noWait), { done: true, points: 0 });
});

test('what was rolled up since the update stays as it is, and its neighbours of before come to it', async () => {
  await insertSeries();
  for (const [resolution, step] of [
    ['hour', '1 hour'],
    ['day', '1 day'],
  ] as const) {
    await db.sql`
      insert into count_points_before (series_no, resolution, at, ids, ips, ids_low, ids_high)
      select s, ${resolution}, at, 100, 100, 99, 101
      from generate_series(timestamptz '2026-03-01 00:00Z', timestamptz '2026-03-02 02:00Z', ${step}::interval) at, generate_series(1, 2) s`;
  }
  const put = (resolution: string, at: string, ids: number) =>
    db.sql.begin((one) =>
      putPoints(one, `select 1 as series_no, '${resolution}' as resolution, '${at}' as at, ${ids} as ids, 7 as ips`),
    );
  await put('hour', '2026-03-02T01:00Z', 5);
  await put('hour', '2026-03-02T04:00Z', 6);
  await put('day', '2026-03-01T00:00Z', 8);
  await put('day', '2026-03-03T00:00Z', 9);
  assert.deepEqual(await carryCounts(db.sql, noWait), { done: true, points: 2 * (27 + 2) });
  const of = async (series: number, resolution: string, since: string) =>
    (await read(resolution))
      .filter(({ at, series_no }) => series_no === series && at >= since)
      .map((p) => `${p.at.slice(8, 13)} ${p.ids} ${p.ips} (${p.ids_low}-${p.ids_high})`);
  const old = '100 100 (99-101)';
  assert.deepEqual(await of(1, 'hour', '2026-03-01T23'), [
    ...[`01T23 ${old}`, `02T00 ${old}`, '02T01 5 7 (5-5)', `02T02 ${old}`, '02T04 6 7 (6-6)'],
  ]);
  assert.deepEqual(await of(2, 'hour', '2026-03-02'), [`02T00 ${old}`, `02T01 ${old}`, `02T02 ${old}`]);
  assert.deepEqual(await of(1, 'day', '2026-03'), ['01T00 8 7 (8-8)', `02T00 ${old}`, '03T00 9 7 (9-9)']);
  assert.deepEqual(await of(2, 'day', '2026-03'), [`01T00 ${old}`, `02T00 ${old}`]);
});

test('a part is found by the index, however much is left', async () => {
  await insertSeries();
  await db.sql`
    insert into count_points_before (series_no, resolution, at, ids, ips)
    select s, 'hour', at, 1, 1
    from generate_series(timestamptz '2025-06-01 00:00Z', timestamptz '2025-08-30 23:00Z', '1 hour') at, generate_series(1, 3) s`;
  await db.sql`analyze count_points_before`;
  const looked = await db.sql.begin(async (one) => {
    const read = async () => {
      const [row] = await one<{ rows: number }[]>`
        select (seq_tup_read + idx_tup_fetch)::int4 as rows from pg_stat_xact_user_tables where relname = 'count_points_before'`;
      return row?.rows ?? 0;
    };
    const before = await read();
    await one`select carry_counts()`;
    return (await read()) - before;
  });
  assert.ok(looked >= 72 && looked < 200, `${looked} of 6,552 rows were read for a day`);
});

test('carrying waits while another process rolls up, and goes on', async () => {
  await insertSeries();
  await db.sql`
    insert into count_points_before (series_no, resolution, at, ids, ips)
    select 1, 'hour', at, 1, 1 from generate_series(timestamptz '2026-03-01 20:00Z', timestamptz '2026-03-02 03:00Z', '1 hour') at`;
  const holder = await db.sql.reserve();
  await holder`select pg_advisory_lock(hashtext('forkscope.rollup'), 0)`;
  const slept: number[] = [];
  const clock = {
    async sleep(ms: number) {
      slept.push(ms);
      if (slept.length === 2) await holder`select pg_advisory_unlock(hashtext('forkscope.rollup'), 0)`;
    },
  };
  assert.deepEqual(await carryCounts(db.sql, clock), { done: true, points: 8 });
  holder.release();
  assert.deepEqual(slept, [60_000, 60_000, 50, 50]);
});

test('a census that comes while its hour is rolled up is taken up by the next roll-up', async () => {
  // A month of which there is no partition yet: the roll-up waits for who makes them, with the hour half done.
  const at = Date.UTC(2026, 5, 3, 12);
  await name(2, at);
  await takeCensus(db.sql, at + 600_000, 'here');
  const holder = await db.sql.reserve();
  await holder`select pg_advisory_lock(hashtext('forkscope.counts'), 0)`;
  const rolling = rollUpCounts(db.sql, at + hour + 180_000);
  const waits = () => holder`
    select from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`;
  while ((await waits()).length === 0);
  await name(3, at + 1_200_000);
  await takeCensus(holder as unknown as typeof db.sql, at + 1_800_000, 'slow');
  await holder`select pg_advisory_unlock(hashtext('forkscope.counts'), 0)`;
  holder.release();
  await rolling;
  assert.deepEqual(await seen('hour'), ['2026-06-03T12 2 (2-2)']);
  await rollUpCounts(db.sql, at + hour + 240_000);
  assert.deepEqual(await seen('hour'), ['2026-06-03T12 5 (2-5)']);
});
