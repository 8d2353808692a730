import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import { openTestDatabase, type TestDatabase } from '../../sql/testDatabase.ts';
import { putPoints } from '../../sql/testRows.ts';
import { makeContact, makeFullVisit, makeId, makePong, makeVisit } from '../../testkit/makeVisit.ts';
import { noBootnodes } from '../crawl/bootnodes.ts';
import { createStore } from './createStore.ts';
import type { Store, StoredNetwork } from './store.ts';
import { toVisitRow } from './visitRow.ts';

const t0 = Date.UTC(2026, 10, 23, 12);
const minute = 60_000;
const mainnet: StoredNetwork = {
  slug: 'mainnet',
  name: 'Ethereum',
  networkId: 1n,
  genesisHash: new Uint8Array(32).fill(0xd4),
  genesisTime: 0n,
  consensus: 'pos',
  forks: [
    { name: 'Homestead', kind: 'block', at: 1_150_000n },
    { name: 'Shanghai', kind: 'time', at: 1_681_338_455n },
  ],
  forkHashes: [Uint8Array.of(0xfc, 0x64, 0xec, 0x04), Uint8Array.of(1, 2, 3, 4), Uint8Array.of(7, 0xc9, 0x46, 0x2e)],
  bootnodes: [],
  dns: [],
  allowedCidrs: [],
};

let db: TestDatabase;
let store: Store;
before(async () => {
  db = await openTestDatabase();
  store = createStore(db.sql, 'here');
  await store.saveNetworks([mainnet], t0);
});
after(() => db.close());
beforeEach(() => db.sql`truncate nodes, endpoints, reachability, frontier, sessions, visit_log restart identity`);

const one = async (n: number) => {
  const [row] = await db.sql`select * from node_rows where id = ${makeId(n)}`;
  return row!;
};

test('a full visit is read back whole', async () => {
  const enr = {
    seq: 7n,
    text: 'enr:-abc',
    eth: null,
    ip: null,
    udp: null,
    tcp: null,
    ip6: null,
    udp6: null,
    tcp6: null,
    keys: [],
  };
  const record = makeFullVisit(1, t0);
  await store.recordVisits([toVisitRow({ ...record, outcome: { ...record.outcome, enr } })]);
  const node = await one(1);
  const at = new Date(t0);
  const want = {
    id: makeId(1),
    id_hash: keccak256(makeId(1)),
    first_seen: at,
    last_seen: at,
    last_alive: at,
    last_reachable: at,
    last_inbound: null,
    last_identified: at,
    last_status: at,
    last_visit: at,
    last_stage: 'status',
    last_code: 'ok',
    last_remote_reason: null,
    ip: '10.0.0.1',
    udp_port: 30303,
    tcp_port: 30303,
    client_raw: 'Geth/v1.16.4-stable/linux-amd64/go1.24.0',
    client_name: 'geth',
    client_version: '1.16.4',
    client_os: 'linux',
    client_arch: 'amd64',
    client_language: 'go1.24.0',
    capabilities: ['eth/69', 'snap/1'],
    network: 'mainnet',
    network_source: 'status',
    network_ambiguous: false,
    network_id: 1n,
    genesis_hash: new Uint8Array(32).fill(0xd4),
    fork_hash: Uint8Array.of(7, 0xc9, 0x46, 0x2e),
    fork_next: 0n,
    fork_class: 'current',
    eth_version: 69,
    head_number: 24_000_000n,
    head_hash: new Uint8Array(32).fill(0xaa),
    total_difficulty: null,
    earliest_block: 0n,
    enr: 'enr:-abc',
    enr_seq: 7n,
    synced: null,
  };
  assert.deepEqual(Object.fromEntries(Object.keys(want).map((key) => [key, node[key]])), want);
  const [visit] = await db.sql`select * from visit_rows`;
  assert.deepEqual(
    {
      key: visit!.visit_key.replaceAll('-', ''),
      at: visit!.at,
      vantage: visit!.vantage,
      direction: visit!.direction,
      stage: visit!.stage,
      code: visit!.code,
      took: visit!.took_ms,
      rtt: visit!.rtt_ms,
      client: visit!.client_name,
      network: visit!.network,
      next: visit!.fork_next,
    },
    {
      key: record.outcome.key,
      at,
      vantage: 'here',
      direction: 'outbound',
      stage: 'status',
      code: 'ok',
      took: 1000,
      rtt: 12,
      client: 'geth',
      network: 'mainnet',
      next: 0n,
    },
  );
  const [endpoint] = await db.sql`select ip, udp_port, tcp_port, source, last_pong, last_handshake from endpoints`;
  assert.deepEqual(
    { ...endpoint },
    { ip: '10.0.0.1', udp_port: 30303, tcp_port: 30303, source: 'pong', last_pong: at, last_handshake: at },
  );
  const [reach] =
    await db.sql`select vantage, last_dialled, last_reachable, last_inbound, inbound_only from reachability`;
  assert.deepEqual(
    { ...reach },
    { vantage: 'here', last_dialled: at, last_reachable: at, last_inbound: null, inbound_only: false },
  );
});

