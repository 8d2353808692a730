import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { openTestDatabase, type TestDatabase } from '../../sql/testDatabase.ts';
import { makeFullVisit, makeId, makeTarget, makeVisit } from '../testkit/makeVisit.ts';
import { createStore } from './createStore.ts';
import type { KnownNode, Store } from './store.ts';
import { maxUnprovenEndpoints } from './upsertSeen.ts';
import { toVisitRow } from './visitRow.ts';

const t0 = Date.UTC(2026, 10, 23, 12);
const minute = 60_000;

let db: TestDatabase;
let store: Store;
before(async () => {
  db = await openTestDatabase();
  store = createStore(db.sql, 'here');
});
after(() => db.close());
beforeEach(() => db.sql`truncate nodes, endpoints, reachability, frontier, visits restart identity`);

const one = async (n: number) => {
  const [row] = await db.sql`select * from node_rows where id = ${makeId(n)}`;
  return row!;
};

test('mentions make unproven nodes, keep proven addresses, and cannot fill the table', async () => {
  const seen = (n: number, ip: string, at = t0) => ({
    target: makeTarget(n, ip),
    source: 'neighbour' as const,
    at,
    dueAt: at + minute,
  });
  await store.recordVisits([toVisitRow(makeFullVisit(1, t0, null))]);
  await store.upsertSeen([seen(1, '10.9.9.9'), seen(2, '10.0.0.2'), seen(2, '10.0.0.2'), seen(2, '10.0.0.3')]);
  assert.equal((await one(1)).ip, '10.0.0.1');
  const second = await one(2);
  assert.deepEqual([second.ip, second.last_alive, second.last_seen], ['10.0.0.2', null, new Date(t0)]);
  assert.deepEqual(
    [...(await db.sql`select f.due_at from frontier f join nodes n using (node_no) order by n.id`)].map(({ due_at }) =>
      due_at.getTime(),
    ),
    [t0 + 60 * minute, t0 + minute],
  );
  await store.upsertSeen(Array.from({ length: 50 }, (_, i) => seen(2, `10.1.0.${i}`)));
  await store.upsertSeen(Array.from({ length: 50 }, (_, i) => seen(2, `10.2.0.${i}`)));
  const [{ count }] =
    (await db.sql`select count(*)::int4 as count from endpoints e join nodes n using (node_no) where n.id = ${makeId(2)}`) as unknown as [
      { count: number },
    ];
  assert.equal(count, maxUnprovenEndpoints);
  await store.upsertSeen([seen(2, '10.0.0.2', t0 + minute)]);
  assert.deepEqual((await one(2)).last_seen, new Date(t0), 'not refreshed within ten minutes');
  await store.upsertSeen([seen(2, '10.0.0.2', t0 + 11 * minute)]);
  assert.deepEqual((await one(2)).last_seen, new Date(t0 + 11 * minute));
});

test('claims go to one crawler each, lapse, and end with the visit', async () => {
  await store.upsertSeen(
    Array.from({ length: 100 }, (_, n) => ({
      target: makeTarget(n),
      source: 'neighbour',
      at: t0,
      dueAt: t0 + (n < 80 ? 0 : 60 * minute),
    })),
  );
  const others = ['here', 'there', 'elsewhere'].map((vantage) => createStore(db.sql, vantage));
  const claims = await Promise.all(others.map((other) => other.claimDue(50, minute, t0)));
  const ids = claims.flat().map(({ target }) => Buffer.from(target.id).toString('hex'));
  assert.equal(new Set(ids).size, ids.length, 'nobody twice');
  const rest = await store.claimDue(1_000, minute, t0);
  assert.equal(ids.length + rest.length, 80);
  assert.deepEqual(await store.claimDue(10, minute, t0), []);
  assert.equal((await store.claimDue(1_000, minute, t0 + minute)).length, 80, 'lapsed leases are free again');
  await store.recordVisits([toVisitRow(makeFullVisit(1, t0 + 2 * minute, null))]);
  assert.equal(await store.releaseLeases(), 79);
  assert.equal((await store.claimDue(1_000, minute, t0 + 2 * minute)).length, 79);
});

test('a restart resumes with what is known, earliest due first', async () => {
  await store.upsertSeen([{ target: makeTarget(2), source: 'bootnode', at: t0, dueAt: t0 + minute }]);
  await store.recordVisits([
    toVisitRow(makeFullVisit(1, t0, null)),
    toVisitRow(makeVisit(3, t0, {}, { failures: 4, nextDueAt: t0 + 10 })),
  ]);
  const pages: KnownNode[] = [];
  for await (const page of store.loadResume(1_000)) pages.push(...page);
  assert.deepEqual(pages, [
    {
      target: makeTarget(3),
      proven: false,
      visited: true,
      firstSeenAt: t0,
      lastAliveAt: null,
      failures: 4,
      dueAt: t0 + 10,
    },
    {
      target: makeTarget(2),
      proven: false,
      visited: false,
      firstSeenAt: t0,
      lastAliveAt: null,
      failures: 0,
      dueAt: t0 + minute,
    },
    {
      target: makeTarget(1),
      proven: true,
      visited: true,
      firstSeenAt: t0,
      lastAliveAt: t0,
      failures: 0,
      dueAt: t0 + 60 * minute,
    },
  ]);
});
