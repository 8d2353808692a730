/** `forkscope start` with the clusters of the demo: watched, stored, served, notified of, and ended in good order. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startRaftDemo } from '../testkit/raftDemo.ts';
import { until } from '../testkit/until.ts';
import { endForkscope, startForkscope } from './forkscopeProcess.ts';

test('start watches the configured clusters, tells of churn, resumes after a restart, and ends in order', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-raft-start-'));
  // As root the server runs as another user, who must be able to enter.
  chmodSync(folder, 0o755);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const messages: string[] = [];
  const demo = await startRaftDemo({ seed: 7, onMessage: (text) => messages.push(text), churnAfterMs: 12_000 });
  t.after(() => demo.close());
  const run = () =>
    startForkscope(
      [
        ...[
          'start',
          '--data-dir',
          join(folder, 'data'),
          '--http-port',
          '0',
          '--port',
          '0',
          '--crawl-metrics-port',
          '0',
        ],
        ...['--raft-metrics-port', '0', '--bind4', '127.0.0.1', '--bind6', 'none', '--allowed-cidrs', '127.0.0.0/8'],
      ],
      {
        FORKSCOPE_RAFT_CLUSTERS: JSON.stringify(demo.raftClusters),
        FORKSCOPE_NOTIFY_TARGETS: JSON.stringify(demo.notifyTargets),
      },
    );
  const greeting = /^Forkscope watches mainnet: (http:\/\/127\.0\.0\.1:\d+)$/m;
  const first = run();
  t.after(() => endForkscope(first, 'SIGKILL'));
  const url = (await first.printed(greeting, 90_000))[1] ?? '';
  const ask = async (base: string, path: string) => (await fetch(`${base}/api/v1/raft${path}`)).json();

  const quiet = await until('a confirmed leader of the quiet cluster', async () => {
    const { clusters } = await ask(url, '');
    return clusters.find((cluster: { name: string; state: string }) => {
      return cluster.name === 'demo-quiet' && cluster.state === 'confirmed';
    });
  });
  assert.deepEqual([quiet.voters, quiet.endpoints, quiet.views, quiet.consensus], [3, 4, 3, 'raft']);
  const { views } = await ask(url, '/demo-quiet');
  assert.deepEqual(
    views.map(({ node, result }: { node: string; result: string }) => [node, result]),
    [
      ['east', 'ok'],
      ['north', 'ok'],
      ['portal', 'html'],
      ['south', 'ok'],
    ],
  );
  const message = await until('a message about churn', async () =>
    messages.find((text) => /RaftLeaderChurn/.test(text)),
  );
  assert.match(message, /\*(WARNING|CRITICAL)\* RaftLeaderChurn/);
  assert.match(message, /demo-consortium/);
  const changed = await until('changes in the API', async () => {
    const { cluster } = await ask(url, '/demo-consortium');
    return cluster.changes.last15m >= 4 ? cluster : undefined;
  });
  assert.equal(changed.churning, true);
  const { events } = await ask(url, '/demo-consortium/events?limit=500');
  assert.ok(
    events.some(({ kind, closedAt }: { kind: string; closedAt: null }) => kind === 'churn' && closedAt === null),
  );

  const end = await endForkscope(first);
  assert.equal(end.code, 0, end.stderr);
  const order = [
    'shutting down: children first',
    'raft watcher has written everything it knows',
    'embedded PostgreSQL stopped',
  ].map((text) => end.stderr.indexOf(text));
  assert.ok(
    order.every((at, index) => at > (order[index - 1] ?? -1)),
    `${order}\n${end.stderr}`,
  );

  const second = run();
  t.after(() => endForkscope(second, 'SIGKILL'));
  const again = (await second.printed(greeting, 90_000))[1] ?? '';
  const kept = await until('the cluster after the restart', async () => {
    const { cluster } = await ask(again, '/demo-consortium');
    return cluster.watchedSince !== changed.watchedSince && cluster.state !== null ? cluster : undefined;
  });
  assert.ok(kept.changes.last24h >= changed.changes.last24h, 'what was counted is still there');
  const { bands } = await ask(again, '/demo-consortium/timeline');
  const holes = bands.filter(
    ({ to }: { to: string }, index: number) => bands[index + 1] !== undefined && bands[index + 1].from > to,
  );
  assert.equal(holes.length, 1, 'nobody watched in between, and the time line says so');
  assert.equal((await endForkscope(second)).code, 0);
});
