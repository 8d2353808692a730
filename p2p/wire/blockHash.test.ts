import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../lib/packageRoot.ts';
import { blockHash } from './blockHash.ts';
import { bytesToHex, concatBytes, hexToBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import { keccak256 } from './keccak.ts';
import { encodeRlp, type RlpInput } from './rlp.ts';

const istanbulMixHash = hexToBytes('63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365');

/** go-ethereum's zero header with this extra data. */
function header(extraData: Uint8Array, mixHash = istanbulMixHash): Uint8Array {
  const zero = new Uint8Array(32);
  const fields: RlpInput[] = [zero, zero, new Uint8Array(20), zero, zero, zero, new Uint8Array(256), 0, 0, 0, 0, 0];
  return encodeRlp([...fields, extraData, mixHash, new Uint8Array(8)]);
}

const validators = [
  '44add0ec310f115a0e603b2d7db9f067778eaf8a',
  '294fc7e8f22b3bcdcf955dd7ff3ba2ed833f8212',
  '6beaaed781d2d2ab6350f5c4566a2c6eaac407a6',
  '8be76812f765c24641ec63dc2852b378aba2b440',
].map(hexToBytes);
const vanity = new Uint8Array(32);
const seal = (byte: number) => new Uint8Array(65).fill(byte);

test('mainnet headers are hashed as they are, by every rule', () => {
  const vectors = JSON.parse(readFileSync(join(packageRoot, 'p2p/wire/testdata/headers.json'), 'utf8')) as unknown as {
    mainnetBlock1: { rlp: string; hash: string };
  };
  const { rlp, hash } = vectors.mainnetBlock1;
  for (const rule of ['keccak', 'istanbul', 'ibft2'] as const) {
    assert.equal(bytesToHex(blockHash(hexToBytes(rlp), rule)), hash.replace('0x', ''));
  }
});

test('the header hash in the tests of Istanbul BFT (EIP-650), whatever its committed seals', () => {
  const expected = 'cefefd3ade63a5955bca4562ed840b67f39e74df217f7e5f7241a6e9552cca70';
  for (const seals of [[], [seal(1)], [seal(2), seal(3), seal(4)]]) {
    const extraData = concatBytes(vanity, encodeRlp([validators, seal(0), seals]));
    assert.equal(bytesToHex(blockHash(header(extraData), 'istanbul')), expected);
  }
  const otherProposer = concatBytes(vanity, encodeRlp([validators, seal(9), []]));
  assert.notEqual(bytesToHex(blockHash(header(otherProposer), 'istanbul')), expected);
});

test('extra data of another shape, or another mixHash, leave the header as it is', () => {
  const extraData = concatBytes(vanity, encodeRlp([validators, seal(0), [seal(1)]]));
  for (const raw of [
    header(concatBytes(extraData, Uint8Array.of(1, 2, 3))),
    header(extraData, new Uint8Array(32)),
    header(new Uint8Array(31)),
    header(new Uint8Array()),
  ]) {
    assert.deepEqual(blockHash(raw, 'istanbul'), keccak256(raw));
    assert.deepEqual(blockHash(raw, 'ibft2'), keccak256(raw));
  }
});

test('QBFT: round 0 and no seals stand in for any; the vote counts', () => {
  const qbft = (vote: RlpInput, round: number, seals: Uint8Array[]) =>
    bytesToHex(blockHash(header(encodeRlp([vanity, validators, vote, round, seals])), 'istanbul'));
  const bare = header(encodeRlp([vanity, validators, [], 0, []]));
  assert.equal(qbft([], 0, []), bytesToHex(keccak256(bare)));
  assert.equal(qbft([], 7, [seal(1), seal(2)]), qbft([], 0, []));
  assert.notEqual(qbft([new Uint8Array(20), Uint8Array.of(0)], 0, []), qbft([], 0, []));
});

test('IBFT 2.0: round and seals are left out altogether', () => {
  const ibft2 = (round: number, seals: Uint8Array[]) =>
    blockHash(header(encodeRlp([vanity, validators, '', Uint8Array.of(0, 0, 0, round), seals])), 'ibft2');
  const bare = header(encodeRlp([vanity, validators, '']));
  assert.deepEqual(ibft2(3, [seal(1)]), keccak256(bare));
  assert.deepEqual(ibft2(0, []), keccak256(bare));
});

test('what is no header throws a WireError', () => {
  for (const raw of [Uint8Array.of(), Uint8Array.of(0xc0), Uint8Array.of(1), new Uint8Array(100).fill(0xc1)]) {
    assert.throws(() => blockHash(raw, 'istanbul'), WireError);
  }
});
