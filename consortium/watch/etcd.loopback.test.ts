/** The watcher against a real cluster of etcd, where one is installed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../../lib/packageRoot.ts';
import { Secret } from '../../lib/secret.ts';
import { callEtcd, changesSeenBy, type EtcdCluster, type EtcdMember, startEtcd } from '../../testkit/etcd/startEtcd.ts';
import { type RealWatch, watchEndpoints } from '../../testkit/watchEndpoints.ts';
import type { MemberRef } from '../ask/round.ts';
import type { Endpoint } from '../ask/rpcClient.ts';

/** Another than Debian's, if it is named. */
const etcd = process.env.ETCD ?? 'etcd';
const isThere = spawnSync(etcd, ['--version']).status === 0;
if (process.env.CI === 'true' && !isThere) assert.fail('CI installs etcd-server, and it is not there');
const skip = isThere ? false : 'no etcd is installed: the recorded answers stand in for it';
const options = { skip, timeout: 240_000 };

interface Opened {
  readonly cluster: EtcdCluster;
  readonly watch: RealWatch;
}

const rpc = { timeoutMs: 400, maxBodyBytes: 1024 * 1024 };

/** Three members; `more` changes how they are watched. */
async function open(t: TestContext, more: { readonly intervalMs?: number } = {}): Promise<Opened> {
  const cluster = await startEtcd(etcd, 3);
  t.after(() => cluster.stop());
  const watch = watchEndpoints(cluster.members.map(endpointOf), { kind: 'etcd', rpc, intervalMs: 500, ...more });
  t.after(() => watch.stop());
  return { cluster, watch };
}

function endpointOf({ name, url }: Pick<EtcdMember, 'name' | 'url'>): Endpoint {
  return { name, url: new Secret(url), headers: {}, bearerToken: null, psi: null, ca: null, probeUrl: null };
}

function memberOf({ cluster, watch }: Opened, ref: MemberRef): EtcdMember & { readonly hexId: string } {
  for (const { judgement } of watch.reports.toReversed()) {
    const name = judgement.tally.nodes.find(({ self }) => self?.nodeId === ref.nodeId)?.node;
    const member = cluster.members.find((each) => each.name === name);
    if (member !== undefined) return { ...member, hexId: BigInt(`0x${ref.nodeId}`).toString(16) };
  }
  return assert.fail('no endpoint is that member');
}

function others({ members }: EtcdCluster, member: Pick<EtcdMember, 'name'>): readonly EtcdMember[] {
  return members.filter(({ name }) => name !== member.name);
}

/** Changes and re-elections as the watcher tells them: etcd counts both alike. */
function told(watch: RealWatch): number {
  return watch.events().filter(({ kind }) => kind === 'leaderChanged' || kind === 'reelected').length;
}

function counted(watch: RealWatch): number {
  return watch.reports.reduce((sum, { judgement }) => sum + judgement.counted, 0);
}

test(
  'a killed, a frozen and a cut-off leader of etcd: each is one change, as etcd itself counts them',
  options,
  async (t) => {
    const opened = await open(t);
    const { cluster, watch } = opened;
    const first = await watch.leader(3);
    const before = new Map<string, number>();
    for (const member of cluster.members) before.set(member.name, await changesSeenBy(member));
    assert.equal(told(watch), 0, 'the first leader is no change');

    const killed = memberOf(opened, first);
    await killed.kill();
    const second = await watch.leader(2, first);
    killed.start();
    await watch.leader(3);
    const frozen = memberOf(opened, second);
    frozen.freeze();
    const third = await watch.leader(2, second);
    frozen.thaw();
    await watch.leader(3);
    const isolated = memberOf(opened, third);
    cluster.links.isolate(isolated);
    const fourth = await watch.leader(2, third);
    await watch.until('the cut-off member has no leader', ({ judgement }) =>
      judgement.tally.nodes.find(({ node }) => node === isolated.name)?.hasLeader === false ? true : null,
    );
    cluster.links.heal();
    const last = await watch.leader(3);

    const stayed = others(cluster, killed);
    const seen = await Promise.all(
      stayed.map(async (member) => (await changesSeenBy(member)) - (before.get(member.name) ?? 0)),
    );
    assert.ok(
      seen.includes(counted(watch)) && seen.includes(told(watch)),
      JSON.stringify({ seen, told: told(watch), counted: counted(watch) }),
    );
    const changes = watch.events().filter(({ kind }) => kind === 'leaderChanged');
    const expected = [
      [first, second],
      [second, third],
      [third, fourth],
    ];
    assert.deepEqual(
      changes.slice(0, 3).map(({ from, to }) => [from?.nodeId, to?.nodeId]),
      expected.map((pair) => pair.map(({ nodeId }) => nodeId)),
    );
    assert.ok(changes.every(({ terms, source }) => source === 'log' || (terms !== undefined && terms.to > terms.from)));
    assert.ok(
      watch.reports.every(({ judgement }) => judgement.tally.claims.length <= 1),
      'a deposed leader is refuted by its term',
    );
    assert.ok(last.raftId > 0);
  },
);

