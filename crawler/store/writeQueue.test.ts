import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { systemClock } from '../../p2p/net/systemClock.ts';
import type { Logger } from '../../p2p/ports.ts';
import { connect } from '../../sql/client.ts';
import { startEmbedded } from '../../sql/embedded.ts';
import { migrate } from '../../sql/migrate.ts';
import { UnfitDatabaseError } from '../../sql/migrateError.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { endWhenUnfit } from '../../sql/watchSchema.ts';
import { makeContact, makeFullVisit } from '../../testkit/makeVisit.ts';
import { SimulatedClock } from '../../testkit/simulatedClock.ts';
import { createStore } from './createStore.ts';
import { Spill } from './spill.ts';
import type { Store } from './store.ts';
import type { VisitRow } from './visitRow.ts';
import { WriteQueue } from './writeQueue.ts';
import type { WriteQueueOptions } from './writeQueueOptions.ts';

const t0 = Date.UTC(2026, 10, 23, 12);

/** A database that can be away: what it took, in order. */
class FlakyStore implements Pick<Store, 'recordVisits' | 'upsertSeen'> {
  away: 'no' | 'refuses' | 'silent' = 'no';
  poison: string | null = null;
  batches: (readonly VisitRow[])[] = [];
  sightings = 0;
  /** Commits wait for this. */
  gate: Promise<void> = Promise.resolve();
  /** Mentions wait for this. */
  seenGate: Promise<void> = Promise.resolve();
  seenCalls = 0;
  async recordVisits(rows: readonly VisitRow[]): Promise<void> {
    await this.#answer();
    await this.gate;
    if (rows.some(({ id }) => id === this.poison)) throw Object.assign(new Error('bad value'), { code: '22003' });
    this.batches.push(rows);
  }
  async upsertSeen(list: readonly unknown[]): Promise<void> {
    this.seenCalls++;
    await this.#answer();
    await this.seenGate;
    this.sightings += list.length;
  }
  get keys(): string[] {
    return this.batches.flat().map(({ key }) => key);
  }
  async #answer(): Promise<void> {
    if (this.away === 'silent') await new Promise(() => {});
    if (this.away === 'refuses') throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  }
}

async function makeQueue(
  t: TestContext,
  options: WriteQueueOptions = {},
  maxBytes: number | null = 1e8,
  folder?: string,
) {
  const path = folder ?? (await mkdtemp(join(tmpdir(), 'forkscope-queue-')));
  t.after(() => rm(path, { recursive: true, force: true }));
  const store = new FlakyStore();
  const clock = new SimulatedClock(t0);
  const committed: string[] = [];
  const lines: string[] = [];
  const line = (message: string) => lines.push(message);
  const warnings: Parameters<Logger['warn']>[] = [];
  const warn: Logger['warn'] = (...said) => {
    line(said[0]);
    warnings.push(said);
  };
  const log: Logger = { debug: line, info: line, warn, error: line };
  const spill = await Spill.open({ folder: path, ...(maxBytes === null ? {} : { maxBytes }) });
  let failures = 0;
  const queue = new WriteQueue(
    { store, spill, clock, log, onCommitted: (keys) => committed.push(...keys), onFailure: () => failures++ },
    options,
  );
  queue.start();
  return { queue, store, clock, committed, lines, warnings, folder: path, failures: () => failures };
}

/** Disk and timers are real here, so wait in small real steps as well as in simulated ones. */
async function settle(clock: SimulatedClock, work: Promise<unknown>): Promise<void> {
  let done = false;
  void work.finally(() => {
    done = true;
  });
  while (!done) {
    await clock.drive(clock.sleep(50));
    await setTimeout(1);
  }
  await work;
}

test('visits are written in batches, and reported only once they are committed', async (t) => {
  const { queue, store, clock, committed } = await makeQueue(t, { maxBatch: 10 });
  const records = Array.from({ length: 25 }, (_, n) => makeFullVisit(n, t0 + n));
  let open = () => {};
  store.gate = new Promise((resolve) => {
    open = resolve;
  });
  for (const record of records) await queue.visit(record);
  await clock.drive(clock.sleep(1_000));
  assert.deepEqual(committed, []);
  open();
  await settle(clock, queue.close());
  assert.deepEqual(
    store.batches.map((batch) => batch.length),
    [10, 10, 5],
  );
  assert.deepEqual(
    committed,
    records.map(({ outcome }) => outcome.key),
  );
});

