import { createNetworkIndex } from '../chains/networks/chainIdentity.ts';
import type { Network } from '../chains/networks/networkFile.ts';
import type { Clock } from '../p2p/ports.ts';
import type { Bootnodes } from './crawl/bootnodes.ts';
import { CrawlTally } from './crawl/crawlTally.ts';
import type { ForkWatch } from './crawl/forkWatch.ts';
import { NodeSet } from './crawl/nodeSet.ts';
import { Presences } from './crawl/presences.ts';
import type { VisitRecord } from './crawl/visit.ts';
import { VisitRecorder } from './crawl/visitRecorder.ts';

export interface RecordsDeps {
  /** All networks that nodes are told apart by. */
  readonly known: readonly Network[];
  readonly bootnodes: Bootnodes;
  readonly watch: ForkWatch;
  /** Stored time. */
  readonly clock: Clock;
  /** Stored time of a moment by the clock of the visits. */
  toStored(at: number): number;
  /** When the run began, stored time, ms since the epoch. */
  readonly startedAt: number;
  /** The stored copy of a node key's text. */
  heldKey(idKey: string): string;
  /** Resolves when the record has been accepted for the database. */
  store(record: VisitRecord): Promise<void>;
  /** Called with each record before it is stored. */
  observe(record: VisitRecord, idKey: string): void;
}

/** What happens to visits: each is judged, counted and stored once, and our presence is announced to its node. */
export interface Records {
  readonly recorder: VisitRecorder;
  readonly tally: CrawlTally;
  readonly nodeSet: NodeSet;
  readonly presences: Presences;
}

export function openRecords(deps: RecordsDeps): Records {
  const { watch, clock } = deps;
  const tally = new CrawlTally(deps.startedAt, () => deps.bootnodes.tally());
  const nodeSet = new NodeSet();
  const presences = new Presences();
  const recorder = new VisitRecorder({
    watch,
    clock,
    tally,
    index: createNetworkIndex(deps.known),
    heldKey: (idKey) => deps.heldKey(idKey),
    toStored: (at) => deps.toStored(at),
    store: (record) => deps.store(record),
    observe: (record, idKey) => {
      deps.bootnodes.visited(idKey, record.outcome);
      deps.observe(record, idKey);
      nodeSet.visited(idKey, record.outcome);
      presences.visited(record);
    },
  });
  return { recorder, tally, nodeSet, presences };
}
