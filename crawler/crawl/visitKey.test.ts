import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVisitKey, visitKeyTime } from './visitKey.ts';

test('a visit key is the UUIDv7 of RFC 9562, appendix A.6', () => {
  // rand_a = 0xCC3, rand_b = 0x18C4DC0C0C07398F, time = 0x017F22E279B0
  const random = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
  const key = createVisitKey(0x017f22e279b0, random);
  assert.equal(key, '017f22e279b07cc398c4dc0c0c07398f');
  assert.equal(visitKeyTime(key), 0x017f22e279b0);
});

test('later keys sort later', () => {
  const random = new Uint8Array(10).fill(0xff);
  assert.ok(createVisitKey(1_000, random) < createVisitKey(1_001, new Uint8Array(10)));
});
