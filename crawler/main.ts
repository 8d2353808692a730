/** The crawler: its parts, opened in order, run, and closed in reverse. */
import { setMaxListeners } from 'node:events';
import { withDeadline } from '../lib/deadline.ts';
import { reasonOf } from '../lib/errors.ts';
import { endAll, Lifetime } from '../lib/lifecycle.ts';
import { endWhenUnfit } from '../sql/watchSchema.ts';
import { scheduleOf } from './crawl/backoff.ts';
import { longestGapMs } from './crawl/windowFit.ts';
import type { CrawlerOptions, CrawlerWorld, CrawlProgress, CrawlResult } from './crawlerOptions.ts';
import { createDiscoveryPort, createDiscv5Port } from './discoveryPort.ts';
import { fillFrontier } from './fillFrontier.ts';
import { takeCensus } from './jobs/census.ts';
import { startJobs } from './jobs/startJobs.ts';
import { keepBeats } from './keepBeats.ts';
import { type CrawlerGauges, countDiscv5Output, countOutput, measureCrawler } from './metrics.ts';
import { noteNamed } from './noteNamed.ts';
import { type Discovery, openDiscovery } from './openDiscovery.ts';
import { type CrawlerState, openState } from './openState.ts';
import { createDialer, openVisits } from './openVisits.ts';
import { runVisits } from './runVisits.ts';

const progressMs = 1_000;
const leftOutMs = 60_000;
const beatMs = 10_000;
/** Sessions that nodes opened with us get this long to end. */
const sessionsMs = 1_500;
/** The first pages should not stay empty until the first census of the schedule. */
const earlyCensusMs = [10_000, 30_000, 60_000, 180_000, 300_000];
const censusSpanMs = 1_000;

/** Runs the crawler until `signal` aborts or, with `once`, until every node has been visited; closes all that it opened. */
export async function run(options: CrawlerOptions, world: CrawlerWorld, signal: AbortSignal): Promise<CrawlResult> {
  // Each part listens to it, and each identity: how many depends on the networks.
  setMaxListeners(0, signal);
  const life = new Lifetime();
  try {
    const crawler = await openCrawler(options, world, life, signal);
    measureCrawler(
      options.registry,
      gaugesOf(crawler, () => world.clock.now()),
    );
    await options.onReady?.();
    await crawl(crawler, options, world, signal);
    const { tally, nodeSet } = crawler.records;
    return {
      summary: tally.summary(crawler.time.clock.now(), crawler.schedule.frontier.size),
      unwritten: crawler.queue.spilled,
      nodes: () => nodeSet.entries(),
    };
  } finally {
    await endAll(life, options.log);
  }
}

type Crawler = CrawlerState & { readonly discovery: Discovery };

async function openCrawler(
  options: CrawlerOptions,
  world: CrawlerWorld,
  life: Lifetime,
  signal: AbortSignal,
): Promise<Crawler> {
  const { config, log, version, once } = options;
  const { clock } = world;
  const state = await openState(options, world, life);
  endWhenUnfit(state.sql, signal);
  // At once: what follows may take a minute, and pages open on the networks that it lists.
  await saveBeat({ ...state, discovery: null }, options);
  const { time, curve, chosen, sql, store, metrics, schedule, queue, bootnodes, sources, networks, records, census } =
    state;
  const discovery = await openDiscovery(
    {
      ...world,
      curve,
      log,
      chosen,
      version,
      schedule,
      records,
      headers: (status) => networks.watch.wants(status, time.clock.now()),
      observe: (output) => countOutput(metrics, output),
      observeDiscv5: (output) => countDiscv5Output(metrics, output),
      onCaller: (contact, now) => queue.seen({ contact, source: 'ping', at: now, dueAt: now }),
      onNamed: (code, contact, now, by) => noteNamed(state, code, contact, now, by),
    },
    config,
    life,
    signal,
  );
  await fillFrontier({ frontier: schedule.frontier, store, queue, bootnodes, sources, clock }, once, signal);
  const { retentionDays, vantage } = config;
  // A census has to have what was heard so far, and to know until when somebody looked, and what is not written yet.
  const beforeCensus = async (): Promise<void> => {
    await queue.flush();
    await saveBeat({ ...state, discovery }, options);
  };
  const jobs = startJobs(
    { sql, clock: time.clock, log },
    { census, retentionDays, vantage, censusSpanMs, beforeCensus, ...(once ? {} : { earlyCensusMs }) },
  );
  life.add('jobs', () => jobs.stop(), 20_000);
  return { ...state, discovery };
}

