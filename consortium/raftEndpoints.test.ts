import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { ForkscopeError, SettingsError } from '../lib/errors.ts';
import { packageRoot } from '../lib/packageRoot.ts';
import { resolveSecret, type SecretRef } from '../lib/secret.ts';
import { notifyTargetSchema } from '../notify/targetConfig.ts';
import { raftClusterSchema } from './config.ts';
import { secretsOf, toClusterConfig, toRaftSetup } from './raftEndpoints.ts';

const env = { NODE_URL: 'https://node.example:8545/key-hunter2', TOKEN: 'token-hunter2', KEY: 'header-hunter2' };
const readSecret = (ref: SecretRef) => resolveSecret(ref, env);
const written = (endpoints: readonly unknown[], more: object = {}) =>
  raftClusterSchema.parse({ name: 'prod', endpoints, ...more });

test('an endpoint says everything that is needed to reach it', () => {
  const config = toClusterConfig(
    written([
      {
        name: 'first',
        url: { env: 'NODE_URL' },
        headers: { 'x-api-key': { env: 'KEY' } },
        bearerToken: { env: 'TOKEN' },
        psi: 'PS1',
        ca: join(packageRoot, 'consortium/testdata/loopback.cert.pem'),
        probeUrl: 'http://10.0.0.2:50400',
      },
      { name: 'second', url: 'http://10.0.0.3:8545' },
    ]),
    readSecret,
  );
  const [first, second] = config.endpoints;
  assert.equal(first?.url.reveal(), env.NODE_URL);
  assert.equal(first?.bearerToken?.reveal(), 'token-hunter2');
  assert.equal(first?.headers['x-api-key']?.reveal(), 'header-hunter2');
  assert.match(first?.ca ?? '', /BEGIN CERTIFICATE/);
  assert.deepEqual([first?.psi, first?.probeUrl], ['PS1', 'http://10.0.0.2:50400']);
  assert.deepEqual([second?.name, second?.bearerToken, second?.psi], ['second', null, null]);
  assert.deepEqual([config.intervalMs, config.rpc.timeoutMs, config.thresholds.churnThreshold], [5_000, 1_500, null]);
  assert.ok(!/hunter2/.test(inspect(config, { depth: 9 }) + JSON.stringify(config)), 'printing it shows no secret');
});

test('all mistakes are reported at once, not only the first', () => {
  const setup = {
    raftClusters: [
      written([
        { name: 'a', url: { env: 'ABSENT' }, ca: '/absent' },
        { name: 'b', url: { env: 'TOKEN' } },
      ]),
      written([{ name: 'c', url: 'http://10.0.0.1', bearerToken: { env: 'MISSING' } }]),
    ],
    notifyTargets: [notifyTargetSchema.parse({ name: 'ops', kind: 'slack', url: { env: 'HOOK' } })],
  };
  assert.throws(
    () => toRaftSetup(setup, readSecret),
    (error) => {
      assert.ok(error instanceof SettingsError);
      for (const word of ['ABSENT', '/absent', 'raftUrlUnusable', 'MISSING', 'HOOK']) {
        assert.ok(error.message.includes(word), `${word}: ${error.message}`);
      }
      assert.doesNotMatch(inspect(error), /hunter2/);
      return true;
    },
  );
});

test('what cannot work is refused by name', () => {
  const cases: readonly (readonly [string, object])[] = [
    ['raftUrlUnusable', { url: { env: 'TOKEN' } }],
    ['raftCaUnreadable', { url: 'https://10.0.0.1:1', ca: '/absent' }],
    ['secretUnset', { url: { env: 'ABSENT' } }],
  ];
  for (const [code, endpoint] of cases) {
    assert.throws(
      () => toClusterConfig(written([{ name: 'n', ...endpoint }]), readSecret),
      (error) => error instanceof ForkscopeError && error.code === code && !/hunter2/.test(inspect(error)),
      code,
    );
  }
  const good = { name: 'n', url: 'http://10.0.0.1' };
  assert.equal(raftClusterSchema.safeParse({ name: 'prod', endpoints: [good] }).success, true);
  for (const [endpoints, more] of [
    [[{ ...good, url: 'ftp://10.0.0.1' }], {}],
    [[{ ...good, url: 'http://user:password@10.0.0.1' }], {}],
    [[{ ...good, bearerToken: 'written-out' }], {}],
    [[{ ...good, unknown: 1 }], {}],
    [[good, good], {}],
    [[good], { intervalMs: 999 }],
    [[good], { intervalMs: 2_000, timeoutMs: 2_000 }],
    [[], {}],
  ] as const) {
    assert.equal(raftClusterSchema.safeParse({ name: 'prod', endpoints, ...more }).success, false, inspect(endpoints));
  }
});

test('members of etcd say how they are reached; settings of one kind are refused with the other', () => {
  const pem = join(packageRoot, 'consortium/testdata/loopback.cert.pem');
  const key = join(packageRoot, 'consortium/testdata/loopback.key.pem');
  const endpoint = { name: 'n1', url: 'https://10.0.0.1:2379', cert: pem, key, metricsUrl: 'http://10.0.0.1:2381' };
  const config = toClusterConfig(written([endpoint], { kind: 'etcd' }), readSecret);
  const [first] = config.endpoints;
  assert.equal(config.kind, 'etcd');
  assert.match(first?.etcd?.cert ?? '', /BEGIN CERTIFICATE/);
  assert.match(first?.etcd?.key?.reveal() ?? '', /PRIVATE KEY/);
  assert.equal(first?.etcd?.metricsUrl?.reveal(), 'http://10.0.0.1:2381');
  assert.ok(!/PRIVATE KEY/.test(inspect(config, { depth: 9 }) + JSON.stringify(config)), 'printing it shows no key');
  assert.ok(secretsOf([config], []).some((secret) => secret.includes('PRIVATE KEY')));
  assert.equal(toClusterConfig(written([{ name: 'a', url: 'http://10.0.0.1:1' }]), readSecret).kind, 'goQuorum');
  const parse = (one: object, more: object = {}) =>
    raftClusterSchema.safeParse({ name: 'p', endpoints: [{ name: 'a', url: 'http://10.0.0.1:1', ...one }], ...more });
  assert.equal(parse({ metricsUrl: 'http://10.0.0.1:2' }).success, false);
  assert.equal(parse({ psi: 'PS1' }, { kind: 'etcd' }).success, false);
  assert.equal(parse({ probeUrl: 'http://10.0.0.1:2' }, { kind: 'etcd' }).success, false);
  assert.equal(parse({ cert: pem }, { kind: 'etcd' }).success, false, 'a certificate without its key');
  assert.equal(parse({}, { kind: 'etcd', emptyBlockMs: 'never' }).success, false);
});
