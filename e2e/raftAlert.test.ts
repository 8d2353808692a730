/**
 * A mock Raft cluster that churns, watched over real HTTP, scraped by a real Prometheus with the shipped rules, told
 * by a real Alertmanager with the shipped configuration to a webhook; beside it a cluster that restarts node by node.
 * Only windows and pauses are shortened, as an operator could by editing the files.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { createRaftMetrics } from '../consortium/metrics.ts';
import { clusterDefaults } from '../consortium/watch/clusterConfig.ts';
import { createMemoryRaftStore } from '../consortium/watch/raftRecords.ts';
import { watchCluster } from '../consortium/watch/watchCluster.ts';
import { packageRoot } from '../lib/packageRoot.ts';
import { Secret } from '../lib/secret.ts';
import type { Notice } from '../notify/notice.ts';
import { createNotifier, notifierDefaults } from '../notify/notifier.ts';
import { systemClock } from '../p2p/net/systemClock.ts';
import type { Logger } from '../p2p/ports.ts';
import { type RaftCluster, startRaftCluster } from '../testkit/raftCluster.ts';
import type { RaftFault } from '../testkit/raftModel.ts';
import { absentTool } from '../testkit/tools/absentTool.ts';
import { type Daemon, startDaemon } from './fixtures/monitoring.ts';

const skip = absentTool('prometheus', 'prometheus') || absentTool('prometheus-alertmanager', 'prometheus-alertmanager');

const folder = mkdtempSync(join(tmpdir(), 'forkscope-e2e-raft-'));
const daemons: Daemon[] = [];
const servers: Server[] = [];
const clusters: RaftCluster[] = [];
const ending = new AbortController();
const received: { readonly at: number; readonly alerts: readonly HookAlert[] }[] = [];
let managerUrl = '';

interface HookAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

before(async () => {
  if (skip !== false) return;
  const hook = await serve(
    createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      received.push({ at: Date.now(), alerts: JSON.parse(text).alerts });
      response.end();
    }),
  );
  const shipped = readFileSync(join(packageRoot, 'grafana/alertmanager/alertmanager.yml'), 'utf8');
  const managerConfig = shipped
    .replace('http://127.0.0.1:9199/alerts', `${hook}/alerts`)
    .replace('group_wait: 10s', 'group_wait: 1s')
    .replace('group_interval: 1m', 'group_interval: 1s');
  assert.notEqual(managerConfig, shipped);
  writeFileSync(join(folder, 'alertmanager.yml'), managerConfig);
  mkdirSync(join(folder, 'alertmanager'));
  const manager = await startDaemon('prometheus-alertmanager', (address) => [
    `--config.file=${join(folder, 'alertmanager.yml')}`,
    `--storage.path=${join(folder, 'alertmanager')}`,
    `--web.listen-address=${address}`,
    '--cluster.listen-address=',
  ]);
  daemons.push(manager);
  managerUrl = manager.url;
});

after(async () => {
  ending.abort();
  for (const daemon of daemons) await daemon.stop();
  for (const cluster of clusters) await cluster.close();
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  rmSync(folder, { recursive: true, force: true });
});

test('a churning cluster fires, reaches the webhook and resolves; a rolling restart does not', { skip }, async () => {
  const registry = new Registry();
  const names = ['churning', 'rolling'];
  const metrics = createRaftMetrics(
    registry,
    names.map((name) => ({ name, nodes: ['n1', 'n2', 'n3'] })),
  );
  const scraped = await serve(
    createServer(async (_, response) => {
      response.setHeader('content-type', registry.contentType);
      response.end(await registry.metrics());
    }),
  );
  const rolling = [1, 2, 3].flatMap((node): RaftFault[] => [
    { at: 4_000 + node * 4_500, kind: 'kill', node },
    { at: 5_500 + node * 4_500, kind: 'start', node },
  ]);
  const scenarios: readonly (readonly RaftFault[])[] = [
    [{ at: 8_000, kind: 'churn', everyMs: 2_500, forMs: 15_000 }],
    rolling,
  ];
  const watching: Promise<void>[] = [];
  const changes = new Map(names.map((name) => [name, 0]));
  for (const [index, name] of names.entries()) {
    const cluster = await startRaftCluster({ seed: 11 + index, nodes: 3, faults: scenarios[index] ?? [] });
    clusters.push(cluster);
    await cluster.playTo(3_000);
    watching.push(play(cluster, 3_000));
    watching.push(
      watchCluster(
        {
          ...clusterDefaults,
          name,
          intervalMs: 250,
          repollMs: 50,
          endpoints: cluster.urls.map((url, node) => ({
            name: `n${node + 1}`,
            url: new Secret(url),
            headers: {},
            bearerToken: null,
            psi: null,
            ca: null,
            probeUrl: null,
          })),
        },
        {
          clock: systemClock,
          random: { next: () => 0 },
          log: quiet,
          store: createMemoryRaftStore(),
          onRound: (report) => {
            metrics.observeRound(report);
            changes.set(name, report.judgement.state.leaderChanges);
          },
          onProbe: () => {},
        },
        ending.signal,
      ),
    );
  }
  await startPrometheus(scraped);

  const churn = (status: string) => (alert: HookAlert) =>
    alert.status === status &&
    alert.labels.alertname?.startsWith('RaftLeaderChurn') &&
    alert.labels.cluster === 'churning';
  const fired = await arrival(churn('firing'), 60_000);
  assert.match(fired.annotations.summary ?? '', /^Raft cluster churning /);
  assert.ok((fired.annotations.description ?? '').length > 40, 'says what to do');
  assert.match(fired.annotations.runbook_url ?? '', /#raftleaderchurn/);
  await arrival(churn('resolved'), 90_000);
  assert.ok((changes.get('churning') ?? 0) >= 4, `${changes.get('churning')} changes in the churning cluster`);

  const rolled = clusters[1]?.model.elected.length ?? 0;
  assert.ok(rolled >= 2, `the rolling restart elected ${rolled} leaders`);
  assert.ok((changes.get('rolling') ?? 9) <= 3, `${changes.get('rolling')} changes in the rolling one`);
  const about = received.flatMap(({ alerts }) => alerts).filter((alert) => alert.labels.cluster === 'rolling');
  assert.deepEqual(about, [], 'nobody was told of the rolling restart');

  ending.abort();
  await Promise.all(watching);
});

test('the built-in notifier reaches a webhook through a real Alertmanager, firing and resolved', { skip }, async () => {
  const stop = new AbortController();
  const notifier = createNotifier(
    {
      ...notifierDefaults,
      targets: [{ name: 'manager', kind: 'alertmanager', url: new Secret(managerUrl), headers: {} }],
    },
    { clock: systemClock, log: quiet, onDelivery: () => {}, store: null },
  );
  const running = notifier.run(stop.signal);
  const lost = {
    name: 'RaftQuorumLost',
    severity: 'critical',
    summary: 'Raft cluster built-in has lost its quorum',
    description: 'Start the missing nodes.',
    startsAt: Date.now() - 30_000,
    endsAt: null,
  } as const;
  const notice: Notice = {
    ...lost,
    kind: 'raftLeadership',
    subject: 'raft/built-in',
    labels: { cluster: 'built-in' },
    was: [],
    parts: [lost],
    page: null,
  };
  const mine = (status: string) => (each: HookAlert) => each.status === status && each.labels.cluster === 'built-in';
  notifier.notify([{ notice, version: 1 }]);
  const fired = await arrival(mine('firing'), 30_000);
  assert.equal(fired.annotations.description, 'Start the missing nodes.');
  notifier.notify([{ notice: { ...notice, endsAt: Date.now() }, version: 2 }]);
  await arrival(mine('resolved'), 30_000);
  stop.abort();
  await running;
});

/** Lets the scenario run in real time. */
async function play(cluster: RaftCluster, from: number): Promise<void> {
  const startedAt = Date.now();
  while (!ending.signal.aborted) {
    await cluster.playTo(from + Date.now() - startedAt);
    await systemClock.sleep(40, ending.signal);
  }
}

