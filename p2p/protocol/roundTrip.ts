import { backoffMs } from '../../lib/backoff.ts';

/** A round-trip time as RFC 6298 estimates it, section 2. */
export interface RoundTrip {
  /** -1 = not measured yet. */
  smoothedMs: number;
  deviationMs: number;
}

export interface WaitLimits {
  /** Wait for a first answer, before any round trip has been measured. */
  readonly firstTimeoutMs: number;
  /** Bounds of the wait once round trips are known. */
  readonly minTimeoutMs: number;
  readonly maxTimeoutMs: number;
}

export function measure(trip: RoundTrip, rttMs: number): void {
  const first = trip.smoothedMs < 0;
  trip.deviationMs = first ? rttMs / 2 : 0.75 * trip.deviationMs + 0.25 * Math.abs(trip.smoothedMs - rttMs);
  trip.smoothedMs = first ? rttMs : 0.875 * trip.smoothedMs + 0.125 * rttMs;
}

/** How long to wait for an answer to attempt number `attempt`, from 0. `overall`: of all peers, for one not measured yet. */
export function waitMs(trip: RoundTrip | undefined, overall: RoundTrip, limits: WaitLimits, attempt: number): number {
  const { firstTimeoutMs, minTimeoutMs, maxTimeoutMs } = limits;
  const firstMs =
    trip === undefined || trip.smoothedMs < 0
      ? Math.max(firstTimeoutMs, overall.smoothedMs + 4 * overall.deviationMs)
      : Math.max(minTimeoutMs, trip.smoothedMs + 4 * trip.deviationMs);
  return backoffMs({ firstMs, maxMs: maxTimeoutMs }, attempt + 1);
}

/** Share of live nodes that may be taken for silent. */
const acceptedMiss = 0.001;
const rememberedAnswers = 2_000;

/** How often a request must be sent before silence means anything, by the loss seen among nodes that do answer. */
export class LossEstimate {
  /** Requests answered after the first packet, and after a later one; old ones fade out. */
  #answeredAtOnce = 8;
  #answeredLater = 0;

  /** An answer came to this attempt of a request (from 0). */
  answered(attempt: number): void {
    if (attempt === 0) this.#answeredAtOnce += 1;
    else this.#answeredLater += 1;
    if (this.#answeredAtOnce + this.#answeredLater < rememberedAnswers) return;
    this.#answeredAtOnce /= 2;
    this.#answeredLater /= 2;
  }

  attempts({ attempts, maxAttempts }: { readonly attempts: number; readonly maxAttempts: number }): number {
    const unanswered = this.#answeredLater / (this.#answeredAtOnce + this.#answeredLater);
    if (unanswered <= 0) return attempts;
    return Math.min(maxAttempts, Math.max(attempts, Math.ceil(Math.log(acceptedMiss) / Math.log(unanswered))));
  }
}
