/** The watcher against a real cluster, when GOQUORUM_GETH names a binary of GoQuorum. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Secret } from '../../lib/secret.ts';
import { systemClock } from '../../p2p/net/systemClock.ts';
import { endpointOf, sendTransaction, untilUp } from '../../testkit/goQuorum/askGoQuorum.ts';
import { type GoQuorumCluster, type GoQuorumOptions, startGoQuorum } from '../../testkit/goQuorum/startGoQuorum.ts';
import { type RealWatch, watchEndpoints } from '../../testkit/watchEndpoints.ts';
import { parseNode } from '../ask/parseNode.ts';
import { pollRound } from '../ask/pollRound.ts';
import type { MemberRef } from '../ask/round.ts';
import { createRpcClient, rpcDefaults } from '../ask/rpcClient.ts';
import type { RaftEvent } from '../judge/raftEvent.ts';
import type { RoundReport } from './watchCluster.ts';

const binary = process.env.GOQUORUM_GETH;
const skip =
  binary === undefined ? 'GOQUORUM_GETH names no GoQuorum: the recordings and the model stand in for it' : false;
const options = { skip, timeout: 600_000 };

async function open(
  t: TestContext,
  more: Partial<GoQuorumOptions> = {},
): Promise<{ cluster: GoQuorumCluster; watch: RealWatch }> {
  const cluster = await startGoQuorum(binary ?? '', { consensus: 'raft', size: 3, ...more });
  t.after(() => cluster.stop());
  const watch = watchEndpoints(cluster.nodes.map(endpointOf));
  t.after(() => watch.stop());
  return { cluster, watch };
}

function nodeOf(cluster: GoQuorumCluster, member: MemberRef) {
  return cluster.nodes.find(({ raftId }) => raftId === member.raftId) ?? assert.fail();
}

/** Changes between confirmed leaders, as from and to. */
function changes(watch: RealWatch): readonly (readonly [number | undefined, number | undefined])[] {
  return watch
    .events()
    .filter(({ kind, source }) => kind === 'leaderChanged' && source === 'rpc')
    .map(({ from, to }) => [from?.raftId, to?.raftId]);
}

/** Once all endpoints may be asked, which is some time after their start. */
function wellOf({ sealers, judgement }: RoundReport) {
  const asked = judgement.tally.nodes.every(({ result }) => result === 'notRaft');
  return asked && sealers?.state === 'well' ? sealers : null;
}

/** What happened since the first leader was found; before that, nodes come up one after another. */
function kinds(watch: RealWatch): readonly RaftEvent['kind'][] {
  const all = watch.events().map(({ kind }) => kind);
  return all.slice(all.indexOf('leaderGained') + 1);
}

test('each node tells its own view; a frozen leader is replaced once', options, async (t) => {
  const { cluster, watch } = await open(t);
  const leader = await watch.leader(3);
  const { nodes, voters, votersActive } = watch.reports.at(-1)?.judgement.tally ?? assert.fail();
  assert.deepEqual([voters, votersActive], [3, 3]);
  assert.deepEqual(
    nodes.map(({ self }) => self?.nodeId),
    cluster.nodes.map(({ nodeId }) => nodeId),
    'each node is the key that it was given',
  );
  assert.deepEqual(changes(watch), [], 'the first leader is no change');
  nodeOf(cluster, leader).freeze();
  const next = await watch.leader(2, leader);
  const frozen = watch.reports.at(-1)?.judgement.tally.nodes.find(({ node }) => node === `n${leader.raftId}`);
  assert.equal(frozen?.result, 'timeout');
  nodeOf(cluster, leader).thaw();
  await watch.leader(3);
  assert.deepEqual(changes(watch), [[leader.raftId, next.raftId]]);
  await watch.until('a look at the Raft ports', () => (watch.probed.size === 3 ? true : null));
});

test('a killed leader is replaced once, and its return changes nothing', options, async (t) => {
  const { cluster, watch } = await open(t);
  const leader = await watch.leader(3);
  await nodeOf(cluster, leader).kill();
  const next = await watch.leader(2, leader);
  nodeOf(cluster, leader).start();
  await watch.leader(3);
  assert.deepEqual(changes(watch), [[leader.raftId, next.raftId]]);
  assert.ok(!kinds(watch).includes('noQuorumStarted'));
});

