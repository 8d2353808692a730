import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { systemClock } from '../../p2p/net/systemClock.ts';
import type { Sql } from '../../sql/client.ts';
import { databaseAt } from '../../sql/database.ts';
import { openTestDatabase, type TestDatabase } from '../../sql/testDatabase.ts';
import { configOf, playRaft } from '../../testkit/playRaft.ts';
import { type RaftCluster, startRaftCluster } from '../../testkit/raftCluster.ts';
import type { RaftFault } from '../../testkit/raftModel.ts';
import { readSealerChain } from '../../testkit/sealerChains.ts';
import type { RaftEvent } from '../judge/raftEvent.ts';
import type { RaftRecord, RaftStore } from '../watch/raftRecords.ts';
import { createRaftLocks, openLockConnection } from './raftLocks.ts';
import { createPostgresRaftStore } from './raftStore.ts';

const startAt = Date.UTC(2026, 0, 1);
let db: TestDatabase;
const pools: Sql[] = [];
const clusters: RaftCluster[] = [];
before(async () => {
  db = await openTestDatabase();
});
after(async () => {
  for (const cluster of clusters) await cluster.close();
  for (const pool of pools) await pool.end({ timeout: 5 });
  await db.close();
});

const refused: unknown[] = [];
function openStore(): { store: RaftStore; locks: Sql } {
  const locks = openLockConnection(databaseAt(db.url));
  pools.push(locks);
  return {
    locks,
    store: createPostgresRaftStore({
      clock: systemClock,
      sql: db.sql,
      locks: createRaftLocks(() => locks, systemClock),
      onRefused: (_, error) => refused.push(error),
    }),
  };
}

async function start(faults: readonly RaftFault[], seed = 5): Promise<RaftCluster> {
  const cluster = await startRaftCluster({ seed, nodes: 3, faults }, { startAt });
  clusters.push(cluster);
  return cluster;
}

const eventsOf = (name: string) =>
  db.sql`select kind, opened_at, closed_at, confirmed, data from events where subject = ${`raft/${name}`} order by opened_at, event_no`;
const clusterOf = async (name: string) => {
  const [row] = await db.sql`select * from raft_clusters where cluster = ${name}`;
  assert.ok(row);
  return row;
};

