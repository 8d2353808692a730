import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { heapFlags } from '../crawler/heapFlags.ts';
import { Lifetime } from '../lib/lifecycle.ts';
import { bytesToHex, hexToBytes } from '../p2p/wire/bytes.ts';
import { keccak256 } from '../p2p/wire/keccak.ts';
import { connect } from '../sql/client.ts';
import { startEmbedded } from '../sql/embedded.ts';
import { migrate } from '../sql/migrate.ts';
import { findFreeOctet } from '../testkit/simulatedNetwork/findFreeOctet.ts';
import { startSimulatedNetwork } from '../testkit/simulatedNetwork/simulatedNetwork.ts';
import { type BenchNetwork, benchScenario } from './benchScenario.ts';
import { crawlByDevp2p } from './crawlByDevp2p.ts';
import type { CrawlerOrder, CrawlerReport } from './crawlerProcess.ts';

export interface SimulationOptions extends BenchNetwork {
  readonly flags?: Readonly<Record<string, string | boolean>>;
  /** Where to write a CPU profile of the crawler. */
  readonly profileFolder?: string;
  /** Where to write a heap snapshot of the crawler at its end. */
  readonly snapshotFile?: string;
  /** The crawl is cut off after this time, and what was found by then is reported. */
  readonly limitSeconds?: number;
  readonly second?: number;
  /** geth's `devp2p`, whose crawl is let loose on the same network for so long afterwards. */
  readonly devp2p?: { readonly path: string; readonly seconds: number };
}

export type SimulationResult = Awaited<ReturnType<typeof crawlIn>>;

/** One `crawl --once` with its database over a simulated network, checked against the truth. */
export async function crawlSimulation(options: SimulationOptions): Promise<SimulationResult> {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-bench-'));
  // As root the database server is another user, who must be able to enter.
  chmodSync(folder, 0o755);
  const life = new Lifetime();
  life.add('folder', () => rmSync(folder, { recursive: true, force: true }));
  try {
    return await crawlIn(folder, options, life);
  } finally {
    await life.close();
  }
}

