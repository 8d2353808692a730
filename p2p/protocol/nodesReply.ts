import type { SocketAddress } from '../ports.ts';
import { equalBytes } from '../wire/bytes.ts';
import type { AddressPolicy } from './discv4Context.ts';
import type { FoundNodes } from './discv5Types.ts';
import { logDistance, nearestOwnBucket } from './kademliaTable.ts';
import type { KnownRecords, NamedRecord } from './knownRecords.ts';

/** A FINDNODE has at most 16 records, and its answer no more packets than records (nim and sigp accept 16). */
const maxPackets = 16;
const maxRecords = 17;

export interface NodesRules {
  readonly known: KnownRecords;
  readonly addressPolicy: AddressPolicy;
  readonly minNeighborPort: number;
  /** Our own place. */
  readonly ownHash: Uint8Array;
}

/** Puts the NODES that answer one FINDNODE together, and judges what they hold. */
export class NodesReply {
  readonly #rules: NodesRules;
  readonly #peerHash: Uint8Array;
  readonly #from: SocketAddress;
  readonly #distances: readonly number[];
  // BOUNDED: by `maxRecords`; keyed by node.
  readonly #found = new Map<string, NamedRecord>();
  readonly #counts = { misplaced: 0, invalid: 0, refused: 0, packets: 0, total: 0 };
  #records = 0;

  constructor(rules: NodesRules, peerHash: Uint8Array, from: SocketAddress, distances: readonly number[]) {
    this.#rules = rules;
    this.#peerHash = peerHash;
    this.#from = from;
    this.#distances = distances;
  }

  /** Takes one packet. `bad`: no honest node sends as much. */
  add(total: number, records: readonly Uint8Array[]): 'more' | 'whole' | 'bad' {
    this.#counts.packets += 1;
    this.#counts.total = Math.max(this.#counts.total, total);
    this.#records += records.length;
    if (total < 1 || total > maxPackets || this.#records > maxRecords) return 'bad';
    for (const bytes of records) this.#judge(bytes);
    return this.#counts.packets >= this.#counts.total ? 'whole' : 'more';
  }

  get found(): FoundNodes {
    return { records: [...this.#found.values()], ...this.#counts };
  }

  #judge(bytes: Uint8Array): void {
    const record = this.#rules.known.read(bytes);
    if (record === null) {
      this.#counts.invalid += 1;
      return;
    }
    const distance = logDistance(this.#peerHash, record.hash);
    if (!this.#isAskedFor(distance)) {
      this.#counts.misplaced += 1;
      return;
    }
    // What a peer says of itself counts wherever it says to be.
    if (distance > 0 && !this.#mayName(record)) {
      this.#counts.refused += 1;
      return;
    }
    const other = this.#found.get(record.idKey);
    if (other === undefined || other.seq < record.seq) this.#found.set(record.idKey, record);
  }

  /** geth sends the whole of its nearest bucket to whoever asks for any distance in it. */
  #isAskedFor(distance: number): boolean {
    return this.#distances.includes(distance) || (isInNearest(distance) && this.#distances.some(isInNearest));
  }

  #mayName({ hash, endpoint }: NamedRecord): boolean {
    const { addressPolicy, minNeighborPort, ownHash } = this.#rules;
    return (
      endpoint !== null &&
      endpoint.udp >= minNeighborPort &&
      addressPolicy.allows(endpoint.ip) &&
      addressPolicy.allowsRelay(this.#from.ip, endpoint.ip) &&
      !equalBytes(hash, ownHash)
    );
  }
}

function isInNearest(distance: number): boolean {
  return distance > 0 && distance <= nearestOwnBucket;
}
