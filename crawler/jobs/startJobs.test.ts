import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../p2p/net/systemClock.ts';
import type { Logger } from '../../p2p/ports.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import type { CensusReport } from './census.ts';
import { startJobs } from './startJobs.ts';

test('node-cron takes the census, and stopping leaves nothing behind', async (t) => {
  const { sql } = await openTestDatabase(t);
  const errors: string[] = [];
  const log: Logger = { debug() {}, info() {}, warn() {}, error: (message) => errors.push(message) };
  const taken = deferred<CensusReport>();
  const jobs = startJobs(
    { sql, clock: systemClock, log },
    { censusCron: '* * * * * *', retentionDays: 30, vantage: 'here', onCensus: taken.resolve },
  );
  const report = await taken.promise;
  await jobs.stop();
  assert.ok(report.points > 0);
  assert.deepEqual(errors, []);
  const partitions = await sql`select 1 from pg_inherits where inhparent = 'visits'::regclass`;
  assert.equal(partitions.length, 3);
});

test('a job that fails is logged, and the next one runs', async (t) => {
  const { sql } = await openTestDatabase(t);
  await sql`alter table nodes rename to hidden`;
  const failed = deferred<string>();
  const log: Logger = { debug() {}, info() {}, warn() {}, error: (message) => failed.resolve(message) };
  const taken = deferred<CensusReport>();
  const jobs = startJobs(
    { sql, clock: systemClock, log },
    { censusCron: '* * * * * *', retentionDays: 30, vantage: 'here', onCensus: taken.resolve },
  );
  assert.equal(await failed.promise, 'a job failed');
  await sql`alter table hidden rename to nodes`;
  await taken.promise;
  await jobs.stop();
});

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
