import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { putPoints } from '../../sql/testRows.ts';
import { openTestApi, testNow } from '../testkit/testApi.ts';
import { insertCensus, insertCount, insertCoverage, insertNetwork, type TestFork } from '../testkit/testRows.ts';

const minute = 60_000;
const hour = 60 * minute;
const before = (ms: number) => new Date(testNow - ms);
const iso = (ms: number) => before(ms).toISOString();

const forks: TestFork[] = [
  { name: 'BPO1', kind: 'time', activation: 1_765_290_071n, hash: 'cba2a1c0', next: 1_767_747_671n },
  { name: 'BPO2', kind: 'time', activation: 1_767_747_671n, hash: '07c9462e', next: 0n },
];
const schedule: TestFork[] = [
  { name: 'Genesis', kind: 'genesis', activation: 0n, hash: 'fc64ec04', next: 1_765_290_071n },
  ...forks,
];

test('counts over time: the largest series, the rest as other, those who do not tell last', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  await insertNetwork(sql, 'mainnet', schedule);
  const times = [30, 20, 10].map((minutes) => before(minutes * minute));
  for (const at of times) await insertCensus(sql, at);
  const put = async (key: string, ids: readonly (number | null)[]) => {
    for (const [index, count] of ids.entries()) {
      if (count === null) continue;
      await insertCount(sql, { cut: 'client', key: [key], at: times[index]!, ids: count, ips: count * 2 });
    }
  };
  for (const at of times) await insertCount(sql, { at, ids: 100 });
  await put('geth', [50, 51, 52]);
  await put('besu', [10, 0, null]);
  await put('reth', [null, 7, 8]);
  await put('tiny', [1, 1, 1]);
  await put('small', [null, 2, 2]);
  await put('', [40, 41, 42]);

  await t.test('with every point', async () => {
    const { status, body } = await api.get('/api/v1/networks/mainnet/counts?cut=client&top=3');
    assert.equal(status, 200);
    const figures = Object.fromEntries(
      body.series.map((series: { key: string; points: { ids: number; ips: number }[] }) => [
        series.key,
        series.points.map(({ ids, ips }) => `${ids}/${ips}`).join(' '),
      ]),
    );
    assert.deepEqual(Object.entries(figures), [
      ['geth', '50/100 51/102 52/104'],
      // It came later: it was counted before, and there was none.
      ['reth', '0/0 7/14 8/16'],
      // It went: the zero goes on.
      ['besu', '10/20 0/0 0/0'],
      ['other', '1/2 3/6 3/6'],
      ['', '40/80 41/82 42/84'],
    ]);
    assert.deepEqual(
      body.series[0].points.map((point: { at: string }) => point.at),
      times.map((at) => at.toISOString()),
    );
    assert.equal(body.series.at(-1).label, 'unknown');
    assert.equal(body.resolution, 'census');
    assert.equal(body.from, iso(7 * 24 * hour));
    assert.equal(body.to, iso(0));
  });

  await t.test('of part of the range', async () => {
    const { body } = await api.get(
      `/api/v1/networks/mainnet/counts?cut=client&top=1&from=${iso(20 * minute)}&to=${iso(10 * minute)}`,
    );
    assert.deepEqual(
      body.series.map((series: { key: string; points: unknown[] }) => [series.key, series.points]),
      [
        ['geth', [{ at: iso(20 * minute), ids: 51, ips: 102 }]],
        ['other', [{ at: iso(20 * minute), ids: 10, ips: 20 }]],
        ['', [{ at: iso(20 * minute), ids: 41, ips: 82 }]],
      ],
    );
  });

  await t.test('at the last census, as a distribution', async () => {
    const { body } = await api.get('/api/v1/networks/mainnet/distribution?cut=client');
    assert.equal(body.population, 'alive');
    assert.deepEqual(body.rows, [
      { key: 'geth', label: 'geth', ids: 52, ips: 104 },
      { key: 'reth', label: 'reth', ids: 8, ips: 16 },
      { key: 'small', label: 'small', ids: 2, ips: 4 },
      { key: 'tiny', label: 'tiny', ids: 1, ips: 2 },
    ]);
    assert.deepEqual(body.unknown, { ids: 42, ips: 84 });
  });

  await t.test('nothing of another population or window', async () => {
    const { body } = await api.get('/api/v1/networks/mainnet/counts?population=reachable');
    assert.deepEqual(body.series, []);
    const now = await api.get('/api/v1/networks/mainnet/distribution?window=now');
    assert.deepEqual(now.body.rows, []);
  });
});

