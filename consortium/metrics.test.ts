import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { nodeResults } from './ask/round.ts';
import { judgeDefaults } from './judge/judgeConfig.ts';
import { judgeRound, startJudge } from './judge/judgeRounds.ts';
import type { RaftEvent } from './judge/raftEvent.ts';
import type { SealersVerdict } from './judge/sealersVerdict.ts';
import { createRaftMetrics, maxPeersMeasured } from './metrics.ts';
import type { RoundReport } from './watch/watchCluster.ts';

test('names, kinds, help and labels follow the rules', async () => {
  const registry = new Registry();
  createRaftMetrics(registry, [{ name: 'c', nodes: ['n1'] }], ['ops']);
  const metrics = await registry.getMetricsAsJSON();
  assert.ok(metrics.length > 25);
  const allowed = new Set([
    'cluster',
    'node',
    'result',
    'source',
    'state',
    'le',
    'target',
    'outcome',
    'observer',
    'peer',
  ]);
  for (const metric of metrics) {
    assert.match(metric.name, /^forkscope_raft_[a-z_]+$/);
    assert.equal(
      String(metric.type) === 'counter',
      metric.name.endsWith('_total'),
      `${metric.name} ends in _total if it counts`,
    );
    assert.ok(metric.help.length > 10, `${metric.name} has help`);
    for (const value of metric.values) {
      for (const label of Object.keys(value.labels)) assert.ok(allowed.has(label), `${metric.name} has label ${label}`);
    }
  }
});

test('two watchers in one process do not share a registry', () => {
  createRaftMetrics(new Registry(), []);
  createRaftMetrics(new Registry(), []);
});

test('changes of long ago that the chain shows after downtime are not a burst of changes now', async () => {
  const registry = new Registry();
  const metrics = createRaftMetrics(registry, [{ name: 'c', nodes: ['n1'] }]);
  const now = Date.UTC(2026, 0, 2);
  const config = { ...judgeDefaults, cluster: 'c', endpoints: ['n1'] };
  const judgement = judgeRound(
    startJudge(),
    { t: now, nodes: new Map([['n1', { result: 'timeout', detail: '' } as const]]) },
    config,
  );
  const change = (minutesAgo: number): RaftEvent => ({
    cluster: 'c',
    kind: 'leaderChanged',
    at: now - minutesAgo * 60_000,
    detectedAt: now,
    from: null,
    to: null,
    votes: 0,
    voters: 0,
    observers: [],
    source: 'chain',
    gap: true,
    block: 1,
  });
  metrics.observeRound({
    cluster: 'c',
    judgement,
    events: [600, 300, 100, 16, 14].map(change),
    sealers: null,
    sealerEvents: [],
    roundChanges: 0,
    tookMs: 1,
  });
  const text = await registry.metrics();
  assert.match(text, /^forkscope_raft_leader_changes_total\{cluster="c",source="chain"\} 1$/m);
});

const member = (raftId: number) => ({ raftId, nodeId: raftId.toString(16).padStart(128, '0') });

/** A round in which node 1 follows itself and sees the given members, active or not. */
function reportOf(active: Readonly<Record<number, boolean | undefined>>, more: Partial<RoundReport> = {}): RoundReport {
  const entries = [...Object.entries(active), ['1', true] as const].map(([id, up]) => ({
    ...member(Number(id)),
    role: id === '1' ? ('minter' as const) : ('verifier' as const),
    active: up,
    hostname: undefined,
  }));
  const view = {
    self: member(1),
    role: 'minter' as const,
    entries,
    leader: { at: 'named', leader: member(1) } as const,
    head: 1,
    pending: 0,
    unread: 0,
    peerCount: 0,
  };
  const config = { ...judgeDefaults, cluster: 'c', endpoints: ['n1'] };
  const judgement = judgeRound(
    startJudge(),
    { t: 0, nodes: new Map([['n1', { result: 'ok', view } as const]]) },
    config,
  );
  return { cluster: 'c', judgement, events: [], sealers: null, sealerEvents: [], roundChanges: 0, tookMs: 1, ...more };
}

const seriesOf = async (registry: Registry, name: string): Promise<readonly string[]> =>
  (await registry.metrics()).split('\n').filter((line) => line.startsWith(`forkscope_raft_${name}`));

