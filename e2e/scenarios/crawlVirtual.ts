/** Crawlers in this process, in virtual time over a real PostgreSQL. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { benchScenario } from '../../bench/benchScenario.ts';
import { readCounter } from '../../bench/crawlSimulation.ts';
import type { Scenario } from '../../lib/scenarioFile.ts';
import type { Sql } from '../../sql/client.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { openVirtualCrawl, type VirtualCrawl, type VirtualCrawler } from '../../testkit/virtualCrawl/virtualCrawl.ts';
import type { MeasureCrawl } from './forgers.ts';
import type { OpenRig } from './leases.ts';
import { type CrawlOnce, selectStored } from './simulatedCrawl.ts';

/** Seed of all randomness but the scenario's. */
const seed = 20_261_128;

export const openVirtualRig: OpenRig = async (t, scenario, flags) => {
  const { crawl, sql } = await openCrawl(t, scenario);
  const crawlers: VirtualCrawler[] = [];
  return {
    network: crawl.network,
    sql,
    start: (vantage) => {
      const crawler = crawl.start(vantage, { bootnodes: crawl.network.bootnodes(2).join(','), ...flags });
      crawlers.push(crawler);
      return { stop: async () => void (await crawler.stop()), kill: () => crawler.kill() };
    },
    now: () => crawl.clock.now(),
    pass: (ms) => crawl.pass(ms),
    // One that fails makes `pass` reject.
    failure: () => null,
    complaints: () => crawlers.flatMap(({ log }) => log.slice(-20)).join('\n'),
  };
};

export const crawlOnceVirtually: CrawlOnce = async (t, scenario, bootnodes) => {
  const { crawl, sql, result } = await crawlToItsEnd(t, scenario, bootnodes);
  return {
    truth: crawl.network.truth,
    stored: await selectStored(sql),
    summary: result.summary,
    stats: crawl.network.stats(),
    pointers: [...crawl.network.truthLines()].map((line) => line.trimEnd()),
  };
};

export const measureVirtually: MeasureCrawl = async (t, network) => {
  const { crawl, sql, crawler, result } = await crawlToItsEnd(t, benchScenario(network), 4);
  const live = new Set(crawl.network.truth.filter(({ alive }) => alive).map(({ id }) => id));
  const alive = (await selectStored(sql)).filter((node) => node.alive);
  const found = alive.filter(({ id }) => live.has(id)).length;
  const sent = Object.values(readCounter(await crawler.registry.metrics(), 'packets_sent_total'));
  return {
    found,
    foundButNotLive: result.summary.alive - found,
    storedAlive: alive.length,
    unearned: result.summary.named.unearned ?? 0,
    sentPerLive: sent.reduce((sum, count) => sum + count, 0) / live.size,
  };
};

async function openCrawl(t: TestContext, scenario: Scenario): Promise<{ crawl: VirtualCrawl; sql: Sql }> {
  const database = await openTestDatabase();
  const crawl = await openVirtualCrawl({ scenario, databaseUrl: database.url, seed });
  t.after(async () => {
    await crawl[Symbol.asyncDispose]();
    await database.close();
  });
  return { crawl, sql: database.sql };
}

/** `crawl --once` with this many bootnodes. */
async function crawlToItsEnd(t: TestContext, scenario: Scenario, bootnodes: number) {
  const { crawl, sql } = await openCrawl(t, scenario);
  const crawler = crawl.start('here', { bootnodes: crawl.network.bootnodes(bootnodes).join(',') }, true);
  const result = await crawl.drive(crawler.ended);
  assert.deepEqual(
    crawler.log.filter((line) => !line.startsWith('info')),
    [],
  );
  return { crawl, sql, crawler, result };
}
