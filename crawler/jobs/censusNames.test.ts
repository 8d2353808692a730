/** Names that anybody can make up, on a real PostgreSQL: what has a place of its own in the counts, and what is `other`. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { column } from '../../sql/client.ts';
import { openTestDatabase, type TestDatabase } from '../../sql/testDatabase.ts';
import { takeCensus } from './census.ts';

const minute = 60_000;
const t0 = Date.UTC(2027, 4, 3, 12);

let db: TestDatabase;
before(async () => {
  db = await openTestDatabase();
});
after(() => db.close());
beforeEach(
  () =>
    db.sql`truncate nodes, clients, fork_ids, count_series, census_counts, hour_counts, day_counts, census_runs, coverage_points restart identity cascade`,
);

interface Told {
  readonly name: string;
  readonly version: string;
  /** Last digits of the fork hash. */
  readonly fork: number;
  readonly ip: string;
}

/** That many nodes, each with what the function makes of its number. */
async function add(count: number, tell: (i: number) => Told): Promise<void> {
  const told = Array.from({ length: count }, (_, i) => tell(i));
  const list = (read: (one: Told) => string) => column('text', told.map(read));
  await db.sql`
    with told as (
      select * from unnest(
        ${list(({ name }) => name)}::text[], ${list(({ version }) => version)}::text[],
        ${list(({ fork }) => fork.toString(16).padStart(8, '0'))}::text[], ${list(({ ip }) => ip)}::text[]
      ) with ordinality as t (name, version, hash, ip, i)
    ), c as (
      insert into clients (raw, name, version) select distinct name || '/' || version, name, version from told
      returning client_no, raw
    ), f as (
      insert into fork_ids (hash, next) select distinct decode(hash, 'hex'), 0 from told returning fork_no, hash
    )
    insert into nodes (id, id_hash, first_seen, last_seen, last_alive, last_reachable, last_identified, ip, client_no, fork_no)
    select sha512(convert_to(ip || '/' || i, 'UTF8')), sha256(convert_to(ip || '/' || i, 'UTF8')), at, at, at, at, at,
      ip::inet, client_no, fork_no
    from told t cross join (select ${new Date(t0 - minute)}::timestamptz as at) a
      join c on c.raw = name || '/' || version join f on f.hash = decode(t.hash, 'hex')`;
}

const counted = async (cut: string) =>
  (
    await db.sql`
      select key, ids, ips from current_counts
      where network = 'all' and cut = ${cut} and population = 'identified' and time_window = 'now' order by ids desc, key`
  ).map(({ key, ids, ips }) => `${key.join('/')} ${ids}/${ips}`);

test('3,000 names on 256 addresses are few series, and none of them pushes out who is at many', async () => {
  await add(400, (i) => ({ name: 'geth', version: '1.16.4', fork: 7, ip: `${9 + (i >> 8)}.${i & 255}.0.0` }));
  await add(5, (i) => ({ name: 'reth', version: '1.8.0', fork: 8, ip: `77.${i}.0.0` }));
  await add(3_000, (i) => ({ name: `forged${i}`, version: `v${i}`, fork: 1_000 + i, ip: `66.6.6.${i % 256}` }));
  await takeCensus(db.sql, t0, 'here');
  const clients = await counted('client');
  assert.equal(clients.length, 51);
  assert.deepEqual(clients.slice(0, 3), ['other 2952/256', 'geth 400/400', 'reth 5/5']);
  const [series] = await db.sql`select count(*)::int4 as count from count_series`;
  assert.ok(series?.count < 6_000, `${series?.count} series`);
  const forks = await counted('fork_id');
  assert.deepEqual([forks.length, forks[0], forks[1]], [101, 'other/ 2902/256', '00000007/0 400/400']);

  // Gone, they cost nothing; back, they are counted again.
  await db.sql`update nodes set last_seen = last_seen - interval '2 days' where ip << '66.6.6.0/24'`;
  await takeCensus(db.sql, t0 + minute, 'here');
  assert.deepEqual(await counted('client'), ['geth 400/400', 'reth 5/5']);
  const [ended] =
    await db.sql`select count(*) filter (where ended_at is null)::int4 as live, count(*)::int4 as count from count_series`;
  assert.ok(ended?.live < 100 && ended?.count === series?.count, JSON.stringify(ended));
  const third = await takeCensus(db.sql, t0 + 2 * minute, 'here');
  assert.ok((third?.points ?? 0) < 100, 'a zero is written once');
  await db.sql`update nodes set last_seen = last_seen + interval '2 days' where ip << '66.6.6.0/24'`;
  await takeCensus(db.sql, t0 + 3 * minute, 'here');
  assert.equal((await counted('client')).length, 51);
});

test('few names keep their places wherever they are; versions have places of their own', async () => {
  await add(40, (i) => ({ name: `own${i}`, version: '1', fork: 7, ip: '10.0.0.1' }));
  await takeCensus(db.sql, t0, 'here');
  assert.equal((await counted('client')).length, 40);
  await add(500, (i) => ({ name: 'geth', version: `1.${i}`, fork: 9, ip: '66.6.6.6' }));
  await add(8, (i) => ({ name: 'geth', version: '2.0', fork: 10, ip: `77.${i}.0.0` }));
  await takeCensus(db.sql, t0 + minute, 'here');
  const versions = await counted('client_version');
  assert.equal(
    versions.find((line) => line.startsWith('geth/2.0 ')),
    'geth/2.0 8/8',
  );
  assert.equal(versions.length, 300 + 41, 'and what else each client has');
  assert.deepEqual(await counted('client').then((all) => all[0]), 'geth 508/9');
});
