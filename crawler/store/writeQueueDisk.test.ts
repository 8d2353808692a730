/** What the write queue does with the disk: when visits go there, what it says of a disk that fails, and what comes back. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { LogFields } from '../../lib/logger.ts';
import { makeFullVisit } from '../../testkit/makeVisit.ts';
import { SimulatedClock } from '../../testkit/simulatedClock.ts';
import { Spill, type SpillOptions } from './spill.ts';
import type { VisitRow } from './visitRow.ts';
import { WriteQueue } from './writeQueue.ts';
import type { WriteQueueOptions } from './writeQueueOptions.ts';

const t0 = Date.UTC(2026, 10, 23, 12);

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-queue-disk-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A queue with the constants that are shipped, a database that can be away, and all that it logs. */
async function makeQueue(folder: string, options: WriteQueueOptions = {}, limits: Partial<SpillOptions> = {}) {
  const clock = new SimulatedClock(t0);
  const database = { state: 'up' as 'up' | 'refuses' | 'silent', rows: [] as VisitRow[] };
  const lines: { level: string; message: string; fields: LogFields }[] = [];
  const line = (level: string) => (message: string, fields?: unknown) =>
    void lines.push({ level, message, fields: (fields ?? {}) as LogFields });
  const spill = await Spill.open({ folder, ...limits });
  const queue = new WriteQueue(
    {
      store: {
        async recordVisits(rows) {
          if (database.state === 'silent') await new Promise(() => {});
          if (database.state === 'refuses') throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
          database.rows.push(...rows);
        },
        upsertSeen: async () => {},
      },
      spill,
      clock,
      log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
    },
    options,
  );
  queue.start();
  /** The disk is real: time passes in small steps, between which it has its turn. */
  const pass = async (ms: number): Promise<void> => {
    for (const until = clock.now() + ms; clock.now() < until; await setTimeout(1)) await clock.drive(clock.sleep(100));
    await setTimeout(20);
  };
  const visits = async (from: number, count: number): Promise<void> => {
    for (let n = from; n < from + count; n++) await queue.visit(makeFullVisit(n, t0 + n));
  };
  const close = async (): Promise<void> => {
    let closed = false;
    const closing = queue.close().then(() => {
      closed = true;
    });
    while (!closed) await pass(100);
    await closing;
  };
  return { queue, clock, database, lines, spill, pass, visits, close };
}

/** Which visits came, in what order: visit n began at t0 + n. */
const numbersOf = (rows: readonly VisitRow[]): number[] => rows.map(({ at }) => at - t0);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

test('a database that refuses: what comes is on disk a second later, however little that is', async (t) => {
  const { queue, database, pass, visits, spill } = await makeQueue(makeFolder(t));
  database.state = 'refuses';
  await visits(0, 3);
  await pass(1_500);
  assert.deepEqual([queue.queued, spill.count], [0, 3]);
  await visits(3, 2);
  await pass(1_500);
  assert.deepEqual([queue.queued, spill.count], [0, 5]);
});

test('a database that does not answer: everything is on disk within ten seconds, including what is being written', async (t) => {
  const folder = makeFolder(t);
  const { database, pass, visits, spill, lines, queue } = await makeQueue(folder);
  database.state = 'silent';
  await visits(0, 600);
  await pass(2_000);
  assert.equal(spill.count, 0);
  await pass(9_000);
  assert.equal(spill.count, 600);
  assert.ok(!lines.some(({ message }) => message.includes('does not accept writes')), 'it may still answer');
  assert.notEqual(queue.behindSince, null);
  // What a process killed at this moment would leave behind.
  const next = await makeQueue(folder);
  await next.close();
  assert.deepEqual(numbersOf(next.database.rows), upTo(600));
});

test('visits are written in the order in which they came, those on disk before those in memory', async (t) => {
  const { database, pass, visits, close } = await makeQueue(makeFolder(t), { maxBatch: 10 });
  database.state = 'refuses';
  await visits(0, 35);
  await pass(3_000);
  await visits(35, 8);
  database.state = 'up';
  await pass(20_000);
  await visits(43, 2);
  await close();
  assert.deepEqual(numbersOf(database.rows), upTo(45));
});

test('visits on their way to disk count as in memory, and as waiting where the disk refuses them', async (t) => {
  const { clock, queue, database, visits, spill, pass, close } = await makeQueue(
    makeFolder(t),
    {},
    { maxBytes: 100_000 },
  );
  const { append } = spill;
  const told: number[] = [];
  spill.append = (rows) => {
    told.push(queue.queued);
    return append.call(spill, rows);
  };
  database.state = 'silent';
  await visits(0, 40);
  await pass(9_000);
  await visits(40, 15);
  await pass(3_000);
  assert.deepEqual([told, queue.queued, spill.count], [[55], 40, 55]);
  await visits(55, 60);
  while (!queue.diskRefuses) await clock.drive(clock.sleep(100));
  assert.ok(queue.behindSince !== null);
  await close();
});