test('each Raft stream is a series while it is reported, and only in clusters of a bounded size', async () => {
  const registry = new Registry();
  const metrics = createRaftMetrics(registry, [{ name: 'c', nodes: ['n1'] }]);
  metrics.observeRound(reportOf({ 2: true, 3: false, 4: undefined }));
  assert.deepEqual(await seriesOf(registry, 'peer_active'), [
    'forkscope_raft_peer_active{cluster="c",observer="n1",member="2"} 1',
    'forkscope_raft_peer_active{cluster="c",observer="n1",member="3"} 0',
  ]);
  metrics.observeRound(reportOf({ 2: false }));
  assert.deepEqual(await seriesOf(registry, 'peer_active'), [
    'forkscope_raft_peer_active{cluster="c",observer="n1",member="2"} 0',
  ]);
  const many = Object.fromEntries(Array.from({ length: maxPeersMeasured }, (_, index) => [index + 2, true]));
  metrics.observeRound(reportOf(many));
  assert.deepEqual(await seriesOf(registry, 'peer_active'), []);
  metrics.observeRound(reportOf({ 2: true }));
  metrics.observeDuty('c', false);
  assert.deepEqual(await seriesOf(registry, 'peer_active'), [], 'another process tells now');
});

/** One of four is silent, and a stranger seals. */
function verdictOf(): SealersVerdict {
  const sealer = (n: number) => ({
    ...{ address: String(n).repeat(40), expected: n < 5, node: null, sealed: n === 4 ? 0 : 9, share: 0.25 },
    ...{ expectedShare: 0.25, missed: 0, lastSealed: null, lastSealedAt: null, silent: n === 4, down: false },
  });
  return {
    ...{ consensus: 'qbft', state: 'degraded', stateSince: 0, validators: 4, needed: 3, active: 3, failuresToHalt: 1 },
    ...{ sets: 2, head: 77, headAt: 1_800_000_000_000, pending: null, clockAheadMs: 1_500, round: 1, window: 36 },
    ...{ roundChanges: 3, storm: false, rule: { emptyMs: 1_000, periodMs: 1_000 }, timeline: [] },
    sealers: [1, 2, 3, 4, 5].map(sealer),
    nodes: [{ node: 'n1', address: null, head: 75, headHash: null, behind: 2 }],
    votes: [{ candidate: '9'.repeat(40), add: true, voters: [], needed: 3, proposedBy: ['n1'] }],
  };
}

test('a chain of sealers has no series about Raft, and its endpoints are up though they know no Raft', async () => {
  const registry = new Registry();
  const metrics = createRaftMetrics(registry, [{ name: 'c', nodes: ['n1'] }]);
  const report = reportOf({ 2: true });
  metrics.observeRound(report);
  const nodes = report.judgement.tally.nodes.map((node) => ({
    ...node,
    result: 'notRaft' as const,
    view: null,
    hasLeader: null,
  }));
  const judgement = { ...report.judgement, tally: { ...report.judgement.tally, nodes } };
  metrics.observeRound({ ...report, judgement, sealers: verdictOf() });
  for (const name of [
    'views',
    'voters',
    'has_leader',
    'leader_',
    'state',
    'confirmable',
    'node_has_leader',
    'node_is_leader',
    'stalled',
  ]) {
    const gauges = (await seriesOf(registry, name)).filter((line) => !line.includes('_total'));
    assert.deepEqual(gauges, [], name);
  }
  assert.deepEqual(await seriesOf(registry, 'node_up'), ['forkscope_raft_node_up{cluster="c",node="n1"} 1']);
  assert.deepEqual(await seriesOf(registry, 'node_blocks_behind'), [
    'forkscope_raft_node_blocks_behind{cluster="c",node="n1"} 2',
  ]);
  const [sealer = assert.fail()] = verdictOf().sealers;
  const known = { ...verdictOf(), sealers: [{ ...sealer, node: 'n1', share: 0.3, missed: 2 }] };
  const turns = async () => [
    ...(await seriesOf(registry, 'node_sealed_ratio')),
    ...(await seriesOf(registry, 'node_missed_turns')),
  ];
  assert.deepEqual(await turns(), [], 'nobody knows which sealer the endpoint is');
  metrics.observeRound({ ...report, judgement, sealers: known });
  assert.deepEqual(await turns(), [
    'forkscope_raft_node_sealed_ratio{cluster="c",node="n1"} 0.3',
    'forkscope_raft_node_missed_turns{cluster="c",node="n1"} 2',
  ]);
  metrics.observeDuty('c', false);
  assert.deepEqual(await turns(), []);
  assert.deepEqual(await seriesOf(registry, 'sealers'), []);
});

