import { reasonOf } from '../../lib/errors.ts';
import type { Logger } from '../../p2p/ports.ts';
import { addPolls, type RaftRecord, type RaftStore } from './raftRecords.ts';

/** Shortest time between two saved rounds in which nothing happened. */
const quietSaveMs = 10_000;
/** Most eventful rounds kept while the store is away: an hour with a change every two seconds. */
const maxUnsaved = 2_000;

/** Keeps what the rounds of one cluster found until the store has it. */
export class RecordKeeper {
  readonly #cluster: string;
  readonly #store: RaftStore;
  readonly #log: Logger;
  readonly #onRelieved: () => void | Promise<void>;
  // BOUNDED: by maxUnsaved
  #unsaved: RaftRecord[] = [];
  #savedAt = Number.NEGATIVE_INFINITY;
  #saved: Promise<void> = Promise.resolve();
  /** Another process has the cluster. */
  #relieved = false;

  /** `onRelieved`: another process has taken the cluster over. */
  constructor(
    cluster: string,
    deps: { readonly store: RaftStore; readonly log: Logger },
    onRelieved: () => void | Promise<void>,
  ) {
    this.#cluster = cluster;
    this.#store = deps.store;
    this.#log = deps.log;
    this.#onRelieved = onRelieved;
  }

  /** The cluster is ours: nothing of an earlier time is worth saving. */
  begin(): void {
    this.#unsaved = [];
    this.#relieved = false;
  }

  /** A round in which nothing happened only replaces the status of the one before, and is saved now and then. */
  keep(record: RaftRecord): void {
    const last = this.#unsaved.at(-1);
    const quiet = last !== undefined && isQuiet(last);
    if (quiet) this.#unsaved.pop();
    this.#unsaved.push(quiet ? { ...record, polls: addPolls(last.polls, record.polls) } : record);
    if (this.#unsaved.length > maxUnsaved) this.#unsaved.splice(0, this.#unsaved.length - maxUnsaved);
    const { t } = record.status.tally;
    if (isQuiet(record) && t - this.#savedAt < quietSaveMs) return;
    this.#savedAt = t;
    this.#saved = this.#saved.then(() => this.#save());
  }

  /** Resolves when no save is under way. */
  async idle(): Promise<void> {
    await this.#saved;
  }

  /** The last try. */
  async end(): Promise<void> {
    await this.#saved;
    await this.#save();
  }

  /** What cannot be saved waits for the next round. Calls do not overlap. */
  async #save(): Promise<void> {
    if (this.#unsaved.length === 0 || this.#relieved) return;
    const cluster = this.#cluster;
    const batch = this.#unsaved;
    this.#unsaved = [];
    try {
      // Two writers would count every change twice.
      if (await this.#store.hold(cluster)) {
        await this.#store.save(batch);
        return;
      }
      this.#relieved = true;
      await this.#onRelieved();
      this.#log.warn('another process has taken over this raft cluster', { cluster });
    } catch (error) {
      this.#unsaved = [...batch, ...this.#unsaved].slice(-maxUnsaved);
      this.#savedAt = Number.NEGATIVE_INFINITY;
      this.#log.warn('raft records are not stored: the database is away', { cluster, reason: reasonOf(error) });
    }
  }
}

function isQuiet({ events, sealerEvents, transitions }: RaftRecord): boolean {
  return events.length + sealerEvents.length + transitions.length === 0;
}
