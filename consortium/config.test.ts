import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, loadConfig } from '../lib/configLayers.ts';
import { raftDefinition } from './config.ts';

function fixesOf(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.detail.problems.map((problem) => `${problem.name}: ${problem.fix}`);
  }
  return [];
}

test('every default passes its own check', () => {
  for (const [name, field] of Object.entries(raftDefinition)) {
    const asGiven = name.endsWith('Ms') ? field.defaultText : field.default;
    assert.deepEqual(field.schema.parse(asGiven), field.default, name);
  }
});

test('Raft clusters refer to their secrets by name, and a credential that is written there after all is not echoed', () => {
  const load = (endpoint: unknown) => {
    const json = { raftClusters: [{ name: 'prod', endpoints: [endpoint] }] };
    return fixesOf(() => loadConfig(raftDefinition, { file: { name: 'f', json } }));
  };
  const node = { name: 'n', url: 'http://10.0.0.1:8545' };
  const good: unknown[] = [
    node,
    { ...node, bearerToken: { env: 'TOKEN' }, headers: { 'x-key': { file: '/run/key' } } },
    { ...node, url: { file: '/run/url' } },
  ];
  const bad: unknown[] = [
    { ...node, url: 'ftp://10.0.0.1' },
    { ...node, url: 'http://me:hunter2@10.0.0.1' },
    { ...node, bearerToken: 'hunter2' },
    { ...node, bearer: 'hunter2' },
    { ...node, name: 'Node 1' },
  ];
  for (const endpoint of good) assert.deepEqual(load(endpoint), [], JSON.stringify(endpoint));
  for (const endpoint of bad) {
    const fixes = load(endpoint);
    assert.equal(fixes.length, 1, JSON.stringify(endpoint));
    assert.doesNotMatch(fixes.join(), /hunter2/);
  }
  const twice = { raftClusters: [{ name: 'prod', endpoints: [node, node] }] };
  assert.match(
    fixesOf(() =>
      loadConfig(raftDefinition, { env: { FORKSCOPE_RAFT_CLUSTERS: JSON.stringify(twice.raftClusters) } }),
    ).join(),
    /two endpoints have the same name/,
  );
});

test('every mistake in raftClusters is reported, each with its place', () => {
  const json = {
    raftClusters: [
      { name: 'Prod', endpoints: [{ name: 'n', url: 'ftp://10.0.0.1' }] },
      { name: 'test', intervalMs: 'often', endpoints: [] },
    ],
  };
  const fixes = fixesOf(() => loadConfig(raftDefinition, { file: { name: 'f', json } }));
  assert.deepEqual(
    fixes.map((fix) => /\(at ([^)]*)\)/.exec(fix)?.[1]),
    ['0.name', '0.endpoints.0.url', '1.endpoints', '1.intervalMs'],
  );
});

test('two clusters of one name are refused, which would write over each other', () => {
  const cluster = (name: string, at: string) => ({ name, endpoints: [{ name: 'n', url: `http://${at}:8545` }] });
  const load = (...raftClusters: readonly unknown[]) =>
    fixesOf(() => loadConfig(raftDefinition, { file: { name: 'f', json: { raftClusters } } }));
  assert.deepEqual(load(cluster('a', '10.0.0.1'), cluster('b', '10.0.0.1')), []);
  assert.match(load(cluster('a', '10.0.0.1'), cluster('a', '10.0.0.2')).join(), /two clusters have the same name/);
});

test('a key that is unknown in an endpoint is told as that, without its name, which may be a secret', () => {
  const json = { raftClusters: [{ name: 'a', endpoints: [{ name: 'n', url: 'http://10.0.0.1:8545', bearer: 'x' }] }] };
  const [fix = ''] = fixesOf(() => loadConfig(raftDefinition, { file: { name: 'f', json } }));
  assert.match(fix, /a key that is not known here/);
  assert.doesNotMatch(fix, /bearer/);
});
