/** Real clusters of each kind for an hour, every node restarted once in turn: nobody is told of anything. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sleep } from '../../lib/sleep.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { freePorts } from '../../testkit/freePorts.ts';
import { absentTool } from '../../testkit/tools/absentTool.ts';
import { until } from '../../testkit/until.ts';
import { endForkscope, type Running, startForkscope } from '../forkscopeProcess.ts';
import { type HourCluster, startHourClusters } from './hourClusters.ts';
import { type HourMonitoring, startHourMonitoring } from './hourMonitoring.ts';

const goQuorum = process.env.GOQUORUM_GETH;
const minutes = Number(process.env.HOUR_MINUTES ?? 60);
const minuteMs = 60_000;
/** How long a node is down in its restart, and the others are left alone after it. */
const downMs = 20_000;
const restMs = Math.min(45_000, (minutes * minuteMs) / 40);
const workMs = 15_000;

const skip =
  goQuorum === undefined
    ? 'GOQUORUM_GETH names no GoQuorum'
    : absentTool('etcd', 'etcd-server') ||
      absentTool('prometheus', 'prometheus') ||
      absentTool('prometheus-alertmanager', 'prometheus-alertmanager');

test(`${minutes} minutes with a rolling restart give no alert`, {
  skip,
  timeout: (minutes + 30) * minuteMs,
}, async (t) => {
  const stops: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const stop of stops.reverse()) await stop();
  });
  const onStop = (stop: () => Promise<void>): void => void stops.push(stop);
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-hour-'));
  onStop(async () => rmSync(folder, { recursive: true, force: true }));
  const database = await openTestDatabase();
  onStop(database.close);
  const clusters = await startHourClusters(goQuorum ?? '', 'etcd', onStop);
  const [port = 0] = await freePorts(1);
  const monitoring = await startHourMonitoring(folder, `127.0.0.1:${port}`, onStop);
  const watch = (): Running => {
    const settings = {
      DATABASE_URL: database.url,
      FORKSCOPE_LOG_FORMAT: 'json',
      FORKSCOPE_RAFT_CLUSTERS: JSON.stringify(clusters.map(({ config }) => config)),
      FORKSCOPE_NOTIFY_TARGETS: JSON.stringify([{ name: 'hour', kind: 'webhook', url: monitoring.hookUrl }]),
    };
    return startForkscope(['raft', 'watch', '--raft-metrics-port', String(port)], settings);
  };
  let watcher = watch();
  onStop(() => endForkscope(watcher).then(() => {}));
  await Promise.all(clusters.map((cluster) => untilWell(cluster, monitoring)));
  const logs: string[] = [];

  const from = Date.now();
  const end = from + minutes * minuteMs;
  t.diagnostic(`all clusters well at ${new Date(from).toISOString()}`);
  const ending = new AbortController();
  onStop(async () => ending.abort());
  const working = Promise.all(clusters.map((cluster) => keepWorking(cluster, ending.signal)));
  const loads: number[] = [];
  const sampling = keepSampling(loads, ending.signal);

  await sleepUntil(from + (end - from) / 5);
  await Promise.all(clusters.map((cluster, index) => restartEach(t, cluster, monitoring, index * 5_000)));
  t.diagnostic(`every node was restarted by ${new Date().toISOString()}`);
  await sleepUntil(Math.max(Date.now() + restMs, from + ((end - from) * 4) / 5));
  logs.push((await endForkscope(watcher)).stderr);
  watcher = watch();
  t.diagnostic(`the watcher was restarted at ${new Date().toISOString()}`);
  await sleepUntil(Math.max(Date.now() + restMs, end));

  const to = Date.now();
  const toldInTime = [...monitoring.told];
  await report(t, monitoring, from, to);
  for (const told of toldInTime) t.diagnostic(`told: ${JSON.stringify(told)}`);
  t.diagnostic(`load of the machine: ${describeLoads(loads)}`);
  for (const { name, well } of clusters) assert.equal(await monitoring.query(well), 1, `${name} is well in the end`);
  const fired = await monitoring.range('ALERTS{alertstate="firing"}', from, to);

  await breakTwo(clusters, monitoring);
  ending.abort();
  await Promise.all([working, sampling]);
  logs.push((await endForkscope(watcher)).stderr);
  for (const line of countLines(logs.join(''))) t.diagnostic(line);
  assert.deepEqual(
    fired.map(({ labels }) => labels),
    [],
  );
  assert.deepEqual(toldInTime, []);
});