test('a cut-off leader goes on claiming: two minters, one change, and one leader after all', options, async (t) => {
  const { cluster, watch } = await open(t);
  const leader = await watch.leader(3);
  cluster.links.isolate(leader.raftId);
  const next = await watch.leader(2, leader);
  await watch.until('two minters', ({ judgement }) => (judgement.state.overlays.multipleMinters.on ? true : null));
  assert.ok(watch.reports.at(-1)?.judgement.tally.claims.some(({ raftId }) => raftId === leader.raftId));
  await delay(5_000);
  cluster.links.healAll();
  await watch.leader(3);
  await watch.until('one minter', ({ judgement }) => (judgement.state.overlays.multipleMinters.on ? null : true));
  assert.deepEqual(changes(watch)[0], [leader.raftId, next.raftId]);
  assert.equal(changes(watch).length, 1);
  assert.ok(!kinds(watch).includes('noQuorumStarted'));
});

test(
  'one endpoint behind 401, and the leader cut off: unconfirmed, never without leader or quorum',
  options,
  async (t) => {
    const { cluster, watch } = await open(t);
    const leader = await watch.leader(3);
    const blind = cluster.nodes.find(({ raftId }) => raftId !== leader.raftId) ?? assert.fail();
    const gate = createServer((request, response) => request.resume().on('end', () => response.writeHead(401).end()));
    await once(gate.listen(0, '127.0.0.1'), 'listening');
    t.after(() => gate.close());
    const { port } = gate.address() as AddressInfo;
    const dimmed = watchEndpoints(
      cluster.nodes.map((node) => {
        const endpoint = endpointOf(node);
        return node === blind ? { ...endpoint, url: new Secret(`http://127.0.0.1:${port}/`) } : endpoint;
      }),
    );
    t.after(() => dimmed.stop());
    assert.equal((await dimmed.leader(2)).raftId, leader.raftId);
    cluster.links.isolate(leader.raftId);
    const next = await watch.leader(2, leader);
    await dimmed.until('the one that can lead', ({ judgement: { current } }) =>
      current?.state === 'unconfirmed' && current.leader?.raftId === next.raftId ? true : null,
    );
    // An election that lasts half a minute would be called no leader.
    await delay(35_000);
    cluster.links.healAll();
    await dimmed.leader(2);
    const states = dimmed.states().map(({ state }) => state);
    assert.deepEqual(
      states.filter((state) => state === 'noLeader' || state === 'noQuorum'),
      [],
      states.join(),
    );
    const told = dimmed.reports.at(-1)?.judgement.tally.nodes.find(({ node }) => node === `n${blind.raftId}`);
    assert.equal(told?.result, 'unauthorized');
  },
);

test(
  'one link cut: the one that two of three name is the leader, whatever streams the stale one sees',
  options,
  async (t) => {
    const { cluster, watch } = await open(t);
    const leader = await watch.leader(3);
    const other = cluster.nodes.find(({ raftId }) => raftId !== leader.raftId) ?? assert.fail();
    cluster.links.cut(leader.raftId, other.raftId);
    const next = await watch.leader(2, leader);
    assert.equal(next.raftId, other.raftId, 'only the one that hears nothing stands for election');
    await watch.until('a split of views', ({ judgement }) => (judgement.state.overlays.viewSplit.on ? true : null));
    const stale = watch.reports.at(-1)?.judgement.tally.nodes.find(({ node }) => node === `n${leader.raftId}`)?.view;
    assert.equal(stale?.role, 'minter');
    assert.ok((stale?.entries.filter(({ active }) => active).length ?? 0) >= 2, 'it sees a majority active');
    cluster.links.healAll();
    await watch.leader(3);
    assert.equal(changes(watch).length, 1);
  },
);

test('a cut-off follower is alone; its return deposes a good leader', options, async (t) => {
  const { cluster, watch } = await open(t);
  const leader = await watch.leader(3);
  const follower = cluster.nodes.find(({ raftId }) => raftId !== leader.raftId) ?? assert.fail();
  cluster.links.isolate(follower.raftId);
  await watch.until('an isolated node', ({ judgement }) =>
    judgement.state.overlays.isolated.get(`n${follower.raftId}`)?.on === true ? true : null,
  );
  assert.deepEqual(changes(watch), []);
  // Long enough for its term to pass that of the others.
  await delay(6_000);
  cluster.links.healAll();
  await watch.leader(3);
  await watch.until('an end of its isolation', ({ judgement }) =>
    judgement.state.overlays.isolated.get(`n${follower.raftId}`)?.on === true ? null : true,
  );
  const after = kinds(watch);
  assert.ok(changes(watch).length <= 1, 'at most one change; the old leader may win again');
  assert.ok(changes(watch).length === 1 || after.includes('reelected') || !after.includes('leaderLost'));
  assert.ok(after.includes('nodeIsolatedEnded'));
});

