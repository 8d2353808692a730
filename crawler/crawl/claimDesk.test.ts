import assert from 'node:assert/strict';
import { after, before, beforeEach, type TestContext, test } from 'node:test';
import { parseCidr } from '../../lib/ipAddress.ts';
import { systemClock as clock } from '../../p2p/net/systemClock.ts';
import { systemRandom } from '../../p2p/net/systemRandom.ts';
import { bytesToKey } from '../../p2p/wire/bytes.ts';
import { openTestDatabase, type TestDatabase } from '../../sql/testDatabase.ts';
import { makeContact, makeFullVisit, makeId, makePong, makeVisit } from '../../testkit/makeVisit.ts';
import { until } from '../../testkit/until.ts';
import { createStore } from '../store/createStore.ts';
import type { Store } from '../store/store.ts';
import { toVisitRow } from '../store/visitRow.ts';
import { createAddressPolicy } from './addressPolicy.ts';
import { defaultSchedule } from './backoff.ts';
import { ClaimDesk } from './claimDesk.ts';
import { Frontier } from './frontier.ts';
import type { FrontierNode } from './heldNode.ts';
import type { LeaseStore } from './leaseStore.ts';
import { defaultFrontierLimits } from './roster.ts';

let db: TestDatabase;
before(async () => {
  db = await openTestDatabase();
});
after(() => db.close());
beforeEach(
  () => db.sql`truncate nodes, endpoints, reachability, frontier, sessions, visit_log, vantages restart identity`,
);

const allowedCidrs = ['10.0.0.0/8'];
const reach = { allowedCidrs, publicUnicast: false, exceptIds: [] };
const hour = 3_600_000;

/** A desk at work over the real store, whose database can go away; `visit` is what the crawl loop does. */
function open(t: TestContext, vantage: string, leaseMs = 60_000) {
  const frontier = new Frontier(
    createAddressPolicy(
      allowedCidrs.map((cidr) => parseCidr(cidr)!),
      false,
    ),
    defaultFrontierLimits,
  );
  const store = createStore(db.sql, vantage, 'x');
  const state = { away: false, renewals: 0, polls: 0, failures: 0, visited: [] as string[] };
  const ask = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!state.away) return work();
    state.failures++;
    throw new Error('away');
  };
  const leases: LeaseStore = {
    claimNodes: (...args) => ask(() => store.claimNodes(...args)),
    claimDue: (...args) =>
      ask(async () => {
        const rows = await store.claimDue(...args);
        state.polls++;
        return rows;
      }),
    renewLeases: async (...args) => {
      if (state.away) throw new Error('away');
      const kept = await store.renewLeases(...args);
      state.renewals++;
      return kept;
    },
    releaseLeases: (...args) => ask(() => store.releaseLeases(...args)),
    othersCrawl: () => ask(() => store.othersCrawl()),
  };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const desk = new ClaimDesk({ frontier, leases, clock, random: systemRandom, log, reach, size: () => 40 }, leaseMs);
  const stop = new AbortController();
  const running = desk.run(stop.signal);
  const close = async () => {
    stop.abort();
    await running;
  };
  t.after(close);
  const offer = (from: number, to: number) => {
    for (let n = from; n < to; n++) frontier.offer(makeContact(n), null, Date.now(), Date.now());
  };
  const end = (node: FrontierNode) => {
    const visit = toVisitRow({ ...makeFullVisit(numberOf(node), Date.now(), null), dueAt: Date.now() + hour });
    state.visited.push(node.idKey);
    desk.ended(node, visit.key, Date.now());
    frontier.settle(node, frontier.contactOf(node), true, Date.now(), Date.now() + hour);
    return visit;
  };
  const visit = (most = Number.POSITIVE_INFINITY) => {
    const visits: ReturnType<typeof toVisitRow>[] = [];
    for (let left = most; left > 0; left--) {
      const node = desk.take(Date.now());
      if (node === null) break;
      visits.push(end(node));
    }
    return visits;
  };
  const write = async (visits: Awaited<Parameters<Store['recordVisits']>[0]>) => {
    await store.recordVisits(visits);
    desk.committed(
      visits.map(({ key }) => key),
      visits.map(({ id }) => id),
    );
  };
  return { frontier, store, state, desk, close, offer, end, visit, write };
}

const numberOf = (node: FrontierNode) => new DataView(node.id.buffer, node.id.byteOffset).getUint32(0);

test('two crawlers that know the same nodes visit each once, and what only one knows, too', async (t) => {
  const desks = [open(t, 'here'), open(t, 'there')] as const;
  desks[0].offer(0, 150);
  desks[1].offer(50, 200);
  await until('all visited', async () => {
    for (const { visit, write } of desks) await write(visit(7));
    return desks[0].state.visited.length + desks[1].state.visited.length >= 200;
  });
  // What is claimed by one comes back to nobody.
  const polls = desks.map(({ state }) => state.polls);
  await until('further polls', () => desks.every(({ state }, i) => state.polls > polls[i]! + 1));
  for (const { visit, write } of desks) await write(visit());
  const visited = desks.flatMap(({ state }) => state.visited);
  assert.equal(new Set(visited).size, 200);
  assert.equal(visited.length, 200);
  assert.deepEqual(
    desks.map(({ desk }) => desk.held),
    [0, 0],
  );
});

