import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseCurve } from '../wire/secp256k1.ts';
import { KeyCheck } from './keyCheck.ts';

const curve = await chooseCurve();

function key(serial: number): Uint8Array {
  return curve.publicKey(new Uint8Array(32).fill(serial + 1));
}

test('keys are checked on the curve once, bad ones each time, and the memory is bounded', () => {
  let checks = 0;
  const counted = {
    ...curve,
    compress: (id: Uint8Array) => {
      checks++;
      return curve.compress(id);
    },
  };
  const check = new KeyCheck(counted, 3);
  const bad = new Uint8Array(64).fill(5);
  assert.deepEqual(
    [check.isKey(key(0)), check.isKey(key(0)), check.isKey(bad), check.isKey(bad)],
    [true, true, false, false],
  );
  assert.equal(checks, 3);
  for (let serial = 0; serial < 10; serial++) {
    assert.equal(check.isKey(key(serial)), true);
    assert.ok(check.size <= 3, `${check.size} held`);
  }
});
