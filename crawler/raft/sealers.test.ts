/** Answers in the shapes that GoQuorum, geth and Besu give; see each one's JSON-RPC reference. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeSealers, neededSealers, type SealerReading } from './judgeSealers.ts';
import type { RawAnswer } from './parseNode.ts';
import { parseSealers, sealerCalls } from './parseSealers.ts';
import { isReadOnlyMethod, type ReadOnlyMethod } from './rpcMethods.ts';

const address = (n: number): string => n.toString(16).padStart(40, '0');
const missing: RawAnswer = { error: { code: -32601, message: 'the method does not exist/is not available' } };

function answers(given: Partial<Record<ReadOnlyMethod, unknown>>): ReadonlyMap<ReadOnlyMethod, RawAnswer> {
  return new Map(
    sealerCalls.map(({ method }) => [method, method in given ? { result: given[method] } : missing] as const),
  );
}

test('only read-only methods are asked', () => {
  assert.ok(sealerCalls.every(({ method }) => isReadOnlyMethod(method)));
});

test('GoQuorum IBFT and QBFT: istanbul_getValidators and istanbul_status', () => {
  const reading = parseSealers(
    'n1',
    answers({
      istanbul_getValidators: [`0x${address(0xaa)}`, `0x${address(0xbb).toUpperCase()}`],
      istanbul_status: { sealerActivity: { [`0x${address(0xaa)}`]: 64 }, numBlocks: 64 },
      eth_blockNumber: '0x64',
    }),
  );
  assert.deepEqual(reading, {
    node: 'n1',
    consensus: 'ibft',
    expected: [address(0xaa), address(0xbb)],
    sealed: new Map([[address(0xaa), 64]]),
    blocks: 64,
    head: 100,
    pending: null,
  });
});

test('Besu: qbft_ and ibft_, counts by getSignerMetrics', () => {
  for (const consensus of ['qbft', 'ibft'] as const) {
    const reading = parseSealers(
      'besu',
      answers({
        [`${consensus}_getValidatorsByBlockNumber`]: [1, 2, 3].map((n) => `0x${address(n)}`),
        [`${consensus}_getSignerMetrics`]: [
          { address: `0x${address(1)}`, proposedBlockCount: '0x32', lastProposedBlockNumber: '0x63' },
          { address: `0x${address(2)}`, proposedBlockCount: '0x32', lastProposedBlockNumber: '0x64' },
        ],
        eth_blockNumber: '0x64',
      }),
    );
    assert.equal(reading?.consensus, consensus);
    assert.deepEqual([reading?.blocks, reading?.sealed?.get(address(1))], [100, 50]);
    const verdict = judgeSealers(reading === null ? [] : [reading]);
    assert.deepEqual(
      [verdict?.needed, verdict?.active, verdict?.verdict, verdict?.sealers.find(({ silent }) => silent)?.address],
      [2, 2, 'atRisk', address(3)],
    );
  }
});

test('Clique: clique_getSigners and clique_status', () => {
  const reading = parseSealers(
    'n1',
    answers({
      clique_getSigners: [1, 2, 3].map((n) => `0x${address(n)}`),
      clique_status: {
        inturnPercent: 100,
        sealerActivity: { [`0x${address(1)}`]: 32, [`0x${address(2)}`]: 32, [`0x${address(3)}`]: 0 },
        numBlocks: 64,
      },
    }),
  );
  assert.equal(reading?.consensus, 'clique');
  const verdict = judgeSealers(reading === null ? [] : [reading]);
  assert.deepEqual([verdict?.verdict, verdict?.needed, verdict?.active], ['atRisk', 2, 2]);
});

test('hostile or foreign answers give nothing, or only the part that holds', () => {
  assert.equal(parseSealers('x', answers({})), null);
  const set = [`0x${address(1)}`];
  for (const bad of [null, 7, {}, ['0x12'], [`0x${'z'.repeat(40)}`], Array(513).fill(set[0]), [{}]]) {
    assert.equal(parseSealers('x', answers({ clique_getSigners: bad })), null, JSON.stringify(bad)?.slice(0, 40));
  }
  for (const bad of [
    { sealerActivity: [], numBlocks: '64' },
    { sealerActivity: { nobody: 1 }, numBlocks: 64 },
    { sealerActivity: { [`0x${address(1)}`]: -1 }, numBlocks: 64 },
    {
      sealerActivity: Object.fromEntries(Array.from({ length: 513 }, (_, n) => [`0x${address(n)}`, 1])),
      numBlocks: 64,
    },
  ]) {
    const reading = parseSealers('x', answers({ clique_getSigners: set, clique_status: bad }));
    assert.deepEqual([reading?.expected, reading?.sealed], [[address(1)], null]);
    assert.equal(judgeSealers(reading === null ? [] : [reading])?.verdict, 'unknown');
  }
});

function reading(node: string, more: Partial<SealerReading> = {}): SealerReading {
  return {
    node,
    consensus: 'qbft',
    expected: [1, 2, 3, 4].map(address),
    sealed: new Map([1, 2, 3, 4].map((n) => [address(n), 16])),
    blocks: 64,
    head: 100,
    pending: 0,
    ...more,
  };
}

test('silence is judged only over two rounds through the set; strangers are named; the majority’s set holds', () => {
  assert.equal(judgeSealers([]), null);
  assert.deepEqual(
    judgeSealers([reading('a')])?.sealers.map(({ silent, expected }) => silent || !expected),
    [false, false, false, false],
  );
  const silent = (n: number): ReadonlyMap<string, number> =>
    new Map([1, 2, 3, 4].slice(n).map((each) => [address(each), 64 / (4 - n)]));
  const verdictOf = (count: number): unknown => judgeSealers([reading('a', { sealed: silent(count) })])?.verdict;
  assert.deepEqual([0, 1, 2].map(verdictOf), ['well', 'atRisk', 'short']);
  assert.equal(judgeSealers([reading('a', { sealed: silent(1), blocks: 7 })])?.verdict, 'unknown');
  assert.equal(judgeSealers([reading('a', { sealed: silent(1), blocks: 8 })])?.verdict, 'atRisk');

  const stranger = judgeSealers([reading('a', { sealed: new Map([[address(9), 64]]) })]);
  assert.deepEqual(stranger?.sealers.at(-1), { address: address(9), expected: false, sealed: 64, silent: false });
  const other = reading('z', { expected: [1, 2].map(address), head: 50, sealed: new Map() });
  for (const order of [
    [other, reading('a'), reading('b')],
    [reading('b'), reading('a'), other],
  ]) {
    const verdict = judgeSealers(order);
    assert.deepEqual([verdict?.sets, verdict?.needed, verdict?.verdict], [2, 3, 'well']);
  }
});

test('how many must be at work', () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 6, 7].map((n) => neededSealers('qbft', n)),
    [0, 1, 2, 2, 3, 4, 4, 5],
  );
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((n) => neededSealers('clique', n)),
    [1, 2, 2, 3, 3],
  );
});
