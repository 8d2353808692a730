import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WireError } from '../p2p/wire/errors.ts';
import { chooseCurve, curveBackends } from '../p2p/wire/secp256k1.ts';
import { seededRandom } from './seededRandom.ts';
import { standInCurve as curve } from './standInCurve.ts';

const random = seededRandom();
const key = random.bytes(32);
const digest = random.bytes(32);

function refuses(work: () => unknown, code: string): void {
  assert.throws(work, (error) => error instanceof WireError && error.code === code, `seed ${random.seed}`);
}

test('what the protocols rely on holds: signers come back, secrets are shared, keys take two forms', () => {
  for (let i = 0; i < 50; i++) {
    const [mine, theirs] = [random.bytes(32), random.bytes(32)];
    const publicKey = curve.publicKey(mine);
    const signature = curve.sign(digest, mine);
    assert.deepEqual([publicKey.length, signature.length], [64, 65]);
    assert.deepEqual(curve.recover(digest, signature), publicKey);
    assert.ok(curve.verify(digest, signature.subarray(0, 64), publicKey));
    assert.deepEqual(curve.sign(digest, mine), signature);
    const secret = curve.ecdhX(mine, curve.publicKey(theirs));
    assert.equal(secret.length, 32);
    assert.deepEqual(curve.ecdhX(theirs, publicKey), secret);
    assert.notDeepEqual(curve.ecdhX(random.bytes(32), publicKey), secret);
    assert.deepEqual(curve.decompress(curve.compress(publicKey)), publicKey);
    assert.notDeepEqual(curve.publicKey(theirs), publicKey);
  }
});

test('what was tampered with, is no point or has the wrong length is refused as on the real curve', () => {
  const publicKey = curve.publicKey(key);
  const signature = curve.sign(digest, key);
  refuses(() => curve.recover(random.bytes(32), signature), 'curveSignature');
  for (const at of [0, 40, 64]) refuses(() => curve.recover(digest, changed(signature, at)), 'curveSignature');
  refuses(() => curve.recover(digest, signature.subarray(0, 64)), 'curveSignature');
  assert.equal(curve.verify(random.bytes(32), signature.subarray(0, 64), publicKey), false);
  assert.equal(curve.verify(digest, changed(signature.subarray(0, 64), 5), publicKey), false);
  assert.equal(curve.verify(digest, signature.subarray(0, 64), curve.publicKey(random.bytes(32))), false);
  assert.equal(curve.verify(digest, signature, publicKey), false, 'it takes no recovery byte');
  refuses(() => curve.ecdhX(key, random.bytes(64)), 'curveKey');
  refuses(() => curve.compress(changed(publicKey, 60)), 'curveKey');
  refuses(() => curve.decompress(random.bytes(32)), 'curveKey');
  refuses(() => curve.decompress(changed(curve.compress(publicKey), 0)), 'curveKey');
  for (const bad of [new Uint8Array(32), random.bytes(31)]) {
    assert.equal(curve.isPrivateKey(bad), false);
    refuses(() => curve.publicKey(bad), 'curveKey');
    refuses(() => curve.sign(digest, bad), 'curveKey');
    refuses(() => curve.ecdhX(bad, publicKey), 'curveKey');
  }
  refuses(() => curve.sign(random.bytes(31), key), 'curveSignature');
});

test('no program can choose it', async () => {
  assert.ok(!(curveBackends as readonly string[]).includes('standIn'));
  await assert.rejects(async () => {
    const chosen = await chooseCurve('standIn' as 'noble');
    chosen.publicKey(key);
  });
});

function changed(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}
