/** The watcher against a real cluster, when GOQUORUM_GETH names a binary of GoQuorum. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Secret } from '../../lib/secret.ts';
import { startGoQuorum } from '../testkit/startGoQuorum.ts';
import { createMemoryRaftStore } from './raftStore.ts';
import { clusterDefaults, type RoundReport, watchCluster } from './watchCluster.ts';

const binary = process.env.GOQUORUM_GETH;
const skip =
  binary === undefined ? 'GOQUORUM_GETH names no GoQuorum: the recordings and the model stand in for it' : false;

test('a real cluster: a leader is confirmed, a frozen one replaced, and each node tells its own view', {
  skip,
}, async () => {
  const cluster = await startGoQuorum(binary ?? '', 3);
  const ending = new AbortController();
  const reports: RoundReport[] = [];
  const clocks: string[] = [];
  const watching = watchCluster(
    {
      ...clusterDefaults,
      name: 'real',
      intervalMs: 1_000,
      probeMs: 2_000,
      rpc: { ...clusterDefaults.rpc, timeoutMs: 700 },
      endpoints: cluster.nodes.map(({ raftId, rpcUrl, probeUrl }) => ({
        name: `n${raftId}`,
        url: new Secret(rpcUrl),
        headers: {},
        bearerToken: null,
        psi: null,
        ca: null,
        probeUrl,
      })),
    },
    {
      clock: {
        now: () => Date.now(),
        sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {}),
      },
      random: { next: () => 0 },
      logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      store: createMemoryRaftStore(),
      onRound: (report) => void reports.push(report),
      onProbe: (_cluster, _node, outcome) => void clocks.push(outcome.at),
    },
    ending.signal,
  );
  const until = async <T>(what: string, look: (report: RoundReport) => T | null): Promise<T> => {
    for (const end = Date.now() + 60_000; Date.now() < end; await delay(100)) {
      const last = reports.at(-1);
      const found = last === undefined ? null : look(last);
      if (found !== null) return found;
    }
    assert.fail(`${what} did not come: ${JSON.stringify(reports.at(-1)?.judgement.tally.observers)}`);
  };
  const leaderWith = (votes: number) => (report: RoundReport) => {
    const { current, tally } = report.judgement;
    return current?.state === 'confirmed' && tally.verdict.votes >= votes ? current.leader : null;
  };
  try {
    const leader = await until('a leader that all three name', leaderWith(3));
    const { nodes, voters, votersActive } = reports.at(-1)?.judgement.tally ?? assert.fail();
    assert.deepEqual([voters, votersActive], [3, 3]);
    assert.deepEqual(
      nodes.map(({ self }) => self?.nodeId),
      cluster.nodes.map(({ nodeId }) => nodeId),
      'each node is the key that it was given',
    );
    assert.ok(clocks.includes('alive'), 'the Raft port tells its clock');
    const frozen = cluster.nodes.find(({ raftId }) => raftId === leader.raftId) ?? assert.fail();
    frozen.freeze();
    const next = await until('another leader', (report) => {
      const found = leaderWith(2)(report);
      return found !== null && found.raftId !== leader.raftId ? found : null;
    });
    assert.equal(
      reports.at(-1)?.judgement.tally.nodes.find(({ node }) => node === `n${leader.raftId}`)?.result,
      'timeout',
    );
    frozen.thaw();
    await until('three views again', leaderWith(3));
    const changes = reports.flatMap(({ events }) => events).filter(({ kind }) => kind === 'leader_changed');
    assert.deepEqual([changes[0]?.from?.raftId, changes[0]?.to?.raftId], [leader.raftId, next.raftId]);
  } finally {
    ending.abort();
    await watching;
    await cluster.stop();
  }
});
