/** Sessions of nodes and what follows from them, on a real PostgreSQL: what begins and ends one, and what does not. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { openTestDatabase, type TestDatabase } from '../../sql/testDatabase.ts';
import { makeFullVisit, makeId, makePong, makeVisit } from '../../testkit/makeVisit.ts';
import { noBootnodes } from '../crawl/bootnodes.ts';
import type { VisitRecord } from '../crawl/visit.ts';
import { createStore } from '../store/createStore.ts';
import type { Store, WorkSpan } from '../store/store.ts';
import { toVisitRow } from '../store/visitRow.ts';
import { followSessions, takeChurn } from './followSessions.ts';
import { applyRetention } from './retention.ts';

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
  const [at, forks] = [new Uint8Array(32), { forks: [], forkHashes: [Uint8Array.of(1, 2, 3, 4)] }];
  await store.saveNetworks(
    [
      {
        ...{ slug: 'mainnet', name: 'mainnet', networkId: 1n, genesisHash: at, genesisTime: 0n, consensus: 'pos' },
        ...{ ...forks, bootnodes: [], dns: [], allowedCidrs: [] },
      },
    ],
    t0,
  );
});
after(() => db.close());
beforeEach(async () => {
  await db.sql`
    truncate nodes, endpoints, reachability, frontier, sessions, visit_log, vantages, crawl_spans, churn_points, coverage_points
    restart identity`;
  await work([{ fromAt: t0 - day, untilAt: t0 + day, heard: true }]);
});

const work = (spans: readonly WorkSpan[]) =>
  store.saveBeat({
    ...{ version: '1', startedAt: t0, at: t0, bootnodes: noBootnodes, frontierNodes: 0, visits: 0, facts: {} },
    ...{ networks: ['mainnet'], censusIntervalMs: 600_000, spans, unwrittenSince: null },
    ...{ pingWithinMs: 42 * minute, dialWithinMs: 116 * minute },
  });
const silent = (n: number, at: number, failures: number): VisitRecord => ({ ...makeVisit(n, at), failures });
/** Writes visits (minutes after t0) in order, and follows them five minutes after each. */
async function play(...visits: VisitRecord[]): Promise<void> {
  for (const visit of visits) {
    await store.recordVisits([toVisitRow(visit)]);
    await followSessions(db.sql, visit.outcome.startedAt + 5 * minute);
  }
}
const up = (n: number, minutes: number) => makeFullVisit(n, t0 + minutes * minute);
const down = (n: number, minutes: number, failures: number) => silent(n, t0 + minutes * minute, failures);

/** `from-until`, minutes after t0; `?` before what had begun before. */
async function sessions(n: number): Promise<string[]> {
  const rows = await db.sql<{ from: Date; until: Date | null; begun: boolean }[]>`
    select from_at as from, until_at as until, begun from sessions join nodes using (node_no)
    where id = ${makeId(n)} order by from_at`;
  const at = (time: Date | null) => (time === null ? '' : `${(time.getTime() - t0) / minute}`);
  return rows.map(({ from, until, begun }) => `${begun ? '' : '?'}${at(from)}-${at(until)}`);
}

test('one silent look ends nothing; two do, halfway to the first of them', async () => {
  await play(up(1, 0), down(1, 30, 1), up(1, 35), down(1, 65, 1));
  assert.deepEqual(await sessions(1), ['?0-']);
  await play(down(1, 70, 2));
  assert.deepEqual(await sessions(1), ['?0-50']);
  await play(down(1, 90, 3), up(1, 110));
  assert.deepEqual(await sessions(1), ['?0-50', '100-']);
});

test('a node found in the first two hours was there before; one found later has come since the last silent look', async () => {
  await work([{ fromAt: t0 - hour, untilAt: t0 + day, heard: true }]);
  await db.sql`delete from crawl_spans where from_at < ${new Date(t0 - hour)}`;
  await play(up(1, 0), up(2, 30), down(3, 80, 1), down(3, 90, 2), up(3, 110));
  assert.deepEqual([await sessions(1), await sessions(2), await sessions(3)], [['?0-'], ['?30-'], ['100-']]);
  await play(up(4, 200));
  assert.deepEqual(await sessions(4), ['200-'], 'named and met at once');
});

test('an hour without a crawler ends nothing, nor does silence while nobody was heard, even if that becomes known late', async () => {
  await play(up(1, 0), up(2, 0), up(1, 200), down(2, 210, 1), down(2, 220, 2));
  assert.deepEqual(
    [await sessions(1), await sessions(2)],
    [['?0-'], ['0-105']],
    'it left in between, nobody knows when',
  );
  await play(up(5, 300), down(5, 330, 1), down(5, 340, 2));
  assert.deepEqual(await sessions(5), ['300-315']);
  await db.sql`truncate crawl_spans`;
  await work([
    { fromAt: t0 - day, untilAt: t0 + 301 * minute, heard: true },
    { fromAt: t0 + 302 * minute, untilAt: t0 + 350 * minute, heard: false },
    { fromAt: t0 + 351 * minute, untilAt: t0 + day, heard: true },
  ]);
  await play(up(5, 355));
  assert.deepEqual(await sessions(5), ['300-'], 'it goes on');
  await play(down(5, 385, 1), down(5, 390, 2));
  assert.deepEqual(await sessions(5), ['300-370']);
});