test('a lone leader is no quorum, though it says minter; the others bring it back', options, async (t) => {
  const { cluster, watch } = await open(t);
  const leader = await watch.leader(3);
  const others = cluster.nodes.filter(({ raftId }) => raftId !== leader.raftId);
  await Promise.all(others.map((node) => node.kill()));
  const lone = await watch.until('no quorum', ({ judgement: { current, tally } }) =>
    current?.state === 'noQuorum' ? tally : null,
  );
  assert.deepEqual([lone.votersActive, lone.claims.map(({ raftId }) => raftId)], [1, [leader.raftId]]);
  await delay(3_000);
  assert.equal(watch.reports.at(-1)?.judgement.current?.state, 'noQuorum');
  for (const node of others) node.start();
  await watch.leader(3);
  assert.ok(changes(watch).length <= 1);
  assert.ok(kinds(watch).includes('noQuorumEnded'));
});

test('a cold start with one of three has no leader, and the first one is no change', options, async (t) => {
  const { cluster, watch } = await open(t, { asleep: [2, 3] });
  await watch.until('no quorum', ({ judgement: { current } }) => (current?.state === 'noQuorum' ? true : null));
  await delay(3_000);
  cluster.nodes[1]?.start();
  await watch.leader(2);
  assert.deepEqual(changes(watch), []);
  assert.ok(!kinds(watch).some((kind) => kind === 'leaderLost' || kind === 'reelected'));
});

test('five nodes: a rolling restart is no churn, and headers name every minter', options, async (t) => {
  const { cluster, watch } = await open(t, { size: 5 });
  await watch.leader(5);
  const minters = new Set<number>();
  for (const node of cluster.nodes) {
    await node.kill();
    const leader = await watch.leader(4, node);
    const head = watch.reports.at(-1)?.judgement.tally.head ?? 0;
    await sendTransaction(nodeOf(cluster, leader));
    await watch.until('a block', ({ judgement }) => ((judgement.tally.head ?? 0) > head ? true : null));
    minters.add(leader.raftId);
    node.start();
    await untilUp([node]);
    await watch.leader(5);
  }
  assert.ok(changes(watch).length <= 5, `${changes(watch).length} changes`);
  assert.ok(!kinds(watch).includes('churnStarted'));
  assert.ok(!kinds(watch).includes('noQuorumStarted'));
  const minted = watch.events().filter(({ source }) => source === 'chain');
  assert.equal(minted.length > 0, minters.size > 1, 'headers show a change where two nodes minted');
  assert.ok(minted.every(({ to }) => to !== null && minters.has(to.raftId)));
});

test('a poller that begins at whatever moment of its start locks up no node', options, async (t) => {
  const cluster = await startGoQuorum(binary ?? '', { consensus: 'raft', size: 5 });
  t.after(() => cluster.stop());
  for (const start of ['first', 'again'] as const) {
    if (start === 'again') {
      for (const node of cluster.nodes) await node.kill();
      for (const node of cluster.nodes) node.start();
    }
    const views = await Promise.all(
      cluster.nodes.map(async (node) => {
        const client = createRpcClient(endpointOf(node), systemClock);
        let seen = 0;
        for (const end = Date.now() + 9_000; Date.now() < end; await delay(30)) {
          const { nodes } = await pollRound([client], Date.now(), new Map());
          if (parseNode(nodes[`n${node.raftId}`] ?? {}).result === 'ok') seen += 1;
        }
        client.close();
        return seen;
      }),
    );
    assert.ok(
      views.every((seen) => seen > 0),
      views.join(),
    );
    for (const node of cluster.nodes) {
      const client = createRpcClient(endpointOf(node), systemClock, { ...rpcDefaults, timeoutMs: 10_000 });
      const [leader] = await client.ask([{ method: 'raft_leader' }]);
      client.close();
      assert.ok(leader !== undefined && 'result' in leader, `n${node.raftId} ${start}: ${JSON.stringify(leader)}`);
    }
  }
});

for (const consensus of ['ibft', 'qbft'] as const) {
  test(`${consensus}: who seals and who is silent`, options, async (t) => {
    const { cluster, watch } = await open(t, { consensus, size: 4 });
    const well = await watch.until('four that seal', wellOf);
    assert.equal(well.consensus, consensus);
    assert.deepEqual(
      well.sealers.map(({ address, silent, expected }) => [address, silent, expected]),
      cluster.nodes.map(({ address }) => [address, false, true]).sort(),
    );
    // Their headers are read at once; they are asked about Raft once they have been up for a while.
    await watch.until('that no node knows Raft', ({ judgement }) =>
      judgement.tally.nodes.every(({ result }) => result === 'notRaft') ? true : null,
    );
    const [lost] = cluster.nodes;
    await lost?.kill();
    // On a busy machine its first turn may take longer than three periods, which is a halt until it has passed.
    const silent = await watch.until('a silent one, and blocks of the others', ({ sealers }) =>
      sealers?.state !== 'halted' && sealers?.sealers.some((sealer) => sealer.silent) ? sealers : null,
    );
    assert.deepEqual(
      silent.sealers.filter((sealer) => sealer.silent).map(({ address }) => address),
      [lost?.address],
    );
    assert.deepEqual([silent.state, silent.failuresToHalt], ['degraded', 1]);
    assert.equal((silent.round ?? 0) >= 0 && silent.round !== null, consensus === 'qbft');
    if (consensus === 'qbft') {
      await watch.until('round changes', () =>
        watch.reports.reduce((sum, { roundChanges }) => sum + roundChanges, 0) > 0 ? true : null,
      );
    }
  });
}

