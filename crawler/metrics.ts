import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { CodeCounter } from '../lib/codeCounter.ts';
import { discoveryProtocols } from '../lib/discoveryProtocols.ts';
import { type Discv4Output, type Discv4RejectCode, discv4DropCodes } from '../p2p/protocol/discv4Types.ts';
import {
  type Discv5Output,
  type Discv5RejectCode,
  discv5DropCodes,
  type SentDiscv5Kind,
} from '../p2p/protocol/discv5Types.ts';
import type { Discv4Kind } from '../p2p/wire/discv4.ts';
import { discv5MessageKinds } from '../p2p/wire/discv5Message.ts';
import { wireErrorCodes } from '../p2p/wire/errors.ts';
import { boundCodes, type LeftOutHost } from './crawl/leftOut.ts';
import { type OfferCode, offerCodes } from './crawl/offerCodes.ts';
import { type VisitOutcome, visitCodes, visitStages } from './crawl/visit.ts';

/** What is read at scrape time instead of being counted. */
export interface CrawlerGauges {
  /** With an address that may be contacted, or a name still to be looked up. */
  usableBootnodes(): number;
  triedBootnodes(): number;
  answeredBootnodes(): number;
  frontierNodes(): number;
  /** IDs that bounds left out within 24 h. */
  cappedNodes(): readonly LeftOutHost[];
  unvisitedNodes(): number;
  /** How long the most overdue node has waited for its visit. */
  overdueMs(): number;
  visitsUnderWay(): number;
  visitWindow(): number;
  claimedNodes(): number;
  tableNodes(): number;
  /** By discv5, since the start. */
  recordChecks(): number;
  queuedRecords(): number;
  spilledRecords(): number;
  spilledBytes(): number;
  /** Since the start, as the next one. */
  rejectedRecords(): number;
  forgottenMentions(): number;
  spillFailures(): number;
}

export const directions = ['outbound', 'inbound'] as const;
/** How a node's clock is off, by its PONG. */
export const clockFaults = ['slow', 'fast'] as const;
export const packetKinds = [
  'ping',
  'pong',
  'findnode',
  'neighbors',
  'enrRequest',
  'enrResponse',
] as const satisfies readonly Discv4Kind[];

const discv5PacketKinds: readonly SentDiscv5Kind[] = [...discv5MessageKinds, 'knock', 'whoareyou'];
const discoveryAnswers = ['answered', 'silent'] as const;

const rejectCodes: readonly Discv4RejectCode[] = [...discv4DropCodes, ...wireErrorCodes];
const discv5RejectCodes: readonly Discv5RejectCode[] = [...discv5DropCodes, ...wireErrorCodes];

