/** What is removed, and that nobody waits meanwhile, on a real PostgreSQL. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { connect } from '../../sql/client.ts';
import { openTestDatabase, type TestDatabase } from '../../sql/testDatabase.ts';
import { makeContact, makeFullVisit, makeId, makePong, makeVisit } from '../../testkit/makeVisit.ts';
import { createStore } from '../store/createStore.ts';
import type { Store } from '../store/store.ts';
import { toVisitRow } from '../store/visitRow.ts';
import { applyRetention } from './retention.ts';

const hour = 3_600_000;
const day = 24 * hour;
const t0 = Date.UTC(2027, 4, 3, 12);

const answered = { stage: 'pong', pong: makePong } as const;

let db: TestDatabase;
let store: Store;
before(async () => {
  db = await openTestDatabase();
  store = createStore(db.sql, 'here', '0', { at: 'caller', now: () => t0 + 30 * day });
});
after(() => db.close());
beforeEach(() => db.sql`truncate nodes, visit_log, head_estimates cascade`);

test('while somebody reads visits for a long time, others can still read: a day is dropped once it is free', async (t) => {
  for (const days of [3, 2, 0]) await store.recordVisits([toVisitRow(makeVisit(1, t0 - days * day))]);
  const reader = connect(db.url, { max: 1 });
  t.after(() => reader.end());
  const reading = reader.begin(async (long) => {
    await long`select count(*) from visits`;
    await long`select pg_sleep(2)`;
  });
  await db.sql`select pg_sleep(0.1)`;
  let ended = false;
  const removing = applyRetention(db.sql, t0, { visitDays: 1 }).finally(() => {
    ended = true;
  });
  let longest = 0;
  while (!ended) {
    const asked = performance.now();
    await db.sql`select count(*) from visits where node_no = 1`;
    longest = Math.max(longest, performance.now() - asked);
    await db.sql`select pg_sleep(0.01)`;
  }
  assert.equal((await removing)?.visit_days, 2);
  await reading;
  assert.ok(longest < 1_000, `a reader waited ${Math.round(longest)} ms`);
  const left = await db.sql`select relname from pg_class where relname ~ 'visit_log_[0-9]{8}$' and relkind = 'r'`;
  assert.deepEqual(left.length, 1);
  // Visits of a day that is gone may still come.
  await store.recordVisits([toVisitRow(makeVisit(1, t0 - 2 * day))]);
  assert.equal((await db.sql`select 1 from visits`).length, 2);
});

test('an hour of head estimates a minute apart becomes one, in time proportional to their number', async () => {
  // 20 days of two networks: pair by pair this takes minutes.
  await db.sql`
    insert into head_estimates (network, at, number, nodes)
    select n, ${new Date(t0)}::timestamptz - i * interval '1 minute', 28800 - i, 5
    from unnest('{mainnet,sepolia}'::text[]) n, generate_series(1, 28800) i`;
  await db.sql`
    insert into block_facts (network, height, node, voter, hash, forged, source, at)
    select 'mainnet', i, 'a', 'a', decode(repeat('00', 32), 'hex'), false, 'eth', ${new Date(t0 - 99 * day)}
    from generate_series(1, 20) i`;
  for (const what of ['head_estimates', 'block_facts']) {
    const [row] = await db.sql`
      select remove_old(${what}, ${new Date(t0)}, 30, 1, 14, 1000000, 7)::int4 as gone`;
    assert.equal(row?.gone, 7, `${what}: no more than one transaction may`);
  }
  const began = performance.now();
  const removed = await applyRetention(db.sql, t0, { visitDays: 30, censusDays: 1 });
  const took = performance.now() - began;
  assert.deepEqual([removed?.head_estimates, removed?.block_facts], [2 * 59 * (28_800 / 60 - 24) - 7, 13]);
  assert.ok(took < 10_000, `${Math.round(took)} ms`);
});

test('a node that is gone is remembered for as long as it was there, but for a month at least and a year at most', async () => {
  const lives = [
    { n: 1, from: 40, until: 40 },
    { n: 2, from: 30, until: 30 },
    { n: 3, from: 200, until: 80 },
    { n: 4, from: 120, until: 80 },
    { n: 5, from: 900, until: 370 },
    { n: 6, from: 900, until: 360 },
  ];
  for (const { n, from, until } of lives) {
    await store.recordVisits([from, until].map((ago) => toVisitRow(makeVisit(n, t0 - ago * day, answered))));
  }
  const kept = async () => {
    const rows = await db.sql<{ id: Uint8Array }[]>`select id from nodes`;
    const ids = rows.map(({ id }) => Buffer.from(id).toString('hex'));
    return lives.map(({ n }) => n).filter((n) => ids.includes(Buffer.from(makeId(n)).toString('hex')));
  };
  assert.equal((await applyRetention(db.sql, t0, { visitDays: 30, batchRows: 1 }))?.gone_nodes, 3);
  assert.deepEqual(await kept(), [2, 3, 6]);
  // Others still name it.
  await store.upsertSeen([{ contact: makeContact(2), source: 'neighbour', at: t0 + 9 * day, dueAt: t0 }]);
  await applyRetention(db.sql, t0 + 10 * day, { visitDays: 30 });
  assert.deepEqual(await kept(), [2, 3]);
});

test('a name that nobody tells any more is forgotten; one in use stays, and one that comes back has a number again', async () => {
  await db.sql`truncate clients, fork_ids cascade`;
  const say = (n: number, days: number, client: string) =>
    store.recordVisits([toVisitRow(makeFullVisit(n, t0 + days * day, null, client))]);
  await say(1, 0, 'Geth/v1.0.0');
  await say(2, 0, 'Reth/v1.0.0');
  await say(2, 1, 'Reth/v2.0.0');
  const names = async () => (await db.sql`select raw from clients order by raw`).map(({ raw }) => raw);
  await applyRetention(db.sql, t0 + 30 * day, { visitDays: 30 });
  assert.deepEqual(await names(), ['Geth/v1.0.0', 'Reth/v1.0.0', 'Reth/v2.0.0'], 'visits name it');
  for (let days = 2; days < 30; days++) await say(1, days, 'Geth/v1.0.0');
  const removed = await applyRetention(db.sql, t0 + 30 * day, { visitDays: 20 });
  assert.deepEqual([removed?.clients, removed?.fork_ids], [1, 0]);
  assert.deepEqual(await names(), ['Geth/v1.0.0', 'Reth/v2.0.0'], 'a node has the other');
  await say(2, 30, 'Reth/v1.0.0');
  const [row] =
    await db.sql`select client_name as name, client_version as version from node_rows where id = ${makeId(2)}`;
  assert.deepEqual({ ...row }, { name: 'reth', version: '1.0.0' });
});