async function startPrometheus(target: string): Promise<void> {
  const shipped = readFileSync(join(packageRoot, 'grafana/prometheus/rules/raft.yml'), 'utf8');
  // A quarter of an hour becomes 20 s, a minute 4 s.
  const rules = shipped.replaceAll('[15m]', '[20s]').replaceAll('[1m]', '[4s]');
  assert.notEqual(rules, shipped);
  writeFileSync(join(folder, 'raft.yml'), rules);
  writeFileSync(
    join(folder, 'prometheus.yml'),
    [
      'global: {scrape_interval: 500ms, scrape_timeout: 400ms, evaluation_interval: 500ms}',
      'rule_files: [raft.yml]',
      `alerting: {alertmanagers: [{static_configs: [{targets: ['${new URL(managerUrl).host}']}]}]}`,
      `scrape_configs: [{job_name: forkscope-raft, static_configs: [{targets: ['${new URL(target).host}']}]}]`,
    ].join('\n'),
  );
  daemons.push(
    await startDaemon('prometheus', (address) => [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      `--web.listen-address=${address}`,
    ]),
  );
}

async function arrival(wanted: (alert: HookAlert) => boolean | undefined, withinMs: number): Promise<HookAlert> {
  const until = Date.now() + withinMs;
  for (;;) {
    const found = received.flatMap(({ alerts }) => alerts).find((alert) => wanted(alert) === true);
    if (found !== undefined) return found;
    assert.ok(Date.now() < until, `not told within ${withinMs} ms; told so far: ${JSON.stringify(received)}`);
    await delay(100);
  }
}

async function serve(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