test('an idle queue sleeps; the first rows are written at once, later ones with others of some seconds', async (t) => {
  const { queue, store, clock } = await makeQueue(t);
  const writtenAfter = async (n: number): Promise<number> => {
    const at = clock.now();
    const batches = store.batches.length;
    await queue.visit(makeFullVisit(n, at));
    await clock.drive(
      (async () => {
        while (store.batches.length === batches) await clock.sleep(50);
      })(),
    );
    return clock.now() - at;
  };
  assert.ok((await writtenAfter(1)) <= 250);
  await clock.drive(clock.sleep(30_000));
  assert.ok((await writtenAfter(2)) <= 250);
  const { jumps } = clock.spent;
  await clock.drive(clock.sleep(3_600_000));
  assert.equal(clock.spent.jumps - jumps, 1, 'nothing but the end of this hour');
  const later = await writtenAfter(3);
  assert.ok(later > 1_000 && later <= 5_050, `${later}`);
  await settle(clock, queue.close());
});

test('what waits is written at once for who asks, visits and mentions; a database that is away is not waited for', async (t) => {
  const { queue, store, clock } = await makeQueue(t);
  await clock.drive(clock.sleep(3_600_000));
  const at = clock.now();
  const hold = async (n: number): Promise<void> => {
    await queue.visit(makeFullVisit(n, at));
    queue.seen({ contact: makeContact(n + 100), source: 'neighbour', at, dueAt: at });
  };
  await hold(1);
  await clock.drive(queue.flush());
  assert.deepEqual([store.batches.length, store.sightings, clock.now() - at], [1, 1, 0]);
  await clock.drive(queue.flush());
  let open = () => {};
  store.seenGate = new Promise((resolve) => {
    open = resolve;
  });
  await hold(2);
  const first = queue.flush();
  await clock.drive(clock.sleep(10));
  await hold(3);
  const second = queue.flush();
  open();
  await clock.drive(Promise.all([first, second]));
  assert.deepEqual([store.batches.length, store.sightings, clock.now() - at], [3, 3, 10], 'what comes meanwhile too');
  store.away = 'refuses';
  await hold(4);
  await settle(clock, queue.flush());
  await settle(clock, queue.flush());
  assert.equal(store.batches.length, 3);
  store.away = 'no';
  await settle(clock, queue.close());
  assert.equal(store.batches.length, 4);
});

test('while the database is away memory is bounded, disk takes over, and nothing is lost', async (t) => {
  const { queue, store, clock, committed, lines, failures } = await makeQueue(t, { maxQueued: 100, maxBatch: 10 });
  store.away = 'refuses';
  await queue.visit(makeFullVisit(0, t0));
  await clock.drive(clock.sleep(1_000));
  const records = Array.from({ length: 1_000 }, (_, n) => makeFullVisit(n + 1, t0 + n));
  for (const record of records) {
    await settle(clock, queue.visit(record));
    assert.ok(queue.queued <= 100 + 10, `${queue.queued} in memory`);
  }
  assert.ok(queue.spilled >= 800, `${queue.spilled} on disk`);
  assert.deepEqual(committed, []);
  const { behindSince } = queue;
  assert.ok(behindSince !== null && behindSince >= t0 && behindSince <= t0 + 1_000, `${behindSince}`);
  store.away = 'no';
  await settle(clock, queue.close());
  assert.equal(queue.spilled, 0);
  assert.equal(new Set(store.keys).size, 1_001);
  assert.equal(store.keys.length, 1_001);
  assert.deepEqual(new Set(committed), new Set(store.keys));
  assert.equal(queue.behindSince, null);
  assert.ok(failures() > 0 && lines.includes('the database accepts writes again'));
});

test('with the limit of the spill that is shipped, disk takes over while the database is away', {
  timeout: 20_000,
}, async (t) => {
  const { queue, store, clock, committed } = await makeQueue(t, { maxQueued: 20, maxBatch: 10 }, null);
  store.away = 'refuses';
  await queue.visit(makeFullVisit(0, t0));
  await clock.drive(clock.sleep(1_000));
  for (let n = 1; n < 100; n++) await settle(clock, queue.visit(makeFullVisit(n, t0 + n)));
  assert.ok(queue.spilled >= 70, `${queue.spilled} on disk`);
  store.away = 'no';
  await settle(clock, queue.close());
  assert.equal(new Set(committed).size, 100);
});

