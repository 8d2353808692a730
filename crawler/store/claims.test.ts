import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { connect } from '../../sql/client.ts';
import { openTestDatabase, type TestDatabase } from '../../sql/testDatabase.ts';
import { makeContact, makeFullVisit, makeId, makePong, makeVisit } from '../../testkit/makeVisit.ts';
import { noBootnodes } from '../crawl/bootnodes.ts';
import type { ClaimAnswer, ClaimWish, KnownNode, LeaseReach } from '../crawl/leaseStore.ts';
import { createStore } from './createStore.ts';
import type { Store } from './store.ts';
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
beforeEach(() => db.sql`truncate nodes, endpoints, reachability, frontier, sessions, visit_log restart identity`);

const one = async (n: number) => {
  const [row] = await db.sql`select * from node_rows where id = ${makeId(n)}`;
  return row!;
};

test('mentions make unproven nodes, keep proven addresses, and cannot fill the table', async () => {
  const seen = (n: number, ip: string, at = t0) => ({
    contact: makeContact(n, ip),
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

const everywhere: LeaseReach = { allowedCidrs: [], publicUnicast: true, exceptIds: [] };
/** Public addresses, so that every crawler may visit them. */
const publicContact = (n: number) => makeContact(n, `8.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`);
const wish = (n: number, early = false): ClaimWish => ({
  contact: publicContact(n),
  firstSeenAt: Date.now(),
  early,
  direct: false,
});
const hexOf = (ids: readonly Uint8Array[]) => ids.map((id) => Buffer.from(id).toString('hex'));
const idsOf = (nodes: readonly KnownNode[]) => hexOf(nodes.map(({ contact }) => contact.id));
const grantedIds = (answers: readonly ClaimAnswer[]) =>
  hexOf(answers.filter(({ granted }) => granted).map(({ id }) => id));
const visitNow = (n: number, from: Store, dueInMs = 60 * minute) =>
  from.recordVisits([toVisitRow({ ...makeFullVisit(n, Date.now(), null), dueAt: Date.now() + dueInMs })]);
/** Lets every lease of `owner` lapse: as if its crawler had died a while ago. */
const lapse = (owner: string) =>
  db.sql`update frontier set lease_until = now() - interval '1 ms' where lease_owner = ${owner}`;
const offerDue = (from: number, to: number, dueAt = Date.now() - minute) =>
  store.upsertSeen(
    Array.from({ length: to - from }, (_, i) => ({
      contact: publicContact(from + i),
      source: 'neighbour',
      at: Date.now() - minute,
      dueAt,
    })),
  );

test('claimers at the same time never get the same node, by name or by due time, and together get them all', async () => {
  const count = 600;
  await offerDue(0, count);
  await offerDue(count, count + 50, Date.now() + 60 * minute);
  const own = await Promise.all([1, 2, 3, 4].map(() => connect(db.url, { max: 3 })));
  try {
    // What one claims by due time it would be granted by name too: two owners each.
    const namers = own.map((sql, i) => createStore(sql, `place${i}`, 'names'));
    const pollers = own.map((sql, i) => createStore(sql, `place${i}`, 'polls'));
    const claimed: string[] = [];
    // Everybody asks for the same 50 by name while everybody asks for whatever is due.
    for (let from = 0; from < count; from += 50) {
      const wishes = Array.from({ length: 50 }, (_, i) => wish(from + i));
      const named = namers.map(async (crawler) => grantedIds(await crawler.claimNodes(wishes, minute)));
      const due = pollers.map(async (crawler) => idsOf(await crawler.claimDue(7, minute, everywhere)));
      claimed.push(...(await Promise.all([...named, ...due])).flat());
    }
    claimed.push(...idsOf(await store.claimDue(1_000, minute, everywhere)));
    assert.equal(new Set(claimed).size, claimed.length, 'nobody twice');
    assert.equal(claimed.length, count);
  } finally {
    await Promise.all(own.map((sql) => sql.end()));
  }
});

test('nodes that nobody has named before are made and claimed in one statement, by one claimer', async () => {
  const wishes = Array.from({ length: 200 }, (_, n) => wish(n));
  const there = createStore(db.sql, 'there');
  const answers = await Promise.all([store.claimNodes(wishes, minute), there.claimNodes(wishes.toReversed(), minute)]);
  const granted = answers.flatMap(grantedIds);
  assert.equal(new Set(granted).size, granted.length);
  assert.equal(granted.length, 200);
  const [made] = await db.sql`
    select count(*)::int4 as nodes, count(f.lease_owner)::int4 as leased, min(host(n.ip)) as ip
    from nodes n join frontier f using (node_no)`;
  assert.deepEqual({ ...made }, { nodes: 200, leased: 200, ip: '8.0.0.0' });
});

test('a claim tells what is known of the node, and how long to wait for it', async () => {
  await visitNow(1, store, -1);
  await store.recordVisits([toVisitRow({ ...makeVisit(2, Date.now()), dueAt: Date.now() + 10 * minute })]);
  const there = createStore(db.sql, 'there');
  await there.claimNodes([wish(3)], minute);
  const answers = await store.claimNodes([wish(1), wish(2), wish(3), wish(4)], minute);
  const [first, second, third, fourth] = [1, 2, 3, 4].map(
    (n) => answers.find(({ id }) => Buffer.compare(id, makeId(n)) === 0)!,
  ) as [ClaimAnswer, ClaimAnswer, ClaimAnswer, ClaimAnswer];
  assert.deepEqual([first.granted, first.known?.proven, first.known?.failures], [true, true, 0]);
  assert.deepEqual([second.granted, second.known?.failures], [false, 1]);
  assert.ok(second.waitMs! > 9 * minute && second.waitMs! <= 10 * minute, `${second.waitMs}`);
  assert.equal(third.granted, false);
  assert.ok(third.waitMs! > 0 && third.waitMs! <= minute, `${third.waitMs}`);
  assert.deepEqual([fourth.granted, fourth.known], [true, null]);
});

test('a lease ends with the visit, when given back, or by lapsing; only its owner renews it', async () => {
  await offerDue(0, 10);
  const there = createStore(db.sql, 'there');
  const again = createStore(db.sql, 'here', 'another process');
  assert.equal((await store.claimDue(100, minute, everywhere)).length, 10);
  for (const other of [there, again]) assert.deepEqual(await other.claimDue(100, minute, everywhere), []);
  assert.deepEqual(grantedIds(await store.claimNodes([wish(1)], minute)), hexOf([makeId(1)]), 'what is ours stays so');

  await visitNow(0, store);
  assert.equal(await store.releaseLeases([1, 2].map(makeId)), 7);
  assert.deepEqual(
    idsOf(await there.claimDue(100, minute, everywhere)).sort(),
    hexOf([3, 4, 5, 6, 7, 8, 9].map(makeId)),
  );

  await lapse('here/0');
  assert.deepEqual(hexOf(await there.renewLeases([makeId(1)], minute)), [], 'not of others');
  assert.deepEqual(hexOf(await store.renewLeases([makeId(1), makeId(3)], minute)), hexOf([makeId(1)]));
  assert.deepEqual(idsOf(await again.claimDue(100, minute, everywhere)), hexOf([makeId(2)]), 'lapsed, not renewed');
  assert.deepEqual(hexOf(await store.renewLeases([makeId(2)], minute)), [], 'taken by another meanwhile');
});

test('what a dead crawler left behind goes before everything that waits', async () => {
  await offerDue(0, 5, Date.now() - 1_000);
  await createStore(db.sql, 'dead').claimDue(5, minute, everywhere);
  await offerDue(5, 50, Date.now() - 60 * minute);
  await lapse('dead/0');
  const ids = idsOf(await store.claimDue(8, minute, everywhere));
  assert.deepEqual(
    [0, 1, 2, 3, 4].filter((n) => !ids.includes(Buffer.from(makeId(n)).toString('hex'))),
    [],
  );
  assert.equal(ids.length, 8);
});

test('what is claimed early is what nobody else has, due or not', async () => {
  await visitNow(1, store);
  await visitNow(2, store);
  const there = createStore(db.sql, 'there');
  assert.deepEqual(grantedIds(await store.claimNodes([wish(1)], minute)), []);
  assert.deepEqual(grantedIds(await there.claimNodes([wish(2, true)], minute)), hexOf([makeId(2)]));
  assert.deepEqual(grantedIds(await store.claimNodes([wish(1, true), wish(2, true)], minute)), hexOf([makeId(1)]));
});

test('a crawler is given only what it can visit', async () => {
  const places = ['8.8.8.8', '10.1.2.3', '127.0.0.1', '2606:4700::1111', 'fd00::1'];
  await store.upsertSeen(
    places.map((ip, n) => ({ contact: makeContact(n, ip), source: 'neighbour', at: Date.now(), dueAt: t0 - minute })),
  );
  await db.sql`update frontier set due_at = now() - interval '1 hour'`;
  const given = async (reach: Partial<LeaseReach>) => {
    const nodes = await store.claimDue(100, minute, { ...everywhere, ...reach });
    await store.releaseLeases();
    return nodes.map(({ contact }) => contact.ip).sort();
  };
  assert.deepEqual(await given({}), ['2606:4700::1111', '8.8.8.8']);
  assert.deepEqual(await given({ publicUnicast: false, allowedCidrs: ['10.0.0.0/8', 'fd00::/8'] }), [
    '10.1.2.3',
    'fd00::1',
  ]);
  assert.deepEqual(await given({ allowedCidrs: ['127.0.0.0/8'], exceptIds: [makeId(0)] }), [
    '127.0.0.1',
    '2606:4700::1111',
  ]);
});

test('visits that nodes make to us neither end a lease nor change a schedule; late ones set nothing back', async () => {
  await offerDue(1, 2);
  await store.claimDue(1, minute, everywhere);
  const began = Date.now();
  const inbound = (n: number, at: number) =>
    toVisitRow({
      ...makeFullVisit(n, at, null),
      outcome: { ...makeFullVisit(n, at, null).outcome, direction: 'inbound' },
    });
  const schedule = async () => {
    const [row] =
      await db.sql`select due_at, lease_owner from frontier f join nodes n using (node_no) where n.id = ${makeId(1)}`;
    return [row!.due_at.getTime(), row!.lease_owner];
  };
  const before = await schedule();
  await store.recordVisits([inbound(1, began + 500)]);
  assert.deepEqual(await schedule(), before);
  // Ours began before the node dialled us, and ends after.
  const ours = toVisitRow({ ...makeFullVisit(1, began, null), dueAt: began + 60 * minute });
  await store.recordVisits([ours, inbound(1, began + 600)]);
  assert.deepEqual(await schedule(), [began + 60 * minute, null]);
  await store.recordVisits([toVisitRow({ ...makeFullVisit(1, began - minute, null), dueAt: began - 1 })]);
  assert.deepEqual(await schedule(), [began + 60 * minute, null]);
  // A node that we do not know is due at once if it can be pinged.
  await store.recordVisits([inbound(5, began)]);
  assert.equal((await store.claimNodes([wish(5)], minute))[0]?.granted, false);
});

test('others are at work while they hold leases or beat', async () => {
  const there = createStore(db.sql, 'there');
  await db.sql`truncate vantages`;
  await offerDue(0, 1);
  assert.equal(await store.othersCrawl(), false);
  await store.claimDue(1, minute, everywhere);
  assert.deepEqual([await store.othersCrawl(), await there.othersCrawl()], [false, true]);
  await lapse('here/0');
  assert.equal(await there.othersCrawl(), false);
  const beat = {
    version: '1',
    startedAt: 0,
    bootnodes: noBootnodes,
    frontierNodes: 0,
    visits: 0,
    networks: [],
    censusIntervalMs: 600_000,
    spans: [],
    unwrittenSince: null,
    pingWithinMs: 2_520_000,
    dialWithinMs: 6_960_000,
    facts: {},
  };
  await there.saveBeat({ ...beat, at: Date.now() });
  assert.deepEqual([await store.othersCrawl(), await there.othersCrawl()], [true, false]);
  await there.saveBeat({ ...beat, at: Date.now() - 2 * minute });
  assert.equal(await store.othersCrawl(), false);
});

test('a restart resumes with what is known, earliest due first', async () => {
  await store.upsertSeen([{ contact: makeContact(2), source: 'bootnode', at: t0, dueAt: t0 + minute }]);
  await store.recordVisits([
    toVisitRow(makeFullVisit(1, t0, null)),
    toVisitRow(makeVisit(3, t0, {}, { failures: 4, dueAt: t0 + 10 })),
  ]);
  const pages: KnownNode[] = [];
  for await (const page of store.loadResume(1_000)) pages.push(...page);
  assert.deepEqual(pages, [
    {
      contact: makeContact(3),
      proven: false,
      visited: true,
      firstSeenAt: t0,
      lastAliveAt: null,
      direct: false,
      failures: 4,
      dueAt: t0 + 10,
      fullAt: null,
    },
    {
      contact: makeContact(2),
      proven: false,
      visited: false,
      firstSeenAt: t0,
      lastAliveAt: null,
      direct: false,
      failures: 0,
      dueAt: t0 + minute,
      fullAt: null,
    },
    {
      contact: makeContact(1),
      proven: true,
      visited: true,
      firstSeenAt: t0,
      lastAliveAt: t0,
      direct: false,
      failures: 0,
      dueAt: t0 + 60 * minute,
      fullAt: null,
    },
  ]);
});

test('after a restart it is known when a full node was dialled, and forgotten once a dial succeeds', async () => {
  const full = { stage: 'auth', code: 'disconnected', remoteReason: 4, pong: makePong } as const;
  const paused = { stage: 'pong', code: 'dialPaused', pong: makePong } as const;
  const fullAt = async () => {
    const pages: KnownNode[] = [];
    for await (const page of store.loadResume(1_000)) pages.push(...page);
    return pages.map((known) => known.fullAt);
  };
  const visit = (minutes: number, outcome: Parameters<typeof makeVisit>[2]) =>
    store.recordVisits([toVisitRow(makeVisit(1, t0 + minutes * minute, outcome))]);
  await visit(0, full);
  assert.deepEqual(await fullAt(), [t0]);
  await visit(30, paused);
  await visit(60, paused);
  assert.deepEqual(await fullAt(), [t0], 'visits over UDP change nothing');
  await visit(180, full);
  assert.deepEqual(await fullAt(), [t0 + 180 * minute]);
  await store.recordVisits([toVisitRow(makeFullVisit(1, t0 + 400 * minute, null))]);
  assert.deepEqual(await fullAt(), [null]);
});

/** A dial that came far, without a PONG before it. */
const dialled = { stage: 'hello', code: 'noEth', pong: null } as const;

test('nodes without UDP are claimed like others if somebody vouched for their TCP port', async () => {
  const at = (n: number, udp: number) => ({ ...publicContact(n), udp, tcp: 21_000 });
  const seen = { source: 'bootnode', at: t0, dueAt: t0 } as const;
  await store.upsertSeen([
    { contact: at(1, 0), ...seen, direct: true },
    { contact: at(2, 0), ...seen },
    { contact: at(3, 30_303), ...seen, source: 'neighbour' },
  ]);
  const due = await store.claimDue(10, minute, everywhere);
  assert.deepEqual(
    due.map(({ contact, direct }) => [hexOf([contact.id])[0], contact.udp, contact.tcp, direct]).sort(),
    [
      [hexOf([makeId(1)])[0], 0, 21_000, true],
      [hexOf([makeId(3)])[0], 30_303, 21_000, false],
    ],
  );
  const answers = await store.claimNodes(
    [
      { contact: at(3, 30_303), firstSeenAt: t0, early: false, direct: true },
      { contact: at(4, 0), firstSeenAt: t0, early: false, direct: true },
    ],
    minute,
  );
  assert.equal(grantedIds(answers).length, 2);
  const rows = await db.sql`
    select n.id, f.direct from frontier f join nodes n using (node_no) where f.direct order by n.id`;
  assert.deepEqual(hexOf(rows.map(({ id }) => id)), hexOf([1, 3, 4].map(makeId)));
});

test('a dial without a PONG makes a node reachable, never alive, and its time is what the back-off is measured from', async () => {
  const contact = { ...makeContact(1), udp: 0, tcp: 21_000 };
  await store.upsertSeen([{ contact, source: 'bootnode', at: t0, dueAt: t0, direct: true }]);
  await store.recordVisits([toVisitRow(makeVisit(1, t0 + 1, { ...dialled, contact }, { failures: 0 }))]);
  const row = await one(1);
  assert.deepEqual([row.last_alive, row.last_reachable, row.udp_port], [null, new Date(t0 + 1), 0]);
  const pages: KnownNode[] = [];
  for await (const page of store.loadResume(10)) pages.push(...page);
  assert.deepEqual(
    pages.map(({ proven, direct, lastAliveAt, failures }) => [proven, direct, lastAliveAt, failures]),
    [[true, true, t0 + 1, 0]],
  );
  const [visit] = await db.sql`select udp_port, tcp_port from visits`;
  assert.deepEqual([visit?.udp_port, visit?.tcp_port], [null, 21_000]);
  // It dials us and names no port, as geth does: where we reached it stays known.
  await store.recordVisits([
    toVisitRow(
      makeVisit(1, t0 + 2, { ...dialled, direction: 'inbound', contact: { ...contact, ip: '10.0.0.1', tcp: 0 } }),
    ),
  ]);
  const after = await one(1);
  assert.deepEqual([after.udp_port, after.tcp_port, after.last_inbound], [0, 21_000, new Date(t0 + 2)]);
  const [stored] = await db.sql`select failures, direct, due_at from frontier`;
  assert.deepEqual([stored?.failures, stored?.direct], [0, true]);
});

test('a node that dialled us and says where it listens is dialled in turn, without a PONG', async () => {
  const inbound = { ...dialled, direction: 'inbound' } as const;
  await store.recordVisits([
    toVisitRow(makeVisit(1, t0, { ...inbound, contact: publicContact(1) }, { dueAt: t0, failures: 0 })),
    toVisitRow(makeVisit(2, t0, { ...inbound, contact: { ...publicContact(2), udp: 0, tcp: 0 } }, { dueAt: t0 })),
    toVisitRow(makeVisit(3, t0, { ...inbound, contact: { ...publicContact(3), udp: 80, tcp: 80 } }, { dueAt: t0 })),
    toVisitRow(makeVisit(4, t0 - minute, { contact: publicContact(4) }, { dueAt: t0 + minute, failures: 3 })),
  ]);
  await store.recordVisits([toVisitRow(makeVisit(4, t0, { ...inbound, contact: publicContact(4) }, { failures: 0 }))]);
  const rows = await db.sql`
    select n.id, f.direct, f.failures, f.due_at from frontier f join nodes n using (node_no) order by n.id`;
  assert.deepEqual(
    rows.map(({ direct, failures, due_at }) => [direct, failures, due_at.getTime() - t0]),
    [
      [true, 0, 0],
      [true, 3, minute],
    ],
    'none without a port that nodes use; the schedule of one that we visit is its own',
  );
});
