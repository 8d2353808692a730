import assert from 'node:assert/strict';
import { test } from 'node:test';
import { insertRaftCluster, insertRaftEvent, insertRaftState } from '../testkit/raftRows.ts';
import { openTestApi, testNow } from '../testkit/testApi.ts';

const minute = 60_000;
const hour = 60 * minute;
const iso = (ms: number) => new Date(ms).toISOString();

test('no cluster is an answer; an unknown one is not found; an impossible name is a bad request', async (t) => {
  const api = await openTestApi(t);
  const { status, body } = await api.get('/api/v1/raft');
  assert.equal(status, 200);
  assert.deepEqual(body.clusters, []);
  assert.deepEqual(body.freshness, { asOf: null, ageSeconds: null, stale: false, simulated: false });
  for (const path of ['', '/timeline', '/events']) {
    assert.equal((await api.get(`/api/v1/raft/nowhere${path}`)).status, 404, path);
    assert.equal((await api.get(`/api/v1/raft/No%20Where${path}`)).status, 400, path);
  }
});

test('the list: state, leader, votes, activity, and changes of 15 min and 24 h, never polls and headers added up', async (t) => {
  const api = await openTestApi(t);
  await insertRaftCluster(api.sql, testNow, { cluster: 'prod' });
  await insertRaftCluster(api.sql, testNow, { cluster: 'alone', state: 'unconfirmed', leader: null, votes: 0 });
  const change = (minutesAgo: number, kind = 'leaderChanged', more = {}) =>
    insertRaftEvent(api.sql, 'prod', kind, testNow - minutesAgo * minute, testNow - minutesAgo * minute, more);
  for (const minutesAgo of [1, 14, 16, 23 * 60, 25 * 60]) await change(minutesAgo);
  for (const minutesAgo of [2, 3, 4])
    await change(minutesAgo, 'minterChanged', { data: { source: 'chain', block: 7 } });
  await change(5, 'leaderChanged', { confirmed: false });
  await insertRaftEvent(api.sql, 'production', 'leaderChanged', testNow - minute, testNow - minute);
  const { body, headers } = await api.get('/api/v1/raft');
  const [alone, prod] = body.clusters;
  assert.equal(alone.name, 'alone');
  assert.deepEqual([alone.state, alone.leader, alone.changes.last24h], ['unconfirmed', null, 0]);
  assert.deepEqual(
    [prod.state, prod.leader.raftId, prod.votes, prod.voters, prod.votersActive, prod.endpoints, prod.views],
    ['confirmed', 1, 2, 3, 3, 3, 2],
  );
  assert.deepEqual(prod.changes, { last15m: 3, last24h: 4 });
  assert.deepEqual(prod.unconfirmedChanges, { last15m: 1, last24h: 1 }, 'counted apart');
  assert.equal(prod.lastChangeAt, iso(testNow - minute));
  assert.deepEqual([prod.head, prod.pending, prod.networkId, prod.consensus], ['812', '4', '10', 'raft']);
  assert.deepEqual(body.freshness, { asOf: iso(testNow - 2_000), ageSeconds: 2, stale: false, simulated: false });
  assert.equal(headers.get('cache-control'), 'no-cache');
});

test('a cluster that nobody polls any more is stale, with its age', async (t) => {
  const api = await openTestApi(t);
  await insertRaftCluster(api.sql, testNow, { cluster: 'prod', secondsAgo: 30 });
  assert.equal((await api.get('/api/v1/raft')).body.clusters[0].stale, false);
  api.clock.time += 1;
  const { body } = await api.get('/api/v1/raft/prod');
  assert.deepEqual([body.cluster.stale, body.freshness.stale, body.freshness.ageSeconds], [true, true, 30]);
});