test('the same batch again changes nothing', async () => {
  const rows = [1, 2, 3].map((n) => toVisitRow(makeFullVisit(n, t0 + n)));
  await store.recordVisits(rows);
  const before = await dump();
  await store.recordVisits(rows);
  await createStore(db.sql, 'here').recordVisits(rows.toReversed());
  assert.deepEqual(await dump(), before);
  assert.equal((await db.sql`select 1 from visits`).length, 3);
});

async function dump() {
  const tables = ['nodes', 'endpoints', 'reachability', 'frontier', 'visits'];
  return Promise.all(
    tables.map(async (table) => [table, [...(await db.sql`select * from ${db.sql(table)} order by 1, 2`)]]),
  );
}

test('a visit takes as little room as was measured', async () => {
  await store.recordVisits([makeFullVisit(1, t0), makeVisit(2, t0, { pong: makePong })].map(toVisitRow));
  const rows = await db.sql<{ bytes: number }[]>`select pg_column_size(v.*) as bytes from visit_log v order by 1`;
  // With four for its place on the page, and nine in the index: see docs/BENCHMARKS.md.
  assert.ok((rows[0]?.bytes ?? 999) <= 92 && (rows[1]?.bytes ?? 999) <= 120, JSON.stringify(rows));
});

test('a failed visit erases nothing', async () => {
  await store.recordVisits([toVisitRow(makeFullVisit(1, t0))]);
  const before = await one(1);
  await store.recordVisits([toVisitRow(makeVisit(1, t0 + minute))]);
  const now = await one(1);
  const changed = Object.keys(now).filter(
    (key) => JSON.stringify(now[key], bigints) !== JSON.stringify(before[key], bigints),
  );
  assert.deepEqual(changed, ['last_visit', 'last_stage', 'last_code']);
  assert.equal(now.last_code, 'pingTimeout');
});

const bigints = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);

test('visits of one node in one batch, and batches out of order, leave the newest facts', async () => {
  const newer = toVisitRow(makeFullVisit(1, t0 + 2 * minute, 'mainnet', 'Nethermind/v1.35.0'));
  const older = toVisitRow(makeFullVisit(1, t0 + minute, 'mainnet', 'Geth/v1.10.0'));
  const dead = toVisitRow(makeVisit(1, t0 + 3 * minute, {}, { failures: 3, dueAt: t0 + 90 * minute }));
  for (const batches of [[[newer, older, dead]], [[dead], [newer], [older]], [[older], [dead, newer]]]) {
    await db.sql`truncate nodes, endpoints, reachability, frontier, sessions, visit_log`;
    for (const batch of batches) await store.recordVisits(batch);
    const node = await one(1);
    assert.equal(node.client_name, 'nethermind');
    assert.deepEqual([node.network, node.fork_next, node.fork_class], ['mainnet', 0n, 'current']);
    assert.deepEqual(node.last_alive, new Date(t0 + 2 * minute));
    assert.equal(node.last_code, 'pingTimeout');
    const [frontier] = await db.sql`select due_at, failures from frontier`;
    assert.deepEqual({ ...frontier }, { due_at: new Date(t0 + 90 * minute), failures: 3 });
    assert.equal((await db.sql`select 1 from visits`).length, 3);
  }
});

