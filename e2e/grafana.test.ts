/**
 * Every query of the dashboards, asked of a real Prometheus that scrapes a crawler over a simulated network, the API over
 * its database and a watcher of a mock Raft cluster and of a recorded chain of sealers by the shipped configuration: each
 * one gives data, under the labels that its legend names. Of the configuration, only targets and intervals are changed.
 */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { benchScenario } from '../bench/benchScenario.ts';
import { dashboards, queriesOf, type UsedQuery } from '../grafana/generate/dashboards.ts';
import { fillIntervals } from '../grafana/generate/readQuery.ts';
import { ruleFolder } from '../grafana/generate/ruleList.ts';
import { packageRoot } from '../lib/packageRoot.ts';
import type { Sql } from '../sql/client.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { startRaftCluster } from '../testkit/raftCluster.ts';
import { findFreeOctet } from '../testkit/simulatedNetwork/findFreeOctet.ts';
import { startSimulatedNetwork } from '../testkit/simulatedNetwork/simulatedNetwork.ts';
import { absentTool } from '../testkit/tools/absentTool.ts';
import { type Daemon, startDaemon } from './fixtures/monitoring.ts';
import { serveSealers } from './fixtures/recordedSealers.ts';
import { startForkscope, temporaryFolder } from './forkscopeProcess.ts';

const skip = absentTool('prometheus', 'prometheus');
/** For everything: on a busy machine starting the processes takes most of it. */
const deadlineMs = 270_000;
const startedAt = Date.now();
/** What these processes do not go through, and why it shows nothing. The other reasons for no data do not hold here. */
const notHere = new Set([
  'the network is all',
  'all nodes were asked for their neighbours a moment ago',
  'no peer sends anything wrong',
  'nothing has failed',
  'this has not happened',
  'no target is configured',
  'all is well',
  'a mark',
]);
/** The panels of this row show a chain of sealers, which is a cluster of its own. */
const chainName = 'chain';
const ofChains = 'Sealers (IBFT, QBFT, Clique)';
const settings: Readonly<Record<string, string>> = { network: 'mainnet', instance: '.*', cluster: 'consortium' };

/** What a test opened is closed in the opposite order: writers before their database. */
function closeInReverse(t: HasAfter): HasAfter {
  const acts: (() => unknown)[] = [];
  t.after(async () => {
    for (const act of acts.toReversed()) await act();
  });
  return { after: (act) => void acts.push(act) };
}

interface HasAfter {
  after(act: () => unknown): void;
}

test('each query of each dashboard gives data over a real crawl', { skip, timeout: 290_000 }, async (t) => {
  const { url, sql } = await openMonitored(closeInReverse(t));
  await addForkAndHead(sql);
  const wanted = dashboards.flatMap(queriesOf).map(asAsked);
  // A rate exists only while something happens: seeing it once is enough.
  let missing = wanted;
  for (const until = startedAt + deadlineMs; ; await delay(1_000)) {
    const left: UsedQuery[] = [];
    for (const each of missing) if (!(await givesData(url, each))) left.push(each);
    missing = left;
    const needed = missing.filter(({ emptyWhen }) => emptyWhen === null || !notHere.has(emptyWhen));
    if (needed.length === 0) break;
    assert.ok(Date.now() < until, `no data:\n${needed.map(({ at, expr }) => `${at}: ${expr}`).join('\n')}`);
  }
  for (const { at, emptyWhen } of missing) t.diagnostic(`no data, as it may be (${emptyWhen}): ${at}`);
  assert.ok(wanted.length - missing.length > 100, `${wanted.length - missing.length} of ${wanted.length} gave data`);

  const { groups } = (await ask(url, '/api/v1/rules')) as { groups: { rules: { name: string; health: string }[] }[] };
  const rules = groups.flatMap((group) => group.rules);
  assert.ok(rules.length > 40);
  for (const { name, health } of rules) assert.equal(health, 'ok', `${name} is evaluated`);
});

