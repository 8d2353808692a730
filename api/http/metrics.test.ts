import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import express from 'express';
import { collectDefaultMetrics, type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client';
import { connect, type Sql } from '../../sql/client.ts';
import { absentTool } from '../../testkit/tools/absentTool.ts';
import type { ApiDeps } from '../routes/deps.ts';
import { registerProbes } from '../routes/operations.ts';
import { openTestApi, testNow } from '../testkit/testApi.ts';
import { insertCensus, insertCount, insertNetwork, insertVantage } from '../testkit/testRows.ts';
import { createApiMetrics } from './metrics.ts';
import type { Patience } from './patience.ts';

const units = ['_seconds', '_bytes', '_ratio'];
const countables = ['_nodes', '_ips', '_up', '_info', '_splits', '_forks', '_block', '_simulated', '_partial'];
const closedLabels: Readonly<Record<string, RegExp>> = {
  operation: /^[a-zA-Z]+$/,
  status_class: /^[1-5]xx$/,
  version: /^.+$/,
  network: /^[a-z0-9-]+$/,
  population: /^(seen|alive|reachable|identified|inboundOnly)$/,
  window: /^(now|day)$/,
  client: /^[a-z0-9-]+$/,
  fork: /^.+$/,
  fork_class: /^\w+$/,
  identity: /^\w+$/,
  kind: /^(forkSplit|chainSplit)$/,
  le: /^.+$/,
};

async function metricsOf(registry: Registry): Promise<MetricObjectWithValues<MetricValue<string>>[]> {
  return (await registry.getMetricsAsJSON()) as unknown as MetricObjectWithValues<MetricValue<string>>[];
}

test('names, types, help and labels keep to the rules', async () => {
  const registry = new Registry();
  createApiMetrics(registry, '1.2.3');
  const metrics = await metricsOf(registry);
  assert.ok(metrics.length >= 9);
  for (const { name, help, type } of metrics) {
    assert.match(name, /^forkscope_(api|network)(_[a-z0-9]+)+$/, name);
    assert.ok(help.length > 20 && !help.endsWith('.'), name);
    assert.equal(
      String(type) === 'counter',
      name.endsWith('_total'),
      `${name}: counters, and only they, end in _total`,
    );
    assert.ok(
      name.endsWith('_total') || [...units, ...countables].some((suffix) => name.endsWith(suffix)),
      `${name} has no unit`,
    );
    assert.doesNotMatch(name, /_(ms|milliseconds|rate|percent|per_second|count|sum|bucket)$/, name);
  }
});

test('forks of a network on which nobody is alive are those of its reachable nodes', async (t) => {
  const { sql, get } = await openTestApi(t);
  await insertNetwork(sql, 'static', [
    { name: 'Genesis', kind: 'genesis', activation: 0n, hash: 'fc64ec04', next: 0n },
  ]);
  await insertVantage(sql, testNow, { networks: ['static'] });
  const at = new Date(testNow - 60_500);
  await insertCensus(sql, at);
  const reachable = { at, network: 'static', population: 'reachable' } as const;
  await insertCount(sql, { ...reachable, ids: 5 });
  await insertCount(sql, { ...reachable, cut: 'fork_class', key: ['current'], ids: 4 });
  await insertCount(sql, { ...reachable, cut: 'fork_id', key: ['fc64ec04', '0'], ids: 5 });
  const { text } = await get('/metrics');
  assert.match(text, /^forkscope_network_fork_class_nodes\{network="static",fork_class="current"\} 4$/m);
  assert.match(text, /^forkscope_network_fork_nodes\{network="static",fork="Genesis"\} 5$/m);
});

test('while the database is away the network metrics are absent, not old', async (t) => {
  // A connection for each query: one that failed before waits ever longer.
  const gone = connect('postgres://nobody@localhost/x?host=/nowhere', { max: 40 });
  const api = await openTestApi(t, { sql: gone });
  t.after(() => gone.end({ timeout: 0 }));
  const { status, text } = await api.get('/metrics');
  assert.equal(status, 200);
  assert.match(text, /^forkscope_api_database_up 0$/m);
  assert.doesNotMatch(text, /^forkscope_network_/m);
});

test('the last census as gauges, with closed label sets', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  await insertNetwork(sql, 'mainnet', [
    { name: 'Genesis', kind: 'genesis', activation: 0n, hash: 'fc64ec04', next: 5n },
    { name: 'BPO2', kind: 'time', activation: 5n, hash: '07c9462e', next: 1_800_000_000n },
    { name: 'Next', kind: 'time', activation: 1_800_000_000n, hash: '11111111', next: 1_900_000_000n },
    { name: 'Later', kind: 'time', activation: 1_900_000_000n, hash: '22222222', next: 0n },
  ]);
  await insertNetwork(sql, 'still', [{ name: 'Genesis', kind: 'genesis', activation: 0n, hash: 'fc64ec05', next: 0n }]);
  await sql`
    insert into head_estimates (network, at, number, nodes)
    values ('mainnet', ${new Date(testNow - 90_000)}, 24_000_000, 5), ('mainnet', ${new Date(testNow - 30_500)}, 24_000_005, 7)`;
  await insertNetwork(sql, 'gone', [], { known: false });
  await insertNetwork(sql, 'shipped', [
    { name: 'Genesis', kind: 'genesis', activation: 0n, hash: 'fc64ec06', next: 0n },
  ]);
  await insertVantage(sql, testNow, { networks: ['mainnet', 'still', 'gone'] });
  const [old, at] = [new Date(testNow - 700_000), new Date(testNow - 60_500)];
  await insertCensus(sql, old);
  await insertCensus(sql, at);
  await insertCount(sql, { at: old, ids: 1, population: 'seen' });
  await insertCount(sql, { at, ids: 70, ips: 60 });
  await insertCount(sql, { at, ids: 90, ips: 80, network: 'all', population: 'seen', window: 'now' });
  await insertCount(sql, { at, ids: 11, network: 'gone' });
  await insertCount(sql, { at, ids: 12, network: 'shipped' });
  const counted = { population: 'identified', cut: 'client', at } as const;
  for (const [name, ids] of [
    ['geth', 30],
    ['besu', 10],
    ['evil"}\n1', 3],
    ['__proto__', 2],
    ['', 9],
  ] as const) {
    await insertCount(sql, { ...counted, key: [name], ids });
  }
  for (const [key, ids] of [
    [['07c9462e', '0'], 20],
    [['07c9462e', '9'], 4],
    [['00000001', '0'], 6],
    [['', ''], 5],
  ] as const) {
    await insertCount(sql, { cut: 'fork_id', key, at, ids });
  }
  await insertCount(sql, { cut: 'fork_class', key: ['current'], at, ids: 24 });
  await insertCount(sql, { cut: 'fork_class', key: ['ready'], at, ids: 8 });
  await api.get('/api/v1/networks');
  await api.get('/api/v1/nowhere');
  await api.get('/api/v1/networks/mainnet/counts?cut=x');
  const { text, headers } = await api.get('/metrics');
  assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const has = (line: string) => assert.ok(text.split('\n').includes(line), `${line}\nis not in\n${text}`);
  assert.doesNotMatch(text, /network="(gone|shipped)"/, 'nobody looks for their nodes');
  has('forkscope_network_census_timestamp_seconds 1772366339.5');
  has('forkscope_network_nodes{network="mainnet",population="alive",window="day"} 70');
  has('forkscope_network_node_ips{network="mainnet",population="alive",window="day"} 60');
  has('forkscope_network_nodes{network="mainnet",population="seen",window="day"} 0');
  has('forkscope_network_nodes{network="all",population="seen",window="now"} 90');
  has('forkscope_network_client_nodes{network="mainnet",client="geth"} 30');
  has('forkscope_network_client_nodes{network="mainnet",client="reth"} 0');
  has('forkscope_network_client_nodes{network="mainnet",client="other"} 5');
  has('forkscope_network_fork_nodes{network="mainnet",fork="BPO2"} 24');
  has('forkscope_network_fork_nodes{network="mainnet",fork="Genesis"} 0');
  has('forkscope_network_fork_nodes{network="mainnet",fork="other"} 6');
  has('forkscope_network_fork_class_nodes{network="mainnet",fork_class="current"} 24');
  has('forkscope_network_fork_class_nodes{network="mainnet",fork_class="behind"} 0');
  has('forkscope_network_ready_ratio{network="mainnet"} 0.25');
  has('forkscope_network_next_fork_timestamp_seconds{network="mainnet",fork="Next"} 1800000000');
  has('forkscope_network_head_block{network="mainnet"} 24000005');
  has('forkscope_network_head_estimate_timestamp_seconds{network="mainnet"} 1772366369.5');
  has('forkscope_network_census_interval_seconds 600');
  has('forkscope_network_simulated 0');
  assert.doesNotMatch(text, /_(ready_ratio|next_fork_timestamp_seconds|head_block)\{network="still"/);
  has('forkscope_api_database_up 1');
  has('forkscope_api_info{version="1.2.3"} 1');
  has('forkscope_api_request_duration_seconds_count{operation="listNetworks",status_class="2xx"} 1');
  has('forkscope_api_request_duration_seconds_count{operation="getCounts",status_class="4xx"} 1');
  has('forkscope_api_request_duration_seconds_count{operation="other",status_class="4xx"} 1');
  assert.doesNotMatch(text, /network="gone"|evil|__proto__/);
  for (const { name, values } of await metricsOf(api.registry)) {
    for (const { labels } of values) {
      for (const [label, value] of Object.entries(labels)) {
        assert.match(String(value), closedLabels[label] ?? /^\b$/, `${name} ${label}`);
      }
    }
  }
});

test('promtool finds nothing to object to', { skip: absentTool('promtool', 'prometheus') }, async (t) => {
  const api = await openTestApi(t);
  await insertNetwork(api.sql, 'mainnet', []);
  await insertCensus(api.sql, new Date(testNow));
  collectDefaultMetrics({ register: api.registry });
  const { text } = await api.get('/metrics');
  // The default metrics of prom-client are not ours to name.
  const ours = text
    .split('\n\n')
    .filter((block) => block.includes('forkscope_'))
    .join('\n\n');
  assert.ok(ours.length > 500);
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: `${ours.trimEnd()}\n`,
    encoding: 'utf8',
  });
  assert.equal(`${stdout}${stderr}`, '');
  assert.equal(status, 0);
});

