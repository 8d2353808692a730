import { collectDefaultMetrics, Registry } from 'prom-client';
import { createNetworkIndex } from '../chains/networks/chainIdentity.ts';
import { reasonOf } from '../lib/errors.ts';
import { Lifetime } from '../lib/lifecycle.ts';
import { repeat } from '../lib/repeat.ts';
import { systemClock } from '../p2p/net/systemClock.ts';
import { systemRandom } from '../p2p/net/systemRandom.ts';
import { systemSockets } from '../p2p/net/systemSockets.ts';
import { dial } from '../p2p/net/tcpDialer.ts';
import { bytesToHex, bytesToKey } from '../p2p/wire/bytes.ts';
import { keccak256 } from '../p2p/wire/keccak.ts';
import { chooseCurve } from '../p2p/wire/secp256k1.ts';
import { scheduleOf } from './crawl/backoff.ts';
import { ClaimDesk } from './crawl/claimDesk.ts';
import { runCrawlLoop } from './crawl/crawlLoop.ts';
import { CrawlTally } from './crawl/crawlTally.ts';
import { DialGate } from './crawl/dialGate.ts';
import { createDiscoveryPort } from './crawl/discoveryPort.ts';
import { ForkWatch } from './crawl/forkWatch.ts';
import { defaultFrontierLimits, Frontier } from './crawl/frontier.ts';
import { GroundTargets } from './crawl/groundTargets.ts';
import { NodeSet } from './crawl/nodeSet.ts';
import { Presences } from './crawl/presences.ts';
import { inboundVisit, sessionFinding } from './crawl/sessionFinding.ts';
import { Slots } from './crawl/slots.ts';
import type { VisitTarget } from './crawl/visit.ts';
import { createVisit, planVisit } from './crawl/visitNode.ts';
import { VisitRecorder } from './crawl/visitRecorder.ts';
import { VisitWindow } from './crawl/visitWindow.ts';
import type { CrawlerOptions, CrawlProgress, CrawlResult } from './crawlerOptions.ts';
import { AddressVotes } from './identity/addressVotes.ts';
import { openIdentities } from './identity/openIdentities.ts';
import type { IdentityDeps } from './identity/openIdentity.ts';
import { takeCensus } from './jobs/census.ts';
import { startJobs } from './jobs/startJobs.ts';
import { type CrawlerMetrics, countNamed, countOutput, countVisit, createCrawlerMetrics } from './metrics.ts';
import { fillFrontier, openConnections, openMetrics, openQueue } from './openParts.ts';
import { selectNetworks } from './selectNetworks.ts';
import { createStore } from './store/createStore.ts';
import { createNetworkLook } from './watchNetworks.ts';

const PROGRESS_MS = 1_000;
const BEAT_MS = 10_000;
const MAX_LOOK_MS = 30_000;
/** A mention refreshes a node's `last seen` at most this often. */
const MENTION_MS = 10 * 60_000;
/** The first pages should not stay empty until the first census of the schedule. */
const EARLY_CENSUS_MS = [10_000, 30_000, 60_000, 180_000, 300_000];
const CENSUS_SPAN_MS = 1_000;

/** Runs the crawler until `signal` aborts, or with `once` until every node was visited; all that it opened is closed. */
export async function runCrawler(options: CrawlerOptions, signal: AbortSignal): Promise<CrawlResult> {
  const life = new Lifetime();
  try {
    const crawler = await openCrawler(options, life, signal);
    await crawler.run();
    return crawler.result();
  } finally {
    for (const { name, end } of await life.close()) {
      if (end.at === 'failed') options.log.error('a part did not close', { name, reason: reasonOf(end.error) });
      if (end.at === 'late') options.log.warn('a part took too long to close', { name });
    }
  }
}

interface Crawler {
  run(): Promise<void>;
  result(): CrawlResult;
}