test('a node that only dials us is inbound only, with the port that it states', async () => {
  const record = makeFullVisit(1, t0);
  const contact = { ...makeContact(1), udp: 0, tcp: 51_234 };
  const hello = { ...record.outcome.hello!, listenPort: 30_310 };
  await store.recordVisits([
    toVisitRow({ ...record, outcome: { ...record.outcome, direction: 'inbound', pong: null, contact, hello } }),
    toVisitRow(makeVisit(1, t0 + minute, { stage: 'pong', code: 'dialTimeout', pong: null })),
  ]);
  const node = await one(1);
  assert.deepEqual([node.last_reachable, node.last_inbound, node.tcp_port], [null, new Date(t0), 30_310]);
  const [reach] = await db.sql`select last_dialled, inbound_only from reachability`;
  assert.deepEqual({ ...reach }, { last_dialled: new Date(t0 + minute), inbound_only: true });
  await store.recordVisits([toVisitRow(makeFullVisit(1, t0 + 2 * minute))]);
  assert.equal((await db.sql`select inbound_only from reachability`)[0]!.inbound_only, false);
});

test('a node that dials a vantage which is not its home does not put off that one from looking again', async () => {
  const there = createStore(db.sql, 'there');
  await there.recordVisits([toVisitRow(makeFullVisit(1, t0))]);
  await store.recordVisits([toVisitRow(makeFullVisit(1, t0 + minute))]);
  const lookAt = async () =>
    (await db.sql<{ at: Date | null }[]>`select look_at as at from reachability where vantage = 'here'`)[0]!.at;
  const before = await lookAt();
  assert.ok(before !== null && before.getTime() > t0 + minute);
  const record = makeFullVisit(1, t0 + 2 * minute);
  await store.recordVisits([
    toVisitRow({ ...record, outcome: { ...record.outcome, direction: 'inbound', pong: null } }),
  ]);
  assert.deepEqual(await lookAt(), before);
});

test('a Status outranks an ENR, and an ENR counts until there is one', async () => {
  const byEnr = (at: number, slug: string | null, ambiguous = false) =>
    toVisitRow(makeVisit(1, at, { stage: 'pong', pong: makePong }, { network: { slug, ambiguous, source: 'enr' } }));
  await store.recordVisits([byEnr(t0, null, true)]);
  assert.deepEqual(await network(), [null, 'enr', true]);
  await store.recordVisits([byEnr(t0 + 1, 'mainnet')]);
  assert.deepEqual(await network(), ['mainnet', 'enr', false]);
  await store.recordVisits([toVisitRow(makeFullVisit(1, t0 + 2, null))]);
  assert.deepEqual(await network(), [null, 'status', false]);
  await store.recordVisits([byEnr(t0 + 3, 'mainnet')]);
  assert.deepEqual(await network(), [null, 'status', false]);
  async function network() {
    const node = await one(1);
    return [node.network, node.network_source, node.network_ambiguous];
  }
});

