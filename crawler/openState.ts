import type { Lifetime } from '../lib/lifecycle.ts';
import { parseTimetable } from '../lib/timetable.ts';
import type { Logger } from '../p2p/ports.ts';
import { bytesToHex } from '../p2p/wire/bytes.ts';
import { longestWaitMs, type Outage, scheduleOf } from './crawl/backoff.ts';
import type { VisitOutcome } from './crawl/visit.ts';
import { hasAnswered, saysNothing } from './crawl/visitOutcome.ts';
import { type Misfit, misfitsOf } from './crawl/windowFit.ts';
import type { CrawlerOptions, CrawlerWorld } from './crawlerOptions.ts';
import { logVisit } from './debugLines.ts';
import { followBootnodes, tellProblems } from './followBootnodes.ts';
import type { CensusSchedule } from './jobs/census.ts';
import { countVisit, createCrawlerMetrics } from './metrics.ts';
import { openCurve } from './openCurve.ts';
import { openRecords } from './openRecords.ts';
import { openSchedule } from './openSchedule.ts';
import { openSources } from './openSources.ts';
import { openWrites } from './openWrites.ts';
import { selectNetworks } from './selectNetworks.ts';
import { createStore } from './store/createStore.ts';
import { inSteadyTime, StoredTime } from './storedTime.ts';
import { watchNetworks } from './watchNetworks.ts';
import { WorkLog } from './workLog.ts';

export type CrawlerState = Awaited<ReturnType<typeof openState>>;

/** Everything of a crawler that exists before it is on the network. */
export async function openState(
  options: CrawlerOptions,
  { clock, random, names, texts, database }: CrawlerWorld,
  life: Lifetime,
) {
  const { config, log, version, once } = options;
  const curve = options.curve ?? (await openCurve(log));
  const chosen = selectNetworks(config, curve, log);
  log.info('crawler starts', {
    version,
    curve: curve.backend,
    vantage: config.vantage,
    networks: chosen.watched.map(({ slug }) => slug).join(','),
    bootnodes: chosen.bootnodes.tally().given,
  });
  tellProblems(log, chosen.bootnodes);
  const sql = database.connect({ max: 6, applicationName: `forkscope crawl ${config.vantage}` });
  life.add('database connections', () => sql.end({ timeout: 5 }), 10_000);
  const policy = scheduleOf(config);
  const own = bytesToHex(random.bytes(4));
  const onDatabase = createStore(sql, config.vantage, own, database.time, longestWaitMs(policy));
  const time = new StoredTime({ clock, store: onDatabase, log });
  await time.begin();
  const store = inSteadyTime(onDatabase, time);
  const startedAt = time.clock.now();
  await store.saveNetworks(chosen.known, startedAt);
  const workedUntil = await store.lastAtWork(chosen.watched.map(({ slug }) => slug));
  const outage: Outage | null =
    workedUntil === null ? null : { fromAt: time.toSteady(workedUntil), untilAt: clock.now() };
  const metrics = createCrawlerMetrics(options.registry);
  metrics.info.set({ version, curve: curve.backend }, 1);
  const timetable = parseTimetable(config.censusInterval);
  const census: CensusSchedule = { timetable, nextWithinMs: once ? null : timetable.longestGapMs };
  if (!once) warnOfMisfits(misfitsOf({ ...policy, leaseMs: config.leaseMs }), log);
  const schedule = openSchedule({ chosen, leases: store, clock, random, log }, { ...config, once, schedule: policy });
  const onCommitted = (keys: readonly string[], ids: readonly string[]): void => {
    schedule.desk?.committed(keys, ids);
    metrics.committed.inc(keys.length);
    options.onCommitted?.(keys);
  };
  const onFailure = (): void => metrics.storeFailures.inc();
  const queue = await openWrites({ store, clock, log, onCommitted, onFailure }, config, life);
  const bootnodes = followBootnodes({ bootnodes: chosen.bootnodes, schedule, queue, names, clock, random, log });
  const sources = openSources({ chosen, schedule, queue, bootnodes, texts, curve, clock, random, log }, options);
  const networks = watchNetworks(sql, chosen, config, log);
  const work = new WorkLog(startedAt);
  const records = openRecords({
    ...chosen,
    watch: networks.watch,
    clock: time.clock,
    toStored: (at) => time.toStored(at),
    startedAt,
    heldKey: (idKey) => schedule.frontier.heldKey(idKey),
    store: (record) => queue.visit(record),
    observe: (record, idKey) => {
      noteAnswer(work, record.outcome, idKey, time.clock.now());
      logVisit(log, record);
      countVisit(metrics, record.outcome);
    },
  });
  schedule.frontier.onForgotten = (idKey) => {
    records.tally.forget(idKey);
    records.nodeSet.forget(idKey);
  };
  const jobs = { bootnodes, sources, networks, records, census, work };
  return { startedAt, time, outage, curve, chosen, sql, store, metrics, schedule, queue, ...jobs };
}

function warnOfMisfits(misfits: readonly Misfit[], log: Logger): void {
  for (const { kind, window, gapMs } of misfits) {
    log.warn('nodes are looked at less often than counts look back: those counts are marked as not covered', {
      schedule: kind,
      everyMs: Math.round(gapMs),
      counts: window,
    });
  }
}

function noteAnswer(work: WorkLog, outcome: VisitOutcome, idKey: string, now: number): void {
  if (hasAnswered(outcome)) work.heard(idKey, now);
  else if (!saysNothing(outcome.code)) work.unanswered(idKey, now);
}
