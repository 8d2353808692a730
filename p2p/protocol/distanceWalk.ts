import { bucketSize, nearestOwnBucket } from './kademliaTable.ts';

/** Half of all nodes are this far from any node. */
const farthest = 256;
/** All nearer distances together have about as many records as this one: with fewer than this they fit into one answer. */
const denseRecords = 12;

/**
 * In which order a node is asked for the distances of its table, so that few requests bring all of it: an answer has at
 * most 16 records, whatever it was asked for. The dense distances come one by one, then all that is left in one request,
 * which is halved for as long as it is answered with 16.
 */
export class DistanceWalk {
  /** Requests to come, each a run of distances, far to near. BOUNDED: by the distances. */
  readonly #next: (readonly number[])[] = [[farthest]];
  #asked: readonly number[] = [];
  #isDense = true;

  /** The distances of the next request; null when the table was walked. Call `answered` before asking for more. */
  next(): readonly number[] | null {
    const next = this.#next.pop();
    if (next === undefined) return null;
    this.#asked = next;
    return next;
  }

  /** The last request brought this many records, those that were left out too. */
  answered(records: number): void {
    const [first = nearestOwnBucket] = this.#asked;
    if (this.#isDense) {
      const rest = Array.from({ length: Math.max(0, first - nearestOwnBucket) }, (_, i) => first - 1 - i);
      this.#isDense = records >= denseRecords;
      if (rest.length > 0) this.#next.push(this.#isDense ? rest.slice(0, 1) : rest);
      return;
    }
    if (records < bucketSize || this.#asked.length < 2) return;
    const half = Math.ceil(this.#asked.length / 2);
    this.#next.push(this.#asked.slice(half), this.#asked.slice(0, half));
  }
}