test('a watched cluster: state, members, views, reigns, polls and events stand in the database', async () => {
  const { store } = openStore();
  const faults: RaftFault[] = [
    { at: 5_000, kind: 'send', transactions: 20 },
    { at: 10_000, kind: 'kill', node: 'leader' },
    { at: 18_000, kind: 'start', node: 'leader' },
    { at: 24_000, kind: 'kill', node: 1 },
    { at: 24_100, kind: 'kill', node: 2 },
    { at: 30_000, kind: 'start', node: 'leader' },
  ];
  const cluster = await start(faults);
  const seen: RaftEvent[] = [];
  const records: RaftRecord[] = [];
  const spying: RaftStore = {
    ...store,
    save: async (batch) => {
      records.push(...batch);
      await store.save(batch);
    },
  };
  await playRaft({
    cluster,
    store: spying,
    startAt,
    fromMs: 4_000,
    toMs: 40_000,
    name: 'whole',
    onRound: ({ events }) => seen.push(...events),
  });
  assert.deepEqual(refused, []);

  const row = await clusterOf('whole');
  assert.equal(row.state, 'confirmed');
  assert.equal(Buffer.from(row.genesis_hash).toString('hex'), '00'.repeat(32));
  assert.equal(row.network_id, 10n);
  assert.equal(row.voters, 3);
  assert.equal(row.head_number, BigInt(cluster.model.blocks.length));
  const told = (wanted: RaftEvent['kind']) =>
    BigInt(seen.filter(({ kind, source }) => kind === wanted && source === 'rpc').length);
  assert.ok(told('leaderChanged') >= 1n && told('leaderLost') >= 1n);
  assert.deepEqual(
    [row.changes_rpc, row.losses, row.reelections],
    [told('leaderChanged'), told('leaderLost'), told('reelected')],
  );

  const events = await eventsOf('whole');
  const lost = events.find(({ kind }) => kind === 'leaderLost');
  const changed = events.findLast(({ kind }) => kind === 'leaderChanged');
  assert.ok(lost?.closed_at && changed?.closed_at);
  assert.ok(lost.closed_at > lost.opened_at, 'the time without a leader has a length');
  assert.equal(lost.data.to.raftId, row.leader_raft_id);
  assert.equal(+changed.closed_at, +changed.opened_at);
  assert.ok(events.some(({ kind, closed_at }) => kind === 'noQuorum' && closed_at !== null));

  const states = await db.sql`
    select from_at, until_at, state, raft_id from raft_states where cluster = 'whole' order by from_at`;
  const transitions = records.flatMap((record) => record.transitions);
  assert.deepEqual(
    states.map(({ from_at, state, raft_id }) => [+from_at, state, raft_id]),
    transitions.map(({ t, state, leader }) => [t, state, leader?.raftId ?? null]),
  );
  for (const [index, { until_at }] of states.entries()) {
    assert.deepEqual(until_at, states[index + 1]?.from_at ?? null, 'each state lasts until the next');
  }

  const views = await db.sql`select * from raft_views where cluster = 'whole' order by node`;
  assert.deepEqual(
    views.map(({ node, result, leader_at, leader_raft_id }) => [node, result, leader_at, leader_raft_id]),
    [1, 2, 3].map((id) => [`n${id}`, 'ok', 'named', row.leader_raft_id]),
  );
  assert.equal(views[0]?.sees.length, 3);
  const stored = await store.load('whole');
  assert.deepEqual(
    [...(stored?.selves ?? [])].map(([node, { raftId, nodeId }]) => [node, raftId, nodeId.length]).sort(),
    [1, 2, 3].map((id) => [`n${id}`, id, 128]),
    'who each endpoint was',
  );
  const members = await db.sql`select * from raft_members where cluster = 'whole' order by raft_id`;
  assert.deepEqual(
    members.map(({ raft_id, present, active }) => [raft_id, present, active]),
    [1, 2, 3].map((id) => [id, true, true]),
  );
  assert.equal(members.find(({ raft_id }) => raft_id === row.leader_raft_id)?.role, 'minter');

  const [polls] = await db.sql`
    select sum(polls)::int4 as all, sum(polls) filter (where result = 'refused')::int4 as refused
    from raft_polls where cluster = 'whole'`;
  const counted = records.flatMap((record) => record.polls).reduce((sum, count) => sum + count.polls, 0);
  assert.equal(polls?.all, counted);
  assert.ok(counted >= 3 * 60, `${counted} polls`);
  assert.ok(polls?.refused > 20 && polls.refused < 80, `${polls?.refused} refused`);
});

test('a restarted watcher resumes: one change over the gap, minters back-filled, what was open is ended', async () => {
  const faults: RaftFault[] = [
    { at: 5_000, kind: 'send', transactions: 5 },
    // Cut off while the watcher ends, healed while nobody watches.
    { at: 8_000, kind: 'isolate', node: 'follower' },
    { at: 14_000, kind: 'healAll' },
    { at: 18_000, kind: 'kill', node: 1 },
    { at: 30_000, kind: 'start', node: 1 },
    ...[17_000, 21_000, 25_000].map((at): RaftFault => ({ at, kind: 'send', transactions: 3 })),
  ];
  const cluster = await start(faults);
  const earlier = openStore();
  await playRaft({ cluster, store: earlier.store, startAt, fromMs: 4_000, toMs: 12_000, name: 'again' });
  await earlier.locks.end({ timeout: 5 });
  const before = await clusterOf('again');
  const open = (await eventsOf('again')).filter(({ closed_at }) => closed_at === null);
  assert.deepEqual(
    open.map(({ kind }) => kind),
    ['nodeIsolated'],
  );
  const seen: RaftEvent[] = [];
  await playRaft({
    cluster,
    store: openStore().store,
    startAt,
    fromMs: 34_000,
    toMs: 40_000,
    name: 'again',
    onRound: ({ events }) => seen.push(...events),
  });
  const row = await clusterOf('again');
  assert.notEqual(row.leader_raft_id, before.leader_raft_id, 'the scenario changed the leader');
  const events = await eventsOf('again');
  const changes = events.filter(({ kind }) => kind === 'leaderChanged');
  assert.deepEqual(
    changes.map(({ data }) => [data.from.raftId, data.to.raftId, data.gap]),
    [[before.leader_raft_id, row.leader_raft_id, true]],
  );
  const minted = events.filter(({ kind }) => kind === 'minterChanged');
  assert.ok(minted.length >= 1 && minted.every(({ data }) => data.gap === true && data.block > 5));
  assert.equal(row.changes_chain, BigInt(minted.length));
  const isolated = events.find(({ kind }) => kind === 'nodeIsolated');
  assert.deepEqual(isolated?.closed_at, before.last_round, 'ended with what was last known');
  assert.equal(isolated?.data.gap, true);
  const states = await db.sql`
    select from_at, until_at from raft_states where cluster = 'again' and state = 'confirmed' order by from_at`;
  assert.deepEqual(states[0]?.until_at, before.last_round, 'nobody is said to lead while nobody watched');
  assert.ok(states.at(-1)?.from_at > new Date(startAt + 33_000));
  assert.equal(states.at(-1)?.until_at, null);
  const written =
    await db.sql`select updated_at from events where subject like 'raft/%' and updated_at is distinct from opened_at`;
  assert.ok(written.length > 0);
  for (const { updated_at } of written) {
    assert.ok(updated_at > new Date(startAt) && updated_at < new Date(startAt + 60_000), 'by the clock of the watcher');
  }
});

