/** Three vantages with different views share one database, by the clock of a simulated world: what a test says of them. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { defaultSchedule, nextDueAt } from '../../crawler/crawl/backoff.ts';
import { noBootnodes } from '../../crawler/crawl/bootnodes.ts';
import type { KnownNode, LeaseReach } from '../../crawler/crawl/leaseStore.ts';
import { createStore } from '../../crawler/store/createStore.ts';
import type { Store } from '../../crawler/store/store.ts';
import { toVisitRow } from '../../crawler/store/visitRow.ts';
import type { Sql } from '../../sql/client.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { makeContact, makePong, makeVisit } from '../makeVisit.ts';
import { seededRandom } from '../seededRandom.ts';
import { SimulatedClock } from '../simulatedClock.ts';

const minute = 60_000;
const hour = 60 * minute;
export const t0 = Date.UTC(2041, 0, 7);
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

/** `pollMs` is the time between two polls of a crawler. */
export async function openWorld(t: TestContext, sights: Sights[], pollMs = 5 * minute): Promise<World> {
  const { sql } = await openTestDatabase(t);
  const clock = new SimulatedClock(t0);
  const random = seededRandom(3);
  const places = new Map<string, Store>();
  const visits: { n: number; place: string; at: number }[] = [];
  const looked = new Set<string>();
  const contacts = sights.map((_, n) => makeContact(n));
  /** What a crawler remembers of a node while it runs. */
  const visit = (place: string, known: KnownNode, now: number) => {
    const n = new DataView(known.contact.id.buffer, known.contact.id.byteOffset).getUint32(0);
    visits.push({ n, place, at: now });
    looked.add(`${n} ${place}`);
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
    const fresh = contacts.filter((_, n) => !looked.has(`${n} ${place}`));
    const wishes = fresh.map((contact) => ({ contact, firstSeenAt: now, early: false, direct: false }));
    const answers = await store.claimNodes(wishes, minute);
    return answers.flatMap(({ granted, known }) => (granted && known !== null ? known : []));
  };
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
export async function counted(sql: Sql, now: number, what: 'last_alive' | 'last_reachable'): Promise<number[]> {
  const rows = await sql<{ id: Uint8Array }[]>`
    select id from nodes where ${sql(what)} > ${new Date(now - 2 * hour)} order by id`;
  return rows.map(({ id }) => new DataView(id.buffer, id.byteOffset).getUint32(0));
}

export const [A, B, C] = ['paris', 'tokyo', 'lima'] as const;
export const see = (...list: readonly string[]): Sights => Object.fromEntries(list.map((place) => [place, 2]));
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
export const nodes = (each: number): Sights[] =>
  Array.from({ length: each * kinds.length }, (_, i) => ({ ...kinds[i % kinds.length] }));
export const seenBy = (world: World, sight: Sight, ...places: readonly string[]) =>
  world.sights.flatMap((sights, n) => (places.some((place) => (sights[place] ?? 0) >= sight) ? [n] : []));

/** None of these is missing from a count at any minute. */
export function watch(
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

/** Places that come one after another; what they see together is watched for `ms` at last, with this many nodes of a kind. */
export async function watchPlacesCome(t: TestContext, each: number, ms: number): Promise<void> {
  const world = await openWorld(t, nodes(each));
  const expect = (...places: readonly string[]) =>
    watch(world, () => ({ alive: seenBy(world, 1, ...places), reachable: seenBy(world, 2, ...places) }));
  world.open(A);
  await world.pass(hour);
  await world.pass(2 * hour, expect(A));
  world.open(B);
  await world.pass(2 * hour, expect(A));
  world.open(C);
  await world.pass(2 * hour, expect(A, B));
  await world.pass(ms, expect(A, B, C));
}