test('what cannot be written at the end is left on disk for the next start', async (t) => {
  const first = await makeQueue(t, { maxBatch: 10 });
  first.store.away = 'refuses';
  const records = Array.from({ length: 35 }, (_, n) => makeFullVisit(n, t0 + n));
  for (const record of records) await first.queue.visit(record);
  await settle(first.clock, first.queue.close());
  assert.deepEqual([first.queue.queued, first.queue.spilled, first.committed.length], [0, 35, 0]);
  const second = await makeQueue(t, { maxBatch: 10 }, 1e8, first.folder);
  assert.equal(second.queue.spilled, 35);
  assert.equal(second.queue.behindSince, t0);
  await settle(second.clock, second.queue.close());
  assert.deepEqual(second.committed.toSorted(), records.map(({ outcome }) => outcome.key).sort());
});

test('a visit that comes while mentions are written is written too before the end', async (t) => {
  const { queue, store, clock, committed, warnings } = await makeQueue(t);
  let open = () => {};
  store.seenGate = new Promise((resolve) => {
    open = resolve;
  });
  queue.seen({ contact: makeContact(1), source: 'neighbour', at: t0, dueAt: t0 });
  while (store.seenCalls === 0) await clock.drive(clock.sleep(50));
  const record = makeFullVisit(2, t0);
  await queue.visit(record);
  queue.seen({ contact: makeContact(3), source: 'neighbour', at: t0, dueAt: t0 });
  const closed = queue.close();
  open();
  await settle(clock, closed);
  assert.deepEqual([queue.queued, queue.spilled, store.sightings], [0, 0, 2]);
  assert.deepEqual(committed, [record.outcome.key]);
  assert.deepEqual(warnings, [], 'nothing is left, nothing is told');
});

test('the end takes a bounded time while mentions are not accepted, and tells what it leaves on disk', async (t) => {
  const { queue, store, clock, warnings } = await makeQueue(t, { closeTimeoutMs: 2_000, writeTimeoutMs: 600_000 });
  store.seenGate = new Promise(() => {});
  queue.seen({ contact: makeContact(1), source: 'neighbour', at: t0, dueAt: t0 });
  while (store.seenCalls === 0) await clock.drive(clock.sleep(50));
  store.away = 'refuses';
  for (let n = 0; n < 3; n++) await queue.visit(makeFullVisit(n, t0));
  const closedAt = clock.now();
  let tookMs = 0;
  await settle(
    clock,
    queue.close().then(() => {
      tookMs = clock.now() - closedAt;
    }),
  );
  // Time goes on while the disk, which is real, is written.
  assert.ok(tookMs >= 2_000 && tookMs < 300_000, `${tookMs} ms`);
  assert.deepEqual([queue.queued, queue.spilled], [0, 3]);
  assert.deepEqual(warnings.at(-1), ['visits are left on disk for the next start', { visits: 3 }]);
});

test('a database that never answers is a database that is away', async (t) => {
  const { queue, store, clock, failures } = await makeQueue(t, { writeTimeoutMs: 1_000, closeTimeoutMs: 2_000 });
  store.away = 'silent';
  await queue.visit(makeFullVisit(1, t0));
  await clock.drive(clock.sleep(10_000));
  assert.ok(failures() >= 2, `${failures()} failures`);
  await settle(clock, queue.close());
  assert.deepEqual([queue.queued, queue.spilled], [0, 1]);
});

test('with memory and disk full a visit waits, and goes on when the database is back', async (t) => {
  const { queue, store, clock } = await makeQueue(t, { maxQueued: 20, maxBatch: 10 }, 1_000);
  store.away = 'refuses';
  await queue.visit(makeFullVisit(0, t0));
  await clock.drive(clock.sleep(1_000));
  for (let n = 1; n < 20; n++) await queue.visit(makeFullVisit(n, t0 + n));
  let taken = false;
  const waiting = queue.visit(makeFullVisit(99, t0)).then(() => {
    taken = true;
  });
  await clock.drive(clock.sleep(60_000));
  assert.deepEqual([taken, queue.queued, queue.spilled], [false, 20, 0]);
  store.away = 'no';
  await settle(clock, waiting);
  await settle(clock, queue.close());
  assert.equal(store.keys.length, 21);
});

test('a visit that the database refuses as such is dropped alone', async (t) => {
  const { queue, store, clock, committed, lines } = await makeQueue(t);
  const records = Array.from({ length: 64 }, (_, n) => makeFullVisit(n, t0 + n));
  store.poison = Buffer.from(makeContact(37).id).toString('hex');
  for (const record of records) await queue.visit(record);
  await settle(clock, queue.close());
  assert.equal(queue.rejected, 1);
  assert.equal(committed.length, 63);
  assert.ok(!committed.includes(records[37]!.outcome.key));
  assert.ok(lines.includes('the database refused a visit'));
});