test('the end: once told, the queue has everything on disk within a second, beyond its limit, and no visit waits', async (t) => {
  const limits = { maxBytes: 1_000 };
  const { queue, database, pass, visits, spill, lines, close } = await makeQueue(
    makeFolder(t),
    { maxQueued: 20 },
    limits,
  );
  database.state = 'refuses';
  await visits(0, 20);
  await pass(3_000);
  assert.deepEqual([queue.queued, spill.count], [20, 0]);
  let taken = false;
  const waiting = visits(20, 1).then(() => {
    taken = true;
  });
  await pass(1_000);
  assert.equal(taken, false);
  queue.expectEnd();
  await pass(1_500);
  assert.equal(taken, true);
  await waiting;
  assert.deepEqual([queue.queued, spill.count], [0, 21]);
  await close();
  assert.deepEqual(lines.at(-1), {
    level: 'warn',
    message: 'visits are left on disk for the next start',
    fields: { visits: 21 },
  });
});

test('a visit that comes after the end goes to disk, and that is said', async (t) => {
  const { queue, spill, lines, close, visits, database } = await makeQueue(makeFolder(t));
  await visits(0, 1);
  await close();
  assert.equal(database.rows.length, 1);
  await queue.visit(makeFullVisit(7, t0));
  assert.deepEqual([queue.queued, spill.count], [0, 1]);
  assert.deepEqual(lines.at(-1)?.message, 'visits that came at the end are left on disk');
});

test('a disk that fails is reported at once and every minute, with how much is at stake, and when it works again', async (t) => {
  const folder = makeFolder(t);
  const { queue, database, pass, visits, spill, lines } = await makeQueue(folder);
  database.state = 'refuses';
  await visits(0, 1);
  await pass(1_500);
  const append = spill.append.bind(spill);
  spill.append = () => Promise.reject(Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' }));
  await visits(1, 40);
  const told = () => lines.filter(({ message }) => message.startsWith('the spill folder accepts no visits'));
  await pass(50_000);
  assert.deepEqual(
    told().map(({ level, fields }) => [level, fields]),
    [['error', { reason: 'EIO: i/o error, write', atStake: 40, spilled: 1, sinceS: 0 }]],
  );
  await pass(30_000);
  assert.equal(told().length, 2);
  assert.ok(queue.spillFailures >= 2);
  spill.append = append;
  await pass(2_000);
  assert.deepEqual([queue.queued, spill.count], [0, 41]);
  assert.ok(lines.some(({ message }) => message === 'the disk accepts visits again'));
});

test('a file that cannot be read holds up nothing, is said, and is there for the next start', async (t) => {
  const folder = makeFolder(t);
  const first = await makeQueue(folder);
  first.database.state = 'refuses';
  await first.visits(0, 3);
  await first.close();
  const { lines, spill, visits, close, database } = await makeQueue(folder);
  const [name = ''] = readdirSync(folder);
  const content = readFileSync(join(folder, name));
  rmSync(join(folder, name));
  await visits(3, 2);
  await close();
  assert.equal(database.rows.length, 2);
  assert.deepEqual(lines.find(({ level }) => level === 'error')?.fields.visits, 3);
  assert.ok(spill.isEmpty);
  writeFileSync(join(folder, name), content);
  const next = await makeQueue(folder);
  await next.close();
  assert.deepEqual(numbersOf(next.database.rows), upTo(3));
});

/** Whether this machine lets us mount a small disk. */
function mountRefused(): string | false {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status === 0;
  if (mounted) execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return !mounted && 'no small disk can be mounted here';
}

test('a full disk takes what fits, keeps what it has, and nothing is lost or doubled', {
  skip: mountRefused(),
}, async (t) => {
  const folder = join(makeFolder(t), 'small');
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]);
  try {
    await fillDisk(folder);
  } finally {
    execFileSync('umount', [folder]);
  }
});

async function fillDisk(folder: string): Promise<void> {
  const { queue, database, pass, visits, spill, lines, close } = await makeQueue(folder);
  database.state = 'refuses';
  for (let n = 0; n < 400; n += 40) {
    await visits(n, 40);
    await pass(1_200);
  }
  const told = lines.find(({ message }) => message.startsWith('the spill folder accepts no visits'));
  assert.match(String(told?.fields.reason), /ENOSPC/);
  assert.ok(spill.count > 0 && queue.queued > 0, `${spill.count} on disk, ${queue.queued} in memory`);
  assert.equal(spill.count + queue.queued, 400);
  assert.equal((await Spill.open({ folder })).count, spill.count, 'what did not fit was taken back whole');
  database.state = 'up';
  await close();
  assert.deepEqual(numbersOf(database.rows), upTo(400));
}
