import { bucketSize } from '../../p2p/protocol/kademliaTable.ts';
import { seededRandom } from '../seededRandom.ts';

/** The first 52 bits of a hash as a number: all that buckets and distances need among millions of nodes. */
const keyBits = 52;
/** geth keeps 17 buckets; the nearest holds all that lies nearer. */
const farBuckets = 16;

/**
 * Every node's table as it would be after a long run: in each bucket all nodes that belong there, or 16 of them by the
 * seed. Worked out when first asked for; the same for the same seed and nodes in whatever order and process.
 */
export class LongRunTables {
  readonly #seed: number;
  readonly #keys: Float64Array;
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  /** Nodes in the order of their keys, and those keys. */
  readonly #order: Uint32Array;
  readonly #ordered: Float64Array;
  // BOUNDED: by the nodes.
  readonly #tables: (Uint32Array | undefined)[];

  /** `hashes`: 32 bytes a node; `members`: those that tables hold, all when left out. */
  constructor(seed: number, hashes: Uint8Array, members?: readonly number[]) {
    const size = hashes.length / 32;
    const view = new DataView(hashes.buffer, hashes.byteOffset, hashes.byteLength);
    this.#seed = seed;
    this.#high = Uint32Array.from({ length: size }, (_, i) => view.getUint32(32 * i));
    this.#low = Uint32Array.from({ length: size }, (_, i) => view.getUint32(32 * i + 4) >>> 12);
    this.#keys = Float64Array.from({ length: size }, (_, i) => join(this.#high[i], this.#low[i]));
    this.#order = Uint32Array.from(members ?? Array.from({ length: size }, (_, i) => i)).sort(
      (a, b) => this.#keyOf(a) - this.#keyOf(b),
    );
    this.#ordered = Float64Array.from(this.#order, (index) => this.#keyOf(index));
    this.#tables = new Array(size);
  }

  /** The nodes that this one knows. */
  tableOf(index: number): Uint32Array {
    const known = this.#tables[index];
    if (known !== undefined) return known;
    const table = Uint32Array.from(this.#fill(index));
    this.#tables[index] = table;
    return table;
  }

  /** Drops the table of a node; it is worked out again when it is asked for. */
  forget(index: number): void {
    this.#tables[index] = undefined;
  }

  /** Of those that `index` knows the `count` nearest to a hash, nearest first. */
  closest(index: number, targetHash: Uint8Array, count: number): number[] {
    const view = new DataView(targetHash.buffer, targetHash.byteOffset, targetHash.byteLength);
    const high = view.getUint32(0);
    const low = view.getUint32(4) >>> 12;
    const nearest: number[] = [];
    const distances: number[] = [];
    for (const node of this.tableOf(index)) {
      const distance = join(((this.#high[node] ?? 0) ^ high) >>> 0, ((this.#low[node] ?? 0) ^ low) >>> 0);
      let at = distances.length;
      if (at === count && distance >= (distances[at - 1] ?? 0)) continue;
      while (at > 0 && distance < (distances[at - 1] ?? 0)) at--;
      distances.splice(at, 0, distance);
      nearest.splice(at, 0, node);
      if (nearest.length > count) {
        distances.pop();
        nearest.pop();
      }
    }
    return nearest;
  }

  *#fill(index: number): Generator<number> {
    const key = this.#keyOf(index);
    for (let shared = 0; shared <= farBuckets; shared++) {
      // Bucket: the same first `shared` bits, the next one different; the last bucket takes whoever is nearer too.
      const span = 2 ** (keyBits - shared - (shared === farBuckets ? 0 : 1));
      const own = Math.floor(key / span);
      const first = shared === farBuckets ? own * span : (own % 2 === 0 ? own + 1 : own - 1) * span;
      const start = this.#position(first);
      const end = this.#position(first + span);
      const random = seededRandom(Math.imul(this.#seed ^ index, 0x9e3779b1) + shared);
      for (const place of sample(end - start, bucketSize, random.below)) {
        const node = this.#order[start + place];
        if (node !== undefined && node !== index) yield node;
      }
    }
  }

  #keyOf(index: number): number {
    return this.#keys[index] ?? 0;
  }

  /** How many keys are lower than this one. */
  #position(key: number): number {
    let from = 0;
    let to = this.#ordered.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#ordered[middle] ?? 0) < key) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

function join(high: number | undefined, low: number | undefined): number {
  return (high ?? 0) * 2 ** 20 + (low ?? 0);
}

/** `count` different numbers below `size`, or all of them (Floyd's algorithm). */
function sample(size: number, count: number, below: (limit: number) => number): Iterable<number> {
  if (size <= count) return Array.from({ length: size }, (_, i) => i);
  const chosen = new Set<number>();
  for (let limit = size - count; limit < size; limit++) {
    const place = below(limit + 1);
    chosen.add(chosen.has(place) ? limit : place);
  }
  return chosen;
}