test('elections faster than polls are counted as etcd counts them', options, async (t) => {
  const opened = await open(t, { intervalMs: 1_500 });
  const { cluster, watch } = opened;
  await watch.leader(3);
  await watch.until('two rounds', () => true);
  const before = await Promise.all(cluster.members.map(changesSeenBy));
  for (let i = 0; i < 7; i++) {
    await moveLeader(cluster);
    await delay(150);
  }
  await watch.until('the count has come', ({ judgement }) =>
    judgement.state.counted.total >= 7 && judgement.state.counted.behindRounds === 0 ? true : null,
  );
  await watch.leader(3);
  const seen = (await Promise.all(cluster.members.map(changesSeenBy))).map(
    (count, index) => count - (before[index] ?? 0),
  );
  assert.equal(counted(watch), Math.max(...seen), JSON.stringify(seen));
  assert.equal(told(watch), Math.max(...seen));
  assert.ok(watch.events().some(({ kind }) => kind === 'churnStarted'));
});

test('a learner is added and promoted; quorum is lost and comes back; a removed member goes', options, async (t) => {
  const opened = await open(t);
  const { cluster, watch } = opened;
  const leader = await watch.leader(3);
  const added = (await callEtcd(cluster.members[0] ?? assert.fail(), '/v3/cluster/member/add', {
    peerURLs: [cluster.more.peerUrl],
    isLearner: true,
  })) as { member: { ID: string } };
  await watch.until('a learner', ({ judgement: { tally } }) =>
    tally.learners === 1 && tally.voters === 3 ? true : null,
  );
  cluster.more.start();
  await callEtcd(cluster.members[0] ?? assert.fail(), '/v3/cluster/member/promote', { ID: added.member.ID });
  await watch.until('four voters', ({ judgement: { tally, state } }) =>
    tally.voters === 4 && state.nextMembership === null ? true : null,
  );
  await callEtcd(cluster.members[0] ?? assert.fail(), '/v3/cluster/member/remove', { ID: added.member.ID });
  await watch.until('three voters', ({ judgement: { tally, state } }) =>
    tally.voters === 3 && state.nextMembership === null ? true : null,
  );
  const kinds = watch
    .events()
    .map(({ kind }) => kind)
    .filter((kind) => kind.startsWith('member'));
  assert.deepEqual(kinds, ['memberAdded', 'memberPromoted', 'memberRemoved']);

  const [one, two] = others(cluster, memberOf(opened, leader));
  await one?.kill();
  await two?.kill();
  await watch.until('no quorum', ({ judgement: { current } }) => (current?.state === 'noQuorum' ? true : null));
  one?.start();
  two?.start();
  await watch.leader(3);
  const after = watch.events().map(({ kind }) => kind);
  assert.ok(after.includes('noQuorumStarted') && after.includes('noQuorumEnded'));
});

