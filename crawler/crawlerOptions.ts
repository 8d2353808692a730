import type { Logger } from '../p2p/ports.ts';
import type { CrawlerConfig } from './config.ts';
import type { CrawlSummary } from './crawl/crawlTally.ts';
import type { NodeSetEntry } from './crawl/nodesJson.ts';

export interface CrawlerOptions {
  readonly config: CrawlerConfig;
  readonly databaseUrl: string;
  readonly version: string;
  readonly log: Logger;
  /** Visit every known node once, then end. */
  readonly once: boolean;
  /** Called with the keys of visits that are in the database for certain. */
  readonly onCommitted?: (keys: readonly string[]) => void;
  /** Called about once a second while it runs. */
  readonly onProgress?: (progress: CrawlProgress) => void;
}

export interface CrawlProgress {
  readonly known: number;
  readonly visited: number;
  readonly underWay: number;
  readonly left: number;
  readonly summary: () => CrawlSummary;
}

export interface CrawlResult {
  readonly summary: CrawlSummary;
  readonly nodes: () => Iterable<NodeSetEntry>;
  /** Every metric as it was at the end, in Prometheus' text format. */
  readonly metrics: () => Promise<string>;
}
