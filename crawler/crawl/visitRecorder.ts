import type { NetworkIndex } from '../../chains/networks/chainIdentity.ts';
import type { Clock } from '../../p2p/ports.ts';
import { bytesToKey } from '../../p2p/wire/bytes.ts';
import type { CrawlTally } from './crawlTally.ts';
import type { ForkWatch } from './forkWatch.ts';
import { judgeVisit } from './judgeVisit.ts';
import type { VisitOutcome, VisitRecord } from './visit.ts';
import { hasAnswered } from './visitOutcome.ts';

export interface RecorderDeps {
  readonly index: NetworkIndex;
  readonly watch: ForkWatch;
  readonly clock: Clock;
  readonly tally: CrawlTally;
  /** Node IDs (hex) of the bootnodes, to count how many answer. */
  readonly bootnodes: ReadonlySet<string>;
  /** The stored copy of a key's text, so that it exists only once. */
  heldKey(idKey: string): string;
  /** Resolves when the record has been accepted for the database. */
  store(record: VisitRecord): Promise<void>;
  /** Further receivers. */
  observe(record: VisitRecord, idKey: string): void;
}

/** Every outcome passes through here once: judged, counted, stored. */
export class VisitRecorder {
  readonly #deps: RecorderDeps;
  /** BOUNDED: by the bootnodes. */
  readonly #tried = new Set<string>();
  /** BOUNDED: by the bootnodes. */
  readonly #answered = new Set<string>();

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
  }

  async record(outcome: VisitOutcome, due: Pick<VisitRecord, 'dueAt' | 'failures'>): Promise<void> {
    const { index, clock, tally } = this.#deps;
    const judged = judgeVisit(index, outcome, { ...this.#deps.watch.context, now: clock.now() });
    const record: VisitRecord = { outcome, ...judged, ...due };
    const idKey = this.#deps.heldKey(bytesToKey(outcome.contact.id));
    tally.visited(idKey, record);
    this.#countBootnode(idKey, outcome);
    this.#deps.observe(record, idKey);
    await this.#deps.store(record);
  }

  #countBootnode(idKey: string, outcome: VisitOutcome): void {
    if (outcome.direction !== 'outbound' || !this.#deps.bootnodes.has(idKey)) return;
    this.#tried.add(idKey);
    if (hasAnswered(outcome)) this.#answered.add(idKey);
    this.#deps.tally.bootnodesTried = this.#tried.size;
    this.#deps.tally.bootnodesAnswered = this.#answered.size;
  }
}
