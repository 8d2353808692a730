/** What a census says of its own coverage, on a real PostgreSQL: each reason for doubt, roll-ups, and populations that nest. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { openTestDatabase, type TestDatabase } from '../../sql/testDatabase.ts';
import { makeContact, makeFullVisit, makeId, makePong, makeVisit } from '../../testkit/makeVisit.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { noBootnodes } from '../crawl/bootnodes.ts';
import type { VisitRecord } from '../crawl/visit.ts';
import { createStore } from '../store/createStore.ts';
import type { Store, WorkSpan } from '../store/store.ts';
import { toVisitRow } from '../store/visitRow.ts';
import { takeCensus } from './census.ts';
import { applyRetention } from './retention.ts';
import { rollUpCounts } from './rollUp.ts';

const t0 = Date.UTC(2026, 10, 23, 12);
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Past every moment of these tests: what lies ahead of the database's clock would be stored as now. */
const later = { at: 'caller', now: () => t0 + 365 * 24 * hour } as const;

let db: TestDatabase;
let store: Store;
before(async () => {
  db = await openTestDatabase();
  store = createStore(db.sql, 'here', '0', later);
  const network = (slug: string) => ({
    ...{
      slug,
      name: slug,
      networkId: 1n,
      genesisHash: new Uint8Array(32),
      genesisTime: 0n,
      consensus: 'pos',
      forks: [],
    },
    ...{ forkHashes: [Uint8Array.of(1, 2, 3, 4)], bootnodes: [], dns: [], allowedCidrs: [] },
  });
  await store.saveNetworks([network('mainnet'), network('hoodi')], t0);
});
after(() => db.close());
beforeEach(
  () => db.sql`
    truncate nodes, endpoints, reachability, frontier, visit_log, vantages, count_series, census_counts, hour_counts, day_counts, census_runs,
      coverage_points, crawl_spans, sessions restart identity`,
);

/** Visits to nodes that have long been known. */
const record = async (...records: VisitRecord[]) => {
  await store.recordVisits(records.map(toVisitRow));
  await db.sql`update nodes set first_seen = ${new Date(t0 - 90 * day)} where last_visit is not null`;
};
const silent = (n: number, at: number) => makeVisit(n, at);
const full = (n: number, at: number) =>
  makeVisit(n, at, { stage: 'auth', code: 'disconnected', remoteReason: 4, pong: makePong });
const paused = (n: number, at: number) => makeVisit(n, at, { stage: 'pong', code: 'dialPaused', pong: makePong });
const inbound = (visit: VisitRecord): VisitRecord => ({
  ...visit,
  outcome: { ...visit.outcome, direction: 'inbound', pong: null },
});
const name = (at: number, ...numbers: number[]) =>
  store.upsertSeen(numbers.map((n) => ({ contact: makeContact(n), source: 'neighbour' as const, at, dueAt: at })));
const work = (
  spans: readonly WorkSpan[],
  more: Partial<Parameters<Store['saveBeat']>[0]> = {},
  at = Math.max(...spans.map(({ untilAt }) => untilAt)),
) =>
  store.saveBeat({
    ...{ version: '1', startedAt: t0, at, bootnodes: noBootnodes, frontierNodes: 0, visits: 0 },
    ...{ networks: ['mainnet'], censusIntervalMs: 600_000, spans, unwrittenSince: null, facts: {} },
    ...{ pingWithinMs: 42 * minute, dialWithinMs: 116 * minute },
    ...more,
  });
const atWork = (fromAt: number, untilAt: number, heard = true) => ({ fromAt, untilAt, heard });

/** `looked/due ?unknown reason` of the newest census. */
async function coverage(network: string, population: string, window: 'now' | 'day' = 'now'): Promise<string> {
  const [row] = await db.sql`
    select * from coverage_points
    where network = ${network} and population = ${population} and time_window = ${window} and resolution = 'census'
    order by at desc limit 1`;
  return `${row?.looked}/${row?.due} ?${row?.unknown_ids} ${row?.partial ?? 'complete'}`;
}

