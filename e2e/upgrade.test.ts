/** Databases filled by earlier versions: after the upgrade all their data is there, and the API answers. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { exportRoutes, type routes } from '../api/contract/routes.ts';
import { openTestApi } from '../api/testkit/testApi.ts';
import { takeCensus } from '../crawler/jobs/census.ts';
import { applyRetention } from '../crawler/jobs/retention.ts';
import { rollUpCounts } from '../crawler/jobs/rollUp.ts';
import { createStore } from '../crawler/store/createStore.ts';
import { toVisitRow } from '../crawler/store/visitRow.ts';
import { inspectBackup } from '../sql/backup/readBackup.ts';
import { restoreBackup } from '../sql/backup/restoreBackup.ts';
import { writeBackup } from '../sql/backup/writeBackup.ts';
import type { Sql } from '../sql/client.ts';
import { serverTime } from '../sql/databaseTime.ts';
import { dumpSchema } from '../sql/dumpSchema.ts';
import { checkDatabase } from '../sql/inspect/checkDatabase.ts';
import { migrate, readMigrations } from '../sql/migrate.ts';
import { openEmptyDatabase, openTestDatabase } from '../sql/testDatabase.ts';
import { makeFullVisit } from '../testkit/makeVisit.ts';
import { fillDatabase } from './upgrade/fillDatabase.ts';
import {
  formatRows,
  groupRows,
  listTables,
  parseRows,
  readTables,
  type TableRow,
  writeTables,
} from './upgrade/tableRows.ts';
import { changes, keptVersions, versionPath } from './upgrade/versions.ts';

const migrations = await readMigrations();

for (const version of keptVersions()) {
  test(`a database of version ${version} upgrades with its data`, async (t) => {
    const { sql, url } = await openEmptyDatabase(t);
    await migrate(sql, { migrations: migrations.slice(0, version), functions: [] });
    const kept = parseRows(readFileSync(versionPath(version), 'utf8'));
    await writeTables(sql, kept);
    assert.equal(formatRows(await readTables(sql)), formatRows(kept), 'the rows are those of the file');
    await assertAllFilled(sql);
    const restored = await backUpAndRestore(t, url);

    assert.equal((await migrate(sql)).version, migrations.length);
    await assertSame(restored, sql);
    const after = groupRows(await readTables(sql));
    for (const [table, rows] of groupRows(kept.flatMap((row) => expectedNow(row, version)))) {
      const columns = Object.keys(rows[0] ?? {});
      const there = new Set((after.get(table) ?? []).map((row) => pick(row, columns)));
      const missing = rows.map((row) => pick(row, columns)).filter((row) => !there.has(row));
      assert.deepEqual(missing, [], `rows of ${table} that are gone or changed`);
    }
    await assertAnswers(t, sql);
    await assertGoesOn(sql);
  });
}

test('what this build writes fills every table, can be kept and answers', async (t) => {
  const { sql, url } = await openTestDatabase(t);
  await fillDatabase(sql, url);
  await assertAllFilled(sql);
  const rows = await readTables(sql);
  const copy = await openTestDatabase(t);
  await writeTables(copy.sql, parseRows(formatRows(rows)));
  assert.equal(formatRows(await readTables(copy.sql)), formatRows(rows));
  const restored = await backUpAndRestore(t, url);
  await assertSame(restored, sql);
  const broken = (await checkDatabase(sql, serverTime)).filter(({ breaches }) => breaches.length > 0);
  assert.deepEqual(broken, [], 'it is sound');
  for (const each of [copy.sql, restored]) {
    await assertAnswers(t, each);
    await assertGoesOn(each);
  }
});

/** The database that a backup of this one makes of an empty one. */
async function backUpAndRestore(t: TestContext, url: string): Promise<Sql> {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-backup-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'all');
  const { signal } = new AbortController();
  const { rows, bytes } = await writeBackup({ url, path, version: '1', now: 0, signal });
  assert.equal(statSync(path).size, bytes);
  const copy = await openEmptyDatabase(t);
  const report = await restoreBackup(await inspectBackup(path, signal), { url: copy.url, path, signal });
  assert.deepEqual([report.rows, report.leftOut, report.schema], [rows, [], migrations.length]);
  return copy.sql;
}

/** Rows, counters, partitions and schema of a restored database are those of the one that was backed up. */
async function assertSame(restored: Sql, sql: Sql): Promise<void> {
  assert.equal(formatRows(await readTables(restored)), formatRows(await readTables(sql)));
  assert.equal(await dumpSchema(restored), await dumpSchema(sql));
  const state = (each: Sql) => each`
    select 'sequence' as what, sequencename::text as name, last_value::text as value from pg_sequences
    union all select 'partition', c.relname, concat(i.inhparent::regclass, ' ', pg_get_expr(c.relpartbound, c.oid), c.reloptions)
    from pg_inherits i join pg_class c on c.oid = i.inhrelid where c.relkind in ('r', 'p')
    union all select 'index of', tablename, indexdef from pg_indexes where schemaname = 'public'
    order by 1, 2, 3`;
  assert.deepEqual([...(await state(restored))], [...(await state(sql))]);
  const unfit = await restored`
    select indexrelid::regclass::text as name from pg_index where not indisvalid
    union all select conname from pg_constraint where not convalidated`;
  assert.deepEqual([...unfit], []);
}

