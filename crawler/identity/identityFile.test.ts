import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { IdentityError, loadIdentity, withEnrContent } from './identityFile.ts';

const curve = await chooseCurve();
const randomKey = () => new Uint8Array(randomBytes(32));

test('an identity lasts, is for its owner alone, and its record number only grows with what it says', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-identity-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'keys', 'discovery.json');
  const first = await loadIdentity(path, curve, randomKey);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const one = await withEnrContent(path, first, 'udp=1');
  const same = await withEnrContent(path, await loadIdentity(path, curve, randomKey), 'udp=1');
  const two = await withEnrContent(path, same, 'udp=2');
  assert.deepEqual([one.enrSeq, same.enrSeq, two.enrSeq], [1n, 1n, 2n]);
  assert.deepEqual((await loadIdentity(path, curve, randomKey)).publicKey, first.publicKey);
});

test('a damaged file is refused and left as it is', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-identity-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'x.json');
  for (const text of [
    '',
    '{',
    '[]',
    '{"privateKey":"00"}',
    `{"privateKey":"${'0'.repeat(64)}","enrSeq":"1","enrContent":""}`,
    'null',
  ]) {
    writeFileSync(path, text);
    await assert.rejects(loadIdentity(path, curve, randomKey), IdentityError);
    assert.equal(readFileSync(path, 'utf8'), text);
  }
});
