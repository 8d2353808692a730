import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ForkId } from '../../p2p/wire/forkId.ts';
import { loadBuiltinNetworks } from '../networks/loadNetworks.ts';
import { parseNetworkFile } from '../networks/networkFile.ts';
import { estimateHead, type HeadTeller } from './headEstimate.ts';

const parsed = parseNetworkFile(
  JSON.stringify({
    version: 1,
    slug: 'x',
    name: 'X',
    networkId: 10,
    genesisHash: `0x${'ab'.repeat(32)}`,
    forks: [{ name: 'Berlin', block: 100 }],
    consensus: 'clique',
  }),
  'x.json',
);
assert.ok('network' in parsed);
const chain = parsed.network;
const [genesis, berlin] = chain.forkHashes;
assert.ok(genesis && berlin);
const before: ForkId = { hash: genesis, next: 100n };
const after: ForkId = { hash: berlin, next: 0n };

const tell = (numbers: readonly number[], forkId: ForkId | null, prefix = 'v'): HeadTeller[] =>
  numbers.map((number, i) => ({ number: BigInt(number), voter: `${prefix}${i}`, forkId }));
const head = (tellers: readonly HeadTeller[], minVoters = 1) => estimateHead(chain, tellers, minVoters)?.number ?? null;

test('a fresh chain has a head before any fork has passed', () => {
  assert.equal(head(tell([22, 22, 21, 22, 22, 22, 20], before)), 22n);
  assert.equal(head(tell([22], before)), 22n);
  assert.equal(head([], 1), null);
  assert.equal(head(tell([22, 22], before), 3), null);
});

test('two thirds that still sync do not lower it', () => {
  assert.equal(head([...tell([150, 150, 149, 150], after), ...tell([0, 0, 0, 5, 30, 60, 99], before, 'sync')]), 149n);
});

test('a third of liars does not raise it', () => {
  assert.equal(head([...tell([150, 150, 149, 150], after), ...tell([9e15, 9e15], after, 'liar')]), 150n);
  const honest = Array.from({ length: 67 }, (_, i) => 1_000 + (i % 3));
  const liars = Array.from({ length: 33 }, () => 9e15);
  assert.equal(head([...tell(honest, after), ...tell(liars, after, 'liar')], 3), 1_002n);
});

test('one voter counts once, however many nodes it has', () => {
  const crowd = Array.from({ length: 500 }, () => ({ number: 9_000_000n, voter: 'one', forkId: after }));
  assert.equal(head([...tell([150, 150, 149, 150], after), ...crowd], 3), 150n);
});

test('who contradicts himself counts for nothing: a fork ID tells what its node has passed', () => {
  assert.equal(head([...tell([60, 61, 62], before), ...tell([5_000, 5_000, 5_000, 5_000], before, 'liar')]), 61n);
  assert.equal(head([...tell([160, 161, 162], after), ...tell([9, 9, 9, 9], after, 'liar')]), 161n);
  assert.equal(head(tell([160, 161, 162], { hash: genesis, next: 0n })), 161n, 'outdated software is no lie');
  const mainnet = loadBuiltinNetworks().find(({ slug }) => slug === 'mainnet')!;
  const bpo2 = { hash: mainnet.forkHashes.at(-1)!, next: 0n };
  assert.equal(estimateHead(mainnet, tell([24_000_000, 24_000_001, 24_000_001], bpo2), 3)?.number, 24_000_001n);
  assert.equal(estimateHead(mainnet, tell([5, 6, 7], bpo2), 1), null, 'below Gray Glacier with a hash beyond it');
});
