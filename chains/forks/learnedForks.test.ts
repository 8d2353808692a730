import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesToHex, hexToBytes } from '../../p2p/wire/bytes.ts';
import { loadBuiltinNetworks } from '../networks/loadNetworks.ts';
import { type ForkAnnouncement, learnForks, outdatesFile } from './learnedForks.ts';

const sepolia = loadBuiltinNetworks().find(({ slug }) => slug === 'sepolia')!;

function announce(hash: string, next: bigint, subnets: number, offset = 0): ForkAnnouncement[] {
  return Array.from({ length: subnets }, (_, i) => ({
    forkId: { hash: hexToBytes(hash), next },
    subnet: `10.0.${i + offset}.0/24`,
  }));
}

/** After Osaka and its blob forks on Sepolia, before Amsterdam. */
const now = Date.UTC(2026, 8, 1);
const rules = { minSubnets: 3, maxForks: 4 };

test('a fork is learned from distinct /24s, not from many nodes of one', () => {
  const liars = Array.from({ length: 50 }, () => announce('6c1d9423', 1_800_000_000n, 1)).flat();
  assert.deepEqual(learnForks(sepolia, [...liars, ...announce('6c1d9423', 1_800_000_000n, 1, 1)], now, rules), []);
  const [fork] = learnForks(sepolia, [...liars, ...announce('6c1d9423', 1_800_000_000n, 2, 1)], now, rules);
  assert.equal(fork?.at, 1_800_000_000n);
  assert.equal(fork?.subnets, 3);
  assert.equal(bytesToHex(fork.base), '6c1d9423');
});

test('the hash is that of the fork: Amsterdam learned from the hash before it', () => {
  const without = { ...sepolia, forkHashes: sepolia.forkHashes.slice(0, -1), forks: sepolia.forks.slice(0, -1) };
  const [fork] = learnForks(without, announce('268956b6', 1_791_294_816n, 3), now, rules);
  assert.equal(fork && bytesToHex(fork.hash), '6c1d9423');
});

test('what the file knows is not learned; next 0 and unknown hashes teach nothing', () => {
  assert.deepEqual(learnForks(sepolia, announce('268956b6', 1_791_294_816n, 9), now, rules), []);
  assert.deepEqual(learnForks(sepolia, announce('268956b6', 0n, 9), now, rules), []);
  assert.deepEqual(learnForks(sepolia, announce('deadbeef', 1_800_000_000n, 9), now, rules), []);
});

test('a fork after a learned fork is learned as well', () => {
  const first = learnForks(sepolia, announce('6c1d9423', 1_800_000_000n, 3), now, rules);
  const second = bytesToHex(first[0]?.hash ?? new Uint8Array(4));
  const all = [...announce('6c1d9423', 1_800_000_000n, 3), ...announce(second, 1_900_000_000n, 4)];
  assert.deepEqual(
    learnForks(sepolia, all, now, rules).map(({ at, subnets }) => [at, subnets]),
    [
      [1_900_000_000n, 4],
      [1_800_000_000n, 3],
    ],
  );
});

test('no more are kept than the rules allow, those best attested first; block or time by size', () => {
  const crowd = Array.from({ length: 20 }, (_, i) => announce('6c1d9423', BigInt(1000 + i), 3 + i)).flat();
  const learned = learnForks(sepolia, crowd, now, rules);
  assert.deepEqual(
    learned.map(({ at, kind }) => [at, kind]),
    [1019n, 1018n, 1017n, 1016n].map((at) => [at, 'block']),
  );
});

const bnb = loadBuiltinNetworks().find(({ slug }) => slug === 'bnb')!;
/** As BSC's file was before its release with Pasteur. */
const beforePasteur = { ...bnb, forks: bnb.forks.slice(0, -1), forkHashes: bnb.forkHashes.slice(0, -1) };

test('a fork that has passed is learned from those that have passed it: BNB’s Pasteur, by its published hash', () => {
  const week = Date.UTC(2026, 8, 1);
  // Most nodes after the activation; nobody announces it as next any more.
  const nodes = [...announce('d38cc282', 0n, 40), ...announce('808e16a3', 0n, 3, 100)];
  const [fork, ...others] = learnForks(beforePasteur, nodes, week, rules);
  assert.deepEqual(others, []);
  assert.deepEqual([fork?.at, fork?.kind, fork?.subnets], [1_787_625_000n, 'time', 40]);
  assert.equal(fork && bytesToHex(fork.hash), 'd38cc282');
  assert.equal(fork && bytesToHex(fork.base), '808e16a3');
  assert.deepEqual(learnForks(beforePasteur, nodes, Date.UTC(2026, 7, 1), rules), [], 'it lies ahead');
  assert.deepEqual(learnForks(bnb, nodes, week, rules), [], 'the file knows it');
  assert.deepEqual(learnForks(beforePasteur, announce('d38cc282', 0n, 2), week, rules), [], 'too few');
});

test('two forks passed after the file, and one announced after them', () => {
  const base = loadBuiltinNetworks().find(({ slug }) => slug === 'base')!;
  const old = { ...base, forks: base.forks.slice(0, -2), forkHashes: base.forkHashes.slice(0, -2) };
  const [beryl, cobalt] = base.forkHashes.slice(-2).map(bytesToHex);
  const nodes = [...announce(beryl ?? '', 0n, 5), ...announce(cobalt ?? '', 1_900_000_000n, 20, 50)];
  const learned = learnForks(old, nodes, Date.UTC(2026, 10, 1), rules);
  // The second hash is two steps away: it is found once the first is known.
  assert.deepEqual(
    learned.map(({ at }) => at).toSorted((a, b) => (a < b ? -1 : 1)),
    [1_782_410_400n, 1_790_791_200n, 1_900_000_000n],
  );
});

test('hashes made up by liars are believed where a time would fit, one in a hundred', () => {
  const made = Array.from({ length: 400 }, (_, i) => announce((0x9e3779b9 * (i + 1)).toString(16).slice(-8), 0n, 9));
  const learned = made.filter((nodes) => learnForks(beforePasteur, nodes, now, rules).length > 0);
  assert.ok(learned.length <= 8, `${learned.length} of 400`);
});

test('a block fork of a chain that counts blocks', () => {
  const mordor = loadBuiltinNetworks().find(({ slug }) => slug === 'mordor')!;
  const old = { ...mordor, forks: mordor.forks.slice(0, -1), forkHashes: mordor.forkHashes.slice(0, -1) };
  const [fork] = learnForks(old, announce('3a6b00d7', 0n, 5), now, rules);
  assert.deepEqual([fork?.at, fork?.kind], [9_957_000n, 'block']);
});

test('a file is older than its network from a twentieth of it on', () => {
  assert.equal(outdatesFile({ subnets: 5, ofSubnets: 101 }), false);
  assert.equal(outdatesFile({ subnets: 5, ofSubnets: 100 }), true);
  assert.equal(outdatesFile({ subnets: 5, ofSubnets: 0 }), false);
});