test('clique: a signer alone seals', options, async (t) => {
  const { cluster, watch } = await open(t, { consensus: 'clique', size: 1 });
  const well = await watch.until('one that seals', ({ sealers }) => (sealers?.state === 'well' ? sealers : null));
  assert.deepEqual([well.consensus, well.needed, well.round], ['clique', 1, null]);
  assert.deepEqual(
    well.sealers.map(({ address, silent }) => [address, silent]),
    cluster.nodes.map(({ address }) => [address, false]),
  );
});

for (const consensus of ['qbft', 'ibft'] as const) {
  test(
    `${consensus}: one of four dead is degraded, two have halted it within three periods and a poll, and it comes back`,
    options,
    async (t) => {
      const { cluster, watch } = await open(t, { consensus, size: 4 });
      const well = await watch.until('all well', (report) => {
        const sealers = wellOf(report);
        return sealers?.nodes.every(({ address }) => address !== null) ? sealers : null;
      });
      assert.equal(well.failuresToHalt, 2);
      assert.deepEqual(
        well.nodes.map(({ address }) => address),
        cluster.nodes.map(({ address }) => address),
        'each endpoint is the sealer that it is',
      );
      const [, , third, fourth] = cluster.nodes;
      await fourth?.kill();
      const degraded = await watch.until('degraded', ({ sealers }) => (sealers?.state === 'degraded' ? sealers : null));
      assert.deepEqual([degraded.active, degraded.needed, degraded.failuresToHalt], [3, 3, 1]);
      await delay(10_000);
      const kindsOf = () =>
        watch.sealerEvents().map(({ kind, sealer }) => (sealer === null ? kind : `${kind} ${sealer}`));
      assert.deepEqual(kindsOf(), [`sealerSilent ${fourth?.address}`], 'its turns cost round changes, no halt');
      await third?.kill();
      const halted = await watch.until('halted', ({ sealers }) => (sealers?.state === 'halted' ? sealers : null));
      const event = watch.sealerEvents().find(({ kind }) => kind === 'halted');
      const tookMs = (event?.detectedAt ?? 0) - (halted.headAt ?? 0);
      t.diagnostic(`halted ${tookMs} ms after its newest block`);
      // Three periods of a second, or the pause of a round change seen again and again, and one poll.
      assert.ok(tookMs <= 5_000, `${tookMs} ms`);
      await delay(3_000);
      assert.deepEqual(watch.reports.at(-1)?.sealers?.sealers.filter(({ silent }) => silent).length, 2);
      third?.start();
      fourth?.start();
      const startedAt = Date.now();
      await watch.until('well again', ({ sealers }) => (sealers?.state === 'well' ? sealers : null));
      t.diagnostic(`well again ${Date.now() - startedAt} ms after both were started`);
      const back = kindsOf().filter((kind) => !kind.startsWith('roundChangeStorm'));
      assert.equal(back.filter((kind) => kind === 'resumed').length, back.filter((kind) => kind === 'halted').length);
      assert.equal(back.filter((kind) => kind === `sealerBack ${fourth?.address}`).length, 1);
    },
  );
}

test(
  'clique of period 0: idle without transactions, however long; it seals for one, and is no halt',
  options,
  async (t) => {
    const { cluster, watch } = await open(t, { consensus: 'clique', size: 1, period: 0 });
    await watch.until('a chain of sealers', ({ sealers }) => (sealers === null ? null : true));
    await watch.until('idle', ({ sealers }) => (sealers?.state === 'idle' ? true : null));
    await untilUp(cluster.nodes);
    const [node] = cluster.nodes;
    assert.ok(node);
    await sendTransaction(node);
    await watch.until('a block for it', ({ sealers }) => ((sealers?.head ?? 0) >= 1 ? true : null));
    await watch.until('idle again', ({ sealers }) => (sealers?.state === 'idle' ? true : null));
    assert.deepEqual(watch.sealerEvents(), []);
  },
);
