/** What the Raft watcher costs: many clusters polled at their default interval, as share of one core. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { createRaftLocks, openLockConnection } from '../consortium/store/raftLocks.ts';
import { createPostgresRaftStore } from '../consortium/store/raftStore.ts';
import { type ClusterConfig, clusterDefaults } from '../consortium/watch/clusterConfig.ts';
import { createMemoryRaftStore, type RaftStore } from '../consortium/watch/raftRecords.ts';
import { watchRaft } from '../consortium/watchRaft.ts';
import { packageRoot } from '../lib/packageRoot.ts';
import { Secret } from '../lib/secret.ts';
import { systemClock } from '../p2p/net/systemClock.ts';
import { systemRandom } from '../p2p/net/systemRandom.ts';
import { databaseAt } from '../sql/database.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { machine } from './machine.ts';

/** `words`: seconds, clusters, nodes of each, where to keep it (postgres or memory), and ms between polls. */
export async function run(words: readonly string[]): Promise<object> {
  const [seconds = 30, clusters = 50, nodes = 7] = words.slice(0, 3).map(Number);
  const kept = words[3] === 'memory' ? 'memory' : 'postgres';
  const intervalMs = Number(words[4] ?? clusterDefaults.intervalMs);
  const { store, close } =
    kept === 'memory' ? { store: createMemoryRaftStore(), close: async () => {} } : await openStore();
  const child = fork(join(packageRoot, 'dist/bench/raftNodes.js'), [String(clusters), String(nodes)]);
  try {
    const [message] = await once(child, 'message');
    const urls: readonly (readonly string[])[] = message.urls;
    const configs = urls.map(
      (addresses, index): ClusterConfig => ({
        ...clusterDefaults,
        intervalMs,
        name: `c${index}`,
        endpoints: addresses.map((url, node) => ({
          name: `n${node + 1}`,
          url: new Secret(url),
          headers: {},
          bearerToken: null,
          psi: null,
          ca: null,
          probeUrl: null,
        })),
      }),
    );
    const registry = new Registry();
    const ending = new AbortController();
    const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const watching = watchRaft(
      configs,
      [],
      {
        clock: systemClock,
        random: systemRandom,
        log: silent,
        store,
        blocks: null,
        registry,
        notices: null,
        publicUrl: null,
      },
      ending.signal,
    );
    // The first interval spreads the clusters and opens the connections.
    await delay(intervalMs * 1.5);
    const pollsBefore = await countPolls(registry);
    const cpuBefore = process.cpuUsage();
    const startedAt = performance.now();
    await delay(seconds * 1000);
    const { user, system } = process.cpuUsage(cpuBefore);
    const tookMs = performance.now() - startedAt;
    const pollsAfter = await countPolls(registry);
    const polls = { all: pollsAfter.all - pollsBefore.all, ok: pollsAfter.ok - pollsBefore.ok };
    ending.abort();
    await watching;
    return {
      bench: 'raft',
      store: kept,
      machine: machine(),
      clusters,
      nodes,
      intervalMs,
      seconds,
      pollsPerSecond: Math.round((polls.all * 10_000) / tookMs) / 10,
      failedPolls: polls.all - polls.ok,
      cpuPercentOfOneCore: Math.round(((user + system) / 1000 / tookMs) * 10_000) / 100,
      rssMib: Math.round(process.memoryUsage().rss / 2 ** 20),
    };
  } finally {
    child.disconnect();
    await close();
  }
}

/** A real server of its own: what it costs is not counted, what it costs to talk to it is. */
async function openStore(): Promise<{ readonly store: RaftStore; close(): Promise<void> }> {
  const database = await openTestDatabase();
  const locks = createRaftLocks(() => openLockConnection(databaseAt(database.url)), systemClock);
  const onRefused = (cluster: string, error: unknown): never => {
    throw new Error(`${cluster}: ${String(error)}`);
  };
  return {
    store: createPostgresRaftStore({ sql: database.sql, locks, clock: systemClock, onRefused }),
    close: async () => {
      await locks.close();
      await database.close();
    },
  };
}

async function countPolls(registry: Registry): Promise<{ all: number; ok: number }> {
  const metric = await registry.getSingleMetric('forkscope_raft_polls_total')?.get();
  const sum = (values: readonly { readonly value: number }[]): number =>
    values.reduce((all, each) => all + each.value, 0);
  const values = metric?.values ?? [];
  return { all: sum(values), ok: sum(values.filter(({ labels }) => labels.result === 'ok')) };
}
