import type { Registry } from 'prom-client';
import type { Clock, Logger, Names, Random, Sockets, Texts } from '../p2p/ports.ts';
import type { Curve } from '../p2p/wire/secp256k1.ts';
import type { Database } from '../sql/database.ts';
import type { CrawlerConfig } from './config.ts';
import type { CrawlSummary } from './crawl/crawlTally.ts';
import type { NodeSetEntry } from './crawl/nodesJson.ts';

/** Everything that a crawl needs from outside. `database` has the newest schema. */
export interface CrawlerWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly sockets: Sockets;
  readonly names: Names;
  readonly texts: Texts;
  readonly database: Database;
}

export interface CrawlerOptions {
  readonly config: CrawlerConfig;
  readonly version: string;
  readonly log: Logger;
  /** Where the crawler's metrics go. */
  readonly registry: Registry;
  /** Visit every known node once, then end. */
  readonly once: boolean;
  /** Used instead of the fastest that works here. */
  readonly curve?: Curve;
  /** Called when everything is open, before the first visit, which begins when this resolves. */
  readonly onReady?: () => void | Promise<void>;
  /** Called with the keys of visits that are safely in the database. */
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
  /** Visits that the database did not accept before the end: they are on disk for the next start. */
  readonly unwritten: number;
  readonly nodes: () => Iterable<NodeSetEntry>;
}