test('members that ask clients for a certificate give a view to who shows one', options, async (t) => {
  const [cert, key] = ['cert', 'key'].map((name) => join(packageRoot, `consortium/testdata/loopback.${name}.pem`));
  assert.ok(cert !== undefined && key !== undefined);
  const cluster = await startEtcd(etcd, 3, { tls: { cert, key } });
  t.after(() => cluster.stop());
  const pem = readFileSync(cert, 'utf8');
  const shown = { cert: pem, key: new Secret(readFileSync(key, 'utf8')), metricsUrl: null, login: null };
  const endpoints = cluster.members.map((member) => ({ ...endpointOf(member), ca: pem }));
  const watch = watchEndpoints(
    endpoints.map((endpoint) => ({ ...endpoint, etcd: shown })),
    { kind: 'etcd', rpc: { ...rpc, timeoutMs: 2_000 } },
  );
  t.after(() => watch.stop());
  await watch.leader(3);
  const barred = watchEndpoints(endpoints, { kind: 'etcd', rpc: { ...rpc, timeoutMs: 2_000 } });
  t.after(() => barred.stop());
  await barred.until('that nobody answers without one', ({ judgement }) =>
    judgement.tally.nodes.every(({ result }) => result === 'tls') ? true : null,
  );
});

test('auth is on: with its own login the watcher sees all, also after a member lost its tokens', options, async (t) => {
  const cluster = await startEtcd(etcd, 3);
  t.after(() => cluster.stop());
  const [one = assert.fail(), two = assert.fail()] = cluster.members;
  for (const [path, body] of [
    ['user/add', { name: 'root', password: 'r' }],
    ['role/add', { name: 'root' }],
    ['user/grant', { user: 'root', role: 'root' }],
    ['user/add', { name: 'forkscope', password: 'w' }],
    ['enable', {}],
  ] as const) {
    await callEtcd(one, `/v3/auth/${path}`, body);
  }
  const bare = await fetch(`${one.url}/v3/maintenance/status`, { method: 'POST', body: '{}' });
  t.diagnostic(`without a login, its status is answered ${bare.status}`);
  const login = (password: string) => ({
    ...{ cert: null, key: null, metricsUrl: null },
    login: { user: 'forkscope', password: new Secret(password) },
  });
  const watch = watchEndpoints(
    cluster.members.map((member) => ({ ...endpointOf(member), etcd: login('w') })),
    { kind: 'etcd', rpc: { ...rpc, timeoutMs: 2_000 } },
  );
  t.after(() => watch.stop());
  await watch.leader(3);
  await two.kill();
  await watch.leader(2);
  two.start();
  await watch.leader(3);
  const wrong = watchEndpoints(
    cluster.members.map((member) => ({ ...endpointOf(member), etcd: login('x') })),
    { kind: 'etcd', rpc: { ...rpc, timeoutMs: 2_000 } },
  );
  t.after(() => wrong.stop());
  // Before 3.6 (and late 3.5), etcd tells its status to anybody.
  const expected = bare.ok ? 'ok' : 'unauthorized';
  await wrong.until(`that each is ${expected}`, ({ judgement }) =>
    judgement.tally.nodes.every(({ result }) => result === expected) ? true : null,
  );
});

/** Through the gateway of whoever leads: only the leader can hand over. */
async function moveLeader(cluster: EtcdCluster): Promise<void> {
  const { leader } = (await callEtcd(cluster.members[0] ?? assert.fail(), '/v3/maintenance/status', {})) as {
    leader: string;
  };
  for (const member of cluster.members) {
    const { header } = (await callEtcd(member, '/v3/maintenance/status', {})) as { header: { member_id: string } };
    if (header.member_id === leader) {
      const target = cluster.members[(cluster.members.indexOf(member) + 1) % cluster.members.length] ?? assert.fail();
      const { header: to } = (await callEtcd(target, '/v3/maintenance/status', {})) as {
        header: { member_id: string };
      };
      await callEtcd(member, '/v3/maintenance/transfer-leadership', { targetID: to.member_id });
      return;
    }
  }
}
