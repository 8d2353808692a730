import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { Secret } from '../lib/secret.ts';
import { createPostgresNoticeStore } from '../notify/postgresNoticeStore.ts';
import { systemClock } from '../p2p/net/systemClock.ts';
import type { Logger } from '../p2p/ports.ts';
import { databaseAt } from '../sql/database.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { configOf } from '../testkit/playRaft.ts';
import { startRaftCluster } from '../testkit/raftCluster.ts';
import { watchedWorld } from '../testkit/watchedWorld.ts';
import { run } from './main.ts';

test('clusters are watched in the world that is given, and all that was opened in it ends in order', {
  timeout: 120_000,
}, async (t) => {
  const { sql, url } = await openTestDatabase(t);
  const cluster = await startRaftCluster({ seed: 3, nodes: 3, faults: [] });
  t.after(() => cluster.close());
  await cluster.playTo(5_000);
  const world = watchedWorld(url);
  const over = new AbortController();
  const lines: string[] = [];
  const note = (message: string): void => {
    lines.push(message);
    if (message === 'raft event') over.abort();
  };
  const log: Logger = { debug() {}, info: note, warn: note, error: note };
  const registry = new Registry();
  await run(
    {
      config: { splitRoundMs: 600_000, raftRetentionDays: 400, publicUrl: null },
      clusters: [{ ...configOf(cluster, 'mock'), intervalMs: 1_000 }],
      targets: [],
      log,
      registry,
      onReady: () => note('ready'),
    },
    world,
    over.signal,
  );
  assert.deepEqual([lines[0], lines[1]], ['ready', 'raft watcher is running']);
  assert.equal(lines.at(-1), 'raft watcher has written everything it knows');
  assert.deepEqual(world.ended, ['connections of forkscope raft locks', 'connections of forkscope raft']);
  assert.deepEqual(world.left(), { asleep: 0, open: 0 });
  assert.match(await registry.metrics(), /^forkscope_raft_node_up\{cluster="mock",node="n1"\} 1$/m);
  const rows = await sql<{ cluster: string }[]>`select cluster from raft_clusters`;
  assert.deepEqual(
    rows.map((row) => row.cluster),
    ['mock'],
  );
});

test('what an earlier run reported and has since ended is resolved, once, and nothing is told twice', {
  timeout: 120_000,
}, async (t) => {
  const { sql, url } = await openTestDatabase(t);
  const cluster = await startRaftCluster({ seed: 3, nodes: 3, faults: [] });
  t.after(() => cluster.close());
  await cluster.playTo(5_000);
  const told: { status: string; name: string; page: string | null; parts: { status: string }[] }[] = [];
  const hook = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    told.push(...JSON.parse(text).alerts);
    response.end();
  });
  await once(hook.listen(0, '127.0.0.1'), 'listening');
  t.after(() => hook.close());
  const { port } = hook.address() as AddressInfo;
  const startsAt = Date.now() - 90_000;
  const part = { name: 'RaftNoLeader', severity: 'critical', summary: 'No leader', description: 'Look.' } as const;
  const notice = {
    ...part,
    kind: 'raftLeadership',
    subject: 'raft/mock',
    labels: { cluster: 'mock' },
    was: [],
    parts: [{ ...part, startsAt, endsAt: null }],
    page: null,
    startsAt,
    endsAt: null,
  };
  const store = createPostgresNoticeStore(sql);
  await store.save([{ notice, version: 1 }], ['ops'], startsAt);
  // Of an endpoint that is no longer among those of the cluster.
  const gone = { ...part, name: 'RaftNodeDown', severity: 'warning' } as const;
  const ofNode = {
    ...{ ...notice, ...gone, kind: 'raftNode/n9', labels: { cluster: 'mock', node: 'n9' } },
    parts: [{ ...gone, startsAt, endsAt: null }],
  };
  await store.save([{ notice: ofNode, version: 1 }], ['ops'], startsAt);
  const sent = [notice, ofNode].map((each) => ({ target: 'ops', change: { notice: each, version: 1 }, at: startsAt }));
  await store.markSent(sent);
  for (const goesOn of [() => told.length === 0, () => false]) {
    const over = new AbortController();
    const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };
    const running = run(
      {
        config: { splitRoundMs: 600_000, raftRetentionDays: 400, publicUrl: 'https://forkscope.example/' },
        clusters: [{ ...configOf(cluster, 'mock'), intervalMs: 1_000 }],
        targets: [{ name: 'ops', kind: 'webhook', url: new Secret(`http://127.0.0.1:${port}/`), headers: {} }],
        log: quiet,
        registry: new Registry(),
      },
      { clock: systemClock, random: { next: () => 0 }, database: databaseAt(url) },
      over.signal,
    );
    while (goesOn()) await systemClock.sleep(50);
    // Two more rounds, in which nothing is told again.
    await systemClock.sleep(2_500);
    over.abort();
    await running;
  }
  assert.deepEqual(
    told.map(({ status, name, page }) => [status, name, page]),
    [
      ['resolved', 'RaftNodeDown', null],
      ['resolved', 'RaftNoLeader', 'https://forkscope.example/raft/mock'],
    ],
  );
  assert.deepEqual(new Set(told.flatMap(({ parts }) => parts.map(({ status }) => status))), new Set(['resolved']));
});
