/** Chain splits among members that speak only JSON-RPC: mock cluster, real HTTP, real Postgres. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Network } from '../chains/networks/networkFile.ts';
import { parseNetworkFile } from '../chains/networks/networkFile.ts';
import { createRpcBlockStore } from '../consortium/store/rpcBlockStore.ts';
import { watchBlocks } from '../consortium/watch/watchBlocks.ts';
import { selectFacts } from '../crawler/jobs/forkWatchQueries.ts';
import { type ForkWatchOptions, watchForks } from '../crawler/jobs/watchForks.ts';
import { createStore } from '../crawler/store/createStore.ts';
import { systemClock } from '../p2p/net/systemClock.ts';
import type { Clock } from '../p2p/ports.ts';
import { blockFactsStatement, newestFacts, type StoredBlockFact } from '../sql/blockFacts.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { configOf } from '../testkit/playRaft.ts';
import { startRaftCluster } from '../testkit/raftCluster.ts';
import type { RaftFault } from '../testkit/raftModel.ts';

const minute = 60_000;
const startAt = Date.UTC(2026, 5, 1);
const options: ForkWatchOptions = { roundMs: 10 * minute, closeAfterMs: 60 * minute, isPrivate: false };
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function consortium(over: object = {}): Network {
  const file = {
    version: 1,
    slug: 'consortium',
    name: 'Consortium',
    networkId: 10,
    genesisHash: `0x${'0'.repeat(64)}`,
    forks: [],
    consensus: 'raft',
    ...over,
  };
  const parsed = parseNetworkFile(JSON.stringify(file), 'consortium.json');
  assert.ok('network' in parsed);
  return parsed.network;
}

/** Lets a cluster of three with a head of 30 be asked and judged for `minutes`. */
async function watchFor(
  t: { after(hook: () => Promise<void>): void },
  faults: readonly RaftFault[],
  { minutes = 90, knowsIds = true, networks = [consortium()] } = {},
) {
  const db = await openTestDatabase(t);
  const cluster = await startRaftCluster(
    { seed: 4, nodes: 3, faults: [{ at: 4_000, kind: 'send', transactions: 30 }, ...faults] },
    { startAt },
  );
  t.after(() => cluster.close());
  await cluster.playTo(20_000);
  const store = createStore(db.sql, 'here');
  await store.saveNetworks(networks, startAt);
  let now = startAt;
  const ended = new AbortController();
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
      for (const network of networks) await watchForks(db.sql, network, now, options);
      if (now > startAt + minutes * minute) ended.abort();
    },
    after: systemClock.after,
  };
  const { endpoints, rpc, name } = configOf(cluster, 'prod');
  const memberOf = (endpoint: string) => cluster.model.nodes[Number(endpoint.slice(1)) - 1];
  await watchBlocks(
    { name, endpoints, rpc, everyMs: 2.5 * minute },
    {
      clock,
      random: { next: () => 0 },
      log: silent,
      blocks: createRpcBlockStore(db.sql),
      isOnDuty: () => true,
      nodeIdOf: (endpoint) => (knowsIds ? (memberOf(endpoint)?.nodeId ?? null) : null),
    },
    ended.signal,
  );
  const events = await db.sql`select kind, subject, closed_at, data from events order by event_no`;
  return { db, cluster, events };
}

test('one member with blocks of its own opens a chain split by JSON-RPC alone, with the last block in common', async (t) => {
  const { db, cluster, events } = await watchFor(t, [{ at: 0, kind: 'diverge', node: 3, above: 12 }]);
  assert.equal(events.length, 1);
  const [event] = events;
  assert.deepEqual([event?.kind, event?.subject, event?.closed_at], ['chainSplit', 'network/consortium', null]);
  const ids = cluster.model.nodes.map(({ nodeId }) => nodeId);
  const sides = event?.data.sides.map((side: Record<string, unknown>) => [
    side.counts,
    side.voters,
    side.sources,
    side.endpoints,
    side.nodeIds,
  ]);
  assert.deepEqual(sides, [
    [true, 2, ['rpc'], ['prod/n1', 'prod/n2'], ids.slice(0, 2)],
    [true, 1, ['rpc'], ['prod/n3'], ids.slice(2)],
  ]);
  assert.deepEqual(event?.data.ancestor, { from: '12', to: '12' });
  const [head] = await db.sql`select number, nodes, age_median_s from head_estimates order by at desc limit 1`;
  assert.deepEqual({ ...head }, { number: 30n, nodes: 3, age_median_s: null });
});

test('members that agree are no split; endpoints whose IDs nobody knows go by their names', async (t) => {
  const { db, events } = await watchFor(t, [], { minutes: 25, knowsIds: false });
  assert.deepEqual([...events], []);
  const facts = await db.sql`select distinct node, voter, source, endpoint from block_facts order by node`;
  assert.deepEqual(
    facts.map(({ node, voter, source, endpoint }) => [node, voter, source, endpoint]),
    ['prod/n1', 'prod/n2', 'prod/n3'].map((name) => [name, name, 'rpc', name]),
  );
});