async function crawlIn(folder: string, options: SimulationOptions, life: Lifetime) {
  const database = await startEmbedded({ dataDir: join(folder, 'database') });
  life.add('database', () => database.stop(), 30_000);
  const sql = connect(database.url, { max: 1, applicationName: 'forkscope bench' });
  life.add('connection', () => sql.end({ timeout: 5 }));
  await migrate(sql);
  const network = await startSimulatedNetwork({
    scenario: benchScenario(options),
    second: options.second ?? (await findFreeOctet()),
  });
  life.add('simulated network', () => network.close(), 10_000);
  console.error(`${network.truth.length} simulated nodes are up, in ${network.processes} processes`);
  const before = await network.stats();
  const report = await runCrawlerProcess(
    {
      databaseUrl: database.url,
      ...(options.snapshotFile === undefined ? {} : { snapshotFile: options.snapshotFile }),
      ...(options.limitSeconds === undefined ? {} : { limitSeconds: options.limitSeconds }),
      flags: {
        'data-dir': join(folder, 'crawler'),
        networks: 'mainnet,sepolia',
        bootnodes: network.bootnodes(4).join(','),
        'allowed-cidrs': '127.0.0.0/8',
        bind4: '127.0.0.1',
        bind6: 'none',
        port: '0',
        'crawl-metrics-port': '0',
        'log-level': 'warn',
        'packets-per-second': '100000',
        ...options.flags,
      },
    },
    options.profileFolder,
  );
  const after = await network.stats();
  const hashOf = (id: string): string => bytesToHex(keccak256(hexToBytes(id)));
  const live = new Set(network.truth.filter(({ alive }) => alive).map(({ id }) => hashOf(id)));
  const found = report.found.filter((hash) => live.has(hash)).length;
  const [stored] = await sql<{ alive: number }[]>`
    select count(*)::int as alive from nodes where last_alive is not null`;
  const devp2p = options.devp2p === undefined ? null : await crawlByDevp2p(options.devp2p, folder, sql);
  const [protocols] = await sql<{ discv4: number; discv5: number; both: number }[]>`
    select count(*) filter (where last_discv5 is null)::int as discv4, count(*) filter (where last_discv4 is null)::int as discv5,
      count(*) filter (where last_discv4 is not null and last_discv5 is not null)::int as both
    from nodes where last_alive is not null`;
  const discv5Sent = readCounter(report.metrics, 'discv5_packets_sent_total');
  const [, checks = '0'] = /^forkscope_crawler_discv5_records_checked_total (\S+)$/m.exec(report.metrics) ?? [];
  const speak = (one: string): number => network.truth.filter(({ alive, speaks }) => alive && speaks === one).length;
  const sent = readCounter(report.metrics, 'packets_sent_total');
  const received = readCounter(report.metrics, 'packets_received_total');
  const rejected = readCounter(report.metrics, 'packets_rejected_total');
  const per = (value: number, count: number, digits = 2): number => Number((value / count).toFixed(digits));
  const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);
  return {
    network: { ...pick(options), ids: network.truth.length },
    complete: report.complete,
    found: {
      live: live.size,
      found,
      foundShare: per(found, live.size, 5),
      foundButNotLive: report.found.length - found,
      storedAlive: stored?.alive ?? 0,
      seen: report.seen,
      reachable: report.reachable,
      reachableTruth: network.truth.filter(({ reachable }) => reachable).length,
      identified: report.identified,
      identifiedTruth: network.truth.filter(({ identified }) => identified).length,
    },
    tookSeconds: report.tookSeconds,
    livePerSecond: per(found, report.tookSeconds),
    packets: {
      sentPerLive: per(sum(sent), live.size),
      receivedPerLive: per(sum(received), live.size),
      findnodesPerLive: per(sent.findnode ?? 0, live.size),
      findnodeGoal: per(Math.log2(options.nodes / 16) + 5, 1),
      sent,
      received,
      rejected,
    },
    crawler: {
      cpuSeconds: report.cpuSeconds,
      // Loading the program is the same for any network; all the rest, database and sessions included, is in the crawl.
      startSeconds: report.startSeconds,
      cpuUsPerVerifiedPacket: per(report.cpuSeconds * 1e6, sum(received), 1),
      crawlUsPerVerifiedPacket: per((report.cpuSeconds - report.startSeconds) * 1e6, sum(received), 1),
      peakRssMib: report.peakRssMib,
      memoryMib: report.memoryMib,
      samples: report.samples,
      eventLoop: report.eventLoop,
      codes: report.codes,
      named: report.named,
    },
    byProtocol: {
      alive: protocols,
      aliveTruth: { discv4: speak('discv4'), discv5: speak('discv5'), both: speak('both') },
      cpuMsPerLive: per((report.cpuSeconds - report.startSeconds) * 1e3, live.size),
      discv5SentPerLive: per(sum(discv5Sent), live.size),
      discv5SentPerSpeaker: per(sum(discv5Sent), Math.max(1, speak('discv5') + speak('both'))),
      discv5Sent,
      discv5Received: readCounter(report.metrics, 'discv5_packets_received_total'),
      discv5Rejected: readCounter(report.metrics, 'discv5_packets_rejected_total'),
      // Those in answers to ENRRequests too.
      recordChecksPerLive: per(Number(checks) + (received.enrResponse ?? 0), live.size),
    },
    devp2p,
    simulator: {
      cpuSeconds: per(after.cpuSeconds - before.cpuSeconds, 1),
      received: after.received,
      sent: after.sent,
      lost: after.lost,
      dropped: after.dropped,
      sessions: after.sessions,
    },
  };
}

function pick(options: SimulationOptions): BenchNetwork {
  const { nodes, seed, deadPerLive, latencyMs, jitterMs, loss, hostile, udpOnly = false, mix = false } = options;
  return { nodes, seed, deadPerLive, latencyMs, jitterMs, loss, hostile, udpOnly, mix };
}

async function runCrawlerProcess(order: CrawlerOrder, profileFolder: string | undefined): Promise<CrawlerReport> {
  const child = fork(fileURLToPath(new URL('./crawlerProcess.js', import.meta.url)), {
    // With the flags that `start` uses.
    execArgv: [...heapFlags, ...(profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`])],
    serialization: 'advanced',
  });
  const ended = once(child, 'exit');
  child.send(order);
  const report = await Promise.race([
    once(child, 'message').then(([message]): CrawlerReport => message),
    ended.then(([code]): never => {
      throw new Error(`the crawler ended with ${code}`);
    }),
  ]);
  await ended;
  return report;
}

/** The values of one of our counters by its only label, without those that are 0. */
export function readCounter(metrics: string, name: string): Record<string, number> {
  const pattern = new RegExp(`^forkscope_crawler_${name}\\{\\w+="(\\w+)"\\} (\\S+)$`, 'gm');
  const values = [...metrics.matchAll(pattern)].map(([, label = '', value]) => [label, Number(value)] as const);
  return Object.fromEntries(values.filter(([, value]) => value > 0));
}