function sleepUntil(at: number): Promise<void> {
  return sleep(at - Date.now());
}

async function untilWell({ name, well, nodes }: HourCluster, { query }: HourMonitoring): Promise<void> {
  const up = `sum(forkscope_raft_node_up{cluster="${name}"})`;
  await until(
    `all of ${name} up and well`,
    async () => (await query(well)) === 1 && (await query(up)) === nodes.length,
    { withinMs: 5 * minuteMs, everyMs: 2_000 },
  );
}

/** One node after another, each only once the one before is back. */
async function restartEach(
  t: TestContext,
  cluster: HourCluster,
  monitoring: HourMonitoring,
  afterMs: number,
): Promise<void> {
  await sleepUntil(Date.now() + afterMs);
  for (const node of cluster.nodes) {
    const label = `{cluster="${cluster.name}",node="${node.name}"}`;
    await node.end();
    await sleepUntil(Date.now() + downMs);
    assert.equal(await monitoring.query(`forkscope_raft_node_alive${label}`), 0, `${label} was seen to be down`);
    node.start();
    const startedAt = Date.now();
    await untilWell(cluster, monitoring);
    t.diagnostic(
      `${cluster.name} ${node.name} was well ${Math.round((Date.now() - startedAt) / 1000)} s after its start`,
    );
    await sleepUntil(Date.now() + restMs);
  }
}

async function keepWorking(cluster: HourCluster, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await cluster.work().catch(() => {});
    await sleep(workMs, signal);
  }
}

async function keepSampling(loads: number[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    loads.push(loadavg()[0] ?? 0);
    await sleep(workMs, signal);
  }
}

/** Alerts were near where they waited for their time. */
async function report(t: TestContext, { range }: HourMonitoring, from: number, to: number): Promise<void> {
  for (const state of ['pending', 'firing']) {
    for (const { labels, points } of await range(`ALERTS{alertstate="${state}"}`, from, to)) {
      const { alertname, cluster, node = '' } = labels;
      const seconds = points.length * 5;
      const first = new Date(points[0]?.[0] ?? 0).toISOString();
      t.diagnostic(`${state} ${alertname} ${cluster} ${node}: ${seconds} s in all, first at ${first}`);
    }
  }
}

function describeLoads(loads: readonly number[]): string {
  const sorted = [...loads].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  return `median ${at(0.5)}, nine tenths below ${at(0.9)}, at most ${at(1)}`;
}

/** How often the watcher logged what. */
function countLines(log: string): readonly string[] {
  // BOUNDED: by the kinds of lines
  const counts = new Map<string, number>();
  for (const line of log.split('\n').filter((each) => each.startsWith('{'))) {
    const { message, cluster, kind, state, node, result } = JSON.parse(line) as Record<string, string>;
    const key = [message, cluster, kind ?? state, result === undefined ? undefined : `${node} ${result}`]
      .filter((part) => part !== undefined)
      .join(' ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => `${count} x ${key}`);
}

/** The hour was silent because all was well, not because nobody listened. */
async function breakTwo(clusters: readonly HourCluster[], { told }: HourMonitoring): Promise<void> {
  for (const name of ['raft', 'qbft']) {
    for (const node of clusters.find((cluster) => cluster.name === name)?.nodes.slice(0, 2) ?? []) await node.end();
  }
  for (const [cluster, alert] of [
    ['raft', 'RaftQuorumLost'],
    ['qbft', 'RaftSealersHalted'],
  ]) {
    for (const by of ['alertmanager', 'builtIn']) {
      await until(
        `${alert} of ${cluster} by ${by}`,
        () => told.some((each) => each.by === by && each.cluster === cluster && each.name === alert),
        { withinMs: 5 * minuteMs, everyMs: 1_000 },
      );
    }
  }
}