test('mentions are bounded and never waited for', async (t) => {
  const { queue, store, clock } = await makeQueue(t, { maxSightings: 100 });
  store.away = 'refuses';
  for (let n = 0; n < 300; n++) queue.seen({ contact: makeContact(n % 150), source: 'neighbour', at: t0, dueAt: t0 });
  assert.equal(queue.forgotten, 100);
  store.away = 'no';
  await settle(clock, queue.close());
  assert.equal(store.sightings, 100);
});

test('a real server that is killed and comes back has every visit once', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'forkscope-outage-'));
  chmodSync(folder, 0o755);
  t.after(() => rm(folder, { recursive: true, force: true }));
  let server = await startEmbedded({ dataDir: folder });
  const sql = connect(server.url, { max: 2, connectTimeoutMs: 2_000 });
  await migrate(sql);
  const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
  const spill = await Spill.open({ folder: join(folder, 'spill'), maxBytes: 1e8 });
  const committed = new Set<string>();
  const queue = new WriteQueue(
    {
      store: createStore(sql, 'here'),
      spill,
      clock: systemClock,
      log: silent,
      onCommitted(keys) {
        for (const key of keys) committed.add(key);
      },
    },
    { maxQueued: 200, maxBatch: 50, closeTimeoutMs: 60_000 },
  );
  queue.start();
  const records = Array.from({ length: 1_500 }, (_, n) => makeFullVisit(n % 300, t0 + n, null));
  for (const [n, record] of records.entries()) {
    await queue.visit(record);
    if (n === 400) {
      process.kill(server.pid, 'SIGKILL');
      await server.stop();
    }
  }
  assert.ok(queue.spilled > 0, 'some went to disk');
  server = await startEmbedded({ dataDir: folder });
  while (queue.queued + queue.spilled > 0) await systemClock.sleep(20);
  await queue.close();
  const keys = (await sql`select visit_key from visits`).map(({ visit_key }) => visit_key.replaceAll('-', ''));
  assert.deepEqual(keys.sort(), records.map(({ outcome }) => outcome.key).sort());
  assert.deepEqual([...committed].sort(), keys);
  // Its end waits for ever for a connection that was lost as it was made.
  await sql.end({ timeout: 5 });
  await server.stop();
});

test('through the real store, with neighbours', async (t) => {
  const { sql } = await openTestDatabase(t);
  const folder = await mkdtemp(join(tmpdir(), 'forkscope-queue-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
  const spill = await Spill.open({ folder, maxBytes: 1e8 });
  const queue = new WriteQueue({ store: createStore(sql, 'here'), spill, clock: systemClock, log: silent });
  queue.start();
  for (let n = 0; n < 300; n++) await queue.visit(makeFullVisit(n, t0 + n, null));
  for (let n = 0; n < 900; n++) queue.seen({ contact: makeContact(n), source: 'neighbour', at: t0, dueAt: t0 });
  await queue.close();
  const [counts] = await sql`
    select (select count(*)::int4 from visits) as visits, (select count(*)::int4 from nodes) as nodes,
      (select count(*)::int4 from nodes where last_alive is not null) as alive, (select count(*)::int4 from frontier) as frontier`;
  assert.deepEqual({ ...counts }, { visits: 300, nodes: 900, alive: 300, frontier: 900 });
});

test('nothing more is written once a newer Forkscope has broken the schema: visits wait on disk', async (t) => {
  const database = await openTestDatabase(t);
  const folder = await mkdtemp(join(tmpdir(), 'forkscope-unfit-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const pool = connect(database.url, { max: 2 });
  const unfit = new AbortController();
  endWhenUnfit(pool, unfit.signal);
  const spill = await Spill.open({ folder });
  const log: Logger = { debug() {}, info() {}, warn() {}, error() {} };
  const deps = { store: createStore(pool, 'here'), spill, clock: systemClock, log };
  const queue = new WriteQueue(deps, { maxDelayMs: 1, closeTimeoutMs: 100 });
  queue.start();
  await queue.visit(makeFullVisit(1, t0, null));
  while (queue.queued > 0) await setTimeout(5);
  unfit.abort(new UnfitDatabaseError({ code: 'migrateDatabaseNewer', known: 1, found: 2 }));
  await queue.visit(makeFullVisit(2, t0, null));
  await queue.close();
  assert.deepEqual([queue.queued, queue.spilled], [0, 1]);
  assert.equal((await database.sql`select 1 from visits`).length, 1);
});
