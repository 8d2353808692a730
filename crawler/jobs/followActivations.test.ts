import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { loadBuiltinNetworks } from '../../chains/networks/loadNetworks.ts';
import { type Network, parseNetworkFile } from '../../chains/networks/networkFile.ts';
import { blockFactsStatement } from '../../sql/blockFacts.ts';
import { openTestDatabase, type TestDatabase } from '../../sql/testDatabase.ts';
import { createStore } from '../store/createStore.ts';
import { followActivations } from './followActivations.ts';

const sepolia = loadBuiltinNetworks().find(({ slug }) => slug === 'sepolia')!;
const [bpo1, bpo2, amsterdam] = sepolia.forks.slice(-3).map(({ at }) => at) as [bigint, bigint, bigint];
const head = 9_000_000n;
/** A block every 12 s. */
const headTime = Number(amsterdam) * 1_000 + 3_600_000;
const timeOf = (height: bigint) => headTime - Number(head - height) * 12_000;
const now = headTime + 5_000;
const hashOf = (height: bigint, branch = 0) => `${branch}`.repeat(24) + height.toString(16).padStart(40, '0');

let db: TestDatabase;
beforeEach(async (t) => {
  db = await openTestDatabase(t as { after(hook: () => Promise<void>): void });
});

async function know(network: Network): Promise<void> {
  await createStore(db.sql, 'here').saveNetworks([network], now);
}

/** Voters `from` to `to` answer for these heights. */
async function answer(
  heights: readonly bigint[],
  { from = 0, to = 5, late = 0, branch = 0, network = 'sepolia', forged = false } = {},
): Promise<void> {
  const facts = heights.flatMap((height) =>
    Array.from({ length: to - from }, (_, index) => ({
      network,
      height,
      node: `n${from + index}`,
      voter: `v${from + index}`,
      hash: hashOf(height, branch),
      forged,
      source: 'eth' as const,
      endpoint: null,
      blockTime: timeOf(height) + late,
      at: now,
    })),
  );
  await blockFactsStatement(db.sql, facts);
}

const rows = async () =>
  (await db.sql`select activation, block, block_time from fork_activations order by activation`).map((row) => ({
    ...row,
  }));

test('the first blocks of forks by time are found in headers, whatever a few voters say', async () => {
  await know(sepolia);
  const asked = new Set<bigint>();
  for (let round = 0; round < 40; round++) {
    const { blocks, searched } = await followActivations(db.sql, sepolia, { now, head, minVoters: 3 });
    assert.ok(searched.length <= 7);
    for (const height of searched) asked.add(height);
    if (blocks.length === 3) break;
    await answer(searched);
    // Two with headers a week younger, and three whose headers contradict each other.
    await answer(searched, { from: 5, to: 7, late: 7 * 86_400_000, branch: 6 });
    await answer(searched, { from: 7, to: 10, late: 7 * 86_400_000, branch: 7, forged: true });
  }
  const expected = [bpo1, bpo2, amsterdam].map((activation) => {
    const block = head - BigInt(Math.floor((headTime - Number(activation) * 1_000) / 12_000));
    return { activation, block, block_time: new Date(timeOf(block)) };
  });
  assert.deepEqual(await rows(), expected);
  const done = await followActivations(db.sql, sepolia, { now, head, minVoters: 3 });
  assert.deepEqual(done, { blocks: expected.map(({ block }) => block), searched: [] });
  assert.ok(asked.size < 150, `${asked.size} heights asked`);
});

test('three that were the only ones to answer, and lied, are outvoted later: the search begins anew', async () => {
  await know(sepolia);
  const look = () => followActivations(db.sql, sepolia, { now, head, minVoters: 3 });
  // First a month too old, then a month too young: what they say narrows each search towards the wrong end.
  for (const late of [-30 * 86_400_000, 30 * 86_400_000]) {
    for (let round = 0; round < 6; round++)
      await answer((await look()).searched, { from: 20, to: 23, late, branch: 8 });
  }
  const misled = await rows();
  assert.ok(misled.length > 0);
  for (let round = 0; round < 60; round++) {
    const { blocks, searched } = await look();
    if (searched.length === 0 && blocks.length === 3) break;
    await answer([...searched, ...blocks]);
  }
  const expected = [bpo1, bpo2, amsterdam].map((activation) => {
    const block = head - BigInt(Math.floor((headTime - Number(activation) * 1_000) / 12_000));
    return { activation, block, block_time: new Date(timeOf(block)) };
  });
  assert.deepEqual(await rows(), expected);
  assert.notDeepEqual(misled, expected);
});

test('what no header shows stays unknown; a future fork is not looked for', async () => {
  await know(sepolia);
  const before = Number(amsterdam) * 1_000 - 1;
  for (let round = 0; round < 3; round++) {
    const { blocks, searched } = await followActivations(db.sql, sepolia, { now: before, head, minVoters: 3 });
    assert.deepEqual(blocks, []);
    assert.equal(searched.length, 1, 'the same block below the head for everybody');
    await answer(searched, { to: 2 });
  }
  assert.deepEqual(await rows(), []);
  assert.deepEqual(await followActivations(db.sql, sepolia, { now, head: null, minVoters: 3 }), {
    blocks: [],
    searched: [],
  });
});

test('a fork by block gets its time once its header has come', async () => {
  const parsed = parseNetworkFile(
    JSON.stringify({
      version: 1,
      slug: 'own',
      name: 'Own',
      networkId: 5,
      genesisHash: `0x${'ab'.repeat(32)}`,
      forks: [
        { name: 'Berlin', block: 100 },
        { name: 'London', block: 9_500_000 },
      ],
      consensus: 'clique',
    }),
    'own.json',
  );
  assert.ok('network' in parsed);
  const { network } = parsed;
  await know(network);
  const look = () => followActivations(db.sql, network, { now, head, minVoters: 1 });
  assert.deepEqual(await look(), { blocks: [100n], searched: [] });
  await answer([100n, 101n], { network: 'own', to: 1 });
  assert.deepEqual(await look(), { blocks: [100n], searched: [] });
  assert.deepEqual(await rows(), [{ activation: 100n, block: 100n, block_time: new Date(timeOf(100n)) }]);
});
