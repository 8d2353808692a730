import { backoffMs } from '../../lib/backoff.ts';
import { BoundedMap } from '../../lib/boundedMap.ts';
import type { Discv4Limits } from './discv4Types.ts';

interface RoundTrip {
  /** -1 = not measured yet. */
  smoothedMs: number;
  deviationMs: number;
}

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
  /** Requests answered after the first packet, and after a later one; old ones fade out. */
  #answeredAtOnce = 8;
  #answeredLater = 0;

  constructor(limits: Discv4Limits) {
    this.#limits = limits;
    this.#peers = new BoundedMap(limits.maxPeers);
  }

  get size(): number {
    return this.#peers.size;
  }

  /** How long to wait for an answer to attempt number `attempt`, from 0. */
  timeout(key: string, attempt: number): number {
    const { firstTimeoutMs, minTimeoutMs, maxTimeoutMs } = this.#limits;
    const peer = this.#peers.get(key);
    const wait =
      peer === undefined || peer.smoothedMs < 0
        ? Math.max(firstTimeoutMs, this.#overall.smoothedMs + 4 * this.#overall.deviationMs)
        : Math.max(minTimeoutMs, peer.smoothedMs + 4 * peer.deviationMs);
    return backoffMs({ firstMs: wait, maxMs: maxTimeoutMs }, attempt + 1);
  }

  /** How many attempts to make before silence means anything, by the loss seen among nodes that do answer. */
  attempts(): number {
    const { attempts, maxAttempts } = this.#limits;
    const unanswered = this.#answeredLater / (this.#answeredAtOnce + this.#answeredLater);
    if (unanswered <= 0) return attempts;
    return Math.min(maxAttempts, Math.max(attempts, Math.ceil(Math.log(acceptedMiss) / Math.log(unanswered))));
  }

  /** An answer came to this attempt of the request (from 0). */
  answered(sending: number): void {
    if (sending === 0) this.#answeredAtOnce += 1;
    else this.#answeredLater += 1;
    if (this.#answeredAtOnce + this.#answeredLater < rememberedAnswers) return;
    this.#answeredAtOnce /= 2;
    this.#answeredLater /= 2;
  }

  /** RFC 6298, section 2. */
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

/** Share of live nodes that may be taken for silent. */
const acceptedMiss = 0.001;
const rememberedAnswers = 2_000;

function measure(trip: RoundTrip, rttMs: number): void {
  const first = trip.smoothedMs < 0;
  trip.deviationMs = first ? rttMs / 2 : 0.75 * trip.deviationMs + 0.25 * Math.abs(trip.smoothedMs - rttMs);
  trip.smoothedMs = first ? rttMs : 0.875 * trip.smoothedMs + 0.125 * rttMs;
}