test('sealers are counted, never named; what nobody reported is no series', async () => {
  const registry = new Registry();
  const metrics = createRaftMetrics(registry, [{ name: 'c', nodes: ['n1'] }]);
  assert.deepEqual(await seriesOf(registry, 'seal_round_changes_total'), [
    'forkscope_raft_seal_round_changes_total{cluster="c"} 0',
  ]);
  const verdict = verdictOf();
  metrics.observeRound(reportOf({}, { sealers: verdict, roundChanges: 3 }));
  const values = async (): Promise<readonly string[]> =>
    (await Promise.all([seriesOf(registry, 'seal'), seriesOf(registry, 'head_block')]))
      .flat()
      .map((line) => line.replace('forkscope_raft_', ''));
  assert.deepEqual(await values(), [
    'sealers{cluster="c"} 4',
    'sealers_needed{cluster="c"} 3',
    'sealers_active{cluster="c"} 3',
    'sealers_silent{cluster="c"} 1',
    'sealers_unexpected{cluster="c"} 1',
    'sealer_sets{cluster="c"} 2',
    'sealers_state{cluster="c",state="well"} 0',
    'sealers_state{cluster="c",state="degraded"} 1',
    'sealers_state{cluster="c",state="halted"} 0',
    'sealers_state{cluster="c",state="idle"} 0',
    'sealers_state{cluster="c",state="unknown"} 0',
    'sealers_failures_to_halt{cluster="c"} 1',
    'sealers_storm{cluster="c"} 0',
    'sealers_head_timestamp_seconds{cluster="c"} 1800000000',
    'sealers_clock_ahead_seconds{cluster="c"} 1.5',
    'sealer_votes{cluster="c"} 1',
    'sealers_halted{cluster="c"} 0',
    'seal_round_changes_total{cluster="c"} 3',
    'head_block{cluster="c"} 77',
  ]);
  metrics.observeRound(reportOf({}, { sealers: { ...verdict, state: 'unknown' } }));
  assert.deepEqual(await seriesOf(registry, 'sealers_silent'), []);
  metrics.observeRound(reportOf({}, { sealers: { ...verdict, state: 'halted' } }));
  assert.deepEqual(await seriesOf(registry, 'sealers_halted'), ['forkscope_raft_sealers_halted{cluster="c"} 1']);
  metrics.observeRound(reportOf({}));
  assert.deepEqual(await seriesOf(registry, 'sealers'), []);
});

test('whatever an endpoint answers is a result of its own in the counts, and only a view is up', async () => {
  const registry = new Registry();
  const nodes = nodeResults.map((result) => `x-${result}`);
  const metrics = createRaftMetrics(registry, [{ name: 'c', nodes }]);
  const base = reportOf({ 2: true });
  const view = base.judgement.tally.nodes[0];
  assert.ok(view);
  const told = nodeResults.map((result) =>
    result === 'ok' ? { ...view, node: 'x-ok' } : { ...view, node: `x-${result}`, result, view: null, hasLeader: null },
  );
  const { judgement } = base;
  metrics.observeRound({ ...base, judgement: { ...judgement, tally: { ...judgement.tally, nodes: told } } });
  const counted = (await seriesOf(registry, 'polls_total')).filter((line) => line.endsWith(' 1'));
  assert.deepEqual(
    counted,
    nodeResults.map((result) => `forkscope_raft_polls_total{cluster="c",node="x-${result}",result="${result}"} 1`),
  );
  const up = (await seriesOf(registry, 'node_up')).filter((line) => line.endsWith(' 1'));
  assert.deepEqual(up, ['forkscope_raft_node_up{cluster="c",node="x-ok"} 1']);
  const dead = (await seriesOf(registry, 'node_alive')).filter((line) => line.endsWith(' 0'));
  assert.deepEqual(
    dead,
    ['timeout', 'raftHangs', 'refused', 'unreachable'].map(
      (result) => `forkscope_raft_node_alive{cluster="c",node="x-${result}"} 0`,
    ),
    'what answers 401, HTML or other JSON is alive',
  );
});
