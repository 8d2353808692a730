/** Three vantages with different views share one database, by the clock of a simulated world: what any of them sees counts. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Sql } from '../../sql/client.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { makeContact, makeId, makePong, makeVisit } from '../../testkit/makeVisit.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { SimulatedClock } from '../../testkit/simulatedClock.ts';
import { defaultSchedule, nextDueAt } from '../crawl/backoff.ts';
import { noBootnodes } from '../crawl/bootnodes.ts';
import type { KnownNode, LeaseReach } from '../crawl/leaseStore.ts';
import { applyRetention } from '../jobs/retention.ts';
import { createStore } from './createStore.ts';
import type { Store } from './store.ts';
import { toVisitRow } from './visitRow.ts';

const minute = 60_000;
const hour = 60 * minute;
const t0 = Date.UTC(2041, 0, 7);
const everywhere: LeaseReach = { allowedCidrs: ['10.0.0.0/8'], publicUnicast: true, exceptIds: [] };

/** What a vantage can see of a node: nothing, its UDP, or its TCP as well. */
type Sight = 0 | 1 | 2;
type Sights = Readonly<Record<string, Sight>>;

interface World {
  readonly sql: Sql;
  readonly clock: SimulatedClock;
  /** By the number of the node; may change. */
  readonly sights: Sights[];
  readonly places: Map<string, Store>;
  /** Visits so far, by node and vantage. */
  readonly visits: { readonly n: number; readonly place: string; readonly at: number }[];
  open(place: string): void;
  /** Crawls from each open place, with a poll every few minutes. */
  pass(ms: number, each?: () => Promise<void>): Promise<void>;
}

/** `pollMs` is the time between two polls of a crawler. */
async function openWorld(t: TestContext, sights: Sights[], pollMs = 5 * minute): Promise<World> {
  const { sql } = await openTestDatabase(t);
  const clock = new SimulatedClock(t0);
  const random = seededRandom(3);
  const places = new Map<string, Store>();
  const visits: { n: number; place: string; at: number }[] = [];
  const contacts = sights.map((_, n) => makeContact(n));
  /** What a crawler remembers of a node while it runs. */
  const visit = (place: string, known: KnownNode, now: number) => {
    const n = new DataView(known.contact.id.buffer, known.contact.id.byteOffset).getUint32(0);
    visits.push({ n, place, at: now });
    const sight = sights[n]?.[place] ?? 0;
    const seen =
      sight === 0
        ? {}
        : {
            pong: makePong,
            ...(sight === 1
              ? ({ stage: 'pong', code: 'dialTimeout' } as const)
              : ({ stage: 'auth', code: 'disconnected' } as const)),
          };
    const failures = sight === 0 ? known.failures + 1 : 0;
    const { lastAliveAt, firstSeenAt } = known;
    const result = sight === 0 ? 'silent' : 'alive';
    const chance = random.next();
    const dueAt = nextDueAt(
      { now, result, lastAliveAt, firstSeenAt, failures, namedAt: now, unwatchedMs: 0, dialAt: null, chance },
      defaultSchedule,
    );
    return toVisitRow(makeVisit(n, now, seen, { dueAt, failures }));
  };
  /** What a crawler hears of for the first time, it wishes to visit. */
  const firstLooks = async (store: Store, place: string, now: number): Promise<KnownNode[]> => {
    const fresh = contacts.filter((_, n) => !visits.some((one) => one.n === n && one.place === place));
    const wishes = fresh.map((contact) => ({ contact, firstSeenAt: now, early: false, direct: false }));
    const answers = await store.claimNodes(wishes, minute);
    return answers.flatMap(({ granted, known }) => (granted && known !== null ? known : []));
  };
  const beat = (at: number) => ({
    version: '1',
    startedAt: t0,
    at,
    bootnodes: noBootnodes,
    frontierNodes: 0,
    visits: 0,
    networks: [],
    censusIntervalMs: null,
    spans: [],
    unwrittenSince: null,
    pingWithinMs: 3_600_000,
    dialWithinMs: 6_600_000,
    facts: {},
  });
  return {
    sql,
    clock,
    sights,
    places,
    visits,
    open: (place) => void places.set(place, createStore(sql, place, '0', { at: 'caller', now: () => clock.now() })),
    async pass(ms, each = async () => {}) {
      const end = clock.now() + ms;
      while (clock.now() < end) {
        await clock.drive(clock.sleep(Math.min(pollMs, end - clock.now())));
        const now = clock.now();
        for (const store of places.values()) await store.saveBeat(beat(now));
        for (const [place, store] of places) {
          // Each hears of every node from its neighbours.
          if (now % (10 * minute) === 0)
            await store.upsertSeen(contacts.map((contact) => ({ contact, source: 'neighbour', at: now, dueAt: now })));
          const claimed = [...(await store.claimDue(1_000, minute, everywhere))];
          if (now % (10 * minute) === 0) claimed.push(...(await firstLooks(store, place, now)));
          await store.recordVisits(claimed.map((known) => visit(place, known, now)));
        }
        await each();
      }
    },
  };
}

