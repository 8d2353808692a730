import { schedule } from 'node-cron';
import { reasonOf } from '../../lib/errors.ts';
import type { Clock, Logger } from '../../p2p/ports.ts';
import type { Sql } from '../../sql/client.ts';
import { type CensusReport, takeCensus } from './census.ts';
import { applyRetention, createVisitPartitions } from './retention.ts';
import { rollUpCounts } from './rollUp.ts';

export interface JobsOptions {
  /** node-cron expression, UTC. */
  readonly censusCron: string;
  readonly retentionDays: number;
  readonly vantage: string;
  /** Further censuses so long after the start, ms: a newcomer's first pages must not be empty until the first beat. */
  readonly earlyCensusMs?: readonly number[];
  /** Censuses within one span are one. A beat of seconds wants a short one. */
  readonly censusSpanMs?: number;
  readonly onCensus?: (report: CensusReport) => void;
}

export interface Jobs {
  /** No job starts after it; resolves when those under way have ended. */
  stop(): Promise<void>;
}

/** Registers the jobs of a crawler, and runs at once what must not wait for its hour. A job that fails is logged, and tried at its next time. */
export function startJobs(deps: { sql: Sql; clock: Clock; log: Logger }, options: JobsOptions): Jobs {
  const { sql, clock, log } = deps;
  /** BOUNDED: node-cron starts no job again while it runs, and there are four. */
  const underWay = new Set<Promise<void>>();

  const guard = (name: string, work: () => Promise<unknown>) => (): Promise<void> => {
    const running: Promise<void> = work()
      .then(
        () => {},
        (error: unknown) => {
          log.error('a job failed', { job: name, reason: reasonOf(error) });
        },
      )
      .finally(() => underWay.delete(running));
    underWay.add(running);
    return running;
  };
  const census = guard('census', async () => {
    const report = await takeCensus(sql, clock.now(), options.vantage, options.censusSpanMs);
    if (report === null) return;
    log.info('census taken', { points: report.points, nodes: report.nodes, ms: report.durationMs });
    options.onCensus?.(report);
  });
  const rollUp = guard('rollUp', () => rollUpCounts(sql, clock.now()));
  const partitions = guard('partitions', () => createVisitPartitions(sql, clock.now()));
  const retention = guard('retention', async () => {
    const removed = await applyRetention(sql, clock.now(), { visitDays: options.retentionDays });
    if (removed !== null) log.info('old rows removed', removed);
  });

  const often = { timezone: 'UTC', noOverlap: true } as const;
  const tasks = [
    schedule(options.censusCron, census, often),
    schedule('3 * * * *', rollUp, often),
    schedule('17 * * * *', partitions, often),
    schedule('41 4 * * *', retention, often),
  ];
  void partitions();
  void rollUp();
  const stopping = new AbortController();
  for (const ms of options.earlyCensusMs ?? []) {
    void clock.sleep(ms, stopping.signal).then(() => (stopping.signal.aborted ? undefined : census()));
  }
  return {
    async stop() {
      stopping.abort();
      await Promise.all(tasks.map((task) => task.destroy()));
      await Promise.all(underWay);
    },
  };
}