test('a scrape waits for the database once, however much it asks; of a standby it tells the lag', async (t) => {
  const { sql } = await openTestApi(t);
  const standby = new Proxy(sql, {
    apply: (target, self, [text, ...values]: [readonly string[], ...unknown[]]) =>
      text.join('').includes('pg_last_xact_replay_timestamp')
        ? Promise.resolve([{ at: new Date(testNow - 7_000) }])
        : Reflect.apply(target, self, [text, ...values]),
  });
  for (const [from, lag] of [
    [standby, 7],
    [sql, undefined],
  ] as const) {
    const registry = new Registry();
    const metrics = createApiMetrics(registry, '1.2.3');
    let waits = 0;
    const patience: Patience = {
      wait: (work) => {
        waits += 1;
        return work();
      },
    };
    const app = express();
    registerProbes(app, depsOf(from, registry), metrics, patience);
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    server.close();
    assert.match(text, /^forkscope_api_database_up 1$/m);
    assert.equal(
      /^forkscope_api_replica_lag_seconds (\S+)$/m.exec(text)?.[1],
      lag === undefined ? undefined : String(lag),
    );
    assert.equal(waits, 1);
  }
});

function depsOf(sql: Sql, registry: Registry): ApiDeps {
  const none = () => {};
  return {
    ...{ sql, asker: sql, registry, migrations: [], webRoot: null, version: '1.2.3' },
    clock: { now: () => testNow },
    config: {
      ...{ httpHost: '127.0.0.1', allowedHosts: [], rateLimit: 0, trustProxy: 0, maskIps: false },
      ...{ censusIntervalMs: 600_000, checkResponses: true },
    },
    log: { debug: none, info: none, warn: none, error: none },
  };
}