async function openCrawler(options: CrawlerOptions, life: Lifetime, signal: AbortSignal): Promise<Crawler> {
  const { config, log, version } = options;
  const clock = systemClock;
  const curve = await chooseCurve();
  const chosen = selectNetworks(config, curve, log);
  const startedAt = clock.now();
  log.info('crawler starts', {
    version,
    curve: curve.backend,
    vantage: config.vantage,
    networks: chosen.watched.map(({ slug }) => slug).join(','),
    bootnodes: chosen.bootnodes.length,
  });

  const sql = openConnections(options, life);
  const store = createStore(sql, config.vantage, bytesToHex(systemRandom.bytes(4)));
  await store.saveNetworks(chosen.known, clock.now());
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'forkscope_crawler_' });

  const frontier = new Frontier(chosen.policy, defaultFrontierLimits);
  const window = new VisitWindow(config.maxVisits);
  const tally = new CrawlTally(startedAt);
  const nodeSet = new NodeSet();
  const votes = new AddressVotes();
  const metrics: CrawlerMetrics = createCrawlerMetrics(registry, {
    frontierNodes: () => frontier.size,
    unvisitedNodes: () => frontier.unvisited,
    overdueMs: () => Math.max(0, clock.now() - (frontier.nextDueAt() ?? Number.POSITIVE_INFINITY)),
    visitWindow: () => window.size,
    visitsUnderWay: () => underWay(),
    claimedNodes: () => desk?.held ?? 0,
    tableNodes: () => identities.reduce((sum, { pump }) => sum + pump.node.table.size, 0),
    queuedRecords: () => queue.queued,
    spilledRecords: () => queue.spilled,
    rejectedRecords: () => queue.rejected,
    forgottenMentions: () => queue.forgotten,
  });
  const ports: number[] = [];
  const beat = (): Promise<void> =>
    store.saveBeat({
      version,
      startedAt,
      at: clock.now(),
      bootnodesTried: tally.bootnodesTried,
      bootnodesAnswered: tally.bootnodesAnswered,
      frontierNodes: frontier.size,
      visits: tally.visits,
      networks: chosen.watched.map(({ slug }) => slug),
      facts: { curve: curve.backend, once: options.once, ports: ports.join(',') },
    });
  // At once: what follows may take a minute, and pages open on the networks that it names.
  await beat();
  metrics.info.set({ version, curve: curve.backend }, 1);
  const ownIds: Uint8Array[] = [];
  // A single run looks at every node itself, whatever others do.
  const desk = options.once
    ? null
    : new ClaimDesk(
        {
          frontier,
          leases: store,
          clock,
          random: systemRandom,
          log,
          reach: { allowedCidrs: chosen.allowedCidrs, publicUnicast: !chosen.isPrivate, exceptIds: ownIds },
          size: () => window.size,
        },
        config.leaseMs,
      );
  const underWay = (): number => frontier.visiting - (desk?.ready ?? 0);
  const queue = await openQueue(options, store, metrics, clock, life, (keys, ids) => desk?.committed(keys, ids));

  // Who pings us wants to be known, and is looked at like any other once it has answered our PING: the source of his may
  // be forged, and a visit sends more than he did.
  const meetCaller = (target: VisitTarget): void => {
    const now = clock.now();
    if (frontier.offer(target, target.ip, now, now) === 'added')
      queue.seen({ target, source: 'ping', at: now, dueAt: now });
  };
  const presences = new Presences();
  const bootnodeIds = new Set(chosen.bootnodes.map(({ id }) => bytesToKey(id)));
  const countsIds = config.splitVoters === 'auto' ? chosen.isPrivate : config.splitVoters === 'id';
  const watch = new ForkWatch(chosen.watched, countsIds);
  const lookAtNetworks = createNetworkLook(sql, chosen.watched, watch, {
    roundMs: config.splitRoundMs,
    closeAfterMs: config.splitCloseMs,
    isPrivate: countsIds,
  });
  const recorder = new VisitRecorder({
    watch,
    index: createNetworkIndex(chosen.known),
    clock,
    tally,
    bootnodes: bootnodeIds,
    heldKey: (idKey) => frontier.heldKey(idKey),
    store: (record) => queue.visit(record),
    observe: (record, idKey) => {
      countVisit(metrics, record.outcome);
      metrics.bootnodesTried.set(tally.bootnodesTried);
      metrics.bootnodesAnswered.set(tally.bootnodesAnswered);
      nodeSet.visited(idKey, record.outcome);
      presences.visited(record);
    },
  });
  const identityDeps: Omit<IdentityDeps, 'budget'> = {
    curve,
    clock,
    random: systemRandom,
    sockets: systemSockets,
    log,
    policy: chosen.policy,
    limits: chosen.limits,
    clientName: `Forkscope/v${version}/${process.platform}-${process.arch}/node${process.versions.node}`,
    observe: (output) => {
      countOutput(metrics, output);
      if (!('event' in output)) return;
      if (output.event === 'proven') {
        votes.note(output.node.ip, output.pong.ourIp);
        meetCaller(output.node);
      }
      if (output.event === 'late') {
        meetCaller(output.node);
        (desk ?? frontier).recall(output.node.id, clock.now());
        window.late(clock.now());
      }
    },
    wantsOf: (remoteId) => watch.wants(bytesToKey(remoteId)),
    onSession: (session) => {
      const outcome = inboundVisit(session, clock.now() - session.outcome.timings.totalMs, systemRandom.bytes(10));
      if (outcome === null) return;
      const now = clock.now();
      if (outcome.target.udp > 0) frontier.offer(outcome.target, null, now, now);
      void recorder.record(outcome, { at: now, failures: 0 });
    },
  };
  const identities = await openIdentities(identityDeps, chosen, config, signal);
  for (const identity of identities) {
    life.add(`identity ${identity.name}`, () => identity.close());
    frontier.disown(identity.id);
    ownIds.push(identity.id);
    ports.push(identity.port);
    presences.add(identity);
    log.info('identity is up', {
      name: identity.name,
      id: bytesToHex(identity.id),
      port: identity.port,
      listening: identity.listeners.length > 0,
    });
  }
  const [discovery] = identities;
  await fillFrontier(chosen, frontier, store, queue, clock, options.once, signal);
  const metricsServer = await openMetrics(registry, config, log);
  if (metricsServer !== null) life.use('metrics', metricsServer);

  const jobs = startJobs(
    { sql, clock, log },
    {
      censusCron: config.censusCron,
      retentionDays: config.retentionDays,
      vantage: config.vantage,
      ...(options.once ? {} : { earlyCensusMs: EARLY_CENSUS_MS }),
      censusSpanMs: CENSUS_SPAN_MS,
    },
  );
  life.add('jobs', () => jobs.stop(), 20_000);

  const dials = new Slots(config.maxDials);
  const visit = createVisit({
    discovery: createDiscoveryPort(discovery.pump),
    dialer: {
      dial: (target, headers, dialSignal) =>
        dials.run(async () =>
          sessionFinding(await dial(target, target.id, { headers }, discovery.dialDeps(target.ip), dialSignal)),
        ),
    },
    policy: chosen.policy,
    gate: new DialGate(chosen.policy),
    targets: new GroundTargets(keccak256),
    hashId: keccak256,
    clock,
    random: systemRandom,
  });
  const progress = (): CrawlProgress => ({
    known: frontier.size,
    visited: tally.visits,
    underWay: underWay(),
    left: frontier.unvisited,
    summary: () => tally.summary(clock.now(), frontier.size),
  });
  const refresh = async (): Promise<void> => {
    const elected = { ip4: votes.elected(4), ip6: votes.elected(6) };
    for (const identity of identities) await identity.refreshRecord(elected);
  };
  return {
    run: async () => {
      const over = new AbortController();
      const whileRunning = AbortSignal.any([signal, over.signal]);
      const every = (ms: number, name: string, work: () => void | Promise<void>): Promise<void> =>
        repeat(
          {
            sleep: (wait, until) => clock.sleep(wait, until),
            ms,
            work,
            onFailure: (error) => log.warn(`${name} failed`, { reason: reasonOf(error) }),
          },
          whileRunning,
        );
      const beside = [
        every(BEAT_MS, 'heartbeat', beat),
        every(BEAT_MS, 'record', refresh),
        every(Math.min(MAX_LOOK_MS, config.splitRoundMs / 8), 'forks', () => lookAtNetworks(clock.now())),
        every(PROGRESS_MS, 'progress', () => options.onProgress?.(progress())),
      ];
      const claiming = desk?.run(signal);
      await runCrawlLoop(
        {
          frontier,
          source: desk,
          visit,
          plan: (node) => planVisit({ headers: watch.wants(node.idKey), dialAt: node.dialAt, now: clock.now() }),
          sinks: {
            outcome: (outcome, due) => recorder.record(outcome, due),
            named: (code, target, now) => {
              countNamed(metrics, code);
              tally.named(code);
              if (frontier.isMentionDue(target.id, now, MENTION_MS)) {
                queue.seen({ target, source: 'neighbour', at: now, dueAt: now });
              }
            },
          },
          clock,
          random: systemRandom,
          schedule: scheduleOf(config),
          window,
        },
        { once: options.once, maxConcurrent: config.maxVisits, spreadMs: options.once ? 0 : 5_000 },
        signal,
      );
      over.abort();
      await Promise.all([...beside, claiming]);
      await desk?.release().catch((error: unknown) => {
        log.warn('claims are left to lapse', { reason: reasonOf(error), ms: config.leaseMs });
      });
      await queue.close();
      // A single run ends with its count, so that what it found is on the pages.
      if (options.once) {
        await lookAtNetworks(clock.now());
        await takeCensus(sql, clock.now(), config.vantage, CENSUS_SPAN_MS);
      }
      await beat().catch((error: unknown) => log.warn('no last heartbeat', { reason: reasonOf(error) }));
      options.onProgress?.(progress());
    },
    result: () => ({
      summary: tally.summary(clock.now(), frontier.size),
      nodes: () => nodeSet.entries(),
      metrics: () => registry.metrics(),
    }),
  };
}
