import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTimetable } from '../../lib/timetable.ts';
import { systemClock as clock } from '../../p2p/net/systemClock.ts';
import type { Logger } from '../../p2p/ports.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { holdQueries } from '../../testkit/holdQueries.ts';
import { SimulatedClock } from '../../testkit/simulatedClock.ts';
import type { CensusReport, CensusSchedule } from './census.ts';
import { startJobs } from './startJobs.ts';

test('by the clock of the machine the census is taken, and stopping leaves nothing behind', async (t) => {
  const { sql } = await openTestDatabase(t);
  const errors: string[] = [];
  const log: Logger = { debug() {}, info() {}, warn() {}, error: (message) => errors.push(message) };
  const taken = deferred<CensusReport>();
  const jobs = startJobs(
    { sql, clock, log },
    { census: scheduleOf('1s'), retentionDays: 30, vantage: 'here', onCensus: taken.resolve },
  );
  const report = await taken.promise;
  await jobs.stop();
  assert.ok(report.points > 0);
  assert.deepEqual(errors, []);
  const partitions = await sql`select 1 from pg_inherits where inhparent = 'visit_log'::regclass`;
  assert.equal(partitions.length, 3);
});

test('a job that fails is logged, and the next one runs', async (t) => {
  const { sql } = await openTestDatabase(t);
  await sql`alter table nodes rename to hidden`;
  const failed = deferred<string>();
  const log: Logger = { debug() {}, info() {}, warn() {}, error: (message) => failed.resolve(message) };
  const taken = deferred<CensusReport>();
  const jobs = startJobs(
    { sql, clock, log },
    { census: scheduleOf('1s'), retentionDays: 30, vantage: 'here', onCensus: taken.resolve },
  );
  assert.equal(await failed.promise, 'a job failed');
  await sql`alter table hidden rename to nodes`;
  await taken.promise;
  await jobs.stop();
});

test('two days by a simulated clock: every census at its minute, old rows removed once a day', async (t) => {
  const database = await openTestDatabase(t);
  const start = Date.parse('2031-03-29T13:07:21.345Z');
  const clock = new SimulatedClock(start);
  const sql = holdQueries(database.sql, clock);
  const ran: string[] = [];
  const note = (message: string): number => ran.push(`${new Date(clock.now()).toISOString()} ${message}`);
  const log: Logger = { debug() {}, info: note, warn: note, error: note };
  const jobs = startJobs(
    { sql, clock, log },
    { census: scheduleOf('20 */3 * * *'), retentionDays: 30, vantage: 'here', earlyCensusMs: [10_000, 60_000] },
  );
  await clock.drive(clock.sleep(2 * 86_400_000));
  await clock.drive(jobs.stop());
  const timesOf = (message: string): string[] =>
    ran.filter((line) => line.endsWith(message)).map((line) => line.slice(0, -message.length - 1));
  assert.deepEqual(timesOf('old rows removed'), ['2031-03-30T04:41:00.000Z', '2031-03-31T04:41:00.000Z']);
  const onTime = Array.from({ length: 16 }, (_, n) => Date.parse('2031-03-29T15:20:00Z') + n * 3 * 3_600_000);
  const expected = [start + 10_000, start + 60_000, ...onTime].map((at) => new Date(at).toISOString());
  assert.deepEqual(timesOf('census taken'), expected);
  assert.equal(ran.length, expected.length + 2, 'nothing failed');
  const stored = await sql<{ at: Date; hours: number }[]>`
    select at, (interval_ms / 3600000)::int4 as hours from census_runs order by at`;
  assert.deepEqual(new Set(stored.map(({ hours }) => hours)), new Set([3]), 'each says when the next is due');
  assert.deepEqual(
    stored.map(({ at }) => at.toISOString()),
    expected.map((at) => `${at.slice(0, 17)}00.000Z`),
  );
});

test('a backup that holds retention up puts it off for an hour, not for a day', async (t) => {
  const database = await openTestDatabase(t);
  const clock = new SimulatedClock(Date.parse('2031-03-29T03:30:00Z'));
  const sql = holdQueries(database.sql, clock);
  const ran: string[] = [];
  const note = (message: string): number => ran.push(`${new Date(clock.now()).toISOString().slice(8, 16)} ${message}`);
  const log: Logger = { debug() {}, info: note, warn: note, error: note };
  const jobs = startJobs({ sql, clock, log }, { census: scheduleOf('20 3 * * *'), retentionDays: 30, vantage: 'here' });
  const holder = await database.sql.reserve();
  const hold = () => holder`select pg_advisory_lock(hashtext('forkscope.retention'), 0)`;
  const letGo = () => holder`select pg_advisory_unlock(hashtext('forkscope.retention'), 0)`;
  const pass = (hours: number) => clock.drive(clock.sleep(hours * 3_600_000));
  await hold();
  await pass(3);
  await letGo();
  await pass(21.5);
  await hold();
  await pass(6);
  await letGo();
  holder.release();
  await clock.drive(jobs.stop());
  assert.deepEqual(ran, [
    ...['29T04:41 removal of old rows is put off: a backup or another process is at work'],
    ...['29T06:41 old rows removed', '30T03:20 census taken'],
    ...['30T04:41 removal of old rows is put off: a backup or another process is at work'],
    ...['30T09:41 old rows were not removed: a backup or another process was at work all the time'],
  ]);
});

function scheduleOf(text: string): CensusSchedule {
  const timetable = parseTimetable(text);
  return { timetable, nextWithinMs: timetable.longestGapMs };
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
