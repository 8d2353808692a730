import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { discv4DropCodes } from '../p2p/protocol/discv4Types.ts';
import { wireErrorCodes } from '../p2p/wire/errors.ts';
import { makePong, makeVisit } from '../testkit/makeVisit.ts';
import { offerCodes } from './crawl/offerCodes.ts';
import { visitCodes, visitStages } from './crawl/visit.ts';
import {
  type CrawlerGauges,
  countNamed,
  countOutput,
  countVisit,
  createCrawlerMetrics,
  measureCrawler,
} from './metrics.ts';

function open(): { registry: Registry; metrics: ReturnType<typeof createCrawlerMetrics>; now: Record<string, number> } {
  const registry = new Registry();
  const now: Record<string, number> = {};
  const read =
    (name: string): (() => number) =>
    () =>
      now[name] ?? 0;
  const gauges: CrawlerGauges = {
    usableBootnodes: read('usableBootnodes'),
    triedBootnodes: read('triedBootnodes'),
    answeredBootnodes: read('answeredBootnodes'),
    frontierNodes: read('frontierNodes'),
    cappedNodes: () => {
      const ids = read('cappedNodes')();
      return ids === 0 ? [] : [{ host: '8.8.8.8', bound: 'idsPerIp' as const, ids }];
    },
    unvisitedNodes: read('unvisitedNodes'),
    overdueMs: read('overdueMs'),
    visitsUnderWay: read('visitsUnderWay'),
    visitWindow: read('visitWindow'),
    claimedNodes: read('claimedNodes'),
    tableNodes: read('tableNodes'),
    recordChecks: read('recordChecks'),
    queuedRecords: read('queuedRecords'),
    spilledRecords: read('spilledRecords'),
    spilledBytes: read('spilledBytes'),
    rejectedRecords: read('rejectedRecords'),
    forgottenMentions: read('forgottenMentions'),
    spillFailures: read('spillFailures'),
  };
  measureCrawler(registry, gauges);
  return { registry, metrics: createCrawlerMetrics(registry), now };
}

/** The lines of the exposition, by series. */
async function scrape(registry: Registry): Promise<Map<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

test('names and help texts follow the rules', async () => {
  const { registry } = open();
  for (const { name, help, type } of registry.getMetricsAsArray()) {
    assert.match(name, /^forkscope_crawler(_[a-z0-9]+)+$/);
    assert.ok(help.length > 15 && !help.endsWith('.'), name);
    assert.equal(String(type) === 'counter', name.endsWith('_total'), name);
    assert.doesNotMatch(name, /_(ms|milliseconds|rate|percent|per_second|count|sum|bucket)$/, name);
  }
});

test('counters stand at 0 from the first scrape, one series for each value of a closed label', async () => {
  const { registry } = open();
  const values = await scrape(registry);
  const count = (name: string): number =>
    [...values.keys()].filter((series) => series.startsWith(`forkscope_crawler_${name}{`)).length;
  assert.equal(count('visits_total'), 2 * visitCodes.length);
  assert.equal(count('visit_stages_total'), 2 * visitStages.length);
  assert.equal(count('neighbours_total'), offerCodes.length);
  assert.equal(count('packets_sent_total'), 6);
  assert.equal(count('packets_received_total'), 6);
  assert.equal(count('packets_rejected_total'), discv4DropCodes.length + wireErrorCodes.length);
  assert.equal(count('session_errors_total'), wireErrorCodes.length);
  assert.equal(count('skewed_clocks_total'), 2);
  for (const [series, value] of values) assert.equal(value, 0, series);
});

test('counting adds no series, and what is read at a scrape is as it is at that moment', async () => {
  const { registry, metrics, now } = open();
  const before = (await scrape(registry)).size;
  countVisit(metrics, makeVisit(1, 0, { stage: 'hello', code: 'disconnected', tookMs: 300 }).outcome);
  const broken = { direction: 'inbound', stage: 'auth', code: 'protocolError', wireCode: 'eciesMac' } as const;
  countVisit(metrics, makeVisit(2, 0, broken).outcome);
  const pong = { ...makePong, clockSkewMs: -60_000 };
  countVisit(metrics, makeVisit(3, 0, { stage: 'status', code: 'ok', pong }).outcome);
  countNamed(metrics, 'unearned', 3);
  countOutput(metrics, { event: 'rejected', code: 'expired', from: { ip: '127.0.0.1', port: 1 } });
  Object.assign(now, { overdueMs: 1_500, visitWindow: 48, rejectedRecords: 2, forgottenMentions: 7, cappedNodes: 5 });
  await scrape(registry);
  const values = await scrape(registry);
  assert.equal(values.size, before);
  const is = (series: string, value: number): void => assert.equal(values.get(`forkscope_crawler_${series}`), value);
  is('visits_total{direction="outbound",code="disconnected"}', 1);
  is('visit_stages_total{direction="inbound",stage="auth"}', 1);
  is('session_errors_total{code="eciesMac"}', 1);
  is('visit_duration_seconds_count', 2);
  is('skewed_clocks_total{clock="slow"}', 1);
  is('skewed_clocks_total{clock="fast"}', 0);
  is('neighbours_total{result="unearned"}', 3);
  is('packets_rejected_total{code="expired"}', 1);
  is('frontier_overdue_seconds', 1.5);
  is('visit_window', 48);
  is('capped_nodes{bound="idsPerIp"}', 5);
  // Read twice, counted once.
  is('store_rejected_visits_total', 2);
  is('store_forgotten_mentions_total', 7);
});
