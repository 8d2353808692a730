import { BoundedMap } from '../../lib/boundedMap.ts';
import { bytesToKey, keyToBytes } from '../wire/bytes.ts';
import { decodeEnr } from '../wire/enr.ts';
import { WireError } from '../wire/errors.ts';
import { idHash, type NodeEndpoint } from '../wire/nodeEndpoint.ts';
import { readPlaces } from '../wire/readPlaces.ts';
import type { Curve } from '../wire/secp256k1.ts';

/** A record whose signature was checked, as far as discovery needs it. */
export interface NamedRecord {
  /** Public key, 64 bytes, and the same as a key of Maps. */
  readonly id: Uint8Array;
  readonly idKey: string;
  /** keccak256 of the public key. */
  readonly hash: Uint8Array;
  readonly seq: bigint;
  /** Where it says its node is, IPv4 before IPv6, and its port for RLPx; null = nowhere. */
  readonly endpoint: NodeEndpoint | null;
  /** Its RLP. */
  readonly bytes: Uint8Array;
}

/** As strings: half a kilobyte, where arrays and maps would take three. */
interface Kept {
  readonly idKey: string;
  readonly hashKey: string;
  readonly seq: bigint;
  readonly endpoint: NodeEndpoint | null;
}

/**
 * Records by their bytes: each node's is named by up to two hundred others, and its signature is checked once. Bad ones are
 * remembered as well.
 */
export class KnownRecords {
  /** Signatures checked so far. */
  checks = 0;
  readonly #curve: Curve;
  // BOUNDED: by `limit`.
  readonly #known: BoundedMap<string, Kept | null>;

  constructor(curve: Curve, limit: number) {
    this.#curve = curve;
    this.#known = new BoundedMap(limit);
  }

  get size(): number {
    return this.#known.size;
  }

  /** The record in these bytes; null if they are no valid one. */
  read(bytes: Uint8Array): NamedRecord | null {
    const text = bytesToKey(bytes);
    let kept = this.#known.get(text);
    if (kept === undefined) {
      kept = this.#check(bytes);
      this.#known.set(text, kept);
    }
    if (kept === null) return null;
    const { idKey, hashKey, seq, endpoint } = kept;
    return { id: keyToBytes(idKey), idKey, hash: keyToBytes(hashKey), seq, endpoint, bytes };
  }

  #check(bytes: Uint8Array): Kept | null {
    this.checks += 1;
    try {
      const enr = decodeEnr(this.#curve, bytes);
      const endpoint = readPlaces(enr).find(({ udp }) => udp > 0) ?? null;
      return { idKey: bytesToKey(enr.id), hashKey: bytesToKey(idHash(enr.id)), seq: enr.seq, endpoint };
    } catch (error) {
      if (error instanceof WireError) return null;
      throw error;
    }
  }
}