test('a Status without the number of its head replaces no head, in whatever order and batches both came', async () => {
  const numbered = toVisitRow({ ...makeFullVisit(1, t0), headAt: t0 - 12_000, synced: true });
  const later = makeFullVisit(1, t0 + 1);
  const status = { ...later.outcome.status!, headNumber: null, headHash: new Uint8Array(32).fill(0xbb) };
  const bare = toVisitRow({ ...later, outcome: { ...later.outcome, status } });
  for (const batches of [[[numbered, bare]], [[bare, numbered]], [[numbered], [bare]], [[bare], [numbered]]]) {
    await db.sql`truncate nodes, endpoints, reachability, frontier, sessions, visit_log restart identity`;
    for (const batch of batches) await store.recordVisits(batch);
    const { head_number, head_hash, head_at, synced, last_status } = await one(1);
    assert.deepEqual(
      [head_number, head_hash, head_at, synced, last_status],
      [24_000_000n, new Uint8Array(32).fill(0xaa), new Date(t0 - 12_000), true, new Date(t0 + 1)],
    );
  }
});

test('unsigned 64-bit numbers and hostile client strings are kept', async () => {
  const record = makeFullVisit(1, t0);
  const max = 2n ** 64n - 1n;
  const status = {
    ...record.outcome.status!,
    networkId: max,
    headNumber: max,
    totalDifficulty: 2n ** 256n - 1n,
    forkId: { hash: Uint8Array.of(0, 0, 0, 0), next: max },
  };
  const raw = `\0"\\{},\ud800${'é'.repeat(2_000)}`;
  await store.recordVisits([
    toVisitRow({
      ...record,
      outcome: { ...record.outcome, status },
      forkId: status.forkId,
      client: { ...record.client!, raw, name: '', version: 'x'.repeat(100) },
    }),
  ]);
  const node = await one(1);
  assert.deepEqual(
    [node.network_id, node.head_number, node.fork_next, node.total_difficulty],
    [max, max, max, 2n ** 256n - 1n],
  );
  assert.equal(node.client_name, 'unknown');
  assert.ok(Buffer.byteLength(node.client_raw) <= 1_024);
  assert.ok(node.client_raw.startsWith('\ufffd"\\{},\ufffdé'));
});

test('a client string that can now be read better is updated', async () => {
  const record = makeFullVisit(1, t0, 'mainnet', 'Odd/v1.0.0');
  await store.recordVisits([toVisitRow(record)]);
  const fresh = createStore(db.sql, 'here');
  await fresh.recordVisits([
    toVisitRow({
      ...makeFullVisit(1, t0 + 1, 'mainnet', 'Odd/v1.0.0'),
      client: { ...record.client!, name: 'odd-client' },
    }),
  ]);
  assert.equal((await one(1)).client_name, 'odd-client');
});

test('by how much a clock is off is kept until a PONG shows it to be right, and a truncated Hello is marked', async () => {
  const skewed = (n: number, at: number, clockSkewMs: number | null) =>
    toVisitRow(makeVisit(n, at, { pong: { ...makePong, clockSkewMs } }));
  const full = makeFullVisit(1, t0);
  const long = { ...full.outcome.hello!, shortened: true };
  await store.recordVisits([
    toVisitRow({ ...full, outcome: { ...full.outcome, hello: long, pong: { ...makePong, clockSkewMs: -60_000 } } }),
  ]);
  assert.deepEqual([(await one(1)).clock_skew_s, (await one(1)).hello_shortened], [-60, true]);
  assert.ok((await one(1)).last_alive !== null, 'it is alive');
  await store.recordVisits([toVisitRow(makeVisit(1, t0 + minute, { pong: null }))]);
  assert.equal((await one(1)).clock_skew_s, -60, 'silence says nothing about a clock');
  await store.recordVisits([skewed(1, t0 + 2 * minute, null)]);
  assert.equal((await one(1)).clock_skew_s, null, 'set right');
  await store.recordVisits([skewed(1, t0 + minute / 2, 90_000)]);
  assert.equal((await one(1)).clock_skew_s, null, 'an older PONG changes nothing');
  const skews = await db.sql`select clock_skew_s as s from visit_rows where clock_skew_s is not null order by at`;
  assert.deepEqual(
    skews.map(({ s }) => s),
    [-60, 90],
  );
  await store.recordVisits([toVisitRow(makeFullVisit(1, t0 + 3 * minute))]);
  assert.equal((await one(1)).hello_shortened, false);
});