describe('the reasons for doubt', () => {
  test('the first minutes of a new database: names at which nobody has looked', async () => {
    await name(t0 + minute, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    await work([atWork(t0, t0 + minute)]);
    await takeCensus(db.sql, t0 + minute, 'here', { spanMs: 1_000 });
    assert.equal(await coverage('all', 'alive'), '0/10 ?10 firstHours');
    assert.equal(await coverage('mainnet', 'alive'), '0/10 ?10 firstHours', 'nobody knows where they are');
    await record(
      makeFullVisit(1, t0 + 2 * minute),
      makeFullVisit(2, t0 + 2 * minute, 'hoodi'),
      silent(3, t0 + 2 * minute),
    );
    await work([atWork(t0, t0 + 3 * minute)]);
    await takeCensus(db.sql, t0 + 3 * minute, 'here', { spanMs: 1_000 });
    assert.equal(await coverage('all', 'alive'), '2/9 ?7 firstHours', 'a name that does not answer is but a name');
    assert.equal(await coverage('mainnet', 'alive'), '1/5 ?4 firstHours', 'its part of the seven');
    assert.equal(await coverage('mainnet', 'seen'), '1/5 ?4 firstHours', 'names whose network nobody knows yet');
    assert.equal(await coverage('all', 'seen'), '2/9 ?0 firstHours', 'a name is seen, whether it was looked at or not');
  });

  test('all looked at, but the window begins before the first crawler; then it is complete', async () => {
    await record(makeFullVisit(1, t0 + minute));
    for (const [minutes, expected] of [
      [5, 'firstHours'],
      [113, 'firstHours'],
      [115, 'complete'],
    ] as const) {
      await record(makeFullVisit(1, t0 + minutes * minute - 1_000));
      await work([atWork(t0, t0 + minutes * minute)]);
      await takeCensus(db.sql, t0 + minutes * minute, 'here');
      assert.equal(await coverage('mainnet', 'reachable'), `1/1 ?0 ${expected}`, `${minutes}`);
      assert.equal(await coverage('mainnet', 'reachable', 'day'), '1/1 ?0 firstHours');
    }
  });

  test('a stop of an hour: those that answered before it are due, and the gap marks each window until it has left it', async () => {
    const back = t0 + 3 * hour;
    await record(
      makeFullVisit(1, back - hour - 5 * minute),
      full(2, back - hour - 20 * minute),
      paused(2, back - hour),
    );
    const before = atWork(t0 - day, back - hour);
    const take = async (at: number) => {
      await work([before, atWork(back, at)]);
      await takeCensus(db.sql, at, 'here');
    };
    await take(back + minute);
    assert.equal(await coverage('all', 'alive'), '2/2 ?0 crawlerAway');
    assert.equal(await coverage('all', 'alive', 'day'), '2/2 ?0 complete', 'an hour of a day');
    await record(makeFullVisit(1, back + 2 * minute), full(2, back + 2 * minute));
    for (const [minutes, partial] of [
      [5, 'crawlerAway'],
      [110, 'crawlerAway'],
      [116, 'complete'],
    ] as const) {
      await take(back + minutes * minute);
      assert.equal(await coverage('all', 'reachable'), `2/2 ?0 ${partial}`, `${minutes}`);
    }
  });

  test('a stop of three and a half hours, or of days: nobody counts, and all that answered before are due', async () => {
    for (const away of [3.5 * hour, 3 * day]) {
      await db.sql`truncate nodes cascade`;
      const back = t0 + 10 * day + away;
      await record(makeFullVisit(1, back - away - 5 * minute), makeFullVisit(2, back - away - 5 * minute, 'hoodi'));
      await record(
        silent(3, back - away - 5 * minute),
        makeFullVisit(4, back - away - 2 * day),
        silent(4, back - away - hour),
      );
      await work([atWork(back - away - 2 * day, back - away), atWork(back, back + minute)]);
      await takeCensus(db.sql, back + minute, 'here');
      assert.equal(await coverage('all', 'alive'), '0/2 ?2 crawlerAway', `${away}`);
      assert.equal(await coverage('mainnet', 'identified'), '0/1 ?1 crawlerAway');
    }
  });

  test('a crawler that does not keep up', async () => {
    await work([atWork(t0 - 2 * day, t0)], { networks: ['mainnet', 'hoodi'] });
    for (let n = 1; n <= 20; n++) await record(makeFullVisit(n, t0 - (n <= 18 ? 3 * hour : hour)));
    await name(t0 - 10 * minute, 1, 2, 3);
    await takeCensus(db.sql, t0, 'here');
    assert.equal(await coverage('all', 'alive'), '2/20 ?18 starved');
    assert.equal(await coverage('all', 'alive', 'day'), '20/20 ?0 complete');
    assert.equal(await coverage('hoodi', 'alive'), '0/0 ?0 complete', 'where nothing is due nothing is missed');
  });

  test('settings under which the window is not covered, visits that wait to be written, a line that is down', async () => {
    for (let n = 1; n <= 20; n++) await record(full(n, t0 - 150 * minute), paused(n, t0 - hour));
    const always = [atWork(t0 - 2 * day, t0)];
    const expect = async (at: number, alive: string, reachable: string) => {
      await takeCensus(db.sql, at, 'here', { spanMs: 1_000 });
      assert.deepEqual([await coverage('all', 'alive'), await coverage('all', 'reachable')], [alive, reachable]);
    };
    await work(always, { dialWithinMs: 3.6 * hour });
    await expect(t0, '20/20 ?0 complete', '0/20 ?20 uncovered');
    await work(always);
    await expect(t0 + 1_000, '20/20 ?0 complete', '0/20 ?20 starved');
    await work(always, { unwrittenSince: t0 - 5 * minute });
    await expect(t0 + 2_000, '20/20 ?0 complete', '0/20 ?20 databaseAway');
    await work([atWork(t0 - 2 * day, t0 - 20 * minute), atWork(t0 - 20 * minute, t0, false)]);
    await expect(t0 + 3_000, '20/20 ?0 lineDown', '0/20 ?20 lineDown');
  });

  test('as many as came recently may have come since without being named; made-up names are no measure of that', async () => {
    await work([atWork(t0 - 2 * day, t0)]);
    for (let n = 1; n <= 30; n++) await record(makeFullVisit(n, t0 - minute));
    await name(t0 - minute, ...Array.from({ length: 50 }, (_, n) => 100 + n));
    for (let n = 100; n < 150; n++) await record(silent(n, t0 - minute));
    await db.sql`update nodes set first_seen = ${new Date(t0 - minute)} where last_alive is null`;
    await db.sql`update nodes set first_seen = ${new Date(t0 - hour)} where node_no <= 10`;
    await takeCensus(db.sql, t0, 'here');
    // Ten in two hours: in 42 minutes four.
    assert.equal(await coverage('all', 'seen'), '30/30 ?8 complete');
    assert.equal(await coverage('mainnet', 'seen'), '30/30 ?8 complete');
    assert.equal(await coverage('all', 'alive'), '30/30 ?8 complete');
    assert.equal(await coverage('all', 'seen', 'day'), '30/30 ?2 complete');
    const [ips] =
      await db.sql`select unknown_ips from coverage_points where population = 'seen' and network = 'all' and time_window = 'now'`;
    assert.equal(ips?.unknown_ips, 8);
  });

  test('a crawler that was late saw less than its looks suggest, until that time is outside the window', async () => {
    const lately = (fromHours: number, untilHours: number, lateMs: number) => ({
      ...atWork(t0 - fromHours * hour, t0 - untilHours * hour),
      lateMs,
    });
    await record(makeFullVisit(1, t0 - minute));
    const take = async (minutes: number, lateMs: number) => {
      await work([lately(48, 3, 0), lately(3, 1, lateMs), { ...atWork(t0 - hour, t0 + minutes * minute), lateMs: 0 }]);
      await takeCensus(db.sql, t0 + minutes * minute, 'here');
    };
    await take(0, 360_000);
    assert.equal(await coverage('all', 'alive'), '1/1 ?0 starved', 'an hour of two');
    assert.equal(await coverage('all', 'alive', 'day'), '1/1 ?0 complete', 'six minutes are nothing to a day');
    await take(61, 360_000);
    assert.equal(await coverage('all', 'alive'), '1/1 ?0 complete');
    await take(62, 4_320_000);
    assert.equal(await coverage('all', 'alive', 'day'), '1/1 ?0 starved', 'two hours of a day');
  });

  test('a network is watched from the time somebody watches it; one that nobody watches is only met in passing', async () => {
    await record(makeFullVisit(1, t0 - minute), makeFullVisit(2, t0 - minute, 'hoodi'));
    await work([atWork(t0 - 2 * day, t0 - hour)]);
    await takeCensus(db.sql, t0 - hour, 'here');
    await record(makeFullVisit(1, t0 - minute), makeFullVisit(2, t0 - minute, 'hoodi'));
    const there = createStore(db.sql, 'there');
    await work([atWork(t0 - 2 * day, t0)]);
    await takeCensus(db.sql, t0, 'here', { spanMs: 1_000 });
    assert.equal(await coverage('hoodi', 'alive'), '1/1 ?0 complete');
    await there.saveBeat({
      ...{ version: '1', startedAt: t0, at: t0, bootnodes: noBootnodes, frontierNodes: 0, visits: 0 },
      ...{
        networks: ['hoodi'],
        censusIntervalMs: null,
        spans: [atWork(t0 - hour, t0)],
        unwrittenSince: null,
        facts: {},
      },
      ...{ pingWithinMs: 1, dialWithinMs: 1 },
    });
    await takeCensus(db.sql, t0 + 1_000, 'here', { spanMs: 1_000 });
    assert.equal(await coverage('hoodi', 'alive'), '1/1 ?0 firstHours');
    assert.equal(await coverage('mainnet', 'alive'), '1/1 ?0 complete');
  });
});

describe('a vantage that has not been at work for a whole window, beside another one', () => {
  const beatOf = (vantage: string, from: number, at: number) =>
    createStore(db.sql, vantage).saveBeat({
      ...{ version: '1', startedAt: from, at, bootnodes: noBootnodes, frontierNodes: 0, visits: 0, facts: {} },
      ...{ networks: ['mainnet'], censusIntervalMs: 600_000, spans: [atWork(from, at)], unwrittenSince: null },
      ...{ pingWithinMs: 42 * minute, dialWithinMs: 116 * minute },
    });
  const from = (vantage: string, ...records: VisitRecord[]) =>
    createStore(db.sql, vantage, '0', later).recordVisits(records.map(toVisitRow));
  const unknown = async (at: number) => {
    await takeCensus(db.sql, at, 'here', { spanMs: 1 });
    const rows = await db.sql`
      select network, population, unknown_ids as ids from coverage_points
      where time_window = 'now' and resolution = 'census' and at = ${new Date(at)} and network in ('all', 'mainnet')
        and population in ('seen', 'alive', 'reachable')
      order by network, population desc`;
    return rows.map(({ network, population, ids }) => `${network} ${population} ${ids}`).join(', ');
  };

  test('whom it has not looked at yet may be there for it, and on any network', async () => {
    // Eight that answer; five names, and a node that has gone, which do not.
    for (let n = 1; n <= 8; n++) await record(makeFullVisit(n, t0 - minute, n <= 6 ? 'mainnet' : 'hoodi'));
    await record(makeFullVisit(9, t0 - 3 * hour), silent(9, t0 - 10 * minute));
    await name(t0 - 20 * minute, 9, 20, 21, 22, 23, 24);
    for (let n = 20; n < 25; n++) await record(silent(n, t0 - 10 * minute));
    await work([atWork(t0 - 2 * day, t0)]);
    const nothing = 'all seen 0, all reachable 0, all alive 0, mainnet seen 0, mainnet reachable 0, mainnet alive 0';
    assert.equal(await unknown(t0), nothing);
    await beatOf('there', t0, t0 + 1);
    assert.equal(
      await unknown(t0 + 1),
      'all seen 0, all reachable 6, all alive 6, mainnet seen 5, mainnet reachable 6, mainnet alive 6',
    );
    await from('there', makeFullVisit(20, t0 + 2), silent(21, t0 + 2), silent(9, t0 + 2), paused(22, t0 + 2));
    assert.equal(
      await unknown(t0 + 3),
      'all seen 0, all reachable 3, all alive 2, mainnet seen 2, mainnet reachable 2, mainnet alive 2',
    );
    await from('there', silent(23, t0 + 4), silent(24, t0 + 4), full(22, t0 + 4));
    assert.equal(await unknown(t0 + 5), nothing);
  });

  test('what it saw when it looked last may be there again, when it comes back', async () => {
    await work([atWork(t0 - 2 * day, t0)]);
    await beatOf('there', t0 - 2 * day, t0 - 4 * hour);
    for (let n = 1; n <= 3; n++) await from('there', makeFullVisit(n, t0 - 4 * hour));
    for (const at of [t0 - 3 * hour, t0 - hour]) await record(...[1, 2, 3].map((n) => silent(n, at)));
    assert.match(await unknown(t0), /all reachable 0, all alive 0/);
    await beatOf('there', t0 - minute, t0 + 1);
    assert.match(
      await unknown(t0 + 1),
      /all reachable 3, all alive 3, mainnet seen 0, mainnet reachable 3, mainnet alive 3/,
    );
    await from('there', silent(1, t0 + 2), makeFullVisit(2, t0 + 2));
    assert.match(await unknown(t0 + 3), /all reachable 1, all alive 1/);
  });

  test('a name that no crawler has had since before the window is no other one', async () => {
    await beatOf('oldName', t0 - 9 * day, t0 - 3 * hour);
    await work([atWork(t0 - minute, t0)]);
    await name(t0 - 10 * minute, 1, 2, 3);
    for (let n = 1; n <= 3; n++) await from('oldName', silent(n, t0 - hour));
    await db.sql`update nodes set first_seen = ${new Date(t0 - 90 * day)}`;
    assert.match(await unknown(t0), /all reachable 0, all alive 0/);
    await beatOf('oldName', t0 - 9 * day, t0 - 110 * minute);
    assert.match(await unknown(t0 + 1), /all reachable 3, all alive 3/);
  });
});

test('what a look is: a PING for alive; for reachable a dial, or that there is nothing to dial', async () => {
  await work([atWork(t0 - 2 * day, t0)]);
  await record(makeFullVisit(1, t0 - 3 * hour), makeVisit(1, t0 - minute, { code: 'aborted' }));
  await record(makeFullVisit(2, t0 - 3 * hour), silent(2, t0 - minute));
  await record(
    makeFullVisit(3, t0 - 3 * hour),
    makeVisit(3, t0 - minute, { stage: 'pong', code: 'notDialled', pong: makePong }),
  );
  await record(
    makeFullVisit(4, t0 - 3 * hour),
    makeVisit(4, t0 - minute, { stage: 'pong', code: 'dialThrottled', pong: makePong }),
  );
  await record(
    makeFullVisit(5, t0 - 3 * hour),
    makeVisit(5, t0 - minute, { stage: 'tcp', code: 'aborted', pong: makePong }),
  );
  await record(
    makeFullVisit(6, t0 - 3 * hour),
    makeVisit(6, t0 - minute, { stage: 'pong', code: 'dialTimeout', pong: makePong }),
  );
  // Without UDP: nothing of it is due for alive.
  const direct = makeVisit(7, t0 - minute, { stage: 'auth', code: 'disconnected', remoteReason: 4 });
  await record({ ...direct, outcome: { ...direct.outcome, contact: { ...direct.outcome.contact, udp: 0 } } });
  await name(t0 - minute, 1, 2);
  await takeCensus(db.sql, t0, 'here');
  assert.equal(await coverage('all', 'alive'), '5/6 ?1 starved');
  assert.equal(await coverage('all', 'reachable'), '4/7 ?3 starved');
});

describe('populations nest', () => {
  test('a node that dials us and refuses our dial is reachable, not inbound only; identified is a part of both', async () => {
    await record(inbound(makeFullVisit(1, t0 - minute)), inbound(makeFullVisit(2, t0 - minute)));
    await record(full(2, t0 - 30 * minute), silent(1, t0 - 30 * minute));
    await takeCensus(db.sql, t0, 'here');
    const rows = await db.sql`
      select population, ids from current_counts where network = 'all' and cut = 'total' and time_window = 'now' order by 1`;
    assert.deepEqual(
      rows.map((row) => `${row.population} ${row.ids}`),
      ['alive 1', 'identified 2', 'inboundOnly 1', 'reachable 1', 'seen 2'],
    );
    const [whole] = await db.sql`
      select whole_ids, whole_ips from coverage_points
      where network = 'all' and population = 'identified' and time_window = 'now'`;
    assert.deepEqual({ ...whole }, { whole_ids: 2, whole_ips: 2 }, 'two of two, not two of one');
  });

  test('whatever the states of nodes are', async () => {
    const { next, below } = seededRandom(77);
    await work([atWork(t0 - 9 * day, t0)]);
    for (let round = 0; round < 12; round++) {
      await db.sql`truncate nodes cascade`;
      const at = t0 + round * minute;
      const some = () => (next() < 0.4 ? null : new Date(at - Math.floor(next() ** 2 * 30 * hour)));
      for (let n = 0; n < 60; n++) {
        const times = [some(), some(), some(), some(), some(), some()] as const;
        const seen = new Date(Math.max(at - 40 * hour, ...times.map((time) => time?.getTime() ?? 0)));
        await db.sql`
          insert into nodes (id, id_hash, first_seen, last_seen, last_alive, last_pinged, last_dialled, last_reachable,
            last_inbound, last_identified, ip, udp_port, tcp_port, network, network_source)
          values (${makeId(n)}, ${makeId(n).slice(0, 32)}, ${new Date(at - 40 * hour)}, ${seen}, ${times[0]}, ${times[1]},
            ${times[2]}, ${times[3]}, ${times[4]}, ${times[5]}, ${next() < 0.1 ? null : `10.0.0.${below(20)}`}, ${below(2) * 30_303},
            ${below(2) * 30_303}, ${next() < 0.5 ? 'mainnet' : null}, ${'status'})`;
      }
      await takeCensus(db.sql, at, 'here');
      const counts = await db.sql<{ scope: string; window: string; population: string; ids: number; ips: number }[]>`
        select network as scope, time_window as window, population, ids, ips from counts
        where at = ${new Date(at)} and cut = 'total' and resolution = 'census'`;
      const points = await db.sql`select * from coverage_points where at = ${new Date(at)} and resolution = 'census'`;
      for (const point of points) {
        const of = (population: string) =>
          counts.find(
            (row) => row.scope === point.network && row.window === point.time_window && row.population === population,
          ) ?? { ids: 0, ips: 0 };
        const own = of(point.population);
        const label = `${round} ${point.network} ${point.population} ${point.time_window}`;
        assert.ok(point.looked <= point.due, label);
        if (point.whole_ids !== null) {
          assert.ok(own.ids <= point.whole_ids && own.ips <= point.whole_ips, label);
          assert.ok(point.whole_ips <= point.whole_ids, label);
        }
        if (point.population === 'identified') {
          assert.ok(own.ids <= of('reachable').ids + of('inboundOnly').ids, label);
          assert.ok(own.ips <= of('reachable').ips + of('inboundOnly').ips, label);
        }
        assert.ok(own.ids <= of('seen').ids, label);
      }
      assert.equal(points.filter(({ network }) => network === 'all').length, 10);
    }
  });
});

test('what looks miss is bounded: those that may be back since the last one, and as many newcomers as usual', async () => {
  await work([atWork(t0 - 2 * day, t0)]);
  // Ten that stay; four that have gone within the window, five longer ago: of the nine, some may be back.
  for (let n = 0; n < 10; n++) await record(makeFullVisit(n, t0 - 10 * minute));
  for (let n = 10; n < 14; n++) await record(makeFullVisit(n, t0 - hour), silent(n, t0 - 20 * minute));
  for (let n = 14; n < 19; n++) await record(makeFullVisit(n, t0 - 3 * hour), silent(n, t0 - 20 * minute));
  await name(t0 - 10 * minute, ...Array.from({ length: 19 }, (_, n) => n));
  await takeCensus(db.sql, t0, 'here', { spanMs: 1_000 });
  assert.equal(
    await coverage('all', 'alive'),
    '19/19 ?5 complete',
    'as many as have gone lately, and chance: all five that are not there',
  );
  assert.equal(await coverage('all', 'alive', 'day'), '19/19 ?0 complete', 'all of them count for a day');
  await db.sql`update nodes set first_seen = ${new Date(t0 - hour)} where last_alive > ${new Date(t0 - 2 * hour)}`;
  await takeCensus(db.sql, t0 + 1_000, 'here', { spanMs: 1_000 });
  assert.equal(
    await coverage('all', 'alive'),
    '19/19 ?15 complete',
    'fourteen came in two hours: five in 42 minutes, ten by chance',
  );
  assert.equal(await coverage('all', 'alive', 'day'), '19/19 ?2 complete');
});

describe('hours and days', () => {
  test('an hour is its last complete census, and its least is none that was partial', async () => {
    const steps = [
      { minutes: 10, ids: 3, partial: null },
      { minutes: 20, ids: 4, partial: null },
      { minutes: 40, ids: 0, partial: 'crawlerAway' },
      { minutes: 50, ids: 1, partial: 'crawlerAway' },
    ];
    for (const { minutes, ids, partial } of steps) {
      await db.sql`truncate nodes cascade`;
      const at = t0 + minutes * minute;
      for (let n = 0; n < ids; n++) await record(makeFullVisit(n, at - 1_000));
      await takeCensus(db.sql, at, 'here');
      await db.sql`update coverage_points set partial = ${partial}, unknown_ids = ${4 - ids} where at = ${new Date(at)} and population = 'alive'`;
    }
    await rollUpCounts(db.sql, t0 + 13 * hour);
    for (const resolution of ['hour', 'day']) {
      const [row] = await db.sql`
        select ids, ids_low, ids_high, unknown_ids, partial
        from counts p join coverage_points c using (network, population, time_window, resolution, at)
        where resolution = ${resolution} and network = 'mainnet' and cut = 'total' and population = 'alive' and time_window = 'now'`;
      assert.deepEqual({ ...row }, { ids: 4, ids_low: 3, ids_high: 4, unknown_ids: 0, partial: null }, resolution);
      const [other] = await db.sql`
        select ids, ids_low, partial
        from counts p join coverage_points c using (network, population, time_window, resolution, at)
        where resolution = ${resolution} and network = 'mainnet' and cut = 'total' and population = 'reachable' and time_window = 'now'`;
      assert.deepEqual(
        { ...other },
        { ids: 1, ids_low: 0, partial: 'firstHours' },
        'where all are partial the last of them',
      );
    }
  });

  test('a day is its last complete hour; what has rolled up is removed from the censuses', async () => {
    for (const hours of [0, 1, 2, 3]) {
      const at = t0 + hours * hour;
      await db.sql`truncate nodes cascade`;
      for (let n = 0; n <= hours; n++) await record(makeFullVisit(n, at - 1_000));
      await takeCensus(db.sql, at, 'here');
      const partial = hours < 3 ? null : 'starved';
      await db.sql`update coverage_points set partial = ${partial} where at = ${new Date(at)}`;
    }
    await rollUpCounts(db.sql, t0 + 13 * hour);
    const [row] = await db.sql`
      select ids, ids_low, ids_high from counts
      where resolution = 'day' and network = 'mainnet' and cut = 'total' and population = 'alive' and time_window = 'now'`;
    assert.deepEqual({ ...row }, { ids: 3, ids_low: 1, ids_high: 3 });
    await takeCensus(db.sql, t0 + 14 * hour, 'here');
    await rollUpCounts(db.sql, t0 + 16 * hour);
    await takeCensus(db.sql, t0 + 20 * day, 'here');
    await rollUpCounts(db.sql, t0 + 20 * day + 2 * hour);
    await work([atWork(t0 - 12 * day, t0 - 12 * day + hour), atWork(t0 + 19 * day, t0 + 20 * day)]);
    await applyRetention(db.sql, t0 + 20 * day + 3 * hour, { visitDays: 7 });
    const left = await db.sql`select distinct at from coverage_points where resolution = 'census'`;
    assert.deepEqual(
      left.map(({ at }) => at),
      [new Date(t0 + 20 * day)],
    );
    assert.equal((await db.sql`select 1 from crawl_spans`).length, 1);
  });
});
