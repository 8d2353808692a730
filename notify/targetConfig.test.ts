import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { resolveSecret } from '../lib/secret.ts';
import { notifyTargetSchema, toTarget } from './targetConfig.ts';

test('a target keeps its address to itself', () => {
  const env = { NODE_URL: 'https://node.example:8545/key-hunter2', KEY: 'header-hunter2' };
  const target = toTarget(
    notifyTargetSchema.parse({
      name: 'ops',
      kind: 'slack',
      url: { env: 'NODE_URL' },
      headers: { auth: { env: 'KEY' } },
    }),
    (ref) => resolveSecret(ref, env),
  );
  assert.equal(target.url.reveal(), env.NODE_URL);
  assert.ok(!/hunter2/.test(inspect(target, { depth: 9 })));
});