test('two crawlers that write the same nodes at once do not block each other', async () => {
  const batch = (vantage: string) => {
    const rows = Array.from({ length: 200 }, (_, n) => toVisitRow(makeFullVisit(n, t0 + n)));
    return createStore(db.sql, vantage).recordVisits(vantage === 'there' ? rows.toReversed() : rows);
  };
  await Promise.all([batch('here'), batch('there'), batch('here'), batch('there')]);
  assert.equal((await db.sql`select 1 from visits`).length, 800);
  assert.equal((await db.sql`select 1 from nodes`).length, 200);
  assert.equal((await db.sql`select 1 from reachability`).length, 400);
});

test('networks are written with their schedules, and those that are gone stay, unwatched', async () => {
  const other = {
    ...mainnet,
    slug: 'devnet',
    networkId: 2n ** 63n,
    forks: [],
    forkHashes: [Uint8Array.of(9, 9, 9, 9)],
  };
  await store.saveNetworks([mainnet, other], t0);
  await store.saveNetworks([mainnet], t0);
  assert.deepEqual(
    [...(await db.sql`select slug, known, network_id from networks order by slug`)].map((row) => ({ ...row })),
    [
      { slug: 'devnet', known: false, network_id: 2n ** 63n },
      { slug: 'mainnet', known: true, network_id: 1n },
    ],
  );
  const steps =
    await db.sql`select position, name, activation_kind as kind, activation, next from network_forks where network = 'mainnet' order by position`;
  assert.deepEqual(
    steps.map((step) => ({ ...step })),
    [
      { position: 0, name: 'genesis', kind: 'genesis', activation: 0n, next: 1_150_000n },
      { position: 1, name: 'Homestead', kind: 'block', activation: 1_150_000n, next: 1_681_338_455n },
      { position: 2, name: 'Shanghai', kind: 'time', activation: 1_681_338_455n, next: 0n },
    ],
  );
});

test('heartbeats and settings replace each other', async () => {
  const beat = {
    version: '1',
    startedAt: t0,
    at: t0,
    bootnodes: { ...noBootnodes, given: 4, usable: 4, tried: 4, answered: 3, pinged: 4, alive: 3 },
    frontierNodes: 2,
    visits: 1,
    networks: ['sepolia'],
    censusIntervalMs: 600_000,
    spans: [{ fromAt: t0, untilAt: t0, heard: false, lateMs: 0 }],
    unwrittenSince: null,
    pingWithinMs: 2_520_000,
    dialWithinMs: 6_960_000,
    facts: { curve: 'native' },
  };
  assert.equal(await store.lastAtWork(['sepolia']), null);
  await store.saveBeat(beat);
  const [first] = await db.sql`select census_interval_ms from vantages`;
  assert.equal(first?.census_interval_ms, 600_000n);
  await store.saveBeat({
    ...beat,
    at: t0 + minute,
    visits: 9,
    networks: ['sepolia', 'mainnet'],
    censusIntervalMs: null,
    spans: [
      { fromAt: t0, untilAt: t0 + 9_000, heard: true, lateMs: 0 },
      { fromAt: t0 + 20_000, untilAt: t0 + minute, heard: true, lateMs: 360_000 },
    ],
    unwrittenSince: t0 + 1,
  });
  const [row] = await db.sql`
    select vantage, last_beat, visits, networks, census_interval_ms, unwritten_since, ping_within_ms, dial_within_ms, facts
    from vantages`;
  assert.deepEqual(
    { ...row },
    {
      vantage: 'here',
      last_beat: new Date(t0 + minute),
      visits: 9n,
      networks: ['sepolia', 'mainnet'],
      census_interval_ms: null,
      unwritten_since: new Date(t0 + 1),
      ping_within_ms: 2_520_000n,
      dial_within_ms: 6_960_000n,
      facts: { curve: 'native' },
    },
  );
  const spans = await db.sql`select from_at, until_at, heard, late_ms, networks from crawl_spans order by from_at`;
  assert.deepEqual(
    spans.map((span) => [span.from_at.getTime() - t0, span.until_at.getTime() - t0, span.heard, span.networks.join()]),
    [
      [0, 9_000, true, 'sepolia'],
      [20_000, 60_000, true, 'sepolia,mainnet'],
    ],
    'a span grows; its networks are those of its beginning',
  );
  await store.saveSetting('simulated', false);
  await store.saveSetting('simulated', true);
  assert.deepEqual((await db.sql`select value from settings where key = 'simulated'`)[0]!.value, true);
  assert.equal(await store.lastAtWork(['sepolia', 'hoodi']), t0 + minute, 'whichever of them it was');
  assert.equal(await store.lastAtWork(['hoodi']), null);
});