test('a lease lasts as long as the visit and its way into the database; that of a dead crawler lapses', async (t) => {
  const leaseMs = 2_000;
  const here = open(t, 'here', leaseMs);
  const there = createStore(db.sql, 'there');
  here.offer(0, 30);
  const nodes: FrontierNode[] = [];
  await until('ten taken', () => {
    const node = here.desk.take(Date.now());
    if (node !== null) nodes.push(node);
    return nodes.length === 10;
  });
  const ended = nodes.splice(0, 5).map(here.end);
  const held = async (after = 0) => {
    const [row] = await db.sql<{ leases: number }[]>`
      select count(*)::int4 as leases from frontier where lease_owner = 'here/x' and lease_until > ${new Date(after)}`;
    return row!.leases;
  };
  const claimedAt = Date.now();
  // Ready, being visited, and waiting to be written.
  await until('all are renewed again and again', async () => (await held(claimedAt + 3 * leaseMs)) >= 20);
  await here.write(ended);
  await here.close();
  const left = await held();
  assert.ok(left >= 15, `${left}`);
  let taken = 0;
  await until('all that was not visited is taken', async () => {
    taken += (await there.claimDue(100, 60_000, reach)).length;
    return taken === left;
  });
  assert.equal(await here.store.releaseLeases(), 0);
});

test('what another took over is not visited', async (t) => {
  const here = open(t, 'here', 2_000);
  here.offer(0, 10);
  await until('all ready', () => here.desk.ready === 10);
  await db.sql`
    update frontier f set lease_owner = 'there/1', lease_until = now() + interval '1 hour'
    from nodes n where n.node_no = f.node_no and n.id < ${makeId(4)}`;
  const { renewals } = here.state;
  // The request under way may have been made before.
  await until('a whole renewal', () => here.state.renewals >= renewals + 2);
  await until('the others visited', () => {
    here.visit();
    return here.state.visited.length >= 6;
  });
  assert.deepEqual(
    here.state.visited.sort(),
    [4, 5, 6, 7, 8, 9].map((n) => bytesToKey(makeId(n))),
  );
});

test('alone, a crawler goes on while the database is away, and visits nothing twice when it is back', async (t) => {
  const here = open(t, 'here');
  here.offer(0, 30);
  let visits: ReturnType<typeof here.visit> = [];
  await until('thirty visited', () => {
    visits.push(...here.visit());
    return visits.length === 30;
  });
  await here.write(visits);
  // Somebody named these in the database, where they stay due until their visits are written.
  await here.store.upsertSeen(
    Array.from({ length: 50 }, (_, i) => ({
      contact: makeContact(100 + i),
      source: 'neighbour',
      at: Date.now(),
      dueAt: Date.now() + hour,
    })),
  );
  here.state.away = true;
  here.offer(100, 150);
  await until('it is noticed', () => here.state.failures > 0);
  visits = [];
  await until('the new ones visited', () => {
    visits.push(...here.visit());
    return visits.length === 50;
  });
  await db.sql`update frontier set due_at = now() where due_at > now() and visited_at is null`;
  here.state.away = false;
  const { polls } = here.state;
  await until('it asks what is due', () => here.state.polls > polls);
  assert.deepEqual(here.visit(), []);
  await here.write(visits);
  assert.equal(new Set(here.state.visited).size, 80);
  assert.deepEqual(await here.store.claimDue(100, 1_000, reach), []);
});

test('a node that another found full is claimed for its visit, and not to be dialled', async (t) => {
  const at = Date.now();
  const full = { stage: 'auth', code: 'disconnected', remoteReason: 4, pong: makePong } as const;
  await createStore(db.sql, 'there').recordVisits([1, 2].map((n) => toVisitRow(makeVisit(n, at, full, { dueAt: at }))));
  const here = open(t, 'here');
  here.offer(1, 2);
  const taken = new Map<number, FrontierNode>();
  await until('both claimed', () => {
    const node = here.desk.take(Date.now());
    if (node !== null) taken.set(numberOf(node), node);
    return taken.size === 2;
  });
  for (const n of [1, 2]) assert.equal(taken.get(n)?.dialAt, at + defaultSchedule.fullMs, `${n}`);
});

test('one of several visits what it holds while the database is away, and then waits', async (t) => {
  await createStore(db.sql, 'there').claimNodes(
    [{ contact: makeContact(999), firstSeenAt: Date.now(), early: false, direct: false }],
    hour,
  );
  const here = open(t, 'here');
  here.offer(0, 100);
  await until('something ready', () => here.desk.ready > 0);
  here.state.away = true;
  const visits = here.visit();
  assert.ok(visits.length > 0 && visits.length <= 20, `${visits.length}`);
  await until('it has asked again', () => here.state.failures > 1);
  // A claim answered just as the database went away may have arrived afterwards.
  visits.push(...here.visit());
  const { failures } = here.state;
  await until('it has asked once more', () => here.state.failures > failures);
  assert.deepEqual(here.visit(), []);
  here.state.away = false;
  await until('all visited', () => {
    visits.push(...here.visit());
    return visits.length === 100;
  });
  assert.equal(new Set(here.state.visited).size, 100);
});

test('a node that was given up on and answers after all is visited at once, due or not', async (t) => {
  const here = open(t, 'here');
  here.offer(0, 1);
  let node: FrontierNode | null = null;
  await until('taken', () => {
    node = here.desk.take(Date.now());
    return node !== null;
  });
  const silent = node!;
  const key = 'ab'.repeat(16);
  here.desk.ended(silent, key, Date.now());
  here.frontier.settle(silent, here.frontier.contactOf(silent), false, Date.now(), Date.now() + hour);
  await db.sql`update frontier set due_at = now() + interval '1 hour', lease_owner = null, lease_until = null`;
  here.desk.committed([key], [Buffer.from(makeId(0)).toString('hex')]);
  here.desk.recall(makeId(0), Date.now());
  await until('visited again', () => here.visit().length === 1);
});
