import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { parseTimetable } from '../../lib/timetable.ts';
import { openTestApi } from '../testkit/testApi.ts';
import { insertCensus, insertVantage } from '../testkit/testRows.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** An API whose own setting is the default of 10 minutes, whatever crawlers do. */
async function setUp(t: TestContext) {
  const api = await openTestApi(t);
  const counts = async () => {
    const { body, headers } = await api.get('/api/v1/networks');
    return { stale: body.freshness.stale as boolean, cache: headers.get('cache-control') };
  };
  return {
    api,
    counts,
    isStale: async () => (await counts()).stale,
    takeCensus: (intervalMs: number | null) => insertCensus(api.sql, new Date(api.clock.time), intervalMs),
    beat: (censusIntervalMs: number, vantage = 'here') =>
      insertVantage(api.sql, api.clock.time, { vantage, beatMinutesAgo: 0, censusIntervalMs }),
    wait: (ms: number) => {
      api.clock.time += ms;
    },
  };
}

for (const [name, interval, shortestMs] of [
  ['a minute', '1m', minute],
  ['ten minutes', '10m', 10 * minute],
  ['six hours', '6h', 6 * hour],
  // On Mondays at 9:00 the last one is 64 hours old, and on time.
  ['working hours', '0 9-17 * * 1-5', 64 * hour],
] as const) {
  test(`counts are stale after three intervals as the crawler is set: ${name}`, async (t) => {
    const { beat, takeCensus, counts, isStale, wait, api } = await setUp(t);
    const { longestGapMs } = parseTimetable(interval);
    assert.equal(longestGapMs, shortestMs);
    await takeCensus(longestGapMs);
    await beat(longestGapMs);
    assert.equal((await counts()).cache, 'public, max-age=60');
    wait(longestGapMs - 20 * second);
    assert.equal((await counts()).cache, 'public, max-age=20');
    wait(20 * second);
    assert.equal((await counts()).cache, 'no-cache', 'what is due may come at any moment');
    wait(2 * longestGapMs);
    await beat(longestGapMs);
    assert.equal(await isStale(), false);
    assert.doesNotMatch((await api.get('/api/v1/status')).text, /censusLate/);
    const metrics = (await api.get('/metrics')).text;
    assert.match(metrics, new RegExp(`^forkscope_network_census_interval_seconds ${longestGapMs / second}$`, 'm'));
    wait(1);
    assert.equal(await isStale(), true);
    assert.match((await api.get('/api/v1/status')).text, /censusLate/);
  });
}

test('a setting that is changed makes no count stale that was on time: shorter, longer, and while nobody runs', async (t) => {
  const { beat, takeCensus, isStale, wait } = await setUp(t);
  await takeCensus(6 * hour);
  await beat(6 * hour);
  wait(5 * hour);
  await beat(minute);
  assert.equal(await isStale(), false, 'restarted with a minute: the old promise holds until the next census');
  wait(minute);
  await takeCensus(minute);
  await beat(minute);
  wait(3 * minute);
  assert.equal(await isStale(), false);
  wait(1);
  assert.equal(await isStale(), true, 'from then on the new one counts');

  await takeCensus(minute);
  await beat(6 * hour);
  wait(17 * hour);
  assert.equal(await isStale(), true, 'the crawler that promised six hours has been dead for long');
  await beat(6 * hour);
  assert.equal(await isStale(), false, 'one that lives keeps its promise');
  wait(hour + 1);
  await beat(6 * hour);
  assert.equal(await isStale(), true);
});

test('of several crawlers the one that counts most often is waited for, while it lives', async (t) => {
  const { beat, takeCensus, isStale, wait } = await setUp(t);
  await takeCensus(minute);
  await beat(minute, 'quick');
  await beat(6 * hour, 'slow');
  wait(3 * minute + 1);
  assert.equal(await isStale(), true);
  wait(3 * minute);
  await beat(6 * hour, 'slow');
  assert.equal(await isStale(), false, 'the quick one is silent for more than five minutes');
});

test('while no crawler says its interval, that of the API holds: an older build, or single runs', async (t) => {
  const { takeCensus, isStale, wait } = await setUp(t);
  await takeCensus(null);
  wait(30 * minute);
  assert.equal(await isStale(), false);
  wait(1);
  assert.equal(await isStale(), true);
});

test('nodes are as old as the last heartbeat, however often censuses are taken', async (t) => {
  for (const intervalMs of [2 * second, 6 * hour]) {
    const { api, beat, takeCensus, wait } = await setUp(t);
    const isStale = async () => (await api.get('/api/v1/nodes')).body.freshness.stale;
    await takeCensus(intervalMs);
    await beat(intervalMs);
    wait(30 * minute);
    assert.equal(await isStale(), false);
    wait(1);
    assert.equal(await isStale(), true);
  }
});

test('before the first census all is stale', async (t) => {
  const { beat, isStale } = await setUp(t);
  await beat(minute);
  assert.equal(await isStale(), true);
});
