/** Several machines: roles of least privilege, a standby that serves, and a primary that goes under a crawler. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Sql } from '../../sql/client.ts';
import { startReplicatedServers } from '../fixtures/replicatedServers.ts';
import { type Running, startForkscope, temporaryFolder } from '../forkscopeProcess.ts';
import { startHostile } from '../peers/startHostile.ts';

const octets = { killed: 92, frozen: 93 };

for (const how of ['killed', 'frozen'] as const) {
  test(
    `a primary is ${how}: crawl and serve follow the promotion, and no reported visit is lost`,
    {
      timeout: 240_000,
    },
    (t) => ridesOut(t, how),
  );
}

async function ridesOut(t: TestContext, how: keyof typeof octets): Promise<void> {
  const folder = temporaryFolder(t, 'failover');
  await using servers = await startReplicatedServers(folder);
  const { primary, standby } = servers;
  const url = (user: string, hosts: string, wish = '') => `postgres://${user}@${hosts}/forkscope${wish}`;
  const everywhere = (user: string, wish: string) =>
    url(user, `${primary},${standby}`, `?target_session_attrs=${wish}`);
  await makeLogins(url('forkscope', primary));
  await using liars = await startHostile({ count: 20, second: octets[how] });
  const crawling = [
    ...['crawl', '--print-commits', '--data-dir', folder, '--networks', 'mainnet', '--log-level', 'warn'],
    ...['--bootnodes', liars.peers.map(({ enode }) => enode).join(',')],
    ...['--allowed-cidrs', '127.0.0.0/8', '--bind4', `127.${octets[how]}.9.9`, '--bind6', 'none', '--port', '0'],
    ...['--crawl-metrics-port', '0', '--revisit', '2s', '--lease', '5s', '--census-interval', '5s'],
  ];
  const lost = await startForkscope(crawling, { DATABASE_URL: url('crawl1', standby) }).ended;
  assert.equal(lost.code, 2, lost.stderr);
  assert.match(lost.stderr, /is a standby, which takes no writes: name its primary in DATABASE_URL/);

  await using crawl = startForkscope(crawling, { DATABASE_URL: everywhere('crawl1', 'primary') });
  await untilCommits(crawl, 50);
  await using serve = startForkscope(['serve', '--http-port', '0', '--data-dir', folder], {
    DATABASE_URL: everywhere('serve1', 'prefer-standby'),
  });
  const [, api = ''] = await serve.printed(/(http:\/\/127\.0\.0\.1:\d+)/, 60_000);
  await untilServed(api);
  const onStandby = connect(url('forkscope', standby), { max: 1 });
  t.after(() => onStandby.end({ timeout: 0 }));
  assert.deepEqual(await usersOf(onStandby), ['serve1'], 'it is the standby that serves');
  assert.ok(Number(await lagOf(api)) < 30, String(await lagOf(api)));

  const before = commitsOf(crawl).length;
  const lostAt = Date.now();
  await servers.losePrimary(how);
  // Nobody knows at once that a machine is gone: until then the crawler has no primary anywhere.
  await sleep(5_000);
  assert.equal(crawl.child.exitCode, null, crawl.stderr().slice(-3_000));
  await untilServed(api);
  await onStandby`select pg_promote()`;
  const promotedAt = Date.now();
  await untilCommits(crawl, before + 50);
  const now = Date.now();
  t.diagnostic(`50 more visits stored ${now - promotedAt} ms after the promotion, ${now - lostAt} ms after the loss`);
  await untilServed(api);
  assert.equal(await lagOf(api), undefined, 'a primary lags behind nobody');
  assert.doesNotMatch(serve.stderr(), /25006|read-only transaction/, 'serve writes nothing');
  const askedAt = Date.now();
  crawl.child.kill('SIGTERM');
  const { code, stderr } = await crawl.ended;
  assert.equal(code, 0, stderr);
  assert.ok(Date.now() - askedAt < 15_000, `${Date.now() - askedAt} ms`);
  const rows = await onStandby<{ key: string; times: number }[]>`
    select replace(visit_key::text, '-', '') as key, count(*)::int4 as times from visits group by 1`;
  const stored = new Map(rows.map(({ key, times }) => [key, times]));
  const missing = commitsOf(crawl).filter((key) => stored.get(key) !== 1);
  assert.deepEqual(missing, [], 'each reported visit is there once');
  assert.deepEqual(
    [...stored.values()].filter((times) => times > 1),
    [],
  );
}

async function makeLogins(url: string): Promise<void> {
  const migrated = await startForkscope(['migrate', '--roles'], { DATABASE_URL: url }).ended;
  assert.equal(migrated.code, 0, migrated.stderr);
  assert.match(migrated.stdout, /created role forkscope_crawler\n[\s\S]*gave forkscope_crawler and forkscope_reader/);
  const admin = connect(url, { max: 1 });
  await admin`create role crawl1 login in role forkscope_crawler`;
  await admin`create role serve1 login in role forkscope_reader`;
  await admin.end({ timeout: 2 });
}

function commitsOf(crawl: Running): readonly string[] {
  return crawl
    .stdout()
    .split('\n')
    .filter((line) => /^[0-9a-f]{32}$/.test(line));
}

async function untilCommits(crawl: Running, count: number): Promise<void> {
  for (const end = Date.now() + 90_000; commitsOf(crawl).length < count; await sleep(100)) {
    assert.equal(crawl.child.exitCode, null, crawl.stderr().slice(-3_000));
    assert.ok(Date.now() < end, `${commitsOf(crawl).length} of ${count}\n${crawl.stderr().slice(-5_000)}`);
  }
}

/** Until the API answers and calls itself ready, which it tells within a second. */
async function untilServed(api: string): Promise<void> {
  for (const end = Date.now() + 30_000; ; await sleep(200)) {
    const [networks, ready] = await Promise.all([ask(`${api}/api/v1/networks`), ask(`${api}/readyz`)]);
    if (networks.status === 200 && ready.status === 200) return;
    assert.ok(Date.now() < end, `${networks.status} ${ready.status} ${await ready.text()}`);
  }
}

async function usersOf(sql: Sql): Promise<readonly string[]> {
  const rows = await sql<{ name: string }[]>`
    select distinct usename as name from pg_stat_activity where application_name = 'forkscope serve'`;
  return rows.map(({ name }) => name);
}

async function lagOf(api: string): Promise<string | undefined> {
  const text = await (await ask(`${api}/metrics`)).text();
  return /^forkscope_api_replica_lag_seconds ([\d.e-]+)$/m.exec(text)?.[1];
}

/** @throws where there is no answer, not even a refusal */
function ask(url: string): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(15_000) });
}