test('a census that did not run is a gap; one that found nothing is a zero', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  await insertNetwork(sql, 'mainnet', []);
  // Counted at 60, 50 and 20 minutes before; between, nobody did. At 50 the last node went, at 20 the census ran for others.
  for (const minutes of [70, 60, 50, 20]) await insertCensus(sql, before(minutes * minute));
  for (const minutes of [70, 60, 50, 20])
    await insertCount(sql, { network: 'all', at: before(minutes * minute), ids: 9 });
  await insertCount(sql, { at: before(60 * minute), ids: 3 });
  await insertCount(sql, { at: before(50 * minute), ids: 0 });
  const points = async (query: string) => {
    const { body } = await api.get(`/api/v1/networks/mainnet/counts${query}`);
    return body.series.map((series: { points: { at: string; ids: number }[] }) =>
      series.points.map(({ at, ids }) => `${at.slice(11, 16)} ${ids}`),
    );
  };
  // 10:50 is before the network was first counted.
  assert.deepEqual(await points(''), [['11:00 3', '11:10 0', '11:40 0']]);
  // No point is stored in this range, but what came before says that this is still a zero.
  assert.deepEqual(await points(`?from=${iso(30 * minute)}`), [['11:40 0']]);
  assert.deepEqual(await points(`?from=${iso(45 * minute)}&to=${iso(25 * minute)}`), []);
});

test('fork IDs have names, and say where next is not what is scheduled', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  await insertNetwork(sql, 'mainnet', schedule);
  const at = before(minute);
  await insertCensus(sql, at);
  const keys: [string, string][] = [
    ['07c9462e', '0'],
    ['07c9462e', '1800000000'],
    ['cba2a1c0', '1767747671'],
    ['cba2a1c0', '0'],
    ['fc64ec04', '1767747671'],
    ['deadbeef', '0'],
    ['deadbeef', '7'],
  ];
  for (const [index, key] of keys.entries()) await insertCount(sql, { cut: 'fork_id', key, at, ids: 10 - index });
  await insertCount(sql, { cut: 'fork_id', key: ['', ''], at, ids: 5 });
  const { body } = await api.get('/api/v1/networks/mainnet/distribution?cut=fork_id');
  assert.deepEqual(
    body.rows.map((row: { key: string; label: string }) => [row.key, row.label]),
    [
      ['07c9462e/0', '07c9462e (BPO2)'],
      ['07c9462e/1800000000', '07c9462e (BPO2) → 1800000000'],
      ['cba2a1c0/1767747671', 'cba2a1c0 (BPO1)'],
      ['cba2a1c0/0', 'cba2a1c0 (BPO1) → none'],
      ['fc64ec04/1767747671', 'fc64ec04 (Genesis) → BPO2'],
      ['deadbeef/0', 'deadbeef'],
      ['deadbeef/7', 'deadbeef → 7'],
    ],
  );
  assert.deepEqual(body.unknown, { ids: 5, ips: 5 });
});