test('a member with another genesis is no witness, nor is a cluster whose chain two networks claim', async (t) => {
  const foreign = await watchFor(t, [{ at: 0, kind: 'diverge', node: 3, above: -1 }], { minutes: 25 });
  assert.deepEqual([...foreign.events], []);
  assert.equal((await foreign.db.sql`select 1 from rpc_heads`).length, 2);
  const claimed = await watchFor(t, [{ at: 0, kind: 'diverge', node: 3, above: 12 }], {
    minutes: 25,
    networks: [consortium(), consortium({ slug: 'twin', forks: [{ name: 'Berlin', block: 5 }] })],
  });
  assert.deepEqual([...claimed.events], []);
  assert.equal((await claimed.db.sql`select 1 from block_facts`).length, 0);
});

test('an endpoint that a load balancer shares with another counts once', async (t) => {
  const db = await openTestDatabase(t);
  await createStore(db.sql, 'here').saveNetworks([consortium()], startAt);
  const blocks = createRpcBlockStore(db.sql);
  const report = (endpoint: string, at: number, digit: string) => ({
    network: 'consortium',
    node: 'ab'.repeat(64),
    endpoint,
    at,
    head: BigInt(at - startAt),
    blocks: [{ height: 5n, hash: digit.repeat(64) }],
  });
  await blocks.save([report('prod/a', startAt + 2, '2'), report('prod/b', startAt + 1, '1')]);
  await blocks.save([report('prod/c', startAt, '3')]);
  const facts = await db.sql`select encode(hash, 'hex') as hash, endpoint from block_facts`;
  assert.deepEqual(
    facts.map(({ hash, endpoint }) => [hash[0], endpoint]),
    [['2', 'prod/a']],
  );
  assert.deepEqual(
    (await db.sql`select number from rpc_heads`).map(({ number }) => number),
    [2n],
  );
  await blocks.save([]);
});

test('an endpoint whose node ID comes to be known is still one voter, and so is one that another node takes over', async (t) => {
  const db = await openTestDatabase(t);
  await createStore(db.sql, 'here').saveNetworks([consortium()], startAt);
  const blocks = createRpcBlockStore(db.sql);
  for (const [place, node] of ['prod/a', 'ab'.repeat(64), 'cd'.repeat(64)].entries()) {
    const own = [5n, 6n].map((height) => ({ height, hash: `${place}`.repeat(64) }));
    const other = { network: 'consortium', node: 'ef'.repeat(64), endpoint: 'prod/b', head: 7n, blocks: own };
    const report = { network: 'consortium', node, endpoint: 'prod/a', head: 7n, blocks: own };
    await blocks.save([report, other].map((one) => ({ ...one, at: startAt + place })));
    const facts = await db.sql`select distinct node from block_facts order by node`;
    assert.deepEqual(
      facts.map((fact) => fact.node),
      [node, other.node].sort(),
    );
    const heads = await db.sql`select node from rpc_heads order by node`;
    assert.deepEqual(
      heads.map((head) => head.node),
      [node, other.node].sort(),
    );
  }
});

test('a visit to an operator’s node takes neither its endpoint nor its vote from it', async (t) => {
  const db = await openTestDatabase(t);
  await createStore(db.sql, 'here').saveNetworks([consortium()], startAt);
  const node = 'ab'.repeat(64);
  const about = { network: 'consortium', node, endpoint: 'prod/a' };
  await createRpcBlockStore(db.sql).save([
    { ...about, at: startAt, head: 7n, blocks: [{ height: 5n, hash: '1'.repeat(64) }] },
  ]);
  const visited = { network: 'consortium', voter: '10.0.0.0/24', hash: '2'.repeat(64), forged: false, source: 'eth' };
  const seen = [5n, 6n].map((height) => ({
    ...visited,
    node,
    height,
    endpoint: null,
    blockTime: null,
    at: startAt + 1,
  }));
  const stranger = seen.map((fact) => ({ ...fact, node: 'cd'.repeat(64) }));
  await blockFactsStatement(db.sql, newestFacts([...seen, ...stranger] as StoredBlockFact[]));
  const factsSince = async (since: number) =>
    (await selectFacts(db.sql, 'consortium', [5n, 6n], new Date(since)))
      .map(
        (fact) =>
          `${fact.height} ${fact.node.slice(0, 2)} ${fact.hash[0]} ${fact.source} ${fact.voter.slice(0, 4)} ${fact.endpoint}`,
      )
      .sort();
  const strangers = ['5 cd 2 eth 10.0 null', '6 cd 2 eth 10.0 null'];
  assert.deepEqual(await factsSince(startAt - 1), [
    '5 ab 2 rpc abab prod/a',
    '5 cd 2 eth 10.0 null',
    '6 ab 2 rpc abab prod/a',
    strangers[1],
  ]);
  assert.deepEqual(
    await factsSince(startAt),
    ['5 ab 2 eth 10.0 null', strangers[0], '6 ab 2 eth 10.0 null', strangers[1]],
    'its endpoint says nothing any more',
  );
});