test('the same batch twice adds nothing but polls; hostile values are stored or refused, never kept for ever', async () => {
  const { store } = openStore();
  const records: RaftRecord[] = [];
  const spying: RaftStore = { ...store, save: async (batch) => void records.push(...batch) };
  const cluster = await start([{ at: 8_000, kind: 'isolate', node: 'leader' }]);
  await playRaft({ cluster, store: spying, startAt, fromMs: 4_000, toMs: 20_000, name: 'twice' });
  assert.ok(records.flatMap(({ events }) => events).length > 2);
  await store.save(records.slice(0, 2));
  await store.save(records);
  const once = [await eventsOf('twice'), await clusterOf('twice')];
  await store.save(records);
  assert.deepEqual([await eventsOf('twice'), await clusterOf('twice')], once);

  const last = records.at(-1);
  assert.ok(last);
  const { nodes } = last.status.tally;
  const hostile = nodes.map((node) => ({
    ...node,
    view: node.view && {
      ...node.view,
      unread: 0,
      peerCount: Number.MAX_SAFE_INTEGER,
      head: Number.MAX_SAFE_INTEGER,
      pending: Number.MAX_SAFE_INTEGER,
      entries: node.view.entries.map((entry) => ({ ...entry, hostname: 'a\0\ud800"\\' })),
    },
  }));
  const at = last.status.tally.t;
  const future: RaftEvent = {
    cluster: 'twice',
    kind: 'leaderChanged',
    at: 1.8e16,
    detectedAt: at,
    from: null,
    to: null,
    votes: 0,
    voters: 0,
    observers: [],
    source: 'chain',
    gap: false,
    block: 7,
  };
  const tally = { ...last.status.tally, nodes: hostile };
  await store.save([{ ...last, events: [future], transitions: [], status: { ...last.status, tally } }]);
  assert.deepEqual(refused, []);
  const [minted] = (await eventsOf('twice')).filter(({ kind }) => kind === 'minterChanged');
  assert.equal(+minted?.opened_at, at, 'a block from the future is as new as its sight');
  const [member] = await db.sql`select hostname from raft_members where cluster = 'twice' limit 1`;
  assert.equal(member?.hostname, 'a\ufffd\ufffd"\\');

  await store.save([{ ...last, status: { ...last.status, intervalMs: 2 ** 40 } }]);
  assert.equal(refused.length, 1, 'what the database cannot hold is dropped, not tried for ever');
  refused.length = 0;
});

