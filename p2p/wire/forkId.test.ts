import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { packageRoot } from '../../lib/packageRoot.ts';
import { bytesToHex, hexToBytes } from './bytes.ts';
import {
  acceptEachOther,
  checkForkId,
  createForkSchedule,
  extendForkHash,
  type ForkActivation,
  ForkIdError,
  forkHash,
  forkHashes,
  forkHashFromNumber,
  forkHashToNumber,
  forkIdAt,
  passedForks,
  solveFork,
} from './forkId.ts';

interface ValidationCase {
  timeForks?: boolean;
  block: number;
  time: number;
  hash: string;
  extendedBy?: string;
  next: string;
  reject: null | 'remoteStale' | 'local';
}
interface Vectors {
  chains: {
    chain: string;
    genesisHash: string;
    blockForks: number[];
    ids: { block: number; hash: string; next: number }[];
  }[];
  eipValidation: ValidationCase[];
  gethValidation: ValidationCase[];
}

const vectors = JSON.parse(
  readFileSync(join(packageRoot, 'p2p/wire/testdata/forkIds.json'), 'utf8'),
) as unknown as Vectors;

const mainnetGenesis = hexToBytes('d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3');
const petersburgBlocks = [1_150_000, 1_920_000, 2_463_000, 2_675_000, 4_370_000, 7_280_000];
const grayGlacierBlocks = [...petersburgBlocks, 9_069_000, 9_200_000, 12_244_000, 12_965_000, 13_773_000, 15_050_000];
const mainnetTimes = [1681338455, 1710338135, 1746612311, 1764798551, 1765290071, 1767747671];

const blocks = (list: number[]): ForkActivation[] => list.map((block) => ({ block: BigInt(block) }));
const times = (list: number[]): ForkActivation[] => list.map((time) => ({ time: BigInt(time) }));
const mainnet = createForkSchedule(mainnetGenesis, 0n, [...blocks(grayGlacierBlocks), ...times(mainnetTimes)]);
const grayGlacier = createForkSchedule(mainnetGenesis, 0n, blocks(grayGlacierBlocks));
const petersburg = createForkSchedule(mainnetGenesis, 0n, blocks(petersburgBlocks));

test('every fork ID in the tables of EIP-2124', () => {
  assert.equal(vectors.chains.length, 4);
  for (const { chain, genesisHash, blockForks, ids } of vectors.chains) {
    const schedule = createForkSchedule(hexToBytes(genesisHash), 0n, blocks(blockForks));
    assert.ok(ids.length >= 4);
    for (const { block, hash, next } of ids) {
      // The table was made while Petersburg was the last fork announced.
      const known = chain === 'Mainnet' ? petersburg : schedule;
      const id = forkIdAt(known, { block: BigInt(block), time: 0n });
      assert.deepEqual([bytesToHex(id.hash), id.next], [hash, BigInt(next)], `${chain} at ${block}`);
    }
  }
});

function checkCase(schedule: typeof mainnet, c: ValidationCase): void {
  const hash = c.extendedBy ? extendForkHash(hexToBytes(c.hash), BigInt(c.extendedBy)) : hexToBytes(c.hash);
  const head = { block: BigInt(c.block), time: BigInt(c.time) };
  const verdict = checkForkId(schedule, head, { hash, next: BigInt(c.next) });
  const rejected = verdict.accept ? null : verdict.rule === 'remoteStale' ? 'remoteStale' : 'local';
  assert.equal(rejected, c.reject, JSON.stringify(c));
}

test('the validation cases of EIP-2124', () => {
  assert.equal(vectors.eipValidation.length, 15);
  for (const c of vectors.eipValidation) checkCase(petersburg, c);
});

test('the validation cases of go-ethereum, blocks and times', () => {
  assert.equal(vectors.gethValidation.length, 45);
  for (const c of vectors.gethValidation) checkCase(c.timeForks ? mainnet : grayGlacier, c);
});