test('a clock that runs ahead makes nothing later than now, and no node wait longer than its interval', async () => {
  const now = t0 + 500 * minute;
  const bound = createStore(db.sql, 'here', '0', { at: 'caller', now: () => now }, 58 * 60 * minute);
  const ahead = now + 120 * minute;
  const visit = makeFullVisit(1, ahead, 'mainnet', 'Ahead/v1');
  await bound.recordVisits([toVisitRow({ ...visit, dueAt: ahead + 30 * minute })]);
  await bound.recordVisits([toVisitRow(makeVisit(2, now, {}, { dueAt: now + 90 * 24 * 60 * minute }))]);
  await bound.upsertSeen([{ contact: makeContact(3), source: 'neighbour', at: ahead, dueAt: ahead + minute }]);
  const rows = await db.sql<{ due: Date; visited: Date | null; seen: Date; alive: Date | null }[]>`
    select f.due_at as due, f.visited_at as visited, n.last_seen as seen, n.last_alive as alive
    from frontier f join nodes n using (node_no) order by n.id`;
  const inMinutes = (at: Date | null) => (at === null ? null : Math.round((at.getTime() - now) / minute));
  assert.deepEqual(
    rows.map(({ due, visited, seen, alive }) => [due, visited, seen, alive].map(inMinutes)),
    [
      [30, 0, 0, 0],
      [58 * 60, 0, 0, null],
      [1, null, 0, null],
    ],
  );
  const [word] = await db.sql<{ first: Date; used: Date }[]>`
    select first_seen as first, last_used as used from clients where raw = 'Ahead/v1'`;
  assert.deepEqual(
    [word?.first, word?.used].map((at) => inMinutes(at ?? null)),
    [0, 0],
  );
  const newer = makeVisit(1, now + minute, {}, { dueAt: now + 6 * minute, failures: 1 });
  const later = createStore(db.sql, 'here', '0', { at: 'caller', now: () => now + minute });
  await later.recordVisits([toVisitRow(newer)]);
  const [node] = await db.sql<{ due: Date }[]>`
    select due_at as due from frontier join nodes using (node_no) where id = ${makeId(1)}`;
  assert.equal(inMinutes(node?.due ?? null), 6, 'the next visit is news');
});

test('every time of a node is brought back', async () => {
  const now = t0 + 500 * minute;
  await store.recordVisits([toVisitRow(makeFullVisit(1, t0))]);
  const columns = await db.sql<{ name: string }[]>`
    select attname as name from pg_attribute
    where attrelid = 'nodes'::regclass and atttypid = 'timestamptz'::regtype and attnum > 0 and attgenerated = ''`;
  const later = new Date(now + 600 * minute);
  await db.sql`update nodes set ${db.sql(Object.fromEntries(columns.map(({ name }) => [name, later])))}`;
  await createStore(db.sql, 'here', '0', { at: 'caller', now: () => now }, 58 * 60 * minute).repairFuture();
  const [row] = await db.sql<Record<string, Date>[]>`select * from nodes`;
  assert.deepEqual(
    columns.flatMap(({ name }) => (row![name]!.getTime() === now ? [] : [name])),
    [],
  );
});