/** Gauges read at the time of a scrape, and counters that other parts keep. */
export function measureCrawler(registry: Registry, gauges: CrawlerGauges): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): Gauge =>
    new Gauge({
      name: `forkscope_crawler_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const counter = (name: string, help: string, read: () => number): Counter =>
    new Counter({
      name: `forkscope_crawler_${name}_total`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  gauge(
    'bootnodes_usable',
    'Bootnodes with an address that may be contacted, or a name still to be looked up',
    gauges.usableBootnodes,
  );
  gauge('bootnodes_tried', 'Bootnodes visited since the start', gauges.triedBootnodes);
  gauge('bootnodes_answered', 'Bootnodes that answered since the start', gauges.answeredBootnodes);
  gauge('frontier_nodes', 'Node IDs in the frontier', gauges.frontierNodes);
  new Gauge({
    name: 'forkscope_crawler_capped_nodes',
    help: 'Node IDs named or met within 24 h that a bound kept from being looked at, by bound: many IDs on one IP, in one /24 (IPv6 /48), or a full frontier',
    labelNames: ['bound'] as const,
    registers,
    collect() {
      const hosts = gauges.cappedNodes();
      for (const bound of boundCodes) {
        const ids = hosts.reduce((sum, host) => sum + (host.bound === bound ? host.ids : 0), 0);
        this.set({ bound }, ids);
      }
    },
  });
  gauge('frontier_unvisited_nodes', 'Node IDs that have never been visited', gauges.unvisitedNodes);
  gauge(
    'frontier_overdue_seconds',
    'How long the most overdue node has waited for its visit, 0 if none is due',
    () => gauges.overdueMs() / 1_000,
  );
  gauge('visits_under_way', 'Visits under way', gauges.visitsUnderWay);
  gauge(
    'visit_window',
    'How many visits may be under way at a time; fewer while answers come late',
    gauges.visitWindow,
  );
  gauge(
    'claimed_nodes',
    'Nodes that this crawler has claimed in the database: waiting, being visited, or waiting to be written',
    gauges.claimedNodes,
  );
  gauge('table_nodes', 'Nodes in the tables of our own identities, all of them proven', gauges.tableNodes);
  counter(
    'discv5_records_checked',
    'Node records whose signature was checked because somebody named them by discv5, or showed his own; each record once',
    gauges.recordChecks,
  );
  measureStore(gauge, counter, gauges);
}

type Measure = (name: string, help: string, read: () => number) => unknown;

/** What waits to be written, and what was lost of it. */
function measureStore(gauge: Measure, counter: Measure, gauges: CrawlerGauges): void {
  gauge('store_queued_records', 'Visits waiting in memory to be written', gauges.queuedRecords);
  gauge('store_spilled_records', 'Visits waiting on disk while the database is away', gauges.spilledRecords);
  gauge(
    'store_spilled_bytes',
    'Size of the visits waiting on disk; at 2 GiB visits wait in memory',
    gauges.spilledBytes,
  );
  counter(
    'store_spill_failures',
    'Times that the disk did not take visits, or did not give them back: while it goes on, those in memory are lost if the process ends',
    gauges.spillFailures,
  );
  counter(
    'store_rejected_visits',
    'Visits that the database refused; they are lost, and each is logged',
    gauges.rejectedRecords,
  );
  counter(
    'store_forgotten_mentions',
    'Mentions of nodes dropped while the database was away; nodes are mentioned again and again',
    gauges.forgottenMentions,
  );
}

export type CrawlerMetrics = ReturnType<typeof createCrawlerMetrics>;

/** Every metric that is counted as things happen. Labels are closed sets: never a node ID, an IP or text from a peer. */
export function createCrawlerMetrics(registry: Registry) {
  const registers = [registry];
  const metrics = {
    info: new Gauge({
      name: 'forkscope_crawler_info',
      help: 'Always 1; the labels give the version and the curve code chosen at the start',
      labelNames: ['version', 'curve'] as const,
      registers,
    }),
    visits: new Counter<'direction' | 'code'>({
      name: 'forkscope_crawler_visits_total',
      help: 'Finished visits by direction and by the reason why they went no further',
      labelNames: ['direction', 'code'],
      registers,
    }),
    stages: new Counter<'direction' | 'stage'>({
      name: 'forkscope_crawler_visit_stages_total',
      help: 'Finished visits by direction and by how far they got',
      labelNames: ['direction', 'stage'],
      registers,
    }),
    visitSeconds: new Histogram({
      name: 'forkscope_crawler_visit_duration_seconds',
      help: 'Time from the start of an outbound visit to its end',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40],
      registers,
    }),
    asked: new Counter<'protocol' | 'result'>({
      name: 'forkscope_crawler_asked_nodes_total',
      help: 'Nodes asked in visits, by protocol and by whether they answered; who answers one of them is alive',
      labelNames: ['protocol', 'result'],
      registers,
    }),
    ...createCodeCounters(registry),
    ...createDiscv5Counters(registry),
    sessionErrors: new Counter<'code'>({
      name: 'forkscope_crawler_session_errors_total',
      help: 'RLPx sessions ended by malformed data, by what was malformed',
      labelNames: ['code'],
      registers,
    }),
    storeFailures: new Counter({
      name: 'forkscope_crawler_store_failures_total',
      help: 'Writes to the database that failed and were retried',
      registers,
    }),
    committed: new Counter({
      name: 'forkscope_crawler_visits_committed_total',
      help: 'Visits committed to the database',
      registers,
    }),
  };
  // From the first scrape on, so that increase() sees the first of each.
  for (const direction of directions) {
    for (const code of visitCodes) metrics.visits.inc({ direction, code }, 0);
    for (const stage of visitStages) metrics.stages.inc({ direction, stage }, 0);
  }
  for (const code of wireErrorCodes) metrics.sessionErrors.inc({ code }, 0);
  for (const protocol of discoveryProtocols) {
    for (const result of discoveryAnswers) metrics.asked.inc({ protocol, result }, 0);
  }
  return metrics;
}

/** What happens thousands of times a second. */
function createCodeCounters(registry: Registry) {
  return {
    named: new CodeCounter(registry, 'result', offerCodes, {
      name: 'forkscope_crawler_neighbours_total',
      help: 'Neighbours that nodes named, by what became of them',
    }),
    packetsSent: new CodeCounter(registry, 'type', packetKinds, {
      name: 'forkscope_crawler_packets_sent_total',
      help: 'discv4 packets sent by type',
    }),
    packetsReceived: new CodeCounter(registry, 'type', packetKinds, {
      name: 'forkscope_crawler_packets_received_total',
      help: 'Valid discv4 packets received by type',
    }),
    rejected: new CodeCounter(registry, 'code', rejectCodes, {
      name: 'forkscope_crawler_packets_rejected_total',
      help: 'discv4 packets refused, by reason',
    }),
    skewedClocks: new CodeCounter(registry, 'clock', clockFaults, {
      name: 'forkscope_crawler_skewed_clocks_total',
      help: 'Visits to nodes whose clock is off, by whether it is slow or fast; they count as alive and are dialled',
    }),
  };
}

function createDiscv5Counters(registry: Registry) {
  return {
    discv5Sent: new CodeCounter(registry, 'type', discv5PacketKinds, {
      name: 'forkscope_crawler_discv5_packets_sent_total',
      help: 'discv5 packets sent by type; a knock asks for a handshake',
    }),
    discv5Received: new CodeCounter(registry, 'type', discv5PacketKinds, {
      name: 'forkscope_crawler_discv5_packets_received_total',
      help: 'Valid discv5 packets received by type',
    }),
    discv5Rejected: new CodeCounter(registry, 'code', discv5RejectCodes, {
      name: 'forkscope_crawler_discv5_packets_rejected_total',
      help: 'discv5 packets refused, by reason',
    }),
  };
}

/** Counts one finished visit. */
export function countVisit(metrics: CrawlerMetrics, outcome: VisitOutcome): void {
  const { direction, stage, code, answers } = outcome;
  for (const protocol of discoveryProtocols) {
    const answer = answers[protocol];
    if (answer !== null) metrics.asked.inc({ protocol, result: answer ? 'answered' : 'silent' });
  }
  metrics.visits.inc({ direction, code });
  metrics.stages.inc({ direction, stage });
  const skewMs = outcome.pong?.clockSkewMs ?? 0;
  if (skewMs !== 0) metrics.skewedClocks.inc(skewMs < 0 ? 'slow' : 'fast');
  if (direction === 'outbound') metrics.visitSeconds.observe(outcome.tookMs / 1_000);
  if (outcome.wireCode !== null) metrics.sessionErrors.inc({ code: outcome.wireCode });
}

export function countNamed(metrics: CrawlerMetrics, result: OfferCode, count = 1): void {
  metrics.named.inc(result, count);
}

/** Counts what a discv5 machine did. */
export function countDiscv5Output(metrics: CrawlerMetrics, output: Discv5Output): void {
  if ('send' in output) metrics.discv5Sent.inc(output.send.kind);
  else if (output.event === 'received') metrics.discv5Received.inc(output.kind);
  else if (output.event === 'rejected') metrics.discv5Rejected.inc(output.code);
}

/** Counts what a discv4 machine did. */
export function countOutput(metrics: CrawlerMetrics, output: Discv4Output): void {
  if ('send' in output) metrics.packetsSent.inc(output.send.kind);
  else if (output.event === 'received') metrics.packetsReceived.inc(output.kind);
  else if (output.event === 'rejected') metrics.rejected.inc(output.code);
}