test('a query that is wrong or asks for what is not there is told', { skip, timeout: 100_000 }, async (t) => {
  const opened = closeInReverse(t);
  const daemon = await startPrometheus(opened, temporaryFolder(opened, 'prometheus'), {});
  const query = (expr: string): UsedQuery => ({ at: 'here', expr, legend: '{{job}}', emptyWhen: null });
  assert.equal(await givesData(daemon.url, query('forkscope_no_such_metric')), false);
  await assert.rejects(givesData(daemon.url, query('sum by (job) (up')), /parse error/);
  await assert.rejects(givesData(daemon.url, query('vector(1)')), /no label job/);
});

/** Crawler, API and Raft watcher at work, and the Prometheus that scrapes them. */
async function openMonitored(t: HasAfter): Promise<{ readonly url: string; readonly sql: Sql }> {
  const folder = temporaryFolder(t, 'grafana');
  const database = await openTestDatabase(t);
  const network = await startSimulatedNetwork({
    scenario: benchScenario({
      // Some of each protocol.
      mix: true,
      ...{ nodes: 40, seed: 20_261_124, deadPerLive: 1, latencyMs: 20, jitterMs: 20, loss: 0, hostile: 0 },
    }),
    second: await findFreeOctet(),
  });
  t.after(() => network.close());
  const cluster = await startRaftCluster({ seed: 5, nodes: 3, faults: [] }, { startAt: Date.now() });
  t.after(() => cluster.close());
  await cluster.playTo(3_000);
  const ending = new AbortController();
  const playing = play(cluster.playTo.bind(cluster), ending.signal);
  t.after(async () => {
    ending.abort();
    await playing;
  });

  const chain = await serveSealers('qbft');
  t.after(() => chain.close());
  await chain.playTo(chain.toEnd);
  const watched = { intervalMs: 1_000, timeoutMs: 900 };
  const nodes = (urls: readonly string[], probed: boolean) =>
    urls.map((url, index) => ({ name: `n${index + 1}`, url, ...(probed ? { probeUrl: url } : {}) }));
  const clusters = [
    { ...watched, name: settings.cluster, endpoints: nodes(cluster.urls, true) },
    { ...watched, name: chainName, endpoints: nodes(chain.urls, false) },
  ];
  const env = {
    DATABASE_URL: database.url,
    FORKSCOPE_RAFT_CLUSTERS: JSON.stringify(clusters),
    FORKSCOPE_CENSUS_INTERVAL: '2s',
  };
  const common = ['--data-dir', join(folder, 'data'), '--networks', 'mainnet,sepolia'];
  const launch = (...args: string[]) => {
    const running = startForkscope([...args, ...common], env);
    t.after(() => running[Symbol.asyncDispose]());
    return running;
  };
  const serve = launch('serve', '--http-port', '0');
  const raft = launch('raft', 'watch', '--raft-metrics-port', '0');
  // Few visits at a time, so that the crawl lasts as long as Prometheus looks.
  const list = join(folder, 'static-nodes.json');
  writeFileSync(list, JSON.stringify(network.bootnodes(2)));
  const crawl = launch(
    ...['crawl', '--bootnodes', network.bootnodes(2).join(','), '--allowed-cidrs', '127.0.0.0/8', '--max-visits', '2'],
    ...['--source', list],
    ...['--bind4', '127.0.0.1', '--bind6', 'none', '--port', '0', '--crawl-metrics-port', '0'],
    ...['--census-interval', '2s'],
  );
  const served = async (running: typeof serve, pattern: RegExp): Promise<string> =>
    (await running.printed(pattern, startedAt + deadlineMs - Date.now()))[1] ?? '';
  const daemon = await startPrometheus(t, folder, {
    'forkscope-serve': await served(serve, /http:\/\/(127\.0\.0\.1:\d+)/),
    'forkscope-crawl': await served(crawl, /metrics are served.*?http:\/\/(127\.0\.0\.1:\d+)\/metrics/),
    'forkscope-raft': await served(raft, /metrics are served.*?http:\/\/(127\.0\.0\.1:\d+)\/metrics/),
  });
  return { url: daemon.url, sql: database.sql };
}

