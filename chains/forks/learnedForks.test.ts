import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesToHex, hexToBytes } from '../../p2p/wire/bytes.ts';
import { loadBuiltinNetworks } from '../networks/loadNetworks.ts';
import { type ForkAnnouncement, learnForks } from './learnedForks.ts';

const sepolia = loadBuiltinNetworks().find(({ slug }) => slug === 'sepolia')!;

function announce(hash: string, next: bigint, subnets: number, offset = 0): ForkAnnouncement[] {
  return Array.from({ length: subnets }, (_, i) => ({
    forkId: { hash: hexToBytes(hash), next },
    subnet: `10.0.${i + offset}.0/24`,
  }));
}

const rules = { minSubnets: 3, maxForks: 4 };

test('a fork is learned from distinct /24s, not from many nodes of one', () => {
  const liars = Array.from({ length: 50 }, () => announce('6c1d9423', 1_800_000_000n, 1)).flat();
  assert.deepEqual(learnForks(sepolia, [...liars, ...announce('6c1d9423', 1_800_000_000n, 1, 1)], rules), []);
  const [fork] = learnForks(sepolia, [...liars, ...announce('6c1d9423', 1_800_000_000n, 2, 1)], rules);
  assert.equal(fork?.at, 1_800_000_000n);
  assert.equal(fork?.subnets, 3);
  assert.equal(bytesToHex(fork.base), '6c1d9423');
});

test('the hash is that of the fork: Amsterdam learned from the hash before it', () => {
  const without = { ...sepolia, forkHashes: sepolia.forkHashes.slice(0, -1), forks: sepolia.forks.slice(0, -1) };
  const [fork] = learnForks(without, announce('268956b6', 1_791_294_816n, 3), rules);
  assert.equal(fork && bytesToHex(fork.hash), '6c1d9423');
});

test('what the file knows is not learned; next 0 and unknown hashes teach nothing', () => {
  assert.deepEqual(learnForks(sepolia, announce('268956b6', 1_791_294_816n, 9), rules), []);
  assert.deepEqual(learnForks(sepolia, announce('268956b6', 0n, 9), rules), []);
  assert.deepEqual(learnForks(sepolia, announce('deadbeef', 1_800_000_000n, 9), rules), []);
});

test('a fork after a learned fork is learned as well', () => {
  const first = learnForks(sepolia, announce('6c1d9423', 1_800_000_000n, 3), rules);
  const second = bytesToHex(first[0]?.hash ?? new Uint8Array(4));
  const all = [...announce('6c1d9423', 1_800_000_000n, 3), ...announce(second, 1_900_000_000n, 4)];
  assert.deepEqual(
    learnForks(sepolia, all, rules).map(({ at, subnets }) => [at, subnets]),
    [
      [1_900_000_000n, 4],
      [1_800_000_000n, 3],
    ],
  );
});

test('no more are kept than the rules allow, those best attested first; block or time by size', () => {
  const crowd = Array.from({ length: 20 }, (_, i) => announce('6c1d9423', BigInt(1000 + i), 3 + i)).flat();
  const learned = learnForks(sepolia, crowd, rules);
  assert.deepEqual(
    learned.map(({ at, kind }) => [at, kind]),
    [1019n, 1018n, 1017n, 1016n].map((at) => [at, 'block']),
  );
});
