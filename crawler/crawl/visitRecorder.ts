import type { NetworkIndex } from '../../chains/networks/chainIdentity.ts';
import type { Clock } from '../../p2p/ports.ts';
import { bytesToKey } from '../../p2p/wire/bytes.ts';
import type { CrawlTally } from './crawlTally.ts';
import type { ForkWatch } from './forkWatch.ts';
import { judgeVisit } from './judgeVisit.ts';
import type { VisitOutcome, VisitRecord } from './visit.ts';

export interface RecorderDeps {
  readonly index: NetworkIndex;
  readonly watch: ForkWatch;
  /** Stored time. */
  readonly clock: Clock;
  /** Stored time of a moment by the clock of the visits. */
  toStored(at: number): number;
  readonly tally: CrawlTally;
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

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
  }

  async record(given: VisitOutcome, { dueAt, failures }: Pick<VisitRecord, 'dueAt' | 'failures'>): Promise<void> {
    const { index, clock, tally } = this.#deps;
    const outcome = { ...given, startedAt: this.#deps.toStored(given.startedAt) };
    const judged = judgeVisit(index, outcome, { ...this.#deps.watch.context, now: clock.now() });
    const record: VisitRecord = { outcome, ...judged, dueAt: this.#deps.toStored(dueAt), failures };
    const idKey = this.#deps.heldKey(bytesToKey(outcome.contact.id));
    tally.visited(idKey, record);
    this.#deps.observe(record, idKey);
    await this.#deps.store(record);
  }
}