test('one cluster: members, each own view, and for every endpoint without one the reason', async (t) => {
  const api = await openTestApi(t);
  const reasons = ['timeout', 'html', 'tooLarge', 'badJson', 'unauthorized', 'vhost', 'notRaft', 'refused', 'removed'];
  for (const third of reasons)
    await insertRaftCluster(api.sql, testNow, { cluster: `c-${third.toLowerCase()}`, third });
  for (const third of reasons) {
    const { body } = await api.get(`/api/v1/raft/c-${third.toLowerCase()}`);
    const [first, second, last] = body.views;
    assert.deepEqual([first.leader, first.leaderRaftId, first.role], ['named', 1, 'minter']);
    assert.equal(second.result, 'ok');
    assert.deepEqual(
      second.sees.map(({ raftId, active }: { raftId: number; active: boolean }) => [raftId, active]),
      [
        [1, true],
        [2, true],
        [3, false],
      ],
    );
    assert.deepEqual(
      [last.node, last.result, last.leader, last.leaderRaftId, last.sees],
      ['n3', third, null, null, []],
    );
    assert.equal(last.raftId, 3, 'who it was is still known');
    assert.equal(body.members.length, 3);
    assert.equal(body.members[0].hostname, '10.0.0.1');
    assert.equal(body.sealers, null);
  }
  const masked = await openTestApi(t, { sql: api.sql, maskIps: true });
  assert.equal((await masked.get('/api/v1/raft/c-html')).body.members[0].hostname, null);
});

test('polls of the last day stand beside each view', async (t) => {
  const api = await openTestApi(t);
  await insertRaftCluster(api.sql, testNow, { cluster: 'prod' });
  for (const [ago, result, polls] of [
    [0, 'ok', 700],
    [1, 'ok', 5],
    [1, 'timeout', 20],
    [26, 'ok', 9_999],
  ] as const) {
    await api.sql`
      insert into raft_polls (cluster, node, hour, result, polls)
      values ('prod', 'n1', ${new Date(testNow - ago * hour)}, ${result}, ${polls})`;
  }
  const { views } = (await api.get('/api/v1/raft/prod')).body;
  assert.deepEqual(views[0].polls, { ok: 705, all: 725 });
  assert.deepEqual(views[1].polls, { ok: 0, all: 0 });
});

test('the time line: bands cut at the range, none while nobody watched, changes by hour or day', async (t) => {
  const api = await openTestApi(t);
  await insertRaftCluster(api.sql, testNow, { cluster: 'prod' });
  const state = (from: number, until: number | null, name: string, raftId: number | null) =>
    insertRaftState(
      api.sql,
      'prod',
      testNow - from * hour,
      until === null ? null : testNow - until * hour,
      name,
      raftId,
    );
  await state(50, 40, 'confirmed', 3);
  await state(40, 20, 'confirmed', 1);
  await state(20, 19, 'noLeader', null);
  await state(19, 10, 'confirmed', 2);
  // Nobody watched from 10 to 5 hours ago.
  await state(5, null, 'confirmed', 1);
  for (const ago of [1.2, 1.4, 19]) {
    await insertRaftEvent(api.sql, 'prod', 'leaderChanged', testNow - ago * hour, testNow - ago * hour);
  }
  const { body } = await api.get('/api/v1/raft/prod/timeline');
  assert.deepEqual(
    body.bands.map((band: { from: string; to: string | null; state: string; raftId: number | null }) => [
      (testNow - Date.parse(band.from)) / hour,
      band.to === null ? null : (testNow - Date.parse(band.to)) / hour,
      band.state,
      band.raftId,
    ]),
    [
      [24, 20, 'confirmed', 1],
      [20, 19, 'noLeader', null],
      [19, 10, 'confirmed', 2],
      [5, null, 'confirmed', 1],
    ],
  );
  assert.deepEqual([body.step, body.cut], ['hour', false]);
  assert.deepEqual(
    body.changes.map(({ at, changes }: { at: string; changes: number }) => [at, changes]),
    [
      [iso(testNow - 19 * hour), 1],
      [iso(testNow - 2 * hour), 2],
    ],
  );
  // Once nobody watches, the last state is not drawn on for ever.
  api.clock.time += hour;
  const late = await api.get('/api/v1/raft/prod/timeline');
  assert.equal(late.body.bands.at(-1).to, iso(testNow - 2_000));
  const long = await api.get(`/api/v1/raft/prod/timeline?from=${iso(testNow - 30 * 24 * hour)}&to=${iso(testNow)}`);
  assert.equal(long.body.step, 'day');
  assert.equal(long.body.bands.length, 5);
  for (const range of [`from=${iso(testNow)}&to=${iso(testNow)}`, `from=2020-01-01T00:00:00.000Z&to=${iso(testNow)}`]) {
    assert.equal((await api.get(`/api/v1/raft/prod/timeline?${range}`)).status, 400, range);
  }
});

