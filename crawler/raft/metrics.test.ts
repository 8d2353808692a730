import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { createRaftMetrics } from './metrics.ts';

test('names, kinds, help and labels follow the rules', async () => {
  const registry = new Registry();
  createRaftMetrics(registry, [{ name: 'c', nodes: ['n1'] }], ['ops']);
  const metrics = await registry.getMetricsAsJSON();
  assert.ok(metrics.length > 25);
  const allowed = new Set(['cluster', 'node', 'result', 'source', 'state', 'le', 'target', 'outcome']);
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
