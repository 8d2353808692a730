import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeSplit, noSplit } from '../../chains/forks/chainSplit.ts';
import { systemClock } from '../../p2p/net/systemClock.ts';
import { configOf } from '../../testkit/playRaft.ts';
import { startRaftCluster } from '../../testkit/raftCluster.ts';
import { readBlockFacts } from './readBlockFacts.ts';
import { createRpcClient } from './rpcClient.ts';

test('blocks at heights become facts that the judge of splits takes; what a node lacks is no fact', async (t) => {
  const faults = [{ at: 4_000, kind: 'send', transactions: 6 }] as const;
  const cluster = await startRaftCluster({ seed: 4, nodes: 3, faults });
  await cluster.playTo(10_000);
  const clients = configOf(cluster, 'mock').endpoints.map((endpoint) => createRpcClient(endpoint, systemClock));
  t.after(async () => {
    for (const client of clients) client.close();
    await cluster.close();
  });
  const heights = [2n, 5n, 99n];
  const facts = (await Promise.all(clients.map((client) => readBlockFacts(client, heights)))).flat();
  assert.deepEqual(
    facts.filter(({ node }) => node === 'n1'),
    [2n, 5n].map((height) => ({
      node: 'n1',
      voter: 'n1',
      height,
      hash: height.toString(16).padStart(64, '0'),
      forged: false,
      source: 'rpc',
    })),
  );
  assert.equal(facts.length, 6);
  const { heights: judged } = judgeSplit(noSplit, { at: 0, facts });
  assert.deepEqual(
    judged.map(({ voters, verdict }) => [voters, verdict]),
    [
      [3, 'whole'],
      [3, 'whole'],
    ],
  );
  await cluster.close();
  assert.deepEqual(await readBlockFacts(clients[0]!, heights), []);
});