test('a time line of more bands than fit says so and shows the newest', async (t) => {
  const api = await openTestApi(t);
  await insertRaftCluster(api.sql, testNow, { cluster: 'wild' });
  await api.sql`
    insert into raft_states (cluster, from_at, until_at, state, raft_id, votes, voters, voters_active)
    select 'wild', at, at + interval '2 seconds', 'electing', null, 0, 3, 3
    from generate_series(${new Date(testNow)}::timestamptz - interval '2 seconds' * 3000, ${new Date(testNow - 2_000)}, interval '2 seconds') at`;
  const { body } = await api.get('/api/v1/raft/wild/timeline');
  assert.deepEqual([body.cut, body.bands.length], [true, 2_000]);
  assert.equal(body.bands.at(-1).from, iso(testNow - 2_000));
});

test('events: newest first, by pages without loss or double, even where many share a moment', async (t) => {
  const api = await openTestApi(t);
  await insertRaftCluster(api.sql, testNow, { cluster: 'prod' });
  await insertRaftCluster(api.sql, testNow, { cluster: 'prod-2' });
  await insertRaftEvent(api.sql, 'prod', 'noQuorum', testNow - 9 * minute, null);
  await insertRaftEvent(api.sql, 'prod', 'nodeIsolated', testNow - 8 * minute, testNow - 7 * minute, {
    data: { node: 'n2' },
  });
  for (const kind of ['leaderChanged', 'reelected', 'leaderLost', 'viewSplit', 'stalled', 'churn']) {
    await insertRaftEvent(api.sql, 'prod', kind, testNow - minute, testNow - minute);
  }
  await insertRaftEvent(api.sql, 'prod-2', 'leaderChanged', testNow - minute, testNow - minute);
  const seen: { id: string; kind: string }[] = [];
  let cursor = '';
  for (let page = 0; page < 10; page++) {
    const { body } = await api.get(`/api/v1/raft/prod/events?limit=3${cursor}`);
    seen.push(...body.events);
    if (body.next === null) break;
    cursor = `&cursor=${body.next}`;
  }
  assert.equal(seen.length, 8);
  assert.equal(new Set(seen.map(({ id }) => id)).size, 8);
  const { body } = await api.get('/api/v1/raft/prod/events');
  assert.deepEqual(
    body.events.map(({ id }: { id: string }) => id),
    seen.map(({ id }) => id),
  );
  const lasting = body.events.at(-1);
  assert.deepEqual([lasting.kind, lasting.closedAt, lasting.from.raftId], ['noQuorum', null, 1]);
  assert.equal(body.events.at(-2).node, 'n2');
  for (const bad of ['x', 'ZTEuMS4x'.repeat(3), Buffer.from('e1.1.01').toString('base64url')]) {
    assert.equal((await api.get(`/api/v1/raft/prod/events?cursor=${bad}`)).status, 400, bad);
  }
});

test('an answer that differs in who led is another answer', async (t) => {
  const api = await openTestApi(t);
  await insertRaftCluster(api.sql, testNow, { cluster: 'prod' });
  await insertRaftEvent(api.sql, 'prod', 'leaderLost', testNow - minute, testNow);
  const tag = async () => (await api.get('/api/v1/raft/prod/events')).headers.get('etag');
  const before = await tag();
  await api.sql`update events set data = data || '{"to": null}'`;
  assert.notEqual(await tag(), before);
});
