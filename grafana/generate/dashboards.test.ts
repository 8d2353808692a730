import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { packageRoot } from '../../lib/packageRoot.ts';
import { buildDashboard } from './buildDashboard.ts';
import { checkQuery, metricsIn } from './checkQuery.ts';
import { dashboardFiles, dashboards, queriesOf } from './dashboards.ts';
import { listMetrics, listNodeMetrics, nodeMetricNames, prefixes, processes, seriesOf } from './metricList.ts';
import { readQuery } from './readQuery.ts';

const series = seriesOf([...listMetrics(), ...listNodeMetrics()]);

test('every query of a dashboard reads what the processes export, and names series by labels that they have', () => {
  for (const spec of dashboards) {
    for (const { at, expr, legend } of queriesOf(spec)) {
      assert.deepEqual(checkQuery(expr, series), [], at);
      const named = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
      const kept = readQuery(expr).groupings.flatMap(({ labels }) => labels);
      for (const label of named) assert.ok(kept.includes(label), `${at}: the legend names ${label}`);
    }
  }
});

test('a query that is wrong is found', () => {
  const problems = (expr: string): readonly string[] => checkQuery(expr, series);
  assert.deepEqual(problems('sum by (network) (forkscope_network_nodes{population="alive"})'), []);
  assert.deepEqual(problems('forkscope_crawler_visit_duration_seconds'), [
    'forkscope_crawler_visit_duration_seconds is exported by no process',
  ]);
  assert.deepEqual(problems('rate(forkscope_crawler_visit_total[5m])'), [
    'forkscope_crawler_visit_total is exported by no process',
  ]);
  assert.deepEqual(problems('forkscope_network_nodes{networks="x"}'), [
    'forkscope_network_nodes has no label networks',
  ]);
  assert.deepEqual(problems('forkscope_network_nodes{population="alife"}'), [
    'forkscope_network_nodes has no population alife',
  ]);
  assert.deepEqual(problems('forkscope_crawler_visits_total{code=~"ok|okay"}'), [
    'forkscope_crawler_visits_total has no code okay',
  ]);
  assert.deepEqual(problems('forkscope_network_nodes{network="$network", window=~"n.*"}'), []);
  assert.deepEqual(problems('sum by (client) (forkscope_network_nodes)'), [
    'groups by client, which none of its metrics has',
  ]);
  assert.deepEqual(problems('up / on (client) up'), ['groups by client, which none of its metrics has']);
  assert.deepEqual(problems('{job="x"}'), ['a selector without a name is exported by no process']);
  assert.throws(() => problems('sum by (network (up)'), SyntaxError);
  assert.deepEqual(problems('rate(forkscope_crawler_visits_total[$__rate_interval])'), []);
});

test('buckets, sums and counts stand for their histogram', () => {
  assert.deepEqual(metricsIn('rate(forkscope_api_request_duration_seconds_sum[5m]) / up', series), [
    'forkscope_api_request_duration_seconds',
  ]);
  assert.deepEqual(checkQuery('sum by (le) (forkscope_api_request_duration_seconds_bucket)', series), []);
});

test("Node's own metrics that are used exist in each process", () => {
  const names = listNodeMetrics().map(({ name }) => name);
  // Some of them are of Linux alone.
  const expected = processes.flatMap((process) => nodeMetricNames.map((name) => `${prefixes[process]}${name}`));
  if (process.platform === 'linux') assert.deepEqual(names.toSorted(), expected.toSorted());
});

test('each metric has help, and each label a bounded set of values', () => {
  const metrics = listMetrics();
  assert.ok(metrics.length > 60);
  assert.equal(new Set(metrics.map(({ name }) => name)).size, metrics.length);
  for (const { name, help, labels, type } of metrics) {
    assert.ok(help.length > 10 && !help.endsWith('.'), name);
    assert.equal(type === 'counter', name.endsWith('_total'), name);
    for (const label of labels)
      assert.doesNotMatch(label, /^(id|node_id|ip|address|enode|enr|peer|le|quantile)$/, name);
  }
});

interface Placed {
  readonly id?: number;
  readonly title?: string;
  readonly type: string;
  readonly gridPos?: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

test('dashboards import as they are: ids, places, variables and links', () => {
  const uids = new Set<string>();
  for (const spec of dashboards) {
    const { uid = '', id, schemaVersion, tags, links, panels = [], templating, editable } = buildDashboard(spec);
    assert.match(uid, /^forkscope-[a-z]{4,30}$/);
    uids.add(uid);
    assert.equal(id, null, 'Grafana gives it');
    assert.equal(editable, true);
    assert.equal(schemaVersion, 41);
    assert.deepEqual(tags, ['forkscope']);
    assert.ok(links?.some((link) => link.type === 'dashboards' && link.tags.includes('forkscope') && link.keepTime));
    assert.equal(templating.list?.[0]?.type, 'datasource');
    const placed: readonly Placed[] = panels;
    assert.equal(new Set(placed.map((panel) => panel.id)).size, placed.length);
    for (const [index, panel] of placed.entries()) {
      const a = panel.gridPos ?? assert.fail(`${panel.title} has a place`);
      assert.ok(a.x + a.w <= 24, `${panel.title} fits`);
      for (const other of placed.slice(index + 1)) {
        const b = other.gridPos ?? assert.fail();
        const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
        assert.ok(apart, `${spec.title}: ${panel.title} and ${other.title} overlap`);
      }
    }
    const text = JSON.stringify({ panels, templating, annotations: buildDashboard(spec).annotations });
    const sources = [...text.matchAll(/"datasource":\{[^}]*"uid":"([^"]*)"/g)].map(([, source]) => source);
    assert.ok(sources.length > placed.length / 2);
    assert.deepEqual([...new Set(sources)], ['${datasource}'], 'no data source of ours is baked in');
    for (const [, name = ''] of text.matchAll(/\$\{?([a-z]\w+)/g)) {
      const known = templating.list?.some((variable) => variable.name === name);
      assert.ok(known, `${spec.title} uses $${name}`);
    }
  }
  assert.equal(uids.size, dashboards.length);
});

test('the folder of dashboards holds those and no others', () => {
  const wanted = [...dashboardFiles().keys()].map((path) => path.replace('grafana/dashboards/', ''));
  assert.deepEqual(readdirSync(join(packageRoot, 'grafana/dashboards')).toSorted(), wanted.toSorted());
});

test('provisioning names a data source and the folder that the README says', () => {
  const read = (path: string): string => readFileSync(join(packageRoot, 'grafana', path), 'utf8');
  const sources = parse(read('provisioning/datasources/forkscope.yaml'));
  assert.equal(sources.apiVersion, 1);
  assert.equal(sources.datasources[0].type, 'prometheus');
  const { providers } = parse(read('provisioning/dashboards/forkscope.yaml'));
  assert.equal(providers[0].type, 'file');
  assert.ok(read('README.md').includes(providers[0].options.path));
  const scraped = parse(read('prometheus/prometheus.yml'));
  assert.equal(sources.datasources[0].jsonData.timeInterval, scraped.global.scrape_interval);
});
