/** The parts of the crawl process that main.ts puts together, each opened and registered to be closed. */

import { join } from 'node:path';
import type { Registry } from 'prom-client';
import { reasonOf } from '../lib/errors.ts';
import type { Lifetime } from '../lib/lifecycle.ts';
import { type MetricsServer, startMetricsServer } from '../lib/metricsServer.ts';
import type { Clock, Logger } from '../p2p/ports.ts';
import { connect, type Sql } from '../sql/client.ts';
import type { CrawlerConfig } from './config.ts';
import { defaultFrontierLimits, type Frontier } from './crawl/frontier.ts';
import { restoreFrontier } from './crawl/restoreFrontier.ts';
import type { CrawlerOptions } from './crawlerOptions.ts';
import type { CrawlerMetrics } from './metrics.ts';
import type { NetworkChoice } from './selectNetworks.ts';
import { Spill } from './store/spill.ts';
import type { Store } from './store/store.ts';
import { WriteQueue } from './store/writeQueue.ts';

const REPLAY_MS = 60_000;

/** The connections to the database, closed with the crawler. */
export function openConnections({ databaseUrl, config }: CrawlerOptions, life: Lifetime): Sql {
  const sql = connect(databaseUrl, { max: 6, applicationName: `forkscope crawl ${config.vantage}` });
  life.add('database connections', () => sql.end({ timeout: 5 }), 10_000);
  return sql;
}

/** The write queue in front of the store, with what an earlier run left on disk. */
export async function openQueue(
  options: CrawlerOptions,
  store: Store,
  metrics: CrawlerMetrics,
  clock: Clock,
  life: Lifetime,
  onWritten: (keys: readonly string[], ids: readonly string[]) => void,
): Promise<WriteQueue> {
  const { config, log, onCommitted } = options;
  const spill = await Spill.open({ folder: join(config.dataDir, 'spill', config.vantage) });
  if (spill.count > 0) log.info('writing what an earlier run left on disk', { visits: spill.count });
  const queue = new WriteQueue({
    store,
    spill,
    clock,
    log,
    onCommitted: (keys, ids) => {
      onWritten(keys, ids);
      metrics.committed.inc(keys.length);
      onCommitted?.(keys);
    },
    onFailure: () => metrics.storeFailures.inc(),
  });
  queue.start();
  life.add('write queue', () => queue.close(), 15_000);
  return queue;
}

/** Bootnodes, and what former runs knew. */
export async function fillFrontier(
  { bootnodes }: NetworkChoice,
  frontier: Frontier,
  store: Store,
  queue: WriteQueue,
  clock: Clock,
  once: boolean,
  signal: AbortSignal,
): Promise<void> {
  // Before visits that an earlier run left on disk are in, their nodes seem due and would be visited twice.
  const until = clock.now() + REPLAY_MS;
  while (!once && queue.spilled > 0 && clock.now() < until && !signal.aborted) await clock.sleep(50, signal);
  const now = clock.now();
  for (const target of bootnodes) {
    frontier.trust(target.ip);
    if (frontier.offer(target, null, now, now) === 'added')
      queue.seen({ target, source: 'bootnode', at: now, dueAt: now });
  }
  await restoreFrontier(frontier, store.loadResume(defaultFrontierLimits.maxNodes), { once, now });
}

/** A port that is taken must not keep the crawler from crawling. */
export async function openMetrics(
  registry: Registry,
  config: CrawlerConfig,
  log: Logger,
): Promise<MetricsServer | null> {
  const { crawlMetricsHost: host, crawlMetricsPort: port } = config;
  try {
    const server = await startMetricsServer(registry, host, port);
    log.info('metrics are served', { url: server.url });
    return server;
  } catch (error) {
    log.warn('cannot serve metrics: going on without', { host, port, reason: reasonOf(error) });
    return null;
  }
}
