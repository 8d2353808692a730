/** The watcher of private chains: its parts, opened in order, run, and closed in reverse. */
import type { Registry } from 'prom-client';
import { reasonOf } from '../lib/errors.ts';
import { endAll, Lifetime } from '../lib/lifecycle.ts';
import { createPostgresNoticeStore } from '../notify/postgresNoticeStore.ts';
import type { Target } from '../notify/target.ts';
import type { Clock, Logger, Random } from '../p2p/ports.ts';
import type { Database } from '../sql/database.ts';
import { UnfitDatabaseError } from '../sql/migrateError.ts';
import { endWhenUnfit } from '../sql/watchSchema.ts';
import { createRaftLocks, openLockConnection } from './store/raftLocks.ts';
import { keepRaftTidy } from './store/raftRetention.ts';
import { createPostgresRaftStore } from './store/raftStore.ts';
import { createRpcBlockStore } from './store/rpcBlockStore.ts';
import { createRpcScheduleStore } from './store/rpcScheduleStore.ts';
import type { ClusterConfig } from './watch/clusterConfig.ts';
import { blockPauseMs } from './watch/watchBlocks.ts';
import { watchRaft } from './watchRaft.ts';

/** All that the watcher needs from outside, but for HTTP. `database` has the newest schema. */
export interface ConsortiumWorld {
  readonly clock: Clock;
  readonly random: Pick<Random, 'next'>;
  readonly database: Database;
}

export interface ConsortiumOptions {
  readonly config: {
    /** Between two rounds of the judges of splits, who want blocks. */
    readonly splitRoundMs: number;
    readonly raftRetentionDays: number;
    readonly publicUrl: string | null;
  };
  readonly clusters: readonly ClusterConfig[];
  /** Who is told of alerts. */
  readonly targets: readonly Target[];
  readonly log: Logger;
  /** Where the watcher's metrics go. */
  readonly registry: Registry;
  /** Called when all is open, before the first poll; it begins when this resolves. */
  readonly onReady?: () => void | Promise<void>;
}

/** Watches the clusters until `signal` aborts; all that it opened is closed. */
export async function run(options: ConsortiumOptions, world: ConsortiumWorld, signal: AbortSignal): Promise<void> {
  const { config, clusters, targets, log, registry } = options;
  const { clock, random, database } = world;
  const life = new Lifetime();
  try {
    const sql = database.connect({
      max: 4,
      applicationName: 'forkscope raft',
      statementTimeoutMs: 30_000,
      connectTimeoutMs: 5_000,
    });
    life.add('database connections', () => sql.end({ timeout: 5 }), 8_000);
    endWhenUnfit(sql, signal);
    const locks = createRaftLocks(() => openLockConnection(database), clock);
    life.add('locks', locks.close, 8_000);
    const onRefused = (cluster: string, error: unknown): void =>
      log.error('the database refused rows of a raft cluster', { cluster, reason: reasonOf(error) });
    const store = createPostgresRaftStore({ sql, locks, clock, onRefused });
    const blocks = {
      store: createRpcBlockStore(sql),
      schedules: createRpcScheduleStore(sql),
      everyMs: blockPauseMs(config.splitRoundMs),
    };
    await options.onReady?.();
    log.info('raft watcher is running', { clusters: clusters.length });
    const tidying = keepRaftTidy({ sql, clock, log }, config.raftRetentionDays, signal);
    const notices = createPostgresNoticeStore(sql);
    const { publicUrl } = config;
    await watchRaft(clusters, targets, { clock, random, log, store, blocks, registry, notices, publicUrl }, signal);
    await tidying;
    if (!(signal.reason instanceof UnfitDatabaseError)) log.info('raft watcher has written everything it knows');
  } finally {
    await endAll(life, log);
  }
}