test('hours and days are taken where censuses are too many or too long ago', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  await insertNetwork(sql, 'mainnet', []);
  await sql`
    insert into census_runs (at, started_at, finished_at, duration_ms, points, nodes, source, rolled)
    select at, at, at, 1, 1, 1, 'test', 2
    from generate_series(${before(40 * 24 * hour)}::timestamptz, ${before(0)}, interval '10 minutes') at`;
  const series = await sql<{ no: number }[]>`
    insert into count_series (network, population, time_window, cut, key) values ('mainnet', 'alive', 'day', 'total', '{}')
    returning series_no as no`;
  const no = series[0]!.no;
  const fill = (resolution: string, from: Date, step: string) =>
    sql.begin((one) =>
      putPoints(
        one,
        `select ${no} as series_no, '${resolution}' as resolution, at, 5 as ids, 4 as ips
        from generate_series('${from.toISOString()}'::timestamptz, '${before(0).toISOString()}', '${step}') at`,
      ),
    );
  await fill('census', before(3 * 24 * hour), '10 minutes');
  await fill('hour', before(40 * 24 * hour), '1 hour');
  await fill('day', new Date(before(40 * 24 * hour).setUTCHours(0)), '1 day');
  const answer = async (from: number, more = '') => {
    const { status, body } = await api.get(`/api/v1/networks/mainnet/counts?from=${iso(from)}${more}`);
    return status === 200 ? [body.resolution, body.series[0].points.length] : [status, body.details[0].path];
  };
  assert.deepEqual(await answer(2 * 24 * hour), ['census', 288]);
  // 5 days are 720 censuses, but those of the first two are no longer kept one by one.
  assert.deepEqual(await answer(5 * 24 * hour), ['hour', 120]);
  assert.deepEqual(await answer(7 * 24 * hour), ['hour', 168]);
  assert.deepEqual(await answer(20 * 24 * hour), ['hour', 480]);
  assert.deepEqual(await answer(40 * 24 * hour), ['hour', 960]);
  // Only 40 days are stored: a longer range has no more points.
  assert.deepEqual(await answer(900 * 24 * hour), ['hour', 960]);
  assert.deepEqual(await answer(40 * 24 * hour, '&resolution=day'), ['day', 40]);
  assert.deepEqual(await answer(40 * 24 * hour, '&resolution=census'), [400, 'resolution']);
});

describe('what cannot be asked for', () => {
  const cases: [string, string][] = [
    ['cut=nothing', 'cut'],
    ['population=dead', 'population'],
    ['window=week', 'window'],
    ['from=yesterday', 'from'],
    ['from=2026-03-01', 'from'],
    ['from=2026-03-01T12:00:00.000Z&to=2026-03-01T12:00:00.000Z', 'from'],
    ['resolution=minute', 'resolution'],
    ['top=0', 'top'],
    ['top=51', 'top'],
    ['top=1.5', 'top'],
    ['top=', 'top'],
    ['cut=network', 'cut'],
    ['unknown=1', 'unknown'],
    ['cut=client&cut=total', 'cut'],
    ['cut[]=client', 'cut[]'],
  ];
  test('is refused with its path', async (t) => {
    const api = await openTestApi(t);
    await insertNetwork(api.sql, 'mainnet', []);
    for (const [query, path] of cases) {
      const { status, body } = await api.get(`/api/v1/networks/mainnet/counts?${query}`);
      assert.equal(status, 400, query);
      assert.equal(body.code, 'badRequest', query);
      assert.equal(body.details[0].path, path, query);
    }
  });
});

test('counts over time tell what each instant stands on, at the resolution that is shown', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  await insertNetwork(sql, 'mainnet', schedule);
  for (const minutes of [30, 20, 10]) {
    await insertCensus(sql, before(minutes * minute));
    await insertCount(sql, { at: before(minutes * minute), ids: 5 });
  }
  await insertCoverage(sql, { at: before(20 * minute), due: 8, looked: 8 });
  await insertCoverage(sql, {
    at: before(10 * minute),
    due: 8,
    looked: 2,
    unknown: 6,
    watched: 0.5,
    partial: 'crawlerAway',
  });
  await insertCoverage(sql, { at: before(10 * minute), window: 'now', due: 8, looked: 8 });
  await insertCoverage(sql, { at: before(2 * hour), resolution: 'hour', due: 7, looked: 7 });
  const { body } = await api.get('/api/v1/networks/mainnet/counts');
  assert.equal(body.resolution, 'census');
  assert.deepEqual(body.coverage, [
    { at: iso(20 * minute), due: 8, looked: 8, watched: 1, unknown: { ids: 0, ips: 0 }, partial: null },
    { at: iso(10 * minute), due: 8, looked: 2, watched: 0.5, unknown: { ids: 6, ips: 6 }, partial: 'crawlerAway' },
  ]);
  const hours = (await api.get('/api/v1/networks/mainnet/counts?resolution=hour')).body;
  assert.deepEqual(
    hours.coverage.map(({ due }: { due: number }) => due),
    [7],
  );
});
