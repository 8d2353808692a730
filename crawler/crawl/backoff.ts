/**
 * When a node is due again. Back-off is proportional to absence: who has been away for a day is asked again
 * after about a day's fraction, who has just gone is asked soon. Every time is jittered, so that a crawl
 * started at one moment does not come back as a herd.
 */

export interface SchedulePolicy {
  /** Between visits to a node that answers, ms. */
  readonly revisitMs: number;
  /** First wait after a failure, and the least ever, ms. */
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** Wait after `too many peers`, ms: full nodes are tried at other hours. */
  readonly fullMs: number;
  /** Share of absence after which a silent node is tried again. */
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

/** The schedule for another time between visits; who fell silent is not left alone for longer than that. */
export function scheduleOf({ revisitMs }: Pick<SchedulePolicy, 'revisitMs'>): SchedulePolicy {
  return { ...defaultSchedule, revisitMs, minBackoffMs: Math.min(defaultSchedule.minBackoffMs, revisitMs) };
}

export interface DueInput {
  readonly now: number;
  /** `alive` = it answered; `full` = it said too many peers; `silent` = no answer. */
  readonly result: 'alive' | 'full' | 'silent';
  /** Last PONG, ms since the epoch; null = never. */
  readonly lastAliveAt: number | null;
  /** First time anybody named it, ms since the epoch. */
  readonly firstSeenAt: number;
  /** Consecutive silent visits, this one included. */
  readonly failures: number;
  /** Uniform in [0, 1). */
  readonly chance: number;
}

/** Due time in ms since the epoch. Pure. */
export function nextDueAt(input: DueInput, policy: SchedulePolicy): number {
  const spread = 1 + policy.jitter * (2 * input.chance - 1);
  return input.now + Math.round(waitMs(input, policy) * spread);
}

function waitMs(input: DueInput, policy: SchedulePolicy): number {
  switch (input.result) {
    case 'alive':
      return policy.revisitMs;
    case 'full':
      return Math.max(policy.fullMs, policy.revisitMs);
    case 'silent': {
      const absenceMs = input.now - (input.lastAliveAt ?? input.firstSeenAt);
      const doubled = policy.minBackoffMs * 2 ** Math.min(input.failures - 1, 20);
      // An address that never answered has earned no patience: it doubles; a known node is judged by absence.
      const wanted = input.lastAliveAt === null ? doubled : absenceMs * policy.absenceFactor;
      return Math.min(policy.maxBackoffMs, Math.max(policy.minBackoffMs, wanted));
    }
  }
}