test('two nodes cut off in one round are two events, and each ends by itself', async () => {
  const { store } = openStore();
  const cluster = await startRaftCluster(
    {
      seed: 3,
      nodes: 5,
      faults: [
        { at: 8_000, kind: 'isolate', node: 4 },
        { at: 8_000, kind: 'isolate', node: 5 },
        { at: 14_000, kind: 'healAll' },
      ],
    },
    { startAt },
  );
  clusters.push(cluster);
  await playRaft({ cluster, store, startAt, fromMs: 4_000, toMs: 30_000, name: 'two' });
  const isolated = (await eventsOf('two')).filter(({ kind }) => kind === 'nodeIsolated');
  assert.deepEqual(isolated.map(({ data }) => data.node).sort(), ['n4', 'n5']);
  assert.ok(isolated.every(({ closed_at }) => closed_at !== null));
});

test('one process polls a cluster; the other takes over when it is gone, also when its connection died', async () => {
  const first = openStore();
  const second = openStore();
  assert.equal(await first.store.hold('shared'), true);
  assert.equal(await first.store.hold('shared'), true, 'asking again changes nothing');
  assert.equal(await second.store.hold('shared'), false);
  assert.equal(await second.store.hold('other'), true, 'another cluster is free');
  const [session] = await first.locks`select pg_backend_pid() as pid`;
  await db.sql`select pg_terminate_backend(${session?.pid}, 5000)`;
  assert.equal(await second.store.hold('shared'), true);
  // The first finds out by itself; its first try may meet the dead connection.
  const again = await first.store.hold('shared').catch(() => first.store.hold('shared'));
  assert.equal(again, false);
  await second.locks.end({ timeout: 5 });
  assert.equal(await first.store.hold('shared'), true);
});

test('a restart of the watcher does not split one churn in two; after a long pause it is another', async () => {
  const cluster = await start([{ at: 6_000, kind: 'churn', everyMs: 3_000, forMs: 80_000 }]);
  const config = { thresholds: { churnWindowMs: 30_000, churnThreshold: 4 } };
  const watch = async (fromMs: number, toMs: number): Promise<void> => {
    await playRaft({ cluster, store: openStore().store, startAt, fromMs, toMs, name: 'churning', config });
    await pools.at(-1)?.end({ timeout: 5 });
  };
  const churns = async () => (await eventsOf('churning')).filter(({ kind }) => kind === 'churn');
  await watch(4_000, 40_000);
  const [open] = await churns();
  assert.equal(open?.closed_at, null);
  await watch(42_000, 60_000);
  await watch(61_000, 62_500);
  assert.deepEqual(
    (await churns()).map(({ opened_at, closed_at }) => [+opened_at, closed_at]),
    [[+open?.opened_at, null]],
  );
  await watch(63_000, 150_000);
  const [whole, ...more] = await churns();
  assert.equal(more.length, 0);
  assert.equal(+whole?.opened_at, +open?.opened_at);
  assert.ok(whole?.closed_at !== null && +whole?.closed_at - startAt > 100_000, String(whole?.closed_at));
  assert.equal((await clusterOf('churning')).churning, false);
});

test('a restart of the watcher does not split one stall in two, and one that ended meanwhile is ended', async () => {
  const cluster = await start([
    { at: 6_000, kind: 'kill', node: 'follower' },
    { at: 6_100, kind: 'kill', node: 'follower' },
    { at: 7_000, kind: 'send', transactions: 3 },
    { at: 90_000, kind: 'start', node: 'follower' },
  ]);
  const watch = async (fromMs: number, toMs: number): Promise<void> => {
    await playRaft({ cluster, store: openStore().store, startAt, fromMs, toMs, name: 'stalling' });
    await pools.at(-1)?.end({ timeout: 5 });
  };
  const stalls = async () =>
    (await eventsOf('stalling')).flatMap(({ kind, opened_at, closed_at, data }) =>
      kind === 'stalled' ? [[+opened_at, closed_at === null, data.gap]] : [],
    );
  await watch(4_000, 30_000);
  await watch(32_000, 60_000);
  const open = await stalls();
  assert.deepEqual(
    open.map(([, lasts]) => lasts),
    [true],
  );
  assert.ok((open[0]?.[0] as number) - startAt < 12_000, 'it waits since before the restart');
  await watch(62_000, 75_000);
  assert.deepEqual(await stalls(), open);
  await watch(150_000, 160_000);
  assert.deepEqual(await stalls(), [[open[0]?.[0], false, true]], 'nobody saw when');
});

