import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { CodeCounter } from './codeCounter.ts';

test('every code is there from the first look on, and looking does not count', async () => {
  const registry = new Registry();
  const counter = new CodeCounter(registry, 'code', ['good', 'bad'], { name: 'things_total', help: 'Things' });
  const values = async (): Promise<[unknown, number][]> => {
    const [metric] = await registry.getMetricsAsJSON();
    assert.equal(metric?.type, 'counter');
    return (metric as unknown as { values: { labels: { code: string }; value: number }[] }).values.map(
      ({ labels, value }) => [labels.code, value],
    );
  };
  assert.deepEqual(await values(), [
    ['good', 0],
    ['bad', 0],
  ]);
  counter.inc('bad');
  counter.inc('bad', 4);
  counter.inc('good', 0);
  const expected = [
    ['good', 0],
    ['bad', 5],
  ];
  assert.deepEqual(await values(), expected);
  assert.deepEqual(await values(), expected);
  assert.match(await registry.metrics(), /^things_total\{code="bad"\} 5$/m);
});
