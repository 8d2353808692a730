import { formatDuration } from '../lib/duration.ts';
import { reasonOf } from '../lib/errors.ts';
import { wallTime } from '../lib/wallTime.ts';
import type { Clock, Logger } from '../p2p/ports.ts';
import type { KnownNode } from './crawl/leaseStore.ts';
import { clockToleranceMs } from './store/boundTimes.ts';
import type { Store, TimeStore } from './store/store.ts';

/** Between two comparisons with the clock of the database, ms. */
const lookMs = 10_000;
/** An answer that took longer tells too little of the time. */
const maxRoundTripMs = 2 * clockToleranceMs;

export interface StoredTimeDeps {
  readonly clock: Clock;
  readonly store: TimeStore;
  readonly log: Logger;
}

/**
 * The time that is stored: that of the database's clock, by which all that share it go. A crawler measures and waits by a
 * steady clock, which no step of the machine's clock touches; here is the way from one to the other, and the watch over
 * both: a step of either is told once, and what it left in the future is brought back.
 */
export class StoredTime {
  readonly #deps: StoredTimeDeps;
  /** How far the database's clock is ahead of the steady one; 0 while they count as equal: small differences are those of measuring. */
  #aheadMs = 0;
  /** How far the machine's wall clock is ahead of it. */
  #wallAheadMs: number;
  #lookAt = 0;
  #mustRepair = false;
  /** Stored time, and waiting. */
  readonly clock: Clock;

  constructor(deps: StoredTimeDeps) {
    this.#deps = deps;
    const { clock } = deps;
    this.#wallAheadMs = wallTime(clock) - clock.now();
    this.clock = {
      now: () => clock.now() + this.#aheadMs,
      sleep: (ms, signal) => clock.sleep(ms, signal),
      after: (ms, act) => clock.after(ms, act),
    };
  }

  /** Stored time of a moment by the steady clock, ms since the epoch. */
  toStored(at: number): number {
    return at + this.#aheadMs;
  }

  /** A moment by the steady clock, of a stored time. */
  toSteady(at: number): number {
    return at - this.#aheadMs;
  }

  /** Learns the database's clock, and repairs what is stored in the future from before. Rejects while the database is away. */
  async begin(): Promise<void> {
    const { log } = this.#deps;
    const aheadMs = await this.#measure();
    if (aheadMs !== null && Math.abs(aheadMs) >= clockToleranceMs) {
      this.#aheadMs = aheadMs;
      log.warn('the clocks of this machine and of the database differ: stored times go by that of the database', {
        databaseAhead: sayStep(aheadMs),
      });
    }
    await this.#repair();
  }

  /** Notices steps of either clock; call it about once a second. Never rejects. */
  async tick(): Promise<void> {
    const { clock, log } = this.#deps;
    const wallStepMs = wallTime(clock) - clock.now() - this.#wallAheadMs;
    const hasStepped = Math.abs(wallStepMs) >= clockToleranceMs;
    if (hasStepped) {
      this.#wallAheadMs += wallStepMs;
      log.warn("this machine's clock was set: visits go on by their intervals, stored times by the database's clock", {
        by: sayStep(wallStepMs),
      });
    }
    if (!hasStepped && clock.now() < this.#lookAt) return;
    this.#lookAt = clock.now() + lookMs;
    try {
      await this.#follow(hasStepped ? wallStepMs : 0);
      if (this.#mustRepair) await this.#repair();
    } catch (error) {
      // Writes and claims tell that the database is away.
      log.debug("the database's clock could not be read", { reason: reasonOf(error) });
    }
  }

  /** The clock of a database on the same machine steps with the machine's: that was told. */
  async #follow(wallStepMs: number): Promise<void> {
    const { log } = this.#deps;
    const measuredMs = await this.#measure();
    if (measuredMs === null || Math.abs(measuredMs - this.#aheadMs) < clockToleranceMs) return;
    const aheadMs = Math.abs(measuredMs) < clockToleranceMs ? 0 : measuredMs;
    const stepMs = aheadMs - this.#aheadMs;
    this.#aheadMs = aheadMs;
    if (stepMs < 0) this.#mustRepair = true;
    if (Math.abs(stepMs - wallStepMs) < clockToleranceMs) return;
    log.warn("the database's clock was set: stored times follow it, visits go on by their intervals", {
      by: sayStep(stepMs),
    });
  }

  async #repair(): Promise<void> {
    const repaired = await this.#deps.store.repairFuture();
    this.#mustRepair = false;
    if (Object.keys(repaired).length > 0)
      this.#deps.log.warn('stored times that have not come yet were brought back to now', repaired);
  }

  /** How far the database's clock is ahead; null if its answer took too long to tell. */
  async #measure(): Promise<number | null> {
    const { clock, store } = this.#deps;
    const askedAt = clock.now();
    const present = await store.present();
    const tookMs = clock.now() - askedAt;
    if (tookMs > maxRoundTripMs) return null;
    return Math.round(present - askedAt - tookMs / 2);
  }
}

/** The store as the crawl uses it, with its times by the steady clock. Visits and beats bring stored times of their own. */
export function inSteadyTime(store: Store, time: StoredTime): Store {
  const known = (node: KnownNode): KnownNode => ({
    ...node,
    firstSeenAt: time.toSteady(node.firstSeenAt),
    lastAliveAt: node.lastAliveAt === null ? null : time.toSteady(node.lastAliveAt),
    dueAt: time.toSteady(node.dueAt),
    fullAt: node.fullAt === null ? null : time.toSteady(node.fullAt),
  });
  return {
    ...store,
    upsertSeen: (sightings) =>
      store.upsertSeen(
        sightings.map((one) => ({ ...one, at: time.toStored(one.at), dueAt: time.toStored(one.dueAt) })),
      ),
    claimNodes: async (wishes, leaseMs) => {
      const answers = await store.claimNodes(
        wishes.map((wish) => ({ ...wish, firstSeenAt: time.toStored(wish.firstSeenAt) })),
        leaseMs,
      );
      return answers.map((answer) => ({ ...answer, known: answer.known === null ? null : known(answer.known) }));
    },
    claimDue: async (...args) => (await store.claimDue(...args)).map(known),
    async *loadResume(limit) {
      for await (const page of store.loadResume(limit)) yield page.map(known);
    },
    saveLeftOut: (hosts, now) => store.saveLeftOut(hosts, time.toStored(now)),
  };
}

function sayStep(ms: number): string {
  const size = formatDuration(Math.max(1_000, Math.round(Math.abs(ms) / 1_000) * 1_000));
  return `${ms < 0 ? '-' : '+'}${size}`;
}
