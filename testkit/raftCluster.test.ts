import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setImmediate as nextTick } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { startGraceMs } from '../consortium/ask/pollRound.ts';
import type { RaftEvent } from '../consortium/judge/raftEvent.ts';
import { createRaftMetrics } from '../consortium/metrics.ts';
import { clusterDefaults } from '../consortium/watch/clusterConfig.ts';
import { createMemoryRaftStore, type RaftStore } from '../consortium/watch/raftRecords.ts';
import { type RoundReport, watchCluster } from '../consortium/watch/watchCluster.ts';
import { Secret } from '../lib/secret.ts';
import { systemClock } from '../p2p/net/systemClock.ts';
import type { Clock, Logger } from '../p2p/ports.ts';
import { type RaftCluster, startRaftCluster } from './raftCluster.ts';
import type { RaftFault } from './raftModel.ts';
import { until } from './until.ts';

const startAt = Date.UTC(2026, 0, 1);
const clusters: RaftCluster[] = [];
after(async () => {
  for (const cluster of clusters) await cluster.close();
});

interface Watched {
  readonly cluster: RaftCluster;
  readonly reports: readonly RoundReport[];
  readonly events: readonly RaftEvent[];
  readonly store: RaftStore;
  readonly metrics: string;
  readonly log: string;
}

/** Watches a cluster through `forMs` of its own time: sleeping lets the scenario play on, so nothing waits for real. */
async function watch(
  faults: readonly RaftFault[],
  forMs: number,
  more: { store?: RaftStore; cluster?: RaftCluster; fromMs?: number; seed?: number; timeoutMs?: number } = {},
): Promise<Watched> {
  const cluster =
    more.cluster ??
    (await startRaftCluster({ seed: more.seed ?? 5, nodes: 3, faults }, { startAt, clockOffsets: { 3: 4_000 } }));
  if (more.cluster === undefined) clusters.push(cluster);
  let played = more.fromMs ?? 4_000;
  await cluster.playTo(played);
  const ended = new AbortController();
  const clock: Clock = {
    now: () => startAt + played,
    sleep: async (ms) => {
      played += ms;
      await cluster.playTo(played);
      await nextTick();
      if (played >= forMs) ended.abort();
    },
    after: systemClock.after,
  };
  const lines: string[] = [];
  const write = (message: string, fields?: unknown): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const log: Logger = { debug: write, info: write, warn: write, error: write };
  const registry = new Registry();
  const metrics = createRaftMetrics(registry, [{ name: 'mock', nodes: ['n1', 'n2', 'n3'] }]);
  const reports: RoundReport[] = [];
  const store = more.store ?? createMemoryRaftStore();
  const probed = new Set<string>();
  await watchCluster(
    {
      ...clusterDefaults,
      name: 'mock',
      intervalMs: 500,
      probeMs: 2_000,
      rpc: { timeoutMs: more.timeoutMs ?? 400, maxBodyBytes: 1 << 20 },
      thresholds: { churnWindowMs: 60_000 },
      endpoints: cluster.urls.map((url, index) => ({
        name: `n${index + 1}`,
        url: new Secret(`${url.replace('//', '//user:url-hunter2@')}?key=query-hunter2`),
        headers: { 'x-key': new Secret('header-hunter2') },
        bearerToken: new Secret('bearer-hunter2'),
        psi: null,
        ca: null,
        probeUrl: url,
      })),
    },
    {
      clock,
      random: { next: () => 0 },
      log,
      store,
      onRound: (report) => {
        metrics.observeRound(report);
        reports.push(report);
      },
      onProbe: (name, node, outcome) => {
        metrics.observeProbe(name, node, outcome);
        probed.add(node);
      },
    },
    ended.signal,
  );
  // Rounds do not wait for probes, and a busy machine takes its time over them.
  await until('a look at each Raft port', () => probed.size === 3);
  const events = reports.flatMap((report) => report.events);
  return { cluster, reports, events, store, metrics: await registry.metrics(), log: lines.join('\n') };
}

const kinds = (events: readonly RaftEvent[]): readonly string[] => events.map(({ kind }) => kind);
const changesBy = (events: readonly RaftEvent[], source: string): number =>
  events.filter((event) => event.kind === 'leaderChanged' && event.source === source).length;

test('a quiet cluster over real HTTP: one leader, no change, every counter at 0', async () => {
  const { events, metrics } = await watch([], 10_000, { timeoutMs: 10_000 });
  assert.deepEqual(kinds(events), ['leaderGained']);
  assert.match(metrics, /^forkscope_raft_leader_changes_total\{cluster="mock",source="rpc"\} 0$/m);
  assert.match(metrics, /^forkscope_raft_leader_changes_total\{cluster="mock",source="chain"\} 0$/m);
  assert.match(metrics, /^forkscope_raft_polls_total\{cluster="mock",node="n1",result="vhost"\} 0$/m);
  assert.match(metrics, /^forkscope_raft_has_leader\{cluster="mock"\} 1$/m);
  assert.match(metrics, /^forkscope_raft_voters_active\{cluster="mock"\} 3$/m);
  const offset = /^forkscope_raft_clock_offset_seconds\{cluster="mock",node="n3"\} (\S+)$/m.exec(metrics)?.[1];
  assert.ok(Math.abs(Number(offset) - 4) < 0.6, `clock offset of n3: ${offset}`);
});