async function play(playTo: (ms: number) => Promise<void>, signal: AbortSignal): Promise<void> {
  const from = Date.now() - 3_000;
  while (!signal.aborted) {
    await playTo(Date.now() - from);
    await delay(100);
  }
}

/** Prometheus by the shipped configuration, with these addresses as the jobs' targets. */
async function startPrometheus(
  t: HasAfter,
  folder: string,
  targets: Readonly<Record<string, string>>,
): Promise<Daemon> {
  const shipped = readFileSync(join(packageRoot, 'grafana/prometheus/prometheus.yml'), 'utf8');
  let config = shipped
    .replaceAll(/^( *)(scrape|evaluation)_interval: \d+s$/gm, '$1$2_interval: 2s')
    .replace(/^alerting:\n(?: .*\n)+/m, '');
  for (const [job, address] of Object.entries(targets)) {
    const changed = config.replace(new RegExp(`(job_name: ${job}\\n(?:.*\\n)*?.*targets: \\[)[^\\]]+`), `$1${address}`);
    assert.notEqual(changed, config, job);
    config = changed;
  }
  writeFileSync(join(folder, 'prometheus.yml'), config);
  cpSync(ruleFolder, join(folder, 'rules'), { recursive: true });
  const daemon = await startDaemon('prometheus', (address) => [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'prometheus')}`,
    `--web.listen-address=${address}`,
  ]);
  t.after(() => daemon.stop());
  return daemon;
}

/** A fork to come and a head, as a schedule and nodes with a Status would give them: the simulated network has neither. */
async function addForkAndHead(sql: Sql): Promise<void> {
  for (const until = startedAt + deadlineMs; ; await delay(200)) {
    const [known] = await sql`select 1 from networks where slug = 'mainnet'`;
    if (known !== undefined) break;
    assert.ok(Date.now() < until, 'the crawler has told of its networks');
  }
  const activation = Math.floor(Date.now() / 1_000) + 3 * 86_400;
  await sql`
    insert into network_forks (network, position, name, activation_kind, activation, hash, next)
    select 'mainnet', max(position) + 1, 'Next', 'time', ${String(activation)}, decode('01020304', 'hex'), 0
    from network_forks where network = 'mainnet'`;
  await sql`
    insert into head_estimates (network, at, number, nodes) values ('mainnet', ${new Date()}, 24000000, 9)`;
}

/** With variables filled in as Grafana would: the chosen values, and intervals that suit a scrape every two seconds. */
function asAsked(query: UsedQuery): UsedQuery {
  const chosen = query.expr.replaceAll(/\$(network|instance|cluster)\b/g, (_, name: string) =>
    name === 'cluster' && query.at.includes(ofChains) ? chainName : (settings[name] ?? ''),
  );
  return { ...query, expr: fillIntervals(chosen, '20s').replace(':1m]', ':2s]') };
}

/** Rejects if Prometheus refuses it, or if its result lacks a label of the legend. */
async function givesData(url: string, { at, expr, legend }: UsedQuery): Promise<boolean> {
  const { result } = (await ask(url, `/api/v1/query?query=${encodeURIComponent(expr)}`)) as {
    result: { metric: Record<string, string>; value: [number, string] }[];
  };
  const named = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
  for (const { metric } of result) {
    for (const label of named) assert.ok(metric[label] !== undefined, `${at}: no label ${label}: ${expr}`);
  }
  return result.some(({ value: [, value] }) => value !== 'NaN');
}

async function ask(url: string, path: string): Promise<unknown> {
  const response = await fetch(`${url}${path}`);
  const answer = await response.json();
  assert.equal(answer.status, 'success', `${answer.error}: ${decodeURIComponent(path)}`);
  return answer.data;
}
