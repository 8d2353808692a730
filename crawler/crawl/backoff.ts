import { backoffMs, spreadMs } from '../../lib/backoff.ts';
import { windowMs } from '../../lib/countWindows.ts';

/**
 * When a node is due again. Back-off is proportional to absence: a node that has been away for a day is asked again after
 * a fraction of a day, one that has just gone is asked soon. Every time is jittered, so that the visits of a crawl that
 * started at one moment do not all come back together. How the times fit the windows of the counts: `windowFit.ts`.
 */

export interface SchedulePolicy {
  /** Between visits to a node that answers, ms. */
  readonly revisitMs: number;
  /** First wait after a failure, and the least ever, ms. */
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** Longest wait for a node that has answered once and that others still name, ms: they may know that it is back. */
  readonly namedMs: number;
  /** Between two dials of a node that says `too many peers`, ms. */
  readonly fullMs: number;
  /** That one is spread by ± this share. */
  readonly fullJitter: number;
  /** Fraction of the absence after which a silent node is tried again. */
  readonly absenceFactor: number;
  /** Each other wait is spread by ± this share. */
  readonly jitter: number;
}

export const defaultSchedule: SchedulePolicy = {
  revisitMs: 30 * 60_000,
  minBackoffMs: 5 * 60_000,
  maxBackoffMs: 48 * 3_600_000,
  namedMs: 90 * 60_000,
  fullMs: 100 * 60_000,
  fullJitter: 0.1,
  absenceFactor: 0.5,
  jitter: 0.2,
};

/** The schedule for another time between visits; a node that fell silent is not left alone for longer than that. */
export function scheduleOf({ revisitMs }: Pick<SchedulePolicy, 'revisitMs'>): SchedulePolicy {
  const { minBackoffMs, namedMs } = defaultSchedule;
  return {
    ...defaultSchedule,
    revisitMs,
    minBackoffMs: Math.min(minBackoffMs, revisitMs),
    // Nor is one that has long been silent looked at more often than one that answers.
    namedMs: Math.max(namedMs, revisitMs),
  };
}

/** Between visits to a node that answers it is never set to more, ms. */
export const maxRevisitMs = 7 * 86_400_000;

/** From one visit to the next it never takes longer than this. */
export function longestWaitMs({ revisitMs, maxBackoffMs, fullMs, fullJitter, jitter } = defaultSchedule): number {
  return Math.max(revisitMs * (1 + jitter), maxBackoffMs * (1 + jitter), fullMs * (1 + fullJitter));
}

/** A time in which no crawler was at work, ms since the epoch. */
export interface Outage {
  readonly fromAt: number;
  readonly untilAt: number;
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
  /** When another node named it last, ms since the epoch; 0 = never. */
  readonly namedAt: number;
  /** Of the time since its last PONG: in which nobody looked, ms. That is no absence of its own. */
  readonly unwatchedMs: number;
  /** When it may be dialled again, ms since the epoch; null = at any visit. */
  readonly dialAt: number | null;
  /** Uniform in [0, 1). */
  readonly chance: number;
}

/** Due time in ms since the epoch. Pure. */
export function nextDueAt(input: DueInput, policy: SchedulePolicy): number {
  const { now, dialAt } = input;
  if (input.result === 'alive' && dialAt !== null && dialAt > now) {
    // The visits until then come at even distances, so that the last of them comes when it may be dialled. That time has
    // been spread already.
    return now + Math.ceil((dialAt - now) / Math.ceil((dialAt - now) / (policy.revisitMs * (1 + policy.jitter))));
  }
  return now + spread(waitMs(input, policy), input.chance, policy.jitter);
}

/** A silent node that has answered once, and whose next visit was planned while nobody named it: it is looked at now. Pure. */
export function isWorthALook(
  node: { readonly failures: number; readonly lastAliveAt: number | null; readonly dueAt: number },
  now: number,
  { namedMs, jitter }: SchedulePolicy,
): boolean {
  return node.failures > 0 && node.lastAliveAt !== null && node.dueAt > now + namedMs * (1 + jitter);
}

/** When a node that says `too many peers` may be dialled again; over UDP it is visited as usual. Pure. */
export function nextDialAt({ now, chance }: Pick<DueInput, 'now' | 'chance'>, policy: SchedulePolicy): number {
  return now + spread(policy.fullMs, chance, policy.fullJitter);
}

/**
 * When to dial again, planned here for `planned`, with what the database tells: the last dial was at `fullAt` and found the
 * node full. That is our own dial, and nothing new, unless it is too late for what we planned after ours. Pure.
 */
export function laterDialAt(
  planned: number | null,
  fullAt: number | null,
  { fullMs, fullJitter }: SchedulePolicy,
): number | null {
  // Dials are spread in time, so these times are, without a draw of their own.
  if (fullAt === null || (planned !== null && fullAt + fullMs <= planned + fullMs * fullJitter)) return planned;
  return fullAt + fullMs;
}

/** How much of an outage lies between two times, ms. Pure. */
export function unwatchedMs(outage: Outage | null, fromAt: number, now: number): number {
  if (outage === null) return 0;
  return Math.max(0, Math.min(now, outage.untilAt) - Math.max(fromAt, outage.fromAt));
}

function spread(ms: number, chance: number, jitter: number): number {
  return spreadMs(ms, { least: 1 - jitter, most: 1 + jitter }, chance);
}

function waitMs(input: DueInput, policy: SchedulePolicy): number {
  switch (input.result) {
    case 'alive':
      return policy.revisitMs;
    case 'silent': {
      const absenceMs = input.now - (input.lastAliveAt ?? input.firstSeenAt) - input.unwatchedMs;
      const { minBackoffMs, maxBackoffMs } = policy;
      // For an address that never answered the wait doubles; a known node is judged by its absence.
      if (input.lastAliveAt === null) return backoffMs({ firstMs: minBackoffMs, maxMs: maxBackoffMs }, input.failures);
      const isNamed = input.now - input.namedAt < windowMs.now;
      const mostMs = isNamed ? Math.min(maxBackoffMs, policy.namedMs) : maxBackoffMs;
      return Math.min(mostMs, Math.max(minBackoffMs, absenceMs * policy.absenceFactor));
    }
  }
}
