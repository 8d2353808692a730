/** Each fault is planted in a sound database, found by its check, and by no other. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SqlRunner } from '../client.ts';
import { openTestDatabase, type TestDatabase } from '../testDatabase.ts';
import { putVisits } from '../testRows.ts';
import { checkDatabase, findBreaches } from './checkDatabase.ts';

/** Long after what the server's clock puts into columns by itself. */
const now = new Date('2096-11-28T10:30:00Z');
let database: TestDatabase;

before(async () => {
  database = await openTestDatabase();
  await fillSound(database.sql);
});
after(() => database.close());

/** Two nodes with visits, sessions and two hours of censuses. */
async function fillSound(sql: SqlRunner): Promise<void> {
  await sql`insert into codes (code) values ('hello'), ('none'), ('status'), ('timeout')`;
  await sql`insert into clients (raw, name) values ('Geth/v1', 'geth')`;
  await sql`
    insert into nodes (id, id_hash, first_seen, last_seen, last_alive, client_no)
    select decode(repeat(lpad(n::text, 2, '0'), 64), 'hex'), decode(repeat('00', 32), 'hex'), ${now}, ${now}, ${now}, 1
    from generate_series(1, 2) n`;
  await sql`insert into frontier (node_no, due_at) select node_no, ${now}::timestamptz + interval '2 days' from nodes`;
  for (const day of ['2096-11-26', '2096-11-27', '2096-11-28'])
    await sql`select create_visit_partition(${day}::text::date)`;
  await putVisits(
    sql,
    `select '${now.toISOString()}'::timestamptz - n * interval '1 hour' as at, 1 + n % 2 as node_no, 'here' as vantage,
      'outbound' as direction, 1 as stage_no, 1 as code_no, 1 as client_no, 5 as took_ms, 5 as rtt_ms
    from generate_series(1, 40) n`,
  );
  await sql`
    insert into sessions (node_no, from_at, begun, until_at, proved_at) values
      (1, '2096-11-26T01:00Z', true, '2096-11-26T02:00Z', '2096-11-26T01:50Z'), (1, '2096-11-26T02:00Z', true, null, null)`;
  await sql`
    insert into crawl_spans (vantage, from_at, until_at, heard, networks) values
      ('here', '2096-11-26T01:00Z', '2096-11-26T02:00Z', true, '{}'), ('here', '2096-11-26T02:00Z', '2096-11-26T03:00Z', true, '{}')`;
  for (const at of ['2096-11-28T07:50Z', '2096-11-28T08:50Z', '2096-11-28T09:50Z']) {
    await sql`select take_census(${at}::text::timestamptz, 'here', ${at}::text::timestamptz)`;
  }
  await sql`select roll_up_counts(${now})`;
}

test('a sound database passes, read-only, and every check has a name of its own', async () => {
  const results = await checkDatabase(database.sql, { at: 'caller', now: () => now.getTime() });
  assert.deepEqual(
    results.filter(({ breaches }) => breaches.length > 0),
    [],
  );
  assert.equal(new Set(results.map(({ name }) => name)).size, results.length);
  assert.deepEqual([...new Set(faults.map(({ check }) => check))].sort(), results.map(({ name }) => name).sort());
});

test('a day that retention has let go of, and not yet dropped, is no breach', () =>
  undone(async (sql) => {
    await sql`create table gone_visit_log_20961101 (like visit_log including defaults including constraints)`;
    const broken = (await findBreaches(sql, now)).filter(({ breaches }) => breaches.length > 0);
    assert.deepEqual(broken, []);
  }));

test('a visit keeps the time that a clock ahead gave it, and is no breach', () =>
  undone(async (sql) => {
    await sql`update visit_log set at = at + interval '13 hours' where at = ${now}::timestamptz - interval '1 hour'`;
    const broken = (await findBreaches(sql, now)).filter(({ breaches }) => breaches.length > 0);
    assert.deepEqual(broken, []);
  }));

interface Fault {
  readonly check: string;
  readonly says: RegExp;
  plant(sql: SqlRunner): Promise<unknown>;
  /** What else the same fault breaks. */
  readonly also?: readonly string[];
}

