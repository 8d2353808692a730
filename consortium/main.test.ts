import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import type { Logger } from '../p2p/ports.ts';
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
