import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesToHex, hexToBytes } from '../../p2p/wire/bytes.ts';
import { consensusNetworks } from './consensusNetworks.ts';
import { type ConsensusStep, consensusSteps, findDigest, forkDigest } from './forkDigest.ts';
import { loadBuiltinNetworks } from './loadNetworks.ts';

const stepsOf = (slug: string): readonly ConsensusStep[] =>
  consensusSteps(consensusNetworks.find((network) => network.slug === slug) ?? assert.fail(slug));

test("the consensus specification's own digests of forks and numbers of blobs come out", () => {
  // consensus-specs a08d8a6, tests/core/pyspec/…/fulu/validator/test_compute_fork_digest.py: all of its cases with roots
  // of zeros, and the first of ones.
  const zeros = new Uint8Array(32);
  for (const [epoch, maxBlobs, expected] of [
    [9, 9, 'ab3ae6c8'],
    [100, 100, 'df67557b'],
    [150, 175, '8ab38b59'],
    [200, 200, 'd9b81438'],
    [250, 275, '4ef32a62'],
    [300, 300, 'ca100d64'],
  ] as const) {
    assert.equal(bytesToHex(forkDigest(hexToBytes('06000000'), zeros, { epoch, maxBlobs })), expected);
  }
  const ones = new Uint8Array(32).fill(1);
  assert.equal(bytesToHex(forkDigest(hexToBytes('06000000'), ones, { epoch: 9, maxBlobs: 9 })), '89671111');
});

test('every digest of the five networks, as nodes and their bootnodes announce them', () => {
  const digests = (slug: string) => stepsOf(slug).map(({ digest }) => bytesToHex(digest));
  const table: Readonly<Record<string, string>> = {
    mainnet: 'b5303f2a afcaaba0 4a26c58b bba4da96 6a95a1a9 ad532ceb cc2c5cdb cb0d1acc 8c9f62fe',
    sepolia: 'a8fee8ee 60725ca1 36fa5013 47eb72b3 d31f6191 14045b5a 7e0d3447 fd32b622 74d01459 669e6c11',
    hoodi: '5df5c106 5bc37505 92579de7 72bbc370 d2f1997f 82556a32 e2abcca4 ae9f70a0 c6ecb76c 5ad30129',
    gnosis: 'bc9a6864 56fdb5e0 824be431 21a6f836 3ebfd484 7d5aab40 3237dab6',
    chiado: '48ea167c 076d34c5 31367043 e3f199ec 9d33b675 ff15abe1 25f9148e',
  };
  for (const { slug } of consensusNetworks) assert.equal(digests(slug).join(' '), table[slug], slug);
});

test('forks of both sides of a network are at the same second, by two tables that do not know each other', () => {
  const pairs = { Shanghai: 'Capella', Cancun: 'Deneb', Prague: 'Electra', Osaka: 'Fulu', Amsterdam: 'Gloas' };
  let compared = 0;
  const networks = loadBuiltinNetworks();
  for (const { slug } of consensusNetworks) {
    const execution = networks.find((network) => network.slug === slug) ?? assert.fail(slug);
    const steps = new Map(stepsOf(slug).map(({ name, time }) => [name, time]));
    for (const { name, at } of execution.forks) {
      const twin = name.startsWith('BPO') ? name : (pairs as Record<string, string>)[name];
      if (twin === undefined || at < 1_600_000_000n) continue;
      assert.equal(steps.get(twin), Number(at), `${slug} ${name}`);
      compared += 1;
    }
  }
  assert.ok(compared >= 23, `${compared} compared`);
});

test('a digest names its network and step; the plain one of Fulu, zeros and made-up ones name none', () => {
  const found = findDigest(hexToBytes('8c9f62fe'));
  assert.deepEqual([found?.network.slug, found?.step.name], ['mainnet', 'BPO2']);
  assert.equal(findDigest(hexToBytes('00000000')), null);
  // Of version 0 and a root of zeros: some bootnodes.
  assert.equal(bytesToHex(forkDigest(new Uint8Array(4), new Uint8Array(32), null)), 'f5a5fd42');
  assert.equal(findDigest(hexToBytes('f5a5fd42')), null);
});
