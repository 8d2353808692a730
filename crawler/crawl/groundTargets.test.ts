import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { GroundTargets } from './groundTargets.ts';

const prefixOf = (target: Uint8Array) => {
  const digest = keccak_256(target);
  return ((digest[0] ?? 0) << 8) | (digest[1] ?? 0);
};

test('a target hashes to the wanted prefix at every depth', () => {
  const targets = new GroundTargets(keccak_256);
  for (let bits = 1; bits <= 10; bits++) {
    const prefix = 0b1011_0110_1100_0101;
    const target = targets.target(prefix, bits, 0.3);
    assert.equal(target.length, 64);
    assert.equal(prefixOf(target) >>> (16 - bits), prefix >>> (16 - bits), `${bits} bits`);
  }
});

test('different targets are picked at random once more are known', () => {
  const targets = new GroundTargets(keccak_256);
  targets.target(0b0101_0101_0000_0000, 9, 0);
  const picks = new Set([0, 0.2, 0.4, 0.6, 0.8].map((chance) => targets.target(0, 1, chance).join()));
  assert.ok(picks.size > 1);
});
