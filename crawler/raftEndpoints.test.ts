import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { packageRoot } from '../lib/packageRoot.ts';
import { notifyTargetSchema, raftClusterSchema } from '../lib/raftConfig.ts';
import { resolveSecret, type SecretRef } from '../lib/secret.ts';
import { RaftSetupError, toClusterConfig, toTarget } from './raftEndpoints.ts';

const env = { NODE_URL: 'https://node.example:8545/key-hunter2', TOKEN: 'token-hunter2', KEY: 'header-hunter2' };
const readSecret = (ref: SecretRef) => resolveSecret(ref, env);
const written = (endpoints: readonly unknown[], more: object = {}) =>
  raftClusterSchema.parse({ name: 'prod', endpoints, ...more });

test('an endpoint is a URL, or says all that it takes to reach it', () => {
  const config = toClusterConfig(
    written([
      'http://user:pass-hunter2@10.0.0.1:8545',
      {
        url: { env: 'NODE_URL' },
        headers: { 'x-api-key': { env: 'KEY' } },
        bearerToken: { env: 'TOKEN' },
        psi: 'PS1',
        ca: join(packageRoot, 'crawler/raft/testdata/loopback.cert.pem'),
        probe: 'http://10.0.0.2:50400',
      },
      { name: 'third', url: 'http://10.0.0.3:8545' },
    ]),
    readSecret,
  );
  assert.deepEqual(
    config.endpoints.map(({ name }) => name),
    ['10.0.0.1:8545', 'node.example:8545', 'third'],
  );
  const second = config.endpoints[1];
  assert.equal(second?.bearerToken?.reveal(), 'token-hunter2');
  assert.equal(second?.headers['x-api-key']?.reveal(), 'header-hunter2');
  assert.match(second?.ca ?? '', /BEGIN CERTIFICATE/);
  assert.deepEqual([second?.psi, second?.probeUrl], ['PS1', 'http://10.0.0.2:50400']);
  assert.equal(config.intervalMs, 5_000);
  assert.ok(!/hunter2/.test(inspect(config, { depth: 9 }) + JSON.stringify(config)), 'printing it shows no secret');
});

test('what cannot work is refused by name', () => {
  const cases: readonly (readonly [string, readonly unknown[]])[] = [
    ['raftNameTwice', ['http://10.0.0.1:1', 'http://10.0.0.1:1']],
    ['raftUrlUnusable', ['http://10.0.0.1:1', { url: { env: 'TOKEN' } }]],
    ['raftCaUnreadable', [{ url: 'https://10.0.0.1:1', ca: '/absent' }]],
  ];
  for (const [code, endpoints] of cases) {
    assert.throws(
      () => toClusterConfig(written(endpoints), readSecret),
      (error) => error instanceof RaftSetupError && error.code === code && !/hunter2/.test(inspect(error)),
      code,
    );
  }
  for (const [endpoints, more] of [
    [['ftp://10.0.0.1'], {}],
    [[{ url: 'http://10.0.0.1', bearerToken: 'written-out' }], {}],
    [[{ url: 'http://10.0.0.1', unknown: 1 }], {}],
    [['http://10.0.0.1'], { intervalMs: 999 }],
    [['http://10.0.0.1'], { intervalMs: 2_000, timeoutMs: 2_000 }],
    [[], {}],
  ] as const) {
    assert.equal(raftClusterSchema.safeParse({ name: 'prod', endpoints, ...more }).success, false, inspect(endpoints));
  }
});

test('a target keeps its address to itself', () => {
  const target = toTarget(
    notifyTargetSchema.parse({
      name: 'ops',
      kind: 'slack',
      url: { env: 'NODE_URL' },
      headers: { auth: { env: 'KEY' } },
    }),
    readSecret,
  );
  assert.equal(target.url.reveal(), env.NODE_URL);
  assert.ok(!/hunter2/.test(inspect(target, { depth: 9 })));
});
