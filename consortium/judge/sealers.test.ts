/** Answers in the shapes that GoQuorum, geth and Besu give; see each one's JSON-RPC reference. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawAnswer } from '../ask/parseNode.ts';
import type { SealerReading } from '../ask/parseSealers.ts';
import { parseSealers, sealerCalls } from '../ask/parseSealers.ts';
import { isReadOnlyMethod, type ReadOnlyMethod } from '../ask/rpcMethods.ts';
import { decodeSealRound } from '../ask/sealRound.ts';
import { type BlockRule, learnBlockRule } from './blockRule.ts';
import { judgeSealers, neededSealers } from './judgeSealers.ts';

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

/** RLP of a list, from hexadecimal text. */
const list = (payload: string): string => {
  const size = payload.length / 2;
  if (size < 56) return (0xc0 + size).toString(16) + payload;
  const length = size.toString(16).padStart(size < 256 ? 2 : 4, '0');
  return (0xf7 + length.length / 2).toString(16) + length + payload;
};
const vanity = `a0${'00'.repeat(32)}`;
const validators = list([1, 2, 3, 4].map((n) => `94${address(n)}`).join(''));
const seals = list([1, 2, 3].map(() => `b841${'5a'.repeat(65)}`).join(''));
const extraOf = (round: string): string => `0x${list(`${vanity + validators}c0${round}${seals}`)}`;

test('the round stands in the extraData of QBFT and of Besu’s IBFT 2.0, and nowhere in others', () => {
  assert.equal(decodeSealRound(extraOf('80')), 0);
  assert.equal(decodeSealRound(extraOf('02')), 2);
  assert.equal(decodeSealRound(extraOf('8400000003')), 3, 'Besu writes four bytes');
  assert.equal(decodeSealRound(extraOf('820100')), 256);
  const istanbul = `0x${'00'.repeat(32)}${list(`${validators}b841${'5a'.repeat(65)}${seals}`)}`;
  const geth = `0xd883010a03846765746885676f312e3230856c696e7578${'00'.repeat(10)}`;
  for (const other of [istanbul, geth, '0x', '0xc0', '0x0', 'c0', null, 7, extraOf('c0'), extraOf('850000000001')]) {
    assert.equal(decodeSealRound(other), null, String(other).slice(0, 20));
  }
  assert.equal(decodeSealRound(`0x${'c0'.repeat(70_000)}`), null, 'far larger than any set');
});

test('GoQuorum answers for QBFT by istanbul_ methods too: the newest header tells them apart', () => {
  const given = { istanbul_getValidators: [`0x${address(1)}`], txpool_status: { pending: '0x2', queued: '0x0' } };
  const header = { number: '0x9', extraData: extraOf('01') };
  assert.equal(parseSealers('n', answers(given))?.consensus, 'ibft');
  const qbft = parseSealers('n', answers({ ...given, eth_getBlockByNumber: header }));
  assert.deepEqual([qbft?.consensus, qbft?.pending], ['qbft', 2]);
});

test('a chain that stands is halted, however well its last blocks look, if a block is due by its own rule', () => {
  const every5s: BlockRule = { emptyMs: 5_000, periodMs: 5_000 };
  const after = (seconds: number, waiting: number, rule: BlockRule): [unknown, boolean | undefined] => {
    const progress = { stillMs: seconds * 1_000, waitingMs: waiting * 1_000, round: null, rule };
    const verdict = judgeSealers([reading('a'), reading('b')], progress);
    return [verdict?.verdict, verdict?.idle];
  };
  assert.deepEqual([after(59, 59, every5s), after(60, 60, every5s)], [...[['well', false]], ...[['halted', false]]]);
  assert.deepEqual([after(599, 0, every5s)[0], after(600, 0, every5s)[0]], ['well', 'halted']);
  const nothing = { stillMs: 700_000, waitingMs: 0, round: null, rule: every5s };
  assert.equal(judgeSealers([reading('a', { sealed: null })], nothing)?.verdict, 'halted');

  // Clique with period 0, Besu with createemptyblocks off: set by the operator, or never seen to make an empty one.
  for (const emptyMs of ['never', null] as const) {
    const rule = { emptyMs, periodMs: 1_000 };
    assert.deepEqual(after(10 * 86_400, 0, rule), ['well', true], 'idle for days');
    assert.deepEqual(after(10 * 86_400, 5, rule), ['well', false], 'a transaction has just come');
    assert.deepEqual(after(10 * 86_400, 60, rule), ['halted', false], 'and is left lying');
  }
  // emptyBlockPeriodSeconds 3600.
  const hourly: BlockRule = { emptyMs: 3_600_000, periodMs: 2_000 };
  assert.deepEqual([after(7_200, 0, hourly)[0], after(10_800, 0, hourly)[0]], ['well', 'halted']);
  const slow: BlockRule = { emptyMs: 120_000, periodMs: 120_000 };
  assert.deepEqual([after(100, 100, slow)[0], after(360, 360, slow)[0]], ['well', 'halted'], 'a block in two minutes');
});

test('a chain’s rule is learned from its headers', () => {
  const run = (...blocks: readonly (readonly [seconds: number, empty: boolean])[]) =>
    blocks.map(([seconds, empty], index) => ({ number: index + 100, at: seconds * 1_000, empty }));
  assert.deepEqual(learnBlockRule(run([0, true], [5, true], [10, false], [16, true])), {
    emptyMs: 6_000,
    periodMs: 5_000,
  });
  assert.deepEqual(
    learnBlockRule(run([0, false], [2, false], [4_000, false])),
    { emptyMs: null, periodMs: 2_000 },
    'blocks for transactions alone',
  );
  assert.deepEqual(
    learnBlockRule(run([0, false], [3_600, true], [3_602, false], [7_202, true])),
    { emptyMs: 3_600_000, periodMs: 2_000 },
    'long between empty ones',
  );
  const genesis = { number: 0, at: 0, empty: true };
  const first = { number: 1, at: 1_800_000_000_000, empty: true };
  assert.deepEqual(learnBlockRule([genesis, first]), { emptyMs: null, periodMs: null }, 'the age of the chain');
  assert.deepEqual(learnBlockRule([]), { emptyMs: null, periodMs: null });
  const gap = [...run([0, true], [5, true]), { number: 300, at: 9_000_000, empty: true }];
  assert.deepEqual(learnBlockRule(gap), { emptyMs: 5_000, periodMs: 5_000 }, 'headers that were not read');
});

test('a sealer or a count that cannot be read takes no other with it', () => {
  const set = [`0x${address(1)}`, null, `0x${address(2)}`];
  const counts = { sealerActivity: { [`0x${address(1)}`]: 10, [`0x${address(2)}`]: null }, numBlocks: 10 };
  const clique = parseSealers('n', answers({ clique_getSigners: set, clique_status: counts }));
  assert.deepEqual([clique?.expected, [...(clique?.sealed ?? [])]], [[address(1), address(2)], [[address(1), 10]]]);
  const metrics = [null, { address: `0x${address(2)}`, proposedBlockCount: '0x5' }];
  const besu = parseSealers('n', answers({ qbft_getSignerMetrics: metrics, eth_blockNumber: '0x64' }));
  assert.deepEqual([...(besu?.sealed ?? [])], [[address(2), 5]]);
});
