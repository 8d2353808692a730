import type { DiscoveryProtocol } from '../lib/discoveryProtocols.ts';
import type { Clock, Random } from '../p2p/ports.ts';
import type { NodeContact } from '../p2p/wire/nodeEndpoint.ts';
import { askOrder } from './crawl/askOrder.ts';
import type { Outage, SchedulePolicy } from './crawl/backoff.ts';
import { type CrawlLoopOptions, runCrawlLoop, type VisitSource } from './crawl/crawlLoop.ts';
import type { ForkWatch } from './crawl/forkWatch.ts';
import type { Frontier } from './crawl/frontier.ts';
import type { FrontierNode } from './crawl/heldNode.ts';
import type { OfferCode } from './crawl/offerCodes.ts';
import type { Visit, VisitOutcome } from './crawl/visit.ts';
import { planVisit } from './crawl/visitNode.ts';
import type { VisitWindow } from './crawl/visitWindow.ts';
import type { Records } from './openRecords.ts';

export interface VisitingDeps {
  readonly frontier: Frontier;
  /** Default: what is due in the frontier. */
  readonly source: VisitSource | null;
  readonly window?: VisitWindow;
  readonly visit: Visit;
  /** By which nodes are asked; default: discv4. */
  readonly protocols?: readonly DiscoveryProtocol[];
  readonly watch: ForkWatch;
  /** Stored time, which what is watched goes by. */
  readonly told: Pick<Clock, 'now'>;
  readonly records: Pick<Records, 'recorder' | 'tally'>;
  readonly schedule: SchedulePolicy;
  readonly outage: Outage | null;
  readonly clock: Clock;
  readonly random: Random;
  /** A visit is over, and the node has its next time. */
  onSettled(node: FrontierNode, outcome: VisitOutcome): void;
  /** What became of a node that another one named. */
  onNamed(code: OfferCode, contact: NodeContact, now: number, by: DiscoveryProtocol): void;
}

/** Visits what is due, records the outcomes and takes in named nodes, until the signal or until all is visited. */
export function runVisits(deps: VisitingDeps, options: CrawlLoopOptions, signal: AbortSignal): Promise<void> {
  const { frontier, source, window, visit, watch, told, records, schedule, outage, clock, random } = deps;
  return runCrawlLoop(
    {
      frontier,
      source,
      visit,
      plan: ({ dialAt, direct, spoken, visits }) => {
        const ask = askOrder(spoken, visits, deps.protocols ?? ['discv4']);
        return planVisit({
          ask,
          headers: (status) => watch.wants(status, told.now()),
          dialAt,
          direct,
          now: clock.now(),
        });
      },
      sinks: {
        outcome: (outcome, due) => records.recorder.record(outcome, due),
        settled: (node, outcome) => deps.onSettled(node, outcome),
        named: (code, contact, now, by) => deps.onNamed(code, contact, now, by),
      },
      clock,
      random,
      schedule,
      outage,
      ...(window === undefined ? {} : { window }),
    },
    options,
    signal,
  );
}
