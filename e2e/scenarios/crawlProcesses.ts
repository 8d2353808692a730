/** Crawlers in processes of their own, over real sockets and a real PostgreSQL. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { crawlSimulation } from '../../bench/crawlSimulation.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { findFreeOctet } from '../../testkit/simulatedNetwork/findFreeOctet.ts';
import { startSimulatedNetwork } from '../../testkit/simulatedNetwork/simulatedNetwork.ts';
import { endForkscope, type Running, startForkscope, temporaryFolder } from '../forkscopeProcess.ts';
import type { MeasureCrawl } from './forgers.ts';
import type { OpenRig } from './leases.ts';
import { type CrawlOnce, selectStored } from './simulatedCrawl.ts';
import type { Flags } from './watchedNetwork.ts';
import { wordsOf } from './watchProcesses.ts';

const place: Flags = {
  networks: 'mainnet,sepolia',
  'allowed-cidrs': '127.0.0.0/8',
  bind4: '127.0.0.1',
  bind6: 'none',
  port: '0',
  'crawl-metrics-port': '0',
  'packets-per-second': '100000',
};

export const openProcessRig: OpenRig = async (t, scenario, flags) => {
  const running: Running[] = [];
  t.after(async () => {
    for (const crawler of running) await endForkscope(crawler, 'SIGKILL');
  });
  const network = await startSimulatedNetwork({ scenario, second: await findFreeOctet() });
  t.after(() => network.close());
  const folder = temporaryFolder(t, 'leases');
  const database = await openTestDatabase(t);
  return {
    network,
    sql: database.sql,
    start: (vantage) => {
      const own = { vantage, 'data-dir': join(folder, vantage), bootnodes: network.bootnodes(2).join(',') };
      const crawler = startForkscope(['crawl', ...wordsOf({ ...place, ...own, ...flags })], {
        DATABASE_URL: database.url,
      });
      running.push(crawler);
      return {
        stop: async () => {
          const { code, stderr } = await endForkscope(crawler);
          assert.equal(code, 0, stderr);
        },
        kill: async () => void (await endForkscope(crawler, 'SIGKILL')),
      };
    },
    now: () => Date.now(),
    pass: (ms) => sleep(ms),
    failure: () => (running.some(({ child }) => child.exitCode !== null) ? 'a crawler has ended' : null),
    complaints: () => running.map((crawler) => crawler.stderr().slice(-3_000)).join('\n'),
  };
};

export const crawlOnceByProcess: CrawlOnce = async (t, scenario, bootnodes) => {
  const folder = temporaryFolder(t, 'simulated');
  const database = await openTestDatabase(t);
  const truthFile = join(folder, 'truth.ndjson');
  const network = await startSimulatedNetwork({ scenario, second: await findFreeOctet(), truthFile });
  t.after(() => network.close());
  const summaryFile = join(folder, 'summary.json');
  const own = { summary: summaryFile, 'data-dir': join(folder, 'data') };
  const reach = { ...place, bootnodes: network.bootnodes(bootnodes).join(',') };
  const { code, stderr } = await startForkscope(['crawl', '--once', ...wordsOf({ ...own, ...reach })], {
    DATABASE_URL: database.url,
  }).ended;
  assert.equal(code, 0, stderr);
  return {
    truth: network.truth,
    stored: await selectStored(database.sql),
    summary: JSON.parse(readFileSync(summaryFile, 'utf8')),
    stats: await network.stats(),
    pointers: readFileSync(truthFile, 'utf8').trimEnd().split('\n'),
  };
};

export const measureByProcess: MeasureCrawl = async (_t, network) => {
  const { found, crawler, packets } = await crawlSimulation(network);
  return { ...found, unearned: crawler.named.unearned ?? 0, sentPerLive: packets.sentPerLive };
};
