import { CronTimes } from '../../lib/cronTimes.ts';
import { reasonOf } from '../../lib/errors.ts';
import type { Timetable } from '../../lib/timetable.ts';
import type { Clock, Logger } from '../../p2p/ports.ts';
import type { Sql } from '../../sql/client.ts';
import { type CensusReport, type CensusSchedule, takeCensus } from './census.ts';
import { followSessions, takeChurn } from './followSessions.ts';
import { applyRetention, createVisitPartitions } from './retention.ts';
import { carryCounts, rollUpCounts } from './rollUp.ts';

export interface JobsOptions {
  readonly census: CensusSchedule;
  readonly retentionDays: number;
  readonly vantage: string;
  /** Additional censuses this long after the start, ms: a newcomer's first pages should not be empty until the first one. */
  readonly earlyCensusMs?: readonly number[];
  /** Censuses within one span are one. A beat of seconds wants a short one. */
  readonly censusSpanMs?: number;
  /** Tells the database until when this crawler has looked. */
  readonly beforeCensus?: () => Promise<void>;
  readonly onCensus?: (report: CensusReport) => void;
}

export interface Jobs {
  /** No job starts afterwards; resolves when those under way have ended. */
  stop(): Promise<void>;
}

/** A clock that was set is noticed after this time. */
const lookMs = 60_000;
/** A backup may take hours. */
const retentionRetryMs = 3_600_000;
const retentionTries = 6;
/** Longest time between two looks at who came and went; in the first hours after a start they are closer. */
const churnMs = 3_600_000;

/**
 * Starts the jobs of a crawler, each at its times by `clock`, and runs at once what must not wait. A failed job is logged
 * and retried at its next time; a time that comes while the job is still running is skipped.
 */
export function startJobs(deps: { sql: Sql; clock: Clock; log: Logger }, options: JobsOptions): Jobs {
  const { sql, clock, log } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;

  const guard = (name: string, work: () => Promise<unknown>) => async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      log.error('a job failed', { job: name, reason: reasonOf(error) });
    }
  };
  const census = guard('census', async () => {
    await options.beforeCensus?.();
    const report = await takeCensus(sql, clock.now(), options.vantage, {
      nextWithinMs: options.census.nextWithinMs,
      ...(options.censusSpanMs === undefined ? {} : { spanMs: options.censusSpanMs }),
    });
    if (report === null) return;
    log.info('census taken', { points: report.points, nodes: report.nodes, ms: report.durationMs });
    options.onCensus?.(report);
    await churn();
  });
  const sessions = guard('sessions', () => followSessions(sql, clock.now()));
  const startedAt = clock.now();
  let churnAt = Number.NEGATIVE_INFINITY;
  const churn = guard('churn', async () => {
    const now = clock.now();
    if (now - churnAt < Math.min(churnMs, (now - startedAt) / 8)) return;
    churnAt = now;
    await sessions();
    await takeChurn(sql, now);
  });
  const rollUp = guard('rollUp', () => rollUpCounts(sql, clock.now()));
  const carry = guard('carryCounts', async () => {
    const { done, points } = await carryCounts(sql, clock, signal);
    if (done && points > 0) log.info('counts of an earlier version are kept as this one keeps them', { points });
  });
  const partitions = guard('partitions', () => createVisitPartitions(sql, clock.now()));
  const retention = guard('retention', async () => {
    for (let tries = 1; !signal.aborted; tries++) {
      const removed = await applyRetention(sql, clock.now(), { visitDays: options.retentionDays }, signal);
      if (removed !== null) return log.info('old rows removed', removed);
      if (tries === retentionTries) {
        return log.warn('old rows were not removed: a backup or another process was at work all the time');
      }
      if (tries === 1) log.info('removal of old rows is put off: a backup or another process is at work');
      await clock.sleep(retentionRetryMs, signal);
    }
  });

  const at = async (times: Timetable, job: () => Promise<void>): Promise<void> => {
    while (await sleepUntil(clock, (now) => times.next(now), signal)) await job();
  };
  const running = [
    at(options.census.timetable, census),
    at(new CronTimes('*/5 * * * *'), sessions),
    at(new CronTimes('3 * * * *'), rollUp),
    at(new CronTimes('17 * * * *'), partitions),
    at(new CronTimes('41 4 * * *'), retention),
    partitions(),
    rollUp().then(carry),
    ...(options.earlyCensusMs ?? []).map(async (ms) => {
      await clock.sleep(ms, signal);
      if (!signal.aborted) await census();
    }),
  ];
  return {
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

/** Until the next time after now; of a clock that was set back meanwhile, after what it says then. False when the signal aborts. */
async function sleepUntil(clock: Clock, next: (now: number) => number, signal: AbortSignal): Promise<boolean> {
  let at = next(clock.now());
  for (let now = clock.now(); !signal.aborted && now < at; now = clock.now()) {
    await clock.sleep(Math.min(at - now, lookMs), signal);
    if (clock.now() < now) at = next(clock.now());
  }
  return !signal.aborted;
}
