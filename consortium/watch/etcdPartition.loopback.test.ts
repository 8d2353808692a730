/**
 * A real partition of a real cluster of etcd: each member in a network namespace, the cable of one pulled. The test runs
 * itself again in a namespace that nobody else uses.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Secret } from '../../lib/secret.ts';
import { absentNamespaces, startEtcdInNamespaces } from '../../testkit/etcd/etcdNamespaces.ts';
import { changesSeenBy } from '../../testkit/etcd/startEtcd.ts';
import { absentTool } from '../../testkit/tools/absentTool.ts';
import { watchEndpoints } from '../../testkit/watchEndpoints.ts';

const etcd = process.env.ETCD ?? 'etcd';
const mark = 'FORKSCOPE_TEST_NAMESPACE';
const options = { skip: absentTool(etcd, 'etcd-server') || absentNamespaces(), timeout: 240_000 };

test(
  'the leader of three is cut off: one change, as etcd itself counts it, and no second leader',
  options,
  async (t) => {
    if (process.env[mark] !== '1') {
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      const inner = ['--enable-source-maps', '--test-reporter=spec', fileURLToPath(import.meta.url)];
      const words = ['-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', process.execPath, ...inner];
      const { status, stdout } = spawnSync('unshare', words, { encoding: 'utf8', env: { ...env, [mark]: '1' } });
      assert.equal(status, 0, stdout);
      return;
    }
    const cluster = await startEtcdInNamespaces(etcd, 3);
    t.after(() => cluster.stop());
    const watch = watchEndpoints(
      cluster.members.map(({ name, url }) => ({
        ...{ name, url: new Secret(url), headers: {}, bearerToken: null, psi: null, ca: null, probeUrl: null },
      })),
      { kind: 'etcd', rpc: { timeoutMs: 400, maxBodyBytes: 1024 * 1024 } },
    );
    t.after(() => watch.stop());
    const first = await watch.leader(3);
    const nameOf = (nodeId: string) =>
      watch.reports.at(-1)?.judgement.tally.nodes.find(({ self }) => self?.nodeId === nodeId)?.node ?? assert.fail();
    const old = cluster.members.find(({ name }) => name === nameOf(first.nodeId)) ?? assert.fail();
    const others = cluster.members.filter(({ name }) => name !== old.name);
    const seenBy = () => Promise.all(others.map(changesSeenBy));
    const before = await seenBy();
    cluster.cut(old);
    const second = await watch.leader(2, first);
    await watch.until('the cut-off member has no leader', ({ judgement }) =>
      judgement.tally.nodes.find(({ node }) => node === old.name)?.hasLeader === false ? true : null,
    );
    const during = await seenBy();
    cluster.heal(old);
    await watch.leader(3);
    await watch.until('the count has come', ({ judgement }) =>
      judgement.state.counted.behindRounds === 0 ? true : null,
    );
    const after = await seenBy();
    const counts = (seen: readonly number[]) => seen.map((count, index) => count - (before[index] ?? 0));
    const told = watch.events().filter(({ kind }) => kind === 'leaderChanged' || kind === 'reelected');
    const counted = watch.reports.reduce((sum, { judgement }) => sum + judgement.counted, 0);
    t.diagnostic(
      `changes seen by etcd: ${counts(during)} while it was cut off, ${counts(after)} in all; told ${told.length}`,
    );
    assert.ok(counts(after).includes(counted), `${counted} counted, etcd ${counts(after)}`);
    assert.ok(counts(after).includes(told.length), `${told.length} told, etcd ${counts(after)}`);
    assert.deepEqual([told[0]?.from?.nodeId, told[0]?.to?.nodeId], [first.nodeId, second.nodeId]);
    assert.ok(
      watch.reports.every(({ judgement }) => judgement.tally.claims.length <= 1),
      'never a second leader',
    );
    assert.ok(!watch.states().some(({ state }) => state === 'noQuorum' || state === 'noLeader'));
  },
);
