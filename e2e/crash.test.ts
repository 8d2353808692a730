/** A crawler killed at any moment loses no visit that it reported, and continues after a restart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { startForkscope, temporaryFolder } from './forkscopeProcess.ts';
import { startSwarm } from './peers/ethereumjsSwarm.ts';
import { startHostile } from './peers/startHostile.ts';

/** More where there is time for them. Some of the liars name nodes that are not there: most visits are to those. */
const { kills, liarCount } = process.env.CI === 'true' ? { kills: 20, liarCount: 60 } : { kills: 8, liarCount: 40 };
const second = 83;
const seed = Number(process.env.FUZZ_SEED ?? Date.now() >>> 0);

test(`after kill -9 at ${kills} random moments every reported visit is stored exactly once (FUZZ_SEED=${seed})`, {
  timeout: 420_000,
}, async (t) => {
  const folder = temporaryFolder(t, 'crash');
  const database = await openTestDatabase(t);
  await using swarm = await startSwarm({ count: 4, second });
  await using liars = await startHostile({ count: liarCount, second: second + 1 });
  const bootnodes = [...swarm.peers, ...liars.peers].map(({ enode }) => enode);
  const args = [
    'crawl',
    '--once',
    '--print-commits',
    ...['--data-dir', folder, '--networks', 'mainnet', '--bootnodes', bootnodes.join(',')],
    ...['--allowed-cidrs', '127.0.0.0/8', '--bind4', `127.${second}.9.9`, '--bind6', 'none', '--port', '0'],
    ...['--crawl-metrics-port', '0', '--log-level', 'error'],
  ];
  const env = { DATABASE_URL: database.url };
  const reported = new Set<string>();
  const keep = (stdout: string): void => {
    // The kill may have cut the last line: only whole lines count.
    for (const [, key = ''] of stdout.matchAll(/^([0-9a-f]{32})\n/gm)) {
      assert.ok(!reported.has(key), `${key} was reported twice`);
      reported.add(key);
    }
  };
  let random = seed;
  for (let kill = 0; kill < kills; kill++) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    const running = startForkscope(args, env);
    // Every second kill comes during start-up or soon after, the others amid visits and writes, on any machine.
    const atStart = kill % 2 === 0;
    if (!atStart) await running.printed(/^[0-9a-f]{32}$/m, 60_000);
    await new Promise((resolve) => setTimeout(resolve, atStart ? 300 + (random % 4_000) : random % 1_500));
    running.child.kill('SIGKILL');
    keep((await running.ended).stdout);
  }
  const { code, stdout, stderr } = await startForkscope(args, env).ended;
  assert.equal(code, 0, stderr);
  keep(stdout);
  assert.match(stdout, /ethereumjs-swarm +4/);
  const rows = await database.sql<{ key: string; times: bigint }[]>`
    select replace(visit_key::text, '-', '') as key, count(*) as times from visits group by 1`;
  const stored = new Map(rows.map(({ key, times }) => [key, Number(times)]));
  assert.ok(reported.size > 25 * kills, `only ${reported.size} visits were reported: too few to mean anything`);
  for (const key of reported)
    assert.equal(stored.get(key), 1, `${key} was reported and is stored ${stored.get(key) ?? 0} times`);
  for (const [key, times] of stored) assert.equal(times, 1, `${key} is stored ${times} times`);
});