function gaugesOf({ chosen, schedule, queue, discovery }: Crawler, now: () => number): CrawlerGauges {
  const { frontier, window, desk } = schedule;
  return {
    usableBootnodes: () => {
      const { usable, waiting } = chosen.bootnodes.tally();
      return usable + waiting;
    },
    triedBootnodes: () => chosen.bootnodes.tally().tried,
    answeredBootnodes: () => chosen.bootnodes.tally().answered,
    frontierNodes: () => frontier.size,
    cappedNodes: () => frontier.leftOut.hosts(now()),
    unvisitedNodes: () => frontier.unvisited,
    overdueMs: () => schedule.overdueMs(now()),
    visitWindow: () => window.size,
    visitsUnderWay: () => schedule.underWay,
    claimedNodes: () => desk?.held ?? 0,
    tableNodes: () => discovery.identities.reduce((sum, { pump }) => sum + pump.node.table.size, 0),
    recordChecks: () => discovery.identities.reduce((sum, { pump }) => sum + (pump.discv5?.node.recordChecks ?? 0), 0),
    queuedRecords: () => queue.queued,
    spilledRecords: () => queue.spilled,
    spilledBytes: () => queue.spilledBytes,
    spillFailures: () => queue.spillFailures,
    rejectedRecords: () => queue.rejected,
    forgottenMentions: () => queue.forgotten,
  };
}

/** Visits until the end. */
async function crawl(parts: Crawler, options: CrawlerOptions, world: CrawlerWorld, signal: AbortSignal): Promise<void> {
  const { config, log, once, onProgress } = options;
  const { clock, random } = world;
  const { time, chosen, schedule, bootnodes, networks, records, discovery, queue, work } = parts;
  const { frontier, desk, window } = schedule;
  const [asking] = discovery.identities;
  const visit = openVisits({
    discovery: createDiscoveryPort(asking.pump),
    discv5: asking.pump.discv5 === null ? null : createDiscv5Port(asking.pump.discv5, clock),
    dialer: createDialer(asking, config.maxDials, { clock, log }),
    policy: chosen.policy,
    clock,
    random,
  });
  const beat = (): Promise<void> => saveBeat(parts, options);
  const progress = (): void => {
    // Not with the heartbeat, which may have to wait for the database.
    work.tick(time.clock.now(), schedule.overdueMs(clock.now()));
    onProgress?.(progressOf(parts));
  };
  const over = new AbortController();
  const beside = keepBeats(
    [
      { name: 'clocks', everyMs: progressMs, work: () => time.tick() },
      { name: 'heartbeat', everyMs: beatMs, work: beat },
      {
        name: 'left out',
        everyMs: leftOutMs,
        work: () => parts.store.saveLeftOut(frontier.leftOut.hosts(clock.now()), clock.now()),
      },
      { name: 'record', everyMs: beatMs, work: () => discovery.refreshRecords() },
      { name: 'forks', everyMs: networks.everyMs, work: () => networks.look(time.clock.now()) },
      { name: 'progress', everyMs: progressMs, work: progress },
    ],
    { clock, log },
    AbortSignal.any([signal, over.signal]),
  );
  const onEnd = (): void => queue.expectEnd();
  signal.addEventListener('abort', onEnd, { once: true });
  const claiming = desk?.run(signal);
  // What a large list in DNS names comes in for minutes: visits go on meanwhile.
  let isListing = once;
  const listing = once ? parts.sources.readOnce(signal) : parts.sources.run(signal);
  const listed = listing.finally(() => {
    isListing = false;
  });
  const naming = Promise.all([once ? null : bootnodes.run(signal), listed]);
  await runVisits(
    {
      frontier,
      source: desk,
      window,
      visit,
      protocols: config.discovery,
      watch: networks.watch,
      told: time.clock,
      records,
      schedule: scheduleOf(config),
      outage: parts.outage,
      clock,
      random,
      onSettled: (node, outcome) => bootnodes.settled(node, outcome),
      onNamed: (code, contact, now, by) => noteNamed(parts, code, contact, now, by),
    },
    { once, moreToCome: () => isListing, maxConcurrent: config.maxVisits, spreadMs: once ? 0 : 5_000 },
    signal,
  );
  over.abort();
  await endCrawl(parts, Promise.all([beside, claiming, naming]), options, world);
  progress();
}