/** Node numbers that a census of this moment would count within two hours. */
async function counted(sql: Sql, now: number, what: 'last_alive' | 'last_reachable'): Promise<number[]> {
  const rows = await sql<{ id: Uint8Array }[]>`
    select id from nodes where ${sql(what)} > ${new Date(now - 2 * hour)} order by id`;
  return rows.map(({ id }) => new DataView(id.buffer, id.byteOffset).getUint32(0));
}

const [A, B, C] = ['paris', 'tokyo', 'lima'] as const;
const see = (...list: readonly string[]): Sights => Object.fromEntries(list.map((place) => [place, 2]));
/** Seen from one place, from two, from all; and one that answers here and can be dialled only there. */
const kinds = [
  see(A),
  see(B),
  see(C),
  see(A, B),
  see(B, C),
  see(A, C),
  see(A, B, C),
  { [A]: 1, [B]: 2 },
  { [C]: 1, [A]: 2 },
] as const;
const nodes = (each: number): Sights[] =>
  Array.from({ length: each * kinds.length }, (_, i) => ({ ...kinds[i % kinds.length] }));
const seenBy = (world: World, sight: Sight, ...places: readonly string[]) =>
  world.sights.flatMap((sights, n) => (places.some((place) => (sights[place] ?? 0) >= sight) ? [n] : []));

/** None of these is missing from a count at any minute. */
function watch(
  world: World,
  expected: () => { readonly alive: readonly number[]; readonly reachable: readonly number[] },
) {
  return async () => {
    const now = world.clock.now();
    if (now % (10 * minute) !== 0) return;
    const { alive, reachable } = expected();
    for (const [what, wanted] of [
      ['last_alive', alive],
      ['last_reachable', reachable],
    ] as const) {
      const found = new Set(await counted(world.sql, now, what));
      const missing = wanted.filter((n) => !found.has(n));
      assert.deepEqual(missing, [], `${what} ${(now - t0) / minute} minutes after the start`);
    }
  };
}

test('a further vantage never lowers a count, and what any of them reaches counts', async (t) => {
  const world = await openWorld(t, nodes(4));
  const expect = (...places: readonly string[]) =>
    watch(world, () => ({ alive: seenBy(world, 1, ...places), reachable: seenBy(world, 2, ...places) }));
  world.open(A);
  await world.pass(hour);
  await world.pass(2 * hour, expect(A));
  world.open(B);
  await world.pass(2 * hour, expect(A));
  world.open(C);
  await world.pass(2 * hour, expect(A, B));
  await world.pass(20 * hour, expect(A, B, C));
});

test('the others look in turn, so that it is known from where a node is reachable, and no more often than that', async (t) => {
  const world = await openWorld(t, nodes(2), minute);
  for (const place of [A, B, C]) world.open(place);
  await world.pass(30 * hour);
  const since = world.clock.now() - 24 * hour;
  const rows = await world.sql<
    { id: Uint8Array; vantage: string; visited: boolean; alive: boolean; reachable: boolean }[]
  >`
    select n.id, r.vantage, r.last_visit > ${new Date(since)} as visited,
      coalesce(r.last_alive > ${new Date(since)}, false) as alive, coalesce(r.last_reachable > ${new Date(since)}, false) as reachable
    from reachability r join nodes n using (node_no)`;
  for (const [n, sights] of world.sights.entries()) {
    for (const place of [A, B, C]) {
      const row = rows.find(({ id, vantage }) => vantage === place && Buffer.compare(id, makeId(n)) === 0);
      const sight = sights[place] ?? 0;
      assert.deepEqual(
        [row?.visited, row?.alive, row?.reachable],
        [true, sight > 0, sight > 1],
        `node ${n} from ${place}`,
      );
    }
  }
  const late = world.visits.filter(({ at }) => at > since);
  const perNode = late.length / world.sights.length;
  assert.ok(perNode < 1.25 * 48, `${perNode} visits of a node a day`);
});

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
