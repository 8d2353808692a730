import assert from 'node:assert/strict';
import { appendFile, copyFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadBuiltinNetworks } from '../../chains/networks/loadNetworks.ts';
import { packageRoot } from '../../lib/packageRoot.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { makeFullVisit } from '../../testkit/makeVisit.ts';
import { createStore } from './createStore.ts';
import { Spill, SpillError } from './spill.ts';
import { toVisitRow } from './visitRow.ts';

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'forkscope-spill-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
const rows = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => toVisitRow(makeFullVisit(from + i, 1e12 + i, 'mainnet', 'Ünï/v1\n"x"')));

test('what was appended is there after a restart, oldest first, and goes when removed', async (t) => {
  const folder = await makeFolder(t);
  const [a, b] = [rows(0, 3), rows(3, 2)];
  const first = await Spill.open({ folder, maxBytes: 1e6 });
  await first.append(a);
  await first.append(b);
  assert.equal(first.count, 5);
  const second = await Spill.open({ folder, maxBytes: 1e6 });
  assert.equal(second.count, 5);
  const read = await second.readOldest();
  assert.deepEqual(read?.rows, [...a, ...b]);
  await second.append(rows(9, 1));
  await second.remove(read!);
  assert.equal(second.count, 1);
  const rest = await second.readOldest();
  assert.deepEqual(rest?.rows.length, 1);
  await second.remove(rest!);
  assert.equal(await second.readOldest(), null);
  assert.deepEqual(await readdir(folder), []);
});

test('a line that is cut off anywhere, or damaged, costs only that line', async (t) => {
  const folder = await makeFolder(t);
  await (await Spill.open({ folder, maxBytes: 1e6 })).append(rows(0, 3));
  const path = join(folder, (await readdir(folder))[0]!);
  const whole = await readFile(path);
  const lastLine = whole.lastIndexOf(0x0a, whole.length - 2) + 1;
  for (let length = lastLine + 1; length < whole.length - 1; length += 37) {
    await writeFile(path, whole);
    await truncate(path, length);
    const read = await (await Spill.open({ folder, maxBytes: 1e6 })).readOldest();
    assert.deepEqual([read?.rows.length, read?.damaged], [2, 1], `cut at ${length}`);
  }
  const flipped = Uint8Array.from(whole);
  flipped[40]! ^= 1;
  await writeFile(path, flipped);
  await appendFile(path, 'no line of ours\n\n');
  const read = await (await Spill.open({ folder, maxBytes: 1e6 })).readOldest();
  assert.deepEqual([read?.rows.length, read?.damaged], [2, 2]);
});

test('after a restart nothing is appended behind a cut line', async (t) => {
  const folder = await makeFolder(t);
  await (await Spill.open({ folder, maxBytes: 1e6 })).append(rows(0, 2));
  const path = join(folder, (await readdir(folder))[0]!);
  await truncate(path, (await readFile(path)).length - 5);
  const spill = await Spill.open({ folder, maxBytes: 1e6 });
  await spill.append(rows(5, 2));
  const first = await spill.readOldest();
  assert.deepEqual([first?.rows.length, first?.damaged], [1, 1]);
  await spill.remove(first!);
  assert.equal((await spill.readOldest())?.rows.length, 2);
});

test('files are bounded each and all together', async (t) => {
  const folder = await makeFolder(t);
  const spill = await Spill.open({ folder, maxBytes: 20_000, maxFileBytes: 2_000 });
  let appended = 0;
  while (!spill.isFull(2_000)) {
    await spill.append(rows(appended, 1));
    appended++;
  }
  assert.ok(appended > 10 && appended < 30, `${appended}`);
  assert.ok((await readdir(folder)).length > 5);
  assert.ok((await Spill.open({ folder, maxBytes: 20_000 })).isFull(2_000), 'the bound holds over a restart');
});

test('with the limit that it is shipped with, visits go to disk and come back', async (t) => {
  const spill = await Spill.open({ folder: await makeFolder(t) });
  assert.equal(spill.isFull(2 * 1024 ** 3), false);
  assert.equal(spill.isFull(2 * 1024 ** 3 + 1), true);
  const [row] = rows(0, 1);
  await spill.append([row!]);
  const read = await spill.readOldest();
  assert.deepEqual(read?.rows, [row]);
  await spill.remove(read!);
  assert.equal(spill.count, 0);
});

test('a limit that is not a limit is refused', async (t) => {
  const folder = await makeFolder(t);
  for (const value of [0, -1, 2 << 30, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    for (const limit of ['maxBytes', 'maxFileBytes'] as const) {
      await assert.rejects(Spill.open({ folder, [limit]: value }), (error) => {
        assert.ok(error instanceof SpillError);
        assert.deepEqual(error.detail, { code: 'spillLimit', limit, value });
        return true;
      });
    }
  }
});

test('what the version before left on disk is read and written, with and without what older ones did not know', async (t) => {
  const folder = await makeFolder(t);
  const left = join(packageRoot, 'crawler/store/testdata/visits-before.spill');
  await copyFile(left, join(folder, 'visits-0000000007.spill'));
  const db = await openTestDatabase(t);
  const spill = await Spill.open({ folder });
  assert.equal(spill.count, 5);
  const read = await spill.readOldest();
  assert.deepEqual([read?.damaged, read?.rows.length], [0, 5]);
  const store = createStore(db.sql, 'here');
  await store.saveNetworks(loadBuiltinNetworks(), 0);
  await store.recordVisits(read?.rows ?? []);
  const visits = await db.sql`
    select host(ip) as ip, direction, stage, code, client_name, network, rtt_ms, neighbours from visit_rows order by at`;
  assert.deepEqual(
    visits.map((visit) => Object.values(visit)),
    [
      ['10.0.0.1', 'outbound', 'status', 'ok', 'geth', 'mainnet', 12, 61],
      ['10.0.0.2', 'outbound', 'hello', 'disconnected', 'geth', null, 12, null],
      ['10.0.0.3', 'inbound', 'auth', 'protocolError', null, null, null, null],
      ['10.0.0.4', 'outbound', 'none', 'pingTimeout', null, null, null, null],
      ['10.0.0.5', 'outbound', 'status', 'ok', 'geth', 'mainnet', 12, 61],
    ],
  );
  const heads = await db.sql`
    select head_number, head_at, synced, encode(fork_ids.hash, 'hex') as fork, enr_seq from nodes
    left join fork_ids using (fork_no) where last_status is not null order by last_visit`;
  assert.deepEqual(
    heads.map((head) => Object.values(head)),
    [
      [24_000_000n, new Date(1_767_607_188_000), true, '07c9462e', 18_446_744_073_709_551_615n],
      [24_000_000n, null, null, '07c9462e', 18_446_744_073_709_551_615n],
    ],
  );
  const [facts] = await db.sql`select count(*)::int4 as count from block_facts`;
  assert.equal(facts?.count, 1);
});
