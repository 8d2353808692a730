/** Three vantages with different views share one database, by the clock of a simulated world: what any of them sees counts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeContact, makeId, makePong, makeVisit } from '../../testkit/makeVisit.ts';
import {
  A,
  B,
  C,
  counted,
  nodes,
  openWorld,
  see,
  seenBy,
  t0,
  watch,
  watchPlacesCome,
} from '../../testkit/virtualCrawl/vantageWorld.ts';
import { applyRetention } from '../jobs/retention.ts';
import { createStore } from './createStore.ts';
import { toVisitRow } from './visitRow.ts';

const minute = 60_000;
const hour = 60 * minute;

// e2e/days has this over a day, and how often the others look.
test('a further vantage never lowers a count, and what any of them reaches counts', (t) =>
  watchPlacesCome(t, 2, 3 * hour));

test('a vantage that ends or dies costs nothing of what others see, and gets its nodes back when it returns', async (t) => {
  const world = await openWorld(t, nodes(4));
  for (const place of [A, B, C]) world.open(place);
  await world.pass(4 * hour);
  world.places.delete(A);
  await world.pass(
    6 * hour,
    watch(world, () => ({ alive: seenBy(world, 1, B, C), reachable: seenBy(world, 2, B, C) })),
  );
  const gone = seenBy(world, 1, A).filter((n) => !seenBy(world, 1, B, C).includes(n));
  const alive = await counted(world.sql, world.clock.now(), 'last_alive');
  assert.deepEqual(
    gone.filter((n) => alive.includes(n)),
    [],
  );
  world.open(A);
  await world.pass(10 * minute);
  await world.pass(
    4 * hour,
    watch(world, () => ({ alive: seenBy(world, 1, A, B, C), reachable: seenBy(world, 2, B, C) })),
  );
  await world.pass(
    4 * hour,
    watch(world, () => ({ alive: seenBy(world, 1, A, B, C), reachable: seenBy(world, 2, A, B, C) })),
  );
});

test('a node that its home no longer sees is looked at by the others at once; one that nobody sees is asked ever less often', async (t) => {
  const world = await openWorld(t, [see(A, B, C), see(A, B, C), see(A, B, C)]);
  for (const place of [A, B, C]) world.open(place);
  await world.pass(3 * hour);
  const [row] = await world.sql<{ home: string }[]>`
    select f.home from frontier f join nodes n using (node_no) where n.id = ${makeId(0)}`;
  // From now on its home no longer sees it; the second is gone.
  Object.assign(world.sights[0]!, { [row!.home]: 0 });
  Object.assign(world.sights[1]!, { [A]: 0, [B]: 0, [C]: 0 });
  const from = world.clock.now();
  await world.pass(
    10 * hour,
    watch(world, () => ({ alive: [0, 2], reachable: [0, 2] })),
  );
  const after = world.visits.filter(({ n, at }) => n === 1 && at > from + 5 * hour);
  assert.ok(after.length <= 8, `${after.length} visits of one that is gone`);
});

test('a failure seen from elsewhere changes neither the schedule of a node nor what is known of it', async (t) => {
  const world = await openWorld(t, [see(A)]);
  world.open(A);
  await world.pass(hour);
  world.open(B);
  await world.pass(2 * minute);
  const state = async () => {
    const [row] = await world.sql`
      select f.due_at, f.failures, f.home, f.home_rank, n.last_pinged, n.last_dialled, s.code as stage, c.code from nodes n join frontier f using (node_no)
      join codes s on s.code_no = n.last_stage_no join codes c on c.code_no = n.last_code_no`;
    return { ...row };
  };
  const before = await state();
  await world.places.get(B)!.recordVisits([toVisitRow(makeVisit(0, world.clock.now(), {}, { failures: 1 }))]);
  assert.deepEqual(await state(), before);
  assert.deepEqual([before.home, before.failures, before.code], [A, 0, 'disconnected']);
});

test('a vantage replaces what it said about those left out, and clears up after one that is gone', async (t) => {
  const world = await openWorld(t, []);
  for (const place of [A, B]) world.open(place);
  const [here, there] = [world.places.get(A)!, world.places.get(B)!];
  const rows = () =>
    world.sql`select vantage, ip::text as ip, bound, ids from left_out order by 1, 2, 3`.then((list) =>
      list.map((row) => Object.values(row)),
    );
  await there.saveLeftOut([{ host: '9.9.9.9', bound: 'frontierFull', ids: 1 }], t0);
  await here.saveLeftOut(
    [
      { host: '8.8.8.8', bound: 'idsPerIp', ids: 7 },
      { host: '2600:1:2:3::/64', bound: 'idsPerIp', ids: 3 },
    ],
    t0,
  );
  await here.saveLeftOut([{ host: '8.8.8.8', bound: 'idsPerIp', ids: 9 }], t0 + hour);
  assert.deepEqual(await rows(), [
    [A, '8.8.8.8/32', 'idsPerIp', 9],
    [B, '9.9.9.9/32', 'frontierFull', 1],
  ]);
  await here.saveLeftOut([], t0 + 25 * hour);
  assert.deepEqual(await rows(), []);
});

test('of nodes that were only named, a limited number is kept, those named last; addresses named on one day give way to those of the next', async (t) => {
  const world = await openWorld(t, []);
  // Nothing is stored as later than the clock of the world says.
  const here = createStore(world.sql, A, '0', { at: 'caller', now: () => t0 + 48 * hour });
  const name = (n: number, at: number, ip = `8.8.${n}.8`) =>
    here.upsertSeen([{ contact: makeContact(n, ip), source: 'neighbour', at, dueAt: at }]);
  for (let n = 0; n < 6; n++) await name(n, t0 + n * minute);
  await here.recordVisits([toVisitRow(makeVisit(0, t0, { pong: makePong, stage: 'pong' }))]);
  const removed = await applyRetention(world.sql, t0 + hour, { visitDays: 3, unprovenNodes: 2, batchRows: 2 });
  assert.equal(removed?.crowded_nodes, 3, 'more than one batch');
  const rows = await world.sql<{ id: Uint8Array }[]>`select id from nodes order by id`;
  assert.deepEqual(
    rows.map(({ id }) => id),
    [0, 4, 5].map(makeId),
  );
  for (let i = 0; i < 20; i++) await name(5, t0 + hour, `6.6.${i}.6`);
  await name(5, t0 + 26 * hour, '8.8.8.8');
  const [known] = await world.sql`select count(*)::int4 as count from endpoints where host(ip) = '8.8.8.8'`;
  assert.equal(known!.count, 1);
});
