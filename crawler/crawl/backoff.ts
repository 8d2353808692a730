import { backoffMs, spreadMs } from '../../lib/backoff.ts';

/**
 * When a node is due again. Back-off is proportional to absence: a node that has been away for a day is asked again after
 * a fraction of a day, one that has just gone is asked soon. Every time is jittered, so that the visits of a crawl that
 * started at one moment do not all come back together.
 */

export interface SchedulePolicy {
  /** Between visits to a node that answers, ms. */
  readonly revisitMs: number;
  /** First wait after a failure, and the least ever, ms. */
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** Between two dials of a node that says `too many peers`, ms: full nodes are tried at other hours. */
  readonly fullMs: number;
  /** Fraction of the absence after which a silent node is tried again. */
  readonly absenceFactor: number;
  /** Each wait is spread by ± this share. */
  readonly jitter: number;
}

export const defaultSchedule: SchedulePolicy = {
  revisitMs: 30 * 60_000,
  minBackoffMs: 5 * 60_000,
  maxBackoffMs: 48 * 3_600_000,
  fullMs: 3 * 3_600_000,
  absenceFactor: 0.5,
  jitter: 0.2,
};

/** The schedule for another time between visits; a node that fell silent is not left alone for longer than that. */
export function scheduleOf({ revisitMs }: Pick<SchedulePolicy, 'revisitMs'>): SchedulePolicy {
  return { ...defaultSchedule, revisitMs, minBackoffMs: Math.min(defaultSchedule.minBackoffMs, revisitMs) };
}

export interface DueInput {
  readonly now: number;
  /** `alive` = it answered; `silent` = no answer. */
  readonly result: 'alive' | 'silent';
  /** Last PONG, ms since the epoch; null = never. */
  readonly lastAliveAt: number | null;
  /** When it was first named, ms since the epoch. */
  readonly firstSeenAt: number;
  /** Consecutive silent visits, this one included. */
  readonly failures: number;
  /** Uniform in [0, 1). */
  readonly chance: number;
}

/** Due time in ms since the epoch. Pure. */
export function nextDueAt(input: DueInput, policy: SchedulePolicy): number {
  return input.now + spread(waitMs(input, policy), input.chance, policy);
}

/** When a node that says `too many peers` may be dialled again; over UDP it is visited as usual. Pure. */
export function nextDialAt({ now, chance }: Pick<DueInput, 'now' | 'chance'>, policy: SchedulePolicy): number {
  return now + spread(policy.fullMs, chance, policy);
}

/**
 * When to dial again, planned here for `planned`, with what the database tells: the last dial was at `fullAt` and found the
 * node full. That is our own dial, and nothing new, unless it is too late for what we planned after ours. Pure.
 */
export function laterDialAt(
  planned: number | null,
  fullAt: number | null,
  { fullMs, jitter }: SchedulePolicy,
): number | null {
  // Dials are spread in time, so these times are, without a draw of their own.
  if (fullAt === null || (planned !== null && fullAt + fullMs <= planned + fullMs * jitter)) return planned;
  return fullAt + fullMs;
}

function spread(ms: number, chance: number, { jitter }: SchedulePolicy): number {
  return spreadMs(ms, { least: 1 - jitter, most: 1 + jitter }, chance);
}

function waitMs(input: DueInput, policy: SchedulePolicy): number {
  switch (input.result) {
    case 'alive':
      return policy.revisitMs;
    case 'silent': {
      const absenceMs = input.now - (input.lastAliveAt ?? input.firstSeenAt);
      const { minBackoffMs, maxBackoffMs } = policy;
      // For an address that never answered the wait doubles; a known node is judged by its absence.
      if (input.lastAliveAt === null) return backoffMs({ firstMs: minBackoffMs, maxMs: maxBackoffMs }, input.failures);
      return Math.min(maxBackoffMs, Math.max(minBackoffMs, absenceMs * policy.absenceFactor));
    }
  }
}