test('times that have not come are brought back once; what is right stays as it is', async () => {
  const now = t0 + 500 * minute;
  const year = 365 * 24 * 60 * minute;
  const timeOf = (at: number) => createStore(db.sql, 'here', '0', { at: 'caller', now: () => at }, 58 * 60 * minute);
  const due = { dueAt: now + year + 30 * minute };
  await timeOf(now + year).recordVisits(
    [1, 2].map((n) => toVisitRow(makeFullVisit(n, now + year, 'mainnet', 'Late/v1'))),
  );
  await timeOf(now + year).recordVisits([toVisitRow({ ...makeFullVisit(1, now + year + 1), ...due })]);
  await timeOf(now).recordVisits([toVisitRow(makeFullVisit(3, now - minute))]);
  // Another crawler visits once a week.
  const week = 7 * 24 * 60 * minute;
  const rare = createStore(db.sql, 'there', '0', { at: 'caller', now: () => now }, 2 * week);
  await rare.recordVisits([toVisitRow({ ...makeFullVisit(4, now - minute), dueAt: now + week })]);
  await timeOf(now + year).claimNodes(
    [{ contact: makeContact(2), firstSeenAt: now, early: true, direct: false }],
    minute,
  );
  for (const at of [now - minute, now + year].map((ms) => new Date(ms))) {
    await db.sql`
      insert into census_runs (at, started_at, finished_at, duration_ms, points, nodes, source)
      values (${at}, ${at}, ${at}, 0, 0, 0, 'test')`;
  }
  await db.sql`
    insert into sessions (node_no, from_at, begun) select node_no, ${new Date(now + year)}, true from nodes where id = ${makeId(2)}`;
  await db.sql`
    insert into count_series (network, population, time_window, cut, key, ended_at)
    values ('all', 'alive', 'now', 'client', '{late}', ${new Date(now + year)}),
      ('all', 'alive', 'now', 'client', '{gone}', ${new Date(now - minute)})`;
  await db.sql.begin((one) =>
    putPoints(
      one,
      `select series_no, r.resolution, r.at::timestamptz as at, 1 as ids, 1 as ips
      from count_series, (values ('census', '${new Date(now + year).toISOString()}'), ('hour', '${new Date(now + year).toISOString().slice(0, 13)}:00Z'),
        ('hour', '${new Date(now - 1_440 * minute).toISOString().slice(0, 13)}:00Z')) r (resolution, at) where key = '{late}'`,
    ),
  );
  const right = async () =>
    db.sql`select n.*, f.* from nodes n join frontier f using (node_no) where id in (${makeId(3)}, ${makeId(4)}) order by id`;
  const before = await right();
  const repaired = await timeOf(now).repairFuture();
  assert.deepEqual(repaired, {
    ...{
      census_runs: 1,
      clients: 2,
      count_points: 2,
      count_series: 1,
      endpoints: 2,
      fork_ids: 1,
      frontier: 2,
      nodes: 2,
    },
    ...{ reachability: 2, sessions: 1 },
  });
  assert.deepEqual(await timeOf(now).repairFuture(), {});
  assert.deepEqual([...(await right())], [...before]);
  const [row] = await db.sql<{ due: Date; alive: Date }[]>`
    select f.due_at as due, n.last_alive as alive from frontier f join nodes n using (node_no) where id = ${makeId(1)}`;
  assert.deepEqual([row?.due.getTime(), row?.alive.getTime()], [now + 30 * minute - 1, now]);
  assert.equal((await db.sql`select 1 from census_runs`).length, 1);
  const ended = await db.sql<{ ended: Date | null }[]>`select ended_at as ended from count_series order by key desc`;
  assert.deepEqual(
    ended.map((series) => series.ended),
    [null, new Date(now - minute)],
    'where its end was deleted a series goes on',
  );
  assert.equal((await db.sql`select from count_points`).length, 1, 'the hour that was');
  await db.sql`truncate census_runs, count_series, census_counts, hour_counts cascade`;
});
