import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nameBlockOf, viewHeader } from '../../chains/forks/blockNaming.ts';
import type { ConsensusKind } from '../../chains/networks/networkFile.ts';
import { decodeHeader } from '../../p2p/wire/blockHeader.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import { SimulatedChain } from './simulatedChain.ts';

const startedAt = 1_800_000_000_000;

function chain(consensus: ConsensusKind, over: { first?: bigint; head?: bigint; seed?: number } = {}): SimulatedChain {
  return new SimulatedChain({
    seed: over.seed ?? 9,
    slug: 'devnet',
    consensus,
    first: over.first ?? 0n,
    head: over.head ?? 300n,
    startedAt,
    blockMs: 2_000,
    makers: ['Geth/v1.17.5', 'besu/v26.8.0'],
    branches: [120n, 250n],
  });
}

const main = { branch: 0, seals: 0, head: 300n };
const forward = { skip: 0, reverse: false };

function numbers(headers: readonly Uint8Array[]): number[] {
  return headers.map((raw) => Number(decodeHeader(raw).number));
}

describe('a simulated chain', () => {
  for (const consensus of ['pos', 'pow', 'clique', 'ibft1', 'ibft2', 'qbft'] as const) {
    test(`${consensus}: every header names the one before it by its chain's own hash`, () => {
      const simulated = chain(consensus);
      for (const branch of [0, 1, 2]) {
        const headers = simulated.find({ ...main, branch }, { start: 0n, amount: 301, ...forward });
        assert.equal(headers.length, 301);
        for (const [height, raw] of headers.entries()) {
          const { hash, number, parentHash } = viewHeader(raw, consensus);
          assert.equal(number, BigInt(height));
          assert.deepEqual(hash, simulated.hashOf(branch, number));
          const parent = height === 0 ? new Uint8Array(32) : simulated.hashOf(branch, number - 1n);
          assert.deepEqual(parentHash, parent, `parent of ${height} on branch ${branch}`);
        }
      }
    });
  }

  test('branches share every block below their height and none from it on', () => {
    const simulated = chain('pos');
    for (const height of [0n, 100n, 119n, 120n, 249n, 250n, 300n]) {
      const [zero, one, two] = [0, 1, 2].map((branch) => simulated.hashOf(branch, height).join());
      assert.equal(zero === one, height < 120n, `branch 1 at ${height}`);
      assert.equal(zero === two, height < 250n, `branch 2 at ${height}`);
    }
  });

  test('sets of committed seals change what is served and not the hash; without the rule they would', () => {
    for (const consensus of ['ibft1', 'ibft2', 'qbft'] as const) {
      const simulated = chain(consensus);
      const [one, other] = [0, 1].map((seals) =>
        simulated.find({ ...main, seals }, { start: 200n, amount: 2, ...forward }),
      );
      assert.ok(one && other);
      assert.notDeepEqual(one[0], other[0]);
      assert.notDeepEqual(keccak256(one[0] ?? new Uint8Array()), keccak256(other[0] ?? new Uint8Array()));
      assert.equal(nameBlockOf(200n, one, consensus).at, 'named');
      assert.deepEqual(nameBlockOf(200n, one, consensus), nameBlockOf(200n, other, consensus));
      assert.equal(nameBlockOf(200n, one, 'pos').at, 'forged', 'by the plain rule it would be a forgery');
    }
  });

  test('requests are answered as geth answers them: skip, reverse, hash, limits, and nothing beyond the head', () => {
    const simulated = chain('pos');
    const ask = (start: bigint | Uint8Array, amount: number, skip = 0, reverse = false) =>
      numbers(simulated.find(main, { start, amount, skip, reverse }));
    assert.deepEqual(ask(10n, 3), [10, 11, 12]);
    assert.deepEqual(ask(10n, 3, 4), [10, 15, 20]);
    assert.deepEqual(ask(10n, 3, 4, true), [10, 5, 0]);
    assert.deepEqual(ask(2n, 9, 0, true), [2, 1, 0]);
    assert.deepEqual(ask(299n, 5), [299, 300]);
    assert.deepEqual(ask(301n, 1), []);
    assert.deepEqual(ask(simulated.hashOf(0, 298n), 9), [298, 299, 300]);
    assert.deepEqual(ask(simulated.hashOf(1, 298n), 1), [], 'the block of another branch');
    assert.deepEqual(ask(new Uint8Array(32), 1), []);
    const long = chain('clique', { head: 2_000n });
    assert.equal(long.find({ ...main, head: 2_000n }, { start: 0n, amount: 5_000, ...forward }).length, 1_024);
    const late = chain('pos', { first: 250n });
    assert.deepEqual(numbers(late.find(main, { start: 249n, amount: 2, ...forward })), []);
    assert.deepEqual(numbers(late.find(main, { start: 252n, amount: 9, skip: 0, reverse: true })), [252, 251, 250]);
  });

  test('its head moves with time, block by block, and the blocks say when they were made', () => {
    const simulated = chain('pos');
    assert.equal(simulated.headAt(startedAt - 60_000), 300n);
    assert.equal(simulated.headAt(startedAt + 1_999), 300n);
    assert.equal(simulated.headAt(startedAt + 2_000), 301n);
    assert.equal(simulated.headAt(startedAt + 61_000), 330n);
    const [raw] = simulated.find({ ...main, head: 310n }, { start: 310n, amount: 1, ...forward });
    assert.equal(decodeHeader(raw ?? new Uint8Array()).timestamp, BigInt(startedAt / 1_000 + 20));
    assert.equal(simulated.firstFrom(BigInt(startedAt / 1_000 + 20)), 310n);
    assert.equal(simulated.firstFrom(BigInt(startedAt / 1_000 + 19)), 310n);
    assert.equal(simulated.firstFrom(BigInt(startedAt / 1_000 + 21)), 311n);
  });

  test('the makers of blocks stand in extraData, and the seed decides all', () => {
    const simulated = chain('pos');
    const extras = simulated
      .find(main, { start: 1n, amount: 100, ...forward })
      .map((raw) => new TextDecoder().decode(decodeHeader(raw).extraData));
    assert.deepEqual([...new Set(extras)].sort(), ['Geth/v1.17.5', 'besu/v26.8.0']);
    assert.deepEqual(chain('pos').hashOf(1, 300n), simulated.hashOf(1, 300n));
    assert.notDeepEqual(chain('pos', { seed: 10 }).hashOf(1, 300n), simulated.hashOf(1, 300n));
  });
});