const faults: readonly Fault[] = [
  {
    check: 'migrations',
    says: /0003_create_nodes\.sql is not as it was applied/,
    plant: (sql) => sql`update schema_migrations set checksum = 'x' where version = 3`,
  },
  {
    check: 'migrations',
    says: /0002_\w+\.sql was not applied: run forkscope migrate/,
    plant: (sql) => sql`delete from schema_migrations where version = 2`,
  },
  {
    check: 'schema',
    says: /function roll_up_counts is not as this build makes it/,
    plant: (sql) =>
      sql`create or replace function roll_up_counts(until_at timestamptz) returns integer language sql return 0`,
  },
  { check: 'schema', says: /table asns is missing/, plant: (sql) => sql`drop table asns cascade`, also: [] },
  {
    check: 'schema',
    says: /table visitors is none of Forkscope/,
    plant: (sql) => sql`create table visitors (name text)`,
  },
  {
    check: 'schema',
    says: /table nodes is not as this build makes it/,
    plant: (sql) => sql`drop index nodes_ip_idx`,
  },
  {
    check: 'validity',
    says: /constraint \w+ is not valid/,
    plant: (sql) => sql`alter table nodes add constraint nodes_odd check (udp_port <> 7) not valid`,
    also: ['schema'],
  },
  {
    check: 'references',
    says: /frontier names rows of nodes that are not there \(frontier_node_no_fkey\)/,
    plant: async (sql) => {
      await sql`set local session_replication_role = replica`;
      await sql`insert into frontier (node_no, due_at) values (99, ${now})`;
    },
  },
  {
    check: 'counters',
    says: /the counter of nodes\.node_no stands at 0, and 2 is there/,
    // Unlike setval, this is undone with its transaction.
    plant: (sql) => sql`alter table nodes alter column node_no restart`,
  },
  {
    check: 'partitions',
    says: /nothing is there between visit_log_20961126, .* and visit_log_20961128/,
    plant: (sql) => sql`drop table visit_log_20961127`,
  },
  {
    check: 'futureTimes',
    says: /nodes\.last_seen is after 2096-11-28T10:30/,
    plant: (sql) => sql`update nodes set last_seen = '2097-01-01' where node_no = 2`,
  },
  {
    check: 'nodeIds',
    says: /^(?:01){64} is there 2 times/,
    plant: async (sql) => {
      await sql`alter table nodes drop constraint nodes_id_key`;
      await sql`update nodes set id = (select id from nodes where node_no = 1) where node_no = 2`;
    },
    also: ['schema'],
  },
  {
    check: 'visitedNodes',
    says: /visits that were answered name nodes that are not there/,
    plant: (sql) => sql`delete from nodes where node_no = 2`,
  },
  {
    check: 'visitWords',
    says: /visits name clients that are not there/,
    plant: (sql) => sql`update visit_log set client_no = 77 where node_no = 1`,
  },
  ...['vantage_no', 'stage_no', 'code_no', 'wire_code_no', 'network_no', 'fork_class_no'].map((column) => ({
    check: 'visitWords',
    says: /visits name codes that are not there/,
    plant: (sql: SqlRunner) => sql`update visit_log set ${sql(column)} = 77 where node_no = 1`,
  })),
  {
    check: 'visitWords',
    says: /nodes name clients that are not there/,
    plant: (sql) => sql`update nodes set client_no = 77 where node_no = 1`,
  },
  {
    check: 'visitWords',
    says: /nodes name forks that are not there/,
    plant: (sql) => sql`update nodes set fork_no = 77 where node_no = 1`,
  },
  {
    check: 'sessions',
    says: /sessions overlap the next one of their node/,
    plant: (sql) => sql`update sessions set until_at = '2096-11-26T02:30Z' where until_at is not null`,
  },
  {
    check: 'leases',
    says: /leases end more than a day from now/,
    plant: (sql) => sql`update frontier set lease_owner = 'x', lease_until = '2096-12-05T10:30Z'`,
  },
  {
    check: 'leases',
    says: /nodes are due more than two years from now/,
    plant: (sql) => sql`update frontier set due_at = '2106-12-05T10:30Z'`,
  },
  {
    check: 'leases',
    says: /nodes that answered are not in the schedule/,
    plant: (sql) => sql`delete from frontier where node_no = 1`,
  },
  {
    check: 'sums',
    says: /all\/alive\/\w+\/client adds up to 7, and the total is 2/,
    plant: (sql) => sql`
      update count_series set ids = 7 where cut = 'client' and population = 'alive' and ids = 2`,
    also: ['counts'],
  },
  {
    check: 'counts',
    says: /series show other counts than those of the newest census/,
    plant: (sql) => sql`update count_series set ips = ips + 1 where cut = 'total' and ids > 0`,
  },
  {
    check: 'counts',
    says: /counts are of series that are not there/,
    plant: (sql) =>
      sql`insert into hour_counts select from_at, 999, ids, ips, ids_low, ids_high from hour_counts limit 1`,
  },
  {
    check: 'counts',
    says: /counts are of series that are not there/,
    plant: (sql) => sql`
      insert into count_points_before (series_no, resolution, at, ids, ips) values (999, 'hour', '2096-11-28T08:00Z', 1, 1)`,
  },
  {
    check: 'rollUps',
    says: /counts of hours and days are not between their lowest and highest/,
    plant: (sql) => sql`update hour_counts set ids_low = array(select n + 1 from unnest(ids) n)`,
  },
  {
    check: 'rollUps',
    says: /the hour of 2096-11-28T08:00:00.000Z had a census and has no counts/,
    plant: (sql) => sql`update hour_counts set ids[9] = null`,
  },
  {
    check: 'spans',
    says: /spans overlap the next one of their vantage/,
    plant: (sql) => sql`update crawl_spans set until_at = '2096-11-26T04:00Z'`,
  },
];

for (const { check, says, plant, also = [] } of faults) {
  test(`${check}: ${says.source}`, () =>
    undone(async (sql) => {
      await plant(sql);
      const broken = (await findBreaches(sql, now)).filter(({ breaches }) => breaches.length > 0);
      assert.deepEqual(broken.map(({ name }) => name).sort(), [check, ...also].sort(), JSON.stringify(broken));
      const told = broken.find(({ name }) => name === check)?.breaches.map(({ what }) => what) ?? [];
      assert.ok(
        told.some((what) => says.test(what)),
        told.join('\n'),
      );
    }));
}

/** Runs in a transaction of which nothing stays. */
async function undone(work: (sql: SqlRunner) => Promise<void>): Promise<void> {
  class Undo extends Error {}
  await database.sql
    .begin(async (sql) => {
      await work(sql);
      throw new Undo();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undo)) throw error;
    });
}
