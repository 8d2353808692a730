import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiDefinition } from '../api/config.ts';
import { crawlerDefinition } from '../crawler/config.ts';
import { ConfigError, loadConfig } from '../lib/configLayers.ts';

test('every default of the API passes its own check', () => {
  for (const [name, field] of Object.entries(apiDefinition)) {
    const asGiven = name.endsWith('Ms') ? field.defaultText : field.default;
    assert.deepEqual(field.schema.parse(asGiven), field.default, name);
  }
});

test('one file serves both processes, and a field that both have is the same', () => {
  const file = { name: 'forkscope.json', json: { httpPort: 8080, port: 30_404, dataDir: '/srv/f' } };
  assert.equal(loadConfig(apiDefinition, { file, others: [crawlerDefinition] }).config.httpPort, 8080);
  assert.equal(loadConfig(crawlerDefinition, { file, others: [apiDefinition] }).config.port, 30_404);
  assert.throws(() => loadConfig(apiDefinition, { file }), ConfigError);
  const [api, crawler] = [new Map(Object.entries(apiDefinition)), new Map(Object.entries(crawlerDefinition))];
  for (const [name, field] of api) if (crawler.has(name)) assert.equal(crawler.get(name), field, name);
});