test('visits that we ended ourselves say nothing; a node that only dials us has no sessions; a handshake alone is an answer', async () => {
  const aborted = (n: number, minutes: number, failures: number): VisitRecord => {
    const visit = down(n, minutes, failures);
    return { ...visit, outcome: { ...visit.outcome, code: 'aborted' } };
  };
  await play(up(1, 0), aborted(1, 30, 1), aborted(1, 40, 2));
  assert.deepEqual(await sessions(1), ['?0-']);
  const called = up(2, 0);
  const call = { ...called, outcome: { ...called.outcome, direction: 'inbound' as const, pong: null } };
  await play(call, {
    ...makeVisit(2, t0 + minute, { stage: 'pong', code: 'dialTimeout', pong: makePong }),
    failures: 0,
  });
  assert.deepEqual(await sessions(2), []);
  await play({ ...makeVisit(3, t0, { stage: 'auth', code: 'disconnected', remoteReason: 4 }), failures: 0 });
  assert.deepEqual(await sessions(3), ['0-']);
});

test('worked out by hand: who came and left, uptime over the time that somebody looked, and a median that includes what still goes on', async () => {
  // The last six hours of a day were not watched.
  await db.sql`truncate crawl_spans`;
  await work([{ fromAt: t0 - 40 * day, untilAt: t0 + 18 * hour, heard: true }]);
  const now = t0 + day;
  for (let n = 1; n <= 6; n++) await store.recordVisits([toVisitRow(makeFullVisit(n, t0 - 2 * day))]);
  await db.sql`update nodes set last_alive = ${new Date(t0 + 18 * hour)}, last_reachable = null`;
  await db.sql`update frontier set failures = 0`;
  const session = (n: number, from: number, until: number | null, begun = true) => db.sql`
    insert into sessions (node_no, from_at, until_at, proved_at, begun) values (
      ${n}, ${new Date(t0 + from * hour)}, ${until === null ? null : new Date(t0 + until * hour)},
      ${until === null ? null : new Date(t0 + until * hour)}, ${begun})`;
  await session(1, -100, null, false);
  await session(2, -100, 6, false);
  await session(3, 9, 12);
  await session(3, 15, 17);
  await session(4, 3, 9);
  await session(5, 12, null);
  await session(6, -100, -50, false);
  await takeChurn(db.sql, now);
  const [row] = await db.sql`
    select nodes, joined_ids, left_ids, rotating_ids, sessions, median_s, at_least_s, round(uptime::numeric, 4)::float8 as uptime,
      watched, partial
    from churn_points where network = 'mainnet' and cut = 'total' and time_window = 'day'`;
  assert.deepEqual(
    { ...row },
    {
      ...{ nodes: 5, joined_ids: 3, left_ids: 3, rotating_ids: 0, sessions: 4 },
      // 2, 3 and 6 hours, and one of 6.7 that goes on: a quarter is left at 3 hours, half at 2.
      ...{ median_s: 3 * 3_600, at_least_s: null },
      // 18 of 18, 6 of 18, 5 of 9, 6 of 15, 6 of 6.
      ...{ uptime: Math.round(((18 + 6 + 5 + 6 + 6) / (18 + 18 + 9 + 15 + 6)) * 1e4) / 1e4 },
      ...{ watched: 0.75, partial: 'crawlerAway' },
    },
  );
  const clients = await db.sql`
    select key, nodes from churn_points where network = 'mainnet' and cut = 'client' and time_window = 'month'`;
  assert.deepEqual(
    clients.map(({ key, nodes }) => `${key} ${nodes}`),
    ['geth 6'],
  );
  const presence = await db.sql`
    select time_window, up_s / 3600 as up, watched_s / 3600 as watched, sessions from node_presence(3, ${new Date(now)}) order by 1`;
  assert.deepEqual(
    presence.map(({ time_window, up, watched, sessions: count }) => [time_window, up, watched, count]),
    [
      ['day', 5, 9, 2],
      ['month', 5, 9, 2],
      ['week', 5, 9, 2],
    ],
  );
});

test('more than half still go on: the median is longer than the longest so far; retention', async () => {
  const now = t0 + 10 * hour;
  for (let n = 1; n <= 2; n++) await store.recordVisits([toVisitRow(makeFullVisit(n, now))]);
  await db.sql`
    insert into sessions (node_no, from_at, until_at, proved_at, begun) values
      (1, ${new Date(t0)}, null, null, true), (2, ${new Date(t0 + 8 * hour)}, null, null, true),
      (2, ${new Date(t0 - 60 * day)}, ${new Date(t0 - 40 * day)}, ${new Date(t0 - 40 * day)}, true)`;
  await db.sql`update frontier set failures = 0`;
  await takeChurn(db.sql, now);
  const [row] = await db.sql`
    select sessions, median_s, at_least_s from churn_points where network = 'all' and cut = 'total' and time_window = 'day'`;
  assert.deepEqual({ ...row }, { sessions: 2, median_s: null, at_least_s: 10 * 3_600 });
  const removed = await applyRetention(db.sql, now, { visitDays: 7 });
  assert.deepEqual([removed?.sessions, removed?.churn_points], [1, 0]);
  await applyRetention(db.sql, now + 3 * day, { visitDays: 7 });
  assert.deepEqual(
    (await db.sql`select distinct cut from churn_points`).map(({ cut }) => cut),
    ['total'],
  );
});
