import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzDecoder } from '../../testkit/fuzz.ts';
import { bytesToHex, hexToBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import {
  decodeStatus,
  type EthStatus,
  encodeStatus,
  ethMessageCount,
  ethVersions,
  maxStatusBytes,
  negotiateEth,
  offeredEthVersions,
} from './ethStatus.ts';
import { encodeRlp } from './rlp.ts';

const mainnet = 'd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3';
const head = 'feb27336ca7923f8fab3bd617fcb6e75841538f71c1bcfc267d7838489d9e13d';

// Sessions on BNB chain and mainnet, published in paradigmxyz/reth, crates/net/eth-wire-types/src/status.rs (MIT OR Apache-2.0).
const bnb66 =
  'f850423884024190faa0f8514c4680ef27700751b08f37645309ce65a449616a3ea966bf39dd935bb27ba00d21840abff46b96c84b2ac9e10e4f5cdaeb5693cb665db62a2f3b02d2d57b5bc6845d43d2fd80';
const mainnet67 = `f85643018a07aac59dabcdd74bc567a0${head}a0${mainnet}c684b715077d80`;
// By hand from caps/eth.md: eth/69, network 1, mainnet, BPO2, blocks 15537393 to 24000000.
const mainnet69 = `f8544501a0${mainnet}c68407c9462e8083ed14f1840${(24_000_000).toString(16)}a0${head}`;

function refuses(work: () => unknown, code: string, message?: string): void {
  assert.throws(work, (error) => error instanceof WireError && error.code === code, message);
}

test('Status as seen on BNB chain (eth/66) and mainnet (eth/67), both ways', () => {
  const bnb = decodeStatus(hexToBytes(bnb66), 66);
  assert.equal(bnb.networkId, 56n);
  assert.equal(bnb.totalDifficulty, 37_851_386n);
  assert.equal(bytesToHex(bnb.forkId?.hash ?? new Uint8Array(0)), '5d43d2fd');
  assert.equal(bytesToHex(encodeStatus(bnb, 66)), bnb66);
  const status = decodeStatus(hexToBytes(mainnet67), 67);
  assert.deepEqual(status, {
    protocolVersion: 67,
    networkId: 1n,
    totalDifficulty: 36_206_751_599_115_524_359_527n,
    genesisHash: hexToBytes(mainnet),
    headHash: hexToBytes(head),
    forkId: { hash: hexToBytes('b715077d'), next: 0n },
    blockRange: null,
  });
  assert.equal(bytesToHex(encodeStatus(status, 67)), mainnet67);
});

test('Status of eth/69: no difficulty, a block range', () => {
  const status = decodeStatus(hexToBytes(mainnet69), 69);
  assert.deepEqual(status, {
    protocolVersion: 69,
    networkId: 1n,
    totalDifficulty: null,
    genesisHash: hexToBytes(mainnet),
    headHash: hexToBytes(head),
    forkId: { hash: hexToBytes('07c9462e'), next: 0n },
    blockRange: { earliest: 15_537_393n, latest: 24_000_000n },
  });
  assert.equal(bytesToHex(encodeStatus(status, 69)), mainnet69);
});

test('every version comes back as it was, with the fields that it has', () => {
  const full: EthStatus = {
    protocolVersion: 0,
    networkId: 0xffff_ffff_ffff_ffffn,
    totalDifficulty: 2n ** 255n,
    genesisHash: hexToBytes(mainnet),
    headHash: hexToBytes(head),
    forkId: { hash: Uint8Array.of(0, 1, 2, 3), next: 0xffff_ffff_ffff_ffffn },
    blockRange: { earliest: 0n, latest: 0xffff_ffff_ffff_ffffn },
  };
  for (const version of ethVersions) {
    const want: EthStatus = {
      ...full,
      protocolVersion: version,
      totalDifficulty: version <= 68 ? full.totalDifficulty : null,
      forkId: version >= 64 ? full.forkId : null,
      blockRange: version >= 69 ? full.blockRange : null,
    };
    assert.deepEqual(decodeStatus(encodeStatus(full, version), version), want, `eth/${version}`);
  }
});

test('additional elements and leading zeros are forgiven; too few, too wide and too large are not', () => {
  const fork = [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(0, 0, 5), 'more'];
  const hash = new Uint8Array(32);
  const status = decodeStatus(encodeRlp([68, Uint8Array.of(0, 1), 0, hash, hash, fork, 'extra', [[]]]), 68);
  assert.equal(status.networkId, 1n);
  assert.equal(status.forkId?.next, 5n);
  refuses(() => decodeStatus(hexToBytes(mainnet67), 69), 'rlpCount', 'layout of another version');
  refuses(() => decodeStatus(hexToBytes(mainnet69), 68), 'rlpSize', 'layout of another version');
  refuses(() => decodeStatus(encodeRlp([68, 2n ** 64n, 0, hash, hash, fork]), 68), 'rlpInteger');
  refuses(() => decodeStatus(encodeRlp([68, 1, 0, hash, hash, [Uint8Array.of(1, 2, 3), 0]]), 68), 'rlpSize');
  refuses(() => decodeStatus(encodeRlp([68, 1, 0, hash, hash, hash]), 68), 'rlpKind');
  refuses(() => decodeStatus(new Uint8Array(maxStatusBytes + 1), 68), 'messageSize');
});

test('message counts and negotiation', () => {
  assert.deepEqual(ethVersions.map(ethMessageCount), [8, 17, 17, 17, 17, 17, 17, 18, 18, 20, 22]);
  assert.deepEqual(offeredEthVersions, [63, 64, 65, 66, 67, 68, 69, 70, 71, 72]);
  const caps = (...versions: number[]) => versions.map((version) => ({ name: 'eth', version }));
  assert.equal(negotiateEth(offeredEthVersions, caps(66, 68, 67)), 68);
  assert.equal(negotiateEth(offeredEthVersions, caps(69, 99)), 69);
  assert.equal(negotiateEth(offeredEthVersions, caps(62, 99)), null);
  assert.equal(
    negotiateEth(offeredEthVersions, [
      { name: 'snap', version: 68 },
      { name: 'istanbul', version: 100 },
    ]),
    null,
  );
});

test('mutants of Status give a value or a WireError', () => {
  fuzzDecoder([hexToBytes(bnb66), hexToBytes(mainnet67)], (bytes) => decodeStatus(bytes, 67), 1000);
  fuzzDecoder([hexToBytes(mainnet69)], (bytes) => decodeStatus(bytes, 72), 1000);
});
