import { BoundedMap } from '../../lib/boundedMap.ts';
import type { Discv4Limits } from './discv4Types.ts';
import { LossEstimate, measure, type RoundTrip, waitMs } from './roundTrip.ts';

interface Peer extends RoundTrip {
  /** When its last PONG came. */
  pongAt: number;
  /** When it last had our endpoint proof, as far as we know. */
  bondedAt: number;
  /** Expiration of the last PING to it, and of the last with a long one; seconds. */
  pingExpiration: number;
  patientExpiration: number;
}

/** What is remembered of each node at an IP (`peerKey`) between requests: round trip and bond. */
export class Discv4Peers {
  readonly #limits: Discv4Limits;
  // BOUNDED: by `maxPeers`; a forgotten peer is treated as new.
  readonly #peers: BoundedMap<string, Peer>;
  /** Round trips of all nodes together: how long to wait for a node without a measurement. */
  readonly #overall: RoundTrip = { smoothedMs: -1, deviationMs: 0 };
  readonly #loss = new LossEstimate();

  constructor(limits: Discv4Limits) {
    this.#limits = limits;
    this.#peers = new BoundedMap(limits.maxPeers);
  }

  get size(): number {
    return this.#peers.size;
  }

  /** How long to wait for an answer to attempt number `attempt`, from 0. */
  timeout(key: string, attempt: number): number {
    return waitMs(this.#peers.get(key), this.#overall, this.#limits, attempt);
  }

  /** How many attempts to make before silence means anything, by the loss seen among nodes that do answer. */
  attempts(): number {
    return this.#loss.attempts(this.#limits);
  }

  /** An answer came to this attempt of the request (from 0). */
  answered(sending: number): void {
    this.#loss.answered(sending);
  }

  measured(key: string, rttMs: number): void {
    measure(this.#meet(key), rttMs);
    measure(this.#overall, rttMs);
  }

  /** An expiration that no PING to this node has had yet, so that no two PINGs have the same bytes. */
  nextPingExpiration(key: string, wanted: number, patient = false): number {
    const peer = this.#meet(key);
    const field = patient ? 'patientExpiration' : 'pingExpiration';
    peer[field] = Math.max(wanted, peer[field] + 1);
    // The one that was pinged longest ago is the first to be forgotten.
    this.#peers.set(key, peer);
    return peer[field];
  }

  ponged(key: string, now: number): void {
    this.#meet(key).pongAt = now;
  }

  pongAt(key: string): number {
    return this.#peers.get(key)?.pongAt ?? Number.NEGATIVE_INFINITY;
  }

  /** We answered its PING, or it did not ping in time. */
  bonded(key: string, now: number): void {
    this.#meet(key).bondedAt = now;
  }

  /** It did not answer a query: perhaps it never had our proof. */
  unbonded(key: string): void {
    this.bonded(key, Number.NEGATIVE_INFINITY);
  }

  isBonded(key: string, now: number): boolean {
    const peer = this.#peers.get(key);
    return peer !== undefined && now - peer.bondedAt < this.#limits.bondFreshMs;
  }

  #meet(key: string): Peer {
    const known = this.#peers.get(key);
    if (known !== undefined) return known;
    const peer: Peer = {
      smoothedMs: -1,
      deviationMs: 0,
      pongAt: Number.NEGATIVE_INFINITY,
      bondedAt: Number.NEGATIVE_INFINITY,
      pingExpiration: 0,
      patientExpiration: 0,
    };
    this.#peers.set(key, peer);
    return peer;
  }
}