/**
 * Writes what is left, gives back what is claimed, and with `once` counts. While the database is away nothing but the
 * writing is waited for: all is on disk then.
 */
async function endCrawl(
  parts: Crawler,
  work: Promise<unknown>,
  options: CrawlerOptions,
  { clock }: CrawlerWorld,
): Promise<void> {
  const { time, sql, schedule, queue, networks, discovery } = parts;
  const { log, config, once } = options;
  // Sessions that nodes opened with us are visits too: the last of them come before the queue is closed.
  const late = (): void => log.warn('sessions do not end; ending without them');
  const ended = Promise.all(discovery.identities.map((identity) => identity.close()));
  await withDeadline(ended, { ms: sessionsMs, clock, late });
  await queue.close();
  const isAway = queue.spilled > 0;
  if (isAway) await sql.end({ timeout: 0 });
  await work;
  if (isAway) return;
  await schedule.desk?.release().catch((error: unknown) => {
    log.warn('could not give claims back; they will lapse', { reason: reasonOf(error), ms: config.leaseMs });
  });
  const beat = (): Promise<void> => saveBeat(parts, options);
  // A single run ends with a census, so that what it found is on the pages.
  if (once) {
    await networks.look(time.clock.now());
    await beat();
    await takeCensus(sql, time.clock.now(), config.vantage, { spanMs: censusSpanMs });
  }
  await beat().catch((error: unknown) => log.warn('could not write the last heartbeat', { reason: reasonOf(error) }));
}

async function saveBeat(
  {
    store,
    time,
    queue,
    work,
    startedAt,
    curve,
    chosen,
    records,
    schedule,
    census,
    discovery,
  }: CrawlerState & { readonly discovery: Discovery | null },
  { version, once, config }: CrawlerOptions,
): Promise<void> {
  const at = time.clock.now();
  work.tick(at, schedule.overdueMs(time.toSteady(at)));
  const { spans } = work;
  const settings = { ...scheduleOf(config), leaseMs: config.leaseMs };
  const held = { inMemory: queue.queued, onDisk: queue.spilled, diskRefuses: queue.diskRefuses };
  const ports = discovery?.identities.map(({ port }) => port) ?? [];
  await store.saveBeat({
    version,
    startedAt,
    at,
    bootnodes: chosen.bootnodes.tally(),
    frontierNodes: schedule.frontier.size,
    visits: records.tally.visits,
    networks: chosen.watched.map(({ slug }) => slug),
    censusIntervalMs: census.nextWithinMs,
    spans,
    unwrittenSince: queue.behindSince === null ? null : time.toStored(queue.behindSince),
    pingWithinMs: longestGapMs('visit', settings, 0),
    dialWithinMs: longestGapMs('dialOfFull', settings, 0),
    facts: { curve: curve.backend, once, ports: ports.join(','), ...held },
  });
  work.written(spans);
}

function progressOf({ time, schedule, records }: Crawler): CrawlProgress {
  const { frontier } = schedule;
  return {
    known: frontier.size,
    visited: records.tally.visits,
    underWay: schedule.underWay,
    left: frontier.unvisited,
    summary: () => records.tally.summary(time.clock.now(), frontier.size),
  };
}
