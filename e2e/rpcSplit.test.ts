/** `forkscope start` beside a cluster one of whose members has its own blocks: the split is found over JSON-RPC alone. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startRaftCluster } from '../testkit/raftCluster.ts';
import { until } from '../testkit/until.ts';
import { endForkscope, startForkscope } from './forkscopeProcess.ts';

test('start finds the chain split of a consortium whose members speak to nobody but over JSON-RPC', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-rpc-split-'));
  // As root the server runs as another user, who must be able to enter.
  chmodSync(folder, 0o755);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const cluster = await startRaftCluster(
    {
      seed: 4,
      nodes: 3,
      faults: [
        { at: 4_000, kind: 'send', transactions: 30 },
        { at: 10_000, kind: 'diverge', node: 3, above: 12 },
      ],
    },
    { startAt: Date.now() - 20_000 },
  );
  t.after(() => cluster.close());
  await cluster.playTo(20_000);
  const file = join(folder, 'consortium.json');
  writeFileSync(
    file,
    JSON.stringify({
      version: 1,
      slug: 'consortium',
      name: 'Consortium',
      networkId: 10,
      genesisHash: `0x${'0'.repeat(64)}`,
      forks: [],
      consensus: 'raft',
    }),
  );
  const program = startForkscope(
    [
      ...['start', '--data-dir', join(folder, 'data'), '--http-port', '0', '--port', '0'],
      ...['--crawl-metrics-port', '0', '--raft-metrics-port', '0', '--bind4', '127.0.0.1', '--bind6', 'none'],
      ...['--allowed-cidrs', '127.0.0.0/8', '--network', file, '--split-round', '2s'],
    ],
    {
      FORKSCOPE_RAFT_CLUSTERS: JSON.stringify([
        { name: 'prod', endpoints: cluster.urls.map((url, index) => ({ name: `rack${index + 1}`, url })) },
      ]),
    },
  );
  t.after(() => endForkscope(program, 'SIGKILL'));
  const url = (await program.printed(/(http:\/\/127\.0\.0\.1:\d+)$/m, 120_000))[1] ?? '';
  const ask = async (path: string) => (await fetch(`${url}/api/v1/networks/consortium${path}`)).json();

  const split = await until('the split with its last block in common, of members whose IDs are known', async () => {
    const { splits } = await ask('/splits');
    return splits.find(
      ({ ancestor, sides }: { ancestor: unknown; sides: { nodeIds: string[] }[] }) =>
        ancestor !== null && sides.flatMap(({ nodeIds }) => nodeIds).every((id) => /^[0-9a-f]{128}$/.test(id)),
    );
  });
  assert.deepEqual([split.kind, split.closedAt, split.ancestor], ['chainSplit', null, { from: '12', to: '12' }]);
  assert.deepEqual(
    split.sides.map((side: Record<string, unknown>) => [side.counts, side.sources, side.endpoints, side.nodeIds]),
    [
      [true, ['rpc'], ['prod/rack1', 'prod/rack2'], cluster.model.nodes.slice(0, 2).map(({ nodeId }) => nodeId)],
      [true, ['rpc'], ['prod/rack3'], [cluster.model.nodes[2]?.nodeId]],
    ],
  );
  const { points } = await ask('/heads');
  assert.equal(points.at(-1).number, '30');
  assert.match(
    await (await fetch(`${url}/metrics`)).text(),
    /^forkscope_network_open_splits\{network="consortium",kind="chainSplit"\} 1$/m,
  );
  const end = await endForkscope(program);
  assert.equal(end.code, 0, end.stderr);
});