test('a watcher that has lost its cluster stops asking, and goes on when it has it again', async () => {
  const cluster = await start([{ at: 6_000, kind: 'churn', everyMs: 3_000, forMs: 20_000 }]);
  const { store } = openStore();
  let calls = 0;
  const asked: number[] = [];
  const contested: RaftStore = {
    ...store,
    hold: async () => {
      calls += 1;
      return calls < 6 || calls > 9;
    },
  };
  await playRaft({
    cluster,
    store: contested,
    startAt,
    fromMs: 4_000,
    toMs: 60_000,
    name: 'contested',
    onRound: ({ judgement }) => asked.push(judgement.tally.t - startAt),
  });
  const pauses = asked.slice(1).map((t, index) => t - (asked[index] ?? 0));
  assert.equal(pauses.filter((pause) => pause > 10_000).length, 1, String(pauses));
  const row = await clusterOf('contested');
  assert.equal(+row.watched_since - startAt, asked[pauses.findIndex((pause) => pause > 10_000) + 1]);
});

test('nodes of another consensus: who seals, what happened and where to go on from are stored beside them', async () => {
  const recorded = readSealerChain('qbft');
  // Until one of four is dead, as if the newest block had just come.
  const headers = recorded.headers.slice(0, 38);
  const late = startAt / 1_000 - Number(headers.at(-1)?.timestamp);
  type Call = { readonly id: number; readonly method: string; readonly params: readonly unknown[] };
  const resultOf = ({ method, params }: Call): unknown => {
    if (method === 'eth_getBlockByNumber') {
      const header = params[0] === 'latest' ? headers.at(-1) : headers[Number(params[0])];
      return header && { ...header, timestamp: `0x${(Number(header.timestamp) + late).toString(16)}` };
    }
    const known = recorded.answers[method];
    return known !== undefined && 'result' in known ? known.result : undefined;
  };
  const answer = (call: Call): unknown => {
    const result = resultOf(call);
    if (result !== undefined) return { jsonrpc: '2.0', id: call.id, result };
    return {
      jsonrpc: '2.0',
      id: call.id,
      error: { code: -32601, message: 'the method does not exist/is not available' },
    };
  };
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const calls: Call | Call[] = JSON.parse(text || '[]');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(Array.isArray(calls) ? calls.map(answer) : answer(calls)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cluster = await start([]);
  const { port } = server.address() as AddressInfo;
  const config = {
    endpoints: configOf({ urls: [`http://127.0.0.1:${port}/`] }, 'poa').endpoints,
    emptyBlockMs: 30_000,
  };
  const { store } = openStore();
  const play = (fromMs: number, toMs: number) =>
    playRaft({ cluster, store, startAt, fromMs, toMs, name: 'poa', config });
  const dead = `0x${recorded.addresses.at(-1)}`;
  try {
    await play(4_000, 20_000);
    const { sealers, state } = await clusterOf('poa');
    assert.deepEqual(
      [sealers.consensus, sealers.state, sealers.needed, sealers.active, sealers.failuresToHalt],
      ['qbft', 'degraded', 3, 3, 1],
    );
    assert.deepEqual(
      sealers.sealers.flatMap(({ address, silent }: { address: string; silent: boolean }) => (silent ? [address] : [])),
      [dead],
    );
    assert.equal(state, null, 'nothing is said of a Raft leader where there is no Raft');
    const [silent, ...others] = await eventsOf('poa');
    assert.deepEqual([silent?.kind, silent?.closed_at, silent?.data.sealer, others], ['sealerSilent', null, dead, []]);

    // The watcher comes again after two minutes without a block: its own events go on, and the halt is new.
    await play(140_000, 150_000);
    assert.equal((await clusterOf('poa')).sealers.state, 'halted');
    const events = await eventsOf('poa');
    assert.deepEqual(events.map(({ kind, closed_at }) => [kind, closed_at]).sort(), [
      ['halted', null],
      ['sealerSilent', null],
    ]);
    await play(160_000, 170_000);
    assert.deepEqual(await eventsOf('poa'), events, 'a restart ends no halt, and begins none anew');
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
