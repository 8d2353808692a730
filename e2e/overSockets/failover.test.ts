/** Several machines: roles of least privilege, a standby that serves, and a primary that dies under a crawler. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../sql/client.ts';
import { startReplicatedServers } from '../fixtures/replicatedServers.ts';
import { startForkscope, temporaryFolder } from '../forkscopeProcess.ts';
import { startSwarm } from '../peers/ethereumjsSwarm.ts';
import { startHostile } from '../peers/startHostile.ts';

const second = 92;

test('serve reads from a standby; crawl and serve follow a promotion, and no reported visit is lost', {
  timeout: 400_000,
}, async (t) => {
  const folder = temporaryFolder(t, 'failover');
  await using servers = await startReplicatedServers(folder);
  const { primary, standby } = servers;
  const url = (user: string, hosts: string, wanted = '') => `postgres://${user}@${hosts}/forkscope${wanted}`;
  const migrated = await startForkscope(['migrate', '--roles'], { DATABASE_URL: url('forkscope', primary) }).ended;
  assert.equal(migrated.code, 0, migrated.stderr);
  assert.match(migrated.stdout, /created role forkscope_crawler\n[\s\S]*gave forkscope_crawler and forkscope_reader/);
  const admin = connect(url('forkscope', primary), { max: 1 });
  await admin`create role crawl1 login in role forkscope_crawler`;
  await admin`create role serve1 login in role forkscope_reader`;
  await admin.end();

  await using swarm = await startSwarm({ count: 4, second });
  await using liars = await startHostile({ count: 60, second: second + 1 });
  const bootnodes = [...swarm.peers, ...liars.peers].map(({ enode }) => enode);
  const crawling = [
    'crawl',
    '--print-commits',
    ...['--data-dir', folder, '--networks', 'mainnet', '--bootnodes', bootnodes.join(',')],
    ...['--allowed-cidrs', '127.0.0.0/8', '--bind4', `127.${second}.9.9`, '--bind6', 'none', '--port', '0'],
    ...['--crawl-metrics-port', '0', '--revisit', '2s', '--census-interval', '5s', '--log-level', 'warn'],
  ];
  const lost = await startForkscope(crawling, { DATABASE_URL: url('crawl1', standby) }).ended;
  assert.equal(lost.code, 2, lost.stderr);
  assert.match(lost.stderr, /is a standby, which takes no writes: name its primary in DATABASE_URL/);

  const everywhere = (user: string, wanted: string) =>
    url(user, `${primary},${standby}`, `?target_session_attrs=${wanted}`);
  await using crawl = startForkscope(crawling, { DATABASE_URL: everywhere('crawl1', 'primary') });
  const commits = (): string[] => [...crawl.stdout().matchAll(/^([0-9a-f]{32})\n/gm)].map(([, key = '']) => key);
  const untilCommits = async (count: number): Promise<void> => {
    for (const end = Date.now() + 120_000; commits().length < count; await sleep(200)) {
      assert.ok(Date.now() < end, `${commits().length} visits of ${count}: ${crawl.stderr().slice(-2_000)}`);
    }
  };
  await untilCommits(50);
  await using serve = startForkscope(['serve', '--http-port', '0', '--data-dir', folder], {
    DATABASE_URL: everywhere('serve1', 'prefer-standby'),
  });
  const [, api = ''] = await serve.printed(/(http:\/\/127\.0\.0\.1:\d+)/, 60_000);
  const status = async (): Promise<number> => (await fetch(`${api}/api/v1/networks`)).status;
  assert.equal(await status(), 200);
  const reading = connect(url('forkscope', standby), { max: 1 });
  const users = await reading<{ name: string }[]>`
    select distinct usename as name from pg_stat_activity where application_name = 'forkscope serve'`;
  assert.deepEqual(
    [...users].map(({ name }) => name),
    ['serve1'],
    'it is the standby that serves',
  );
  await reading.end();
  const lag = /^forkscope_api_replica_lag_seconds ([\d.e-]+)$/m.exec(await (await fetch(`${api}/metrics`)).text());
  assert.ok(Number(lag?.[1]) < 30, String(lag));

  const before = commits();
  const killedAt = Date.now();
  await servers.killPrimary();
  const promoting = connect(url('forkscope', standby), { max: 1 });
  await promoting`select pg_promote()`;
  await untilCommits(before.length + 50);
  t.diagnostic(`the crawler's next 50 visits were stored ${Date.now() - killedAt} ms after the primary died`);
  for (const end = Date.now() + 30_000; (await status()) !== 200; await sleep(200)) {
    assert.ok(Date.now() < end, 'serve has the promoted server');
  }
  const text = await (await fetch(`${api}/metrics`)).text();
  assert.doesNotMatch(text, /^forkscope_api_replica_lag_seconds /m, 'a primary lags behind nobody');
  crawl.child.kill('SIGTERM');
  const end = await crawl.ended;
  assert.equal(end.code, 0, end.stderr);
  const rows = await promoting<{ key: string; times: number }[]>`
    select replace(visit_key::text, '-', '') as key, count(*)::int4 as times from visits group by 1`;
  await promoting.end();
  const stored = new Map(rows.map(({ key, times }) => [key, times]));
  assert.deepEqual(
    commits().filter((key) => stored.get(key) !== 1),
    [],
    'each reported visit is there once',
  );
});