test('blocks come before times; duplicates, block 0 and times up to the genesis are left out', () => {
  const schedule = createForkSchedule(mainnetGenesis, 1000n, [
    { time: 1001n },
    { block: 7n },
    { time: 1000n },
    { block: 0n },
    { time: 5n },
    { block: 3n },
    { block: 7n },
    { time: 1001n },
    { time: 0n },
  ]);
  assert.deepEqual(schedule.blockForks, [3n, 7n]);
  assert.deepEqual(schedule.timeForks, [1001n]);
  assert.equal(passedForks(schedule, { block: 6n, time: 5000n }), 1);
  assert.equal(passedForks(schedule, { block: 7n, time: 1000n }), 2);
  assert.equal(passedForks(schedule, { block: 7n, time: 1001n }), 3);
});

test('forks at or before the genesis time are not in the hash', () => {
  const time = 1_690_475_657n;
  const genesis = forkHash(mainnetGenesis, []);
  for (const [shanghai, cancun] of [
    [time - 1n, time + 1n],
    [time, time + 1n],
    [time + 1n, time + 2n],
  ] as const) {
    const schedule = createForkSchedule(mainnetGenesis, time, [{ time: shanghai }, { time: cancun }]);
    const id = forkIdAt(schedule, { block: 0n, time });
    assert.deepEqual([bytesToHex(id.hash), id.next], [bytesToHex(genesis), time + 1n]);
  }
});

test('sepolia reaches 6c1d9423 with Amsterdam at 1791294816', () => {
  assert.equal(bytesToHex(extendForkHash(hexToBytes('268956b6'), 1_791_294_816n)), '6c1d9423');
});

test('two nodes keep each other only if both accept', () => {
  const at = (time: bigint) => ({ block: 20_000_000n, time });
  const upgraded = mainnet;
  const stale = createForkSchedule(mainnetGenesis, 0n, [
    ...blocks(grayGlacierBlocks),
    ...times(mainnetTimes.slice(0, -1)),
  ]);
  const before = at(1_767_747_670n);
  const after = at(1_767_747_671n);
  assert.equal(acceptEachOther({ schedule: upgraded, head: before }, { schedule: stale, head: before }), true);
  assert.equal(acceptEachOther({ schedule: upgraded, head: after }, { schedule: stale, head: after }), false);
  // A syncing node of the upgraded kind is accepted by its own kind, not by those who missed the fork.
  assert.equal(acceptEachOther({ schedule: upgraded, head: after }, { schedule: upgraded, head: before }), true);
  assert.equal(acceptEachOther({ schedule: stale, head: after }, { schedule: upgraded, head: before }), false);
});

test('a fork is solved from the hashes on both of its sides', () => {
  for (const [index, hash] of forkHashes(mainnet).entries()) {
    const after = forkHashes(mainnet)[index + 1];
    if (after === undefined) continue;
    assert.equal(solveFork(hash, after), [...grayGlacierBlocks, ...mainnetTimes].map(BigInt)[index]);
  }
});

test('solving inverts extending, for any hash and any 32-bit fork', () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), (before, fork) => {
      const hash = forkHashFromNumber(before);
      assert.equal(solveFork(hash, extendForkHash(hash, BigInt(fork))), BigInt(fork));
    }),
    { numRuns: 1000 },
  );
});

test('numbers and bytes of a hash are two faces of one', () => {
  assert.deepEqual(forkHashFromNumber(0xfc64ec04), Uint8Array.of(0xfc, 0x64, 0xec, 0x04));
  assert.equal(forkHashToNumber(Uint8Array.of(0, 0xfc, 0x64, 0xec, 0x04).subarray(1)), 0xfc64ec04);
});

test('lengths and ranges are checked', () => {
  assert.throws(
    () => forkHash(new Uint8Array(31), []),
    (error) => error instanceof ForkIdError && error.code === 'genesisHashLength',
  );
  assert.throws(
    () => forkHashToNumber(new Uint8Array(5)),
    (error) => error instanceof ForkIdError && error.code === 'forkHashLength',
  );
  for (const value of [-1n, 1n << 64n]) {
    assert.throws(
      () => extendForkHash(new Uint8Array(4), value),
      (error) => error instanceof ForkIdError && error.code === 'notUint64',
    );
  }
});