test('a frozen leader is a time-out and one change; a killed one is refused', async () => {
  const frozen = await watch(
    [
      { at: 6_000, kind: 'freeze', node: 'leader' },
      { at: 12_000, kind: 'thaw', node: 'leader' },
    ],
    16_000,
  );
  assert.equal(changesBy(frozen.events, 'rpc'), 1);
  assert.match(frozen.metrics, /^forkscope_raft_polls_total\{cluster="mock",node="n\d",result="timeout"\} [1-9]/m);
  const killed = await watch(
    [
      { at: 6_000, kind: 'kill', node: 'leader' },
      { at: 12_000, kind: 'start', node: 'leader' },
    ],
    12_000 + startGraceMs + 4_000,
  );
  assert.equal(changesBy(killed.events, 'rpc'), 1);
  const refused = killed.log.split('\n').filter((line) => /gives no view .*"refused"/.test(line));
  assert.equal(refused.length, 1, 'the log says it once, not in every round');
  assert.match(killed.log, /raft endpoint answers again/);
  assert.match(killed.metrics, /^forkscope_raft_polls_total\{cluster="mock",node="n\d",result="refused"\} [1-9]/m);
  assert.ok(
    killed.reports.at(-1)?.judgement.tally.nodes.every(({ result }) => result === 'ok'),
    'it is back at its old address',
  );
});

test('both followers killed: no quorum, though the leader still claims', async () => {
  const { events, metrics } = await watch(
    [
      { at: 6_000, kind: 'kill', node: 'follower' },
      { at: 6_040, kind: 'kill', node: 'follower' },
    ],
    12_000,
  );
  assert.ok(kinds(events).includes('noQuorumStarted'));
  assert.equal(changesBy(events, 'rpc'), 0);
  assert.match(metrics, /^forkscope_raft_has_leader\{cluster="mock"\} 0$/m);
  assert.match(metrics, /^forkscope_raft_voters_active\{cluster="mock"\} 1$/m);
  assert.match(metrics, /^forkscope_raft_leader_claims\{cluster="mock"\} 1$/m);
});

test('a churning cluster starts churn; a rolling restart does not', async () => {
  const churning = await watch([{ at: 6_000, kind: 'churn', everyMs: 3_000, forMs: 30_000 }], 40_000);
  assert.ok(kinds(churning.events).includes('churnStarted'));
  assert.match(churning.metrics, /^forkscope_raft_churning\{cluster="mock"\} 1$/m);
  const rolling = await watch(
    [1, 2, 3].flatMap((node): RaftFault[] => [
      { at: 2_000 + node * 6_000, kind: 'kill', node },
      { at: 5_000 + node * 6_000, kind: 'start', node },
    ]),
    30_000,
  );
  assert.ok(changesBy(rolling.events, 'rpc') <= 3);
  assert.ok(!kinds(rolling.events).includes('churnStarted'));
});

test('the chain shows its minters, and after downtime what was missed', async () => {
  const sends = Array.from(
    { length: 30 },
    (_, index): RaftFault => ({ at: 4_500 + index * 1_000, kind: 'send', transactions: 1 }),
  );
  const faults: RaftFault[] = [...sends, { at: 12_000, kind: 'churn', everyMs: 4_000, forMs: 16_000 }];
  const first = await watch(faults, 10_000);
  assert.equal(changesBy(first.events, 'chain'), 0);
  // Watched again with the same store after 20 s of absence, in which the leader changed several times.
  const again = await watch(faults, 34_000, { cluster: first.cluster, store: first.store, fromMs: 30_000 });
  const { blocks } = first.cluster.model;
  const missed = blocks.filter((block, index) => index > 0 && blocks[index - 1]?.raftId !== block.raftId);
  assert.ok(missed.length >= 2, `the scenario has ${missed.length} changes of minter`);
  const chain = again.events.filter((event) => event.kind === 'leaderChanged' && event.source === 'chain');
  assert.deepEqual(
    chain.map(({ block, to, gap }) => [block, to?.raftId, gap]),
    missed.map(({ number, raftId }) => [number, raftId, true]),
  );
  const rpc = again.events.filter((event) => event.kind === 'leaderChanged' && event.source === 'rpc');
  assert.ok(rpc.length <= 1 && rpc.every((event) => event.gap), 'the polls know of one change at most, across the gap');
});

test('no secret appears in any log line, metric or record', async () => {
  const { log, metrics, events, reports } = await watch([{ at: 6_000, kind: 'kill', node: 1 }], 9_000);
  assert.ok(log.length > 0);
  assert.ok(!/hunter2/.test(`${log}${metrics}${JSON.stringify([events, reports])}`));
});

test('a store that is away loses no event: it comes when the store is back', async () => {
  const kept = createMemoryRaftStore();
  let calls = 0;
  const store: RaftStore = {
    hold: async () => true,
    load: async (cluster) => {
      calls += 1;
      if (calls < 3) throw new Error('away');
      return kept.load(cluster);
    },
    save: async (records) => {
      calls += 1;
      if (calls < 20) throw new Error('away');
      return kept.save(records);
    },
  };
  const { events } = await watch([{ at: 8_000, kind: 'churn', everyMs: 4_000, forMs: 4_000 }], 30_000, { store });
  assert.ok(changesBy(events, 'rpc') >= 1);
  assert.deepEqual(kept.events, events);
});
