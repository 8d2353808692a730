import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { apiDefinition } from '../api/config.ts';
import { raftDefinition } from '../consortium/config.ts';
import { crawlerDefinition } from '../crawler/config.ts';
import { ConfigError, loadConfig, mergeDefinitions } from '../lib/configLayers.ts';
import { packageRoot } from '../lib/packageRoot.ts';
import { commandLoaders } from './commandList.ts';

test('every default of the API passes its own check', () => {
  for (const [name, field] of Object.entries(apiDefinition)) {
    const asGiven = name.endsWith('Ms') ? field.defaultText : field.default;
    assert.deepEqual(field.schema.parse(asGiven), field.default, name);
  }
});

test('one file serves all processes, and a field that several have is the same', () => {
  const file = { name: 'forkscope.json', json: { httpPort: 8080, port: 30_404, dataDir: '/srv/f' } };
  assert.equal(loadConfig(apiDefinition, { file, others: [crawlerDefinition] }).config.httpPort, 8080);
  assert.equal(loadConfig(crawlerDefinition, { file, others: [apiDefinition] }).config.port, 30_404);
  assert.throws(() => loadConfig(apiDefinition, { file }), ConfigError);
  const crawler = new Map<string, unknown>(Object.entries(crawlerDefinition));
  for (const definition of [apiDefinition, raftDefinition]) {
    for (const [name, field] of Object.entries(definition)) {
      if (crawler.has(name)) assert.equal(crawler.get(name), field, name);
    }
  }
});

test('what the README says of settings and commands is so', () => {
  const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8');
  const [, sample = ''] = /```json\n([\s\S]*?)```/.exec(readme) ?? [];
  const json: unknown = JSON.parse(sample);
  loadConfig(mergeDefinitions(crawlerDefinition, raftDefinition, apiDefinition), { file: { name: 'README.md', json } });
  const named = [...readme.matchAll(/^`([a-z]+)[^`]*` \|/gm)].map(([, name]) => name);
  assert.deepEqual([...new Set(named)].toSorted(), Object.keys(commandLoaders).toSorted());
});
