/** What real GoQuorum answered (testdata/README.md), and answers in the shapes of Besu's own result classes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../lib/secret.ts';
import { chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { readSealerChain } from '../../testkit/sealerChains.ts';
import type { RawAnswer } from './parseNode.ts';
import { parseCounts, parsePending, parseProposals, parseSet, parseVotes, readSealers } from './readSealers.ts';
import type { RpcClient } from './rpcClient.ts';
import { isReadOnlyMethod } from './rpcMethods.ts';

const curve = await chooseCurve();
const address = (n: number): string => n.toString(16).padStart(40, '0');
const everything = { set: true, self: true, counts: true };

function client(answers: Readonly<Record<string, RawAnswer | undefined>>): RpcClient & { readonly asked: string[] } {
  const bare = { headers: {}, bearerToken: null, psi: null, ca: null, probeUrl: null };
  const asked: string[] = [];
  return {
    asked,
    endpoint: { name: 'n1', url: new Secret('http://127.0.0.1/'), ...bare },
    ask: async (calls) =>
      calls.map(({ method }) => {
        asked.push(method);
        return answers[method] ?? { error: { code: -32601, message: `the method ${method} does not exist` } };
      }),
    hangUps: () => 0,
    close: () => {},
  };
}

for (const consensus of ['qbft', 'ibft', 'clique'] as const) {
  test(`GoQuorum ${consensus}: who should seal, which node it is, what waits`, async () => {
    const { answers, headers, addresses, snapshot } = readSealerChain(consensus);
    const node = client({
      ...answers,
      eth_getBlockByNumber: { result: headers[10] },
      [`${consensus === 'clique' ? 'clique' : 'istanbul'}_getSnapshot`]: { result: snapshot },
    });
    const toAddress = () => addresses[0] ?? '';
    const { reading, dialect } = await readSealers(node, null, everything, curve, toAddress);
    assert.ok(node.asked.every(isReadOnlyMethod));
    assert.deepEqual([reading?.consensus, reading?.head?.number, reading?.pending], [consensus, 10, 0]);
    assert.deepEqual(reading?.slow?.set, [...addresses].sort());
    assert.ok(reading?.slow?.selves.every((self) => self === addresses[0]));
    if (consensus !== 'ibft') {
      assert.deepEqual(reading?.slow?.votes, [{ voter: addresses[0], candidate: '11'.repeat(20), add: true }]);
    }
    assert.equal(reading?.slow?.counts?.blocks, 9);
    node.asked.length = 0;
    await readSealers(node, dialect, { set: false, self: false, counts: false }, curve, toAddress);
    assert.deepEqual(node.asked, ['eth_getBlockByNumber', 'txpool_status'], 'what it turned out to speak, and no more');
  });
}

test('Besu: its own methods; what waits is in its own statistics; without its pool nothing is known of that', async () => {
  const { headers } = readSealerChain('qbft');
  const base = {
    eth_getBlockByNumber: { result: headers[10] },
    qbft_getValidatorsByBlockNumber: { result: [1, 2, 3].map((n) => `0x${address(n)}`) },
    qbft_getPendingVotes: { result: { [`0x${address(9)}`]: true } },
    qbft_getSignerMetrics: {
      result: [{ address: `0x${address(1)}`, proposedBlockCount: '0x32', lastProposedBlockNumber: '0x63' }],
    },
    // Besu answers "pending" with the newest block.
    eth_getBlockTransactionCountByNumber: { result: '0x5' },
  };
  const besu = client({ ...base, txpool_besuStatistics: { result: { maxSize: 4096, localCount: 1, remoteCount: 2 } } });
  const { reading, dialect } = await readSealers(besu, null, everything, curve, () => '');
  assert.deepEqual([reading?.slow?.set, reading?.pending], [[1, 2, 3].map(address), 3]);
  assert.deepEqual([...(reading?.slow?.proposals ?? [])], [[address(9), true]]);
  besu.asked.length = 0;
  const again = await readSealers(besu, dialect, { set: false, self: false, counts: false }, curve, () => '');
  assert.deepEqual([again.reading?.pending, besu.asked], [3, ['eth_getBlockByNumber', 'txpool_besuStatistics']]);
  const poolless = await readSealers(client(base), null, everything, curve, () => '');
  assert.equal(poolless.reading?.pending, null);
});

test('Besu with Clique: its own words for who sealed how much, and no block of its pool', async () => {
  const { headers } = readSealerChain('clique');
  const base = {
    web3_clientVersion: { result: 'besu/v24.12.2/linux-x86_64/openjdk-java-21' },
    eth_getBlockByNumber: { result: headers[10] },
    clique_getSigners: { result: [1, 2, 3].map((n) => `0x${address(n)}`) },
    clique_proposals: { result: { [`0x${address(9)}`]: false } },
    clique_getSignerMetrics: {
      result: [{ address: `0x${address(1)}`, proposedBlockCount: '0x5', lastProposedBlockNumber: '0x9' }],
    },
    // Besu answers "pending" with the newest block.
    eth_getBlockTransactionCountByNumber: { result: '0x5' },
  };
  const besu = client(base);
  const { reading, dialect } = await readSealers(besu, null, everything, curve, () => '');
  assert.deepEqual(
    [reading?.consensus, reading?.slow?.set, reading?.slow?.counts?.blocks, reading?.pending],
    ['clique', [1, 2, 3].map(address), 5, null],
  );
  assert.deepEqual([...(reading?.slow?.proposals ?? [])], [[address(9), false]]);
  besu.asked.length = 0;
  await readSealers(besu, dialect, everything, curve, () => '');
  assert.deepEqual(
    besu.asked.filter((method) => /^(clique|txpool|web3|eth_getBlockT)/.test(method)).sort(),
    ['clique_getSignerMetrics', 'clique_getSigners', 'clique_proposals'],
    'neither what only geth knows nor the pending block',
  );
  const pooled = client({ ...base, txpool_besuStatistics: { result: { maxSize: 1, localCount: 1, remoteCount: 2 } } });
  assert.equal((await readSealers(pooled, null, everything, curve, () => '')).reading?.pending, 3);
});

test('hostile or foreign answers give nothing, or only the part that is sound', async () => {
  assert.equal((await readSealers(client({}), null, everything, curve, () => '')).reading, null);
  const set = [`0x${address(1)}`];
  for (const bad of [null, 7, {}, ['0x12'], [`0x${'z'.repeat(40)}`], Array(513).fill(set[0]), [{}]]) {
    assert.equal(parseSet(bad), null, JSON.stringify(bad)?.slice(0, 40));
  }
  assert.deepEqual(parseSet([`0x${address(0xbb).toUpperCase()}`, null, `0x${address(0xaa)}`]), [
    address(0xaa),
    address(0xbb),
  ]);
  for (const bad of [
    { sealerActivity: [], numBlocks: '64' },
    { sealerActivity: { nobody: 1 }, numBlocks: 64 },
    { sealerActivity: { [`0x${address(1)}`]: -1 }, numBlocks: 64 },
    {
      sealerActivity: Object.fromEntries(Array.from({ length: 513 }, (_, n) => [`0x${address(n)}`, 1])),
      numBlocks: 64,
    },
  ]) {
    assert.equal(parseCounts(bad, 100), null);
  }
  const counts = { sealerActivity: { [`0x${address(1)}`]: 10, [`0x${address(2)}`]: null }, numBlocks: 10 };
  assert.deepEqual([...(parseCounts(counts, null)?.sealed ?? [])], [[address(1), 10]]);
  const metrics = [null, { address: `0x${address(2)}`, proposedBlockCount: '0x5' }];
  assert.deepEqual([...(parseCounts(metrics, 100)?.sealed ?? [])], [[address(2), 5]]);
  assert.deepEqual([null, 'x', {}, { pending: -1 }, { localCount: 1 }].map(parsePending), [
    null,
    null,
    null,
    null,
    null,
  ]);
  assert.deepEqual(parseVotes({ votes: [null, 7, { signer: set[0], address: set[0] }] }), []);
  assert.deepEqual([parseVotes({ votes: null }), parseVotes(null), parseVotes({ votes: 7 })], [[], null, null]);
  assert.deepEqual(
    [...parseProposals({ nobody: true, [`0x${address(1)}`]: 1, [`0x${address(2)}`]: false })],
    [[address(2), false]],
  );
});