function expectedNow(kept: TableRow, version: number): TableRow[] {
  let row: TableRow | null = kept;
  for (let number = version + 1; number <= migrations.length; number++) {
    const change = changes[number];
    if (row !== null && change !== undefined) row = change(row);
  }
  return row === null ? [] : [row];
}

function pick(row: TableRow['row'], columns: readonly string[]): string {
  return JSON.stringify(columns.map((column) => [column, row[column]]));
}

async function assertAllFilled(sql: Sql): Promise<void> {
  const filled = groupRows(await readTables(sql));
  assert.deepEqual(
    // Only what an earlier version wrote is there.
    (await listTables(sql)).filter((table) => !filled.has(table) && !table.endsWith('_before')),
    [],
    'tables without a row',
  );
}

/** The path at which each operation is tested, and the lists of its answer that must not be empty. */
type Asked = Readonly<Record<keyof typeof routes, readonly [path: string, ...lists: string[]]>>;

/** Every answer is checked against the contract. */
async function assertAnswers(t: Parameters<typeof openTestApi>[0], sql: Sql): Promise<void> {
  const api = await openTestApi(t, { sql });
  const [beat] = await sql<{ at: Date }[]>`select max(last_beat) as at from vantages`;
  api.clock.time = (beat?.at.getTime() ?? 0) + 1_000;
  const identified = await api.get('/api/v1/nodes?network=sepolia&population=identified');
  const since = `from=${new Date(api.clock.time - 2 * 86_400_000).toISOString()}`;
  const network = '/api/v1/networks/sepolia';
  const asked: Asked = {
    listNetworks: ['/api/v1/networks', 'networks'],
    getNetworkSummary: [`${network}/summary`, 'populations'],
    getCounts: [`${network}/counts`, 'series'],
    getDistribution: [`${network}/distribution?cut=client`, 'rows'],
    // An earlier version kept none.
    getChurn: [`${network}/churn`],
    getReadiness: [`${network}/readiness`, 'clients', 'learned', 'classes'],
    getReadinessSeries: [`${network}/readiness/series`, 'series'],
    getSplits: [`${network}/splits`, 'splits'],
    getHeads: [`${network}/heads?${since}`, 'points'],
    listNodes: ['/api/v1/nodes?population=seen', 'nodes'],
    getNode: [`/api/v1/nodes/${identified.body.nodes[0]?.id}`, 'endpoints', 'visits'],
    getStatus: ['/api/v1/status', 'crawlers'],
    listRaftClusters: ['/api/v1/raft', 'clusters'],
    getRaftCluster: ['/api/v1/raft/prod', 'members', 'views'],
    getRaftTimeline: [`/api/v1/raft/prod/timeline?${since}`, 'bands', 'changes'],
    listRaftEvents: ['/api/v1/raft/prod/events', 'events'],
  };
  for (const [operation, [path, ...lists]] of Object.entries(asked)) {
    const { status, text, body } = await api.get(path);
    assert.equal(status, 200, `${operation}: ${text}`);
    for (const list of lists) assert.ok(body[list]?.length > 0, `${operation}: ${list} of ${text}`);
  }
  for (const path of [...Object.values(exportRoutes).map((route) => route.path), '/readyz', '/metrics']) {
    const { status, text } = await api.get(path);
    assert.deepEqual([status, text.length > 10], [200, true], `${path}: ${text}`);
  }
  assert.deepEqual(api.complaints, []);
}

/** Crawler and jobs of this build go on where the earlier one ended. */
async function assertGoesOn(sql: Sql): Promise<void> {
  const [was] = await sql<{ at: Date; nodes: bigint; visits: bigint }[]>`
    select (select max(at) from census_runs) as at, (select count(*) from nodes) as nodes, (select count(*) from visits) as visits`;
  assert.ok(was);
  const now = was.at.getTime() + 3_600_000;
  const store = createStore(sql, 'here', '2', { at: 'caller', now: () => now });
  await store.recordVisits([makeFullVisit(0, now, 'sepolia'), makeFullVisit(99, now, 'sepolia')].map(toVisitRow));
  assert.notEqual(await takeCensus(sql, now, 'here'), null);
  assert.notEqual(await rollUpCounts(sql, now), null);
  assert.notEqual(await applyRetention(sql, now, { visitDays: 30 }), null);
  const [is] = await sql<{ nodes: bigint; visits: bigint }[]>`
    select (select count(*) from nodes) as nodes, (select count(*) from visits) as visits`;
  assert.deepEqual({ ...is }, { nodes: was.nodes + 1n, visits: was.visits + 2n });
}
