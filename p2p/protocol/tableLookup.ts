import { bytesToHex } from '../wire/bytes.ts';
import { idHash, type NodeContact } from '../wire/nodeEndpoint.ts';
import { bucketSize, compareDistance } from './kademliaTable.ts';

/** The most nodes that one lookup asks, however near to its target the next one claims to be. */
export const maxLookupQueries = 48;

interface Candidate {
  readonly contact: NodeContact;
  readonly hash: Uint8Array;
  readonly key: string;
}

/**
 * One lookup (Kademlia, section 2.3): of the 16 nearest known nodes it returns the nearest one that has not been asked
 * yet, until all 16 have been asked. Silent nodes lose their place.
 */
export class TableLookup {
  readonly #targetHash: Uint8Array;
  // BOUNDED: by bucketSize, nearest first.
  #candidates: Candidate[] = [];
  // BOUNDED: by maxLookupQueries.
  readonly #asked = new Set<string>();

  /** `targetHash`: keccak-256 of the requested target. */
  constructor(targetHash: Uint8Array, start: readonly NodeContact[]) {
    this.#targetHash = targetHash;
    this.named(start);
  }

  /** The next node to ask, which from now on counts as asked; null while no node is left that may be nearer. */
  next(): NodeContact | null {
    if (this.#asked.size >= maxLookupQueries) return null;
    const candidate = this.#candidates.find(({ key }) => !this.#asked.has(key));
    if (candidate === undefined) return null;
    this.#asked.add(candidate.key);
    return candidate.contact;
  }

  /** Nodes that were named in an answer. */
  named(contacts: readonly NodeContact[]): void {
    for (const contact of contacts) {
      const candidate = { contact, hash: idHash(contact.id), key: bytesToHex(contact.id) };
      // A node that was asked and is no longer a candidate was silent or is too far away.
      if (this.#asked.has(candidate.key) || this.#candidates.some(({ key }) => key === candidate.key)) continue;
      const at = this.#candidates.findIndex(({ hash }) => compareDistance(this.#targetHash, candidate.hash, hash) < 0);
      this.#candidates.splice(at < 0 ? this.#candidates.length : at, 0, candidate);
      this.#candidates = this.#candidates.slice(0, bucketSize);
    }
  }

  /** A node that was asked did not answer. */
  silent(contact: NodeContact): void {
    const silent = bytesToHex(contact.id);
    this.#candidates = this.#candidates.filter(({ key }) => key !== silent);
  }
}
