/** A crawler in a process of its own, run to its end with `once`; reports what it cost. Started by the benches. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { writeHeapSnapshot } from 'node:v8';
import { realWorld } from '../bin/commands/realWorld.ts';
import { readCrawlerConfig } from '../crawler/config.ts';
import type { CrawlProgress } from '../crawler/crawlerOptions.ts';
import { run as crawl } from '../crawler/main.ts';
import { createStderrLogger } from '../lib/logger.ts';
import { createRegistry } from '../lib/runProcess.ts';
import { bytesToHex } from '../p2p/wire/bytes.ts';
import { round } from './machine.ts';
import { type MemoryAtEnd, measureMemory, mib } from './memoryAtEnd.ts';

export interface CrawlerOrder {
  readonly flags: Readonly<Record<string, string | boolean>>;
  readonly databaseUrl: string;
  /** Where to write a heap snapshot of the end. */
  readonly snapshotFile?: string;
  /** The run is cut off after this time; what was found by then is reported. */
  readonly limitSeconds?: number;
}

/** Samples during the crawl, one whenever the number of visited nodes has doubled. */
export interface CrawlSample {
  readonly seconds: number;
  readonly visited: number;
  readonly known: number;
  readonly rssMib: number;
  readonly heapUsedMib: number;
  readonly cpuSeconds: number;
}

export interface CrawlerReport {
  readonly tookSeconds: number;
  readonly cpuSeconds: number;
  /** CPU spent until the crawler was asked to run: loading and compiling. */
  readonly startSeconds: number;
  readonly peakRssMib: number;
  readonly memoryMib: MemoryAtEnd;
  /** Every known node was visited. */
  readonly complete: boolean;
  readonly samples: readonly CrawlSample[];
  readonly eventLoop: { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };
  /** keccak-256 of the public keys that answered, hex. */
  readonly found: readonly string[];
  readonly seen: number;
  readonly alive: number;
  readonly identified: number;
  readonly reachable: number;
  readonly codes: Readonly<Record<string, number>>;
  readonly named: Readonly<Record<string, number>>;
  readonly metrics: string;
}

const resolutionMs = 5;

process.once('message', (order: CrawlerOrder) => void run(order));

async function run({ flags, databaseUrl, snapshotFile, limitSeconds }: CrawlerOrder): Promise<void> {
  const loaded = process.cpuUsage();
  const config = readCrawlerConfig(flags);
  const log = createStderrLogger({ level: config.logLevel, format: 'text', fields: {} });
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  const started = performance.now();
  const over = new AbortController();
  process.once('SIGTERM', () => over.abort());
  // The parent is gone: nobody will read the report.
  const onLoss = (): void => process.exit(1);
  process.once('disconnect', onLoss);
  const limit = limitSeconds === undefined ? undefined : setTimeout(() => over.abort(), limitSeconds * 1_000);
  const watch = new CrawlWatch(started);
  const onProgress = (progress: CrawlProgress): void => watch.note(progress);
  const registry = createRegistry('forkscope_crawler_');
  const result = await crawl(
    { config, version: '0.0.0', log, registry, once: true, onProgress },
    realWorld(databaseUrl),
    over.signal,
  );
  clearTimeout(limit);
  const tookSeconds = (performance.now() - started) / 1_000;
  delay.disable();
  const { maxRSS } = process.resourceUsage();
  const cpuSeconds = cpuSecondsNow();
  const beyond = (nanoseconds: number): number => Math.max(0, round(nanoseconds / 1e6 - resolutionMs));
  const memoryMib = measureMemory();
  if (snapshotFile !== undefined) writeHeapSnapshot(snapshotFile);
  const { summary } = result;
  const report: CrawlerReport = {
    tookSeconds: round(tookSeconds),
    cpuSeconds,
    startSeconds: round((loaded.user + loaded.system) / 1e6),
    peakRssMib: round(maxRSS / 1_024),
    memoryMib,
    complete: !over.signal.aborted,
    samples: watch.samples,
    eventLoop: {
      p50Ms: beyond(delay.percentile(50)),
      p99Ms: beyond(delay.percentile(99)),
      maxMs: beyond(delay.max),
    },
    found: [...result.nodes()].map(({ idHash }) => bytesToHex(idHash)),
    seen: summary.seen,
    alive: summary.alive,
    identified: summary.identified,
    reachable: summary.reachable,
    codes: summary.codes,
    named: summary.named,
    metrics: await registry.metrics(),
  };
  process.off('disconnect', onLoss);
  process.send?.(report, () => process.disconnect());
}

const progressMs = 10_000;

/** Reports progress on stderr, and keeps samples of the cost. */
class CrawlWatch {
  readonly samples: CrawlSample[] = [];
  readonly #started: number;
  #toldAt: number;
  #nextAt = 500;

  constructor(started: number) {
    this.#started = started;
    this.#toldAt = started;
  }

  note({ visited, known, underWay }: CrawlProgress): void {
    const now = performance.now();
    const { rss, heapUsed } = process.memoryUsage();
    const sample: CrawlSample = {
      seconds: round((now - this.#started) / 1_000),
      visited,
      known,
      rssMib: mib(rss),
      heapUsedMib: mib(heapUsed),
      cpuSeconds: cpuSecondsNow(),
    };
    if (visited >= this.#nextAt) {
      this.samples.push(sample);
      this.#nextAt = 2 * visited;
    }
    if (now - this.#toldAt < progressMs) return;
    this.#toldAt = now;
    const { seconds, rssMib, cpuSeconds } = sample;
    console.error(
      `${seconds} s: ${visited} of ${known} visited, ${underWay} under way, ${rssMib} MiB, ${cpuSeconds} s of CPU`,
    );
  }
}

function cpuSecondsNow(): number {
  const { user, system } = process.cpuUsage();
  return round((user + system) / 1e6);
}
