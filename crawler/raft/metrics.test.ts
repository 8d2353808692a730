import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { judgeDefaults } from './judgeConfig.ts';
import { judgeRound, startJudge } from './judgeRounds.ts';
import { createRaftMetrics } from './metrics.ts';
import type { RaftEvent } from './types.ts';

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

test('changes of long ago that the chain shows after downtime are no burst of changes now', async () => {
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
    kind: 'leader_changed',
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
    roundChanges: 0,
    tookMs: 1,
  });
  const text = await registry.metrics();
  assert.match(text, /^forkscope_raft_leader_changes_total\{cluster="c",source="chain"\} 1$/m);
});
