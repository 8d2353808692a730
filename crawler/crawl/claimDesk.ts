import { BoundedMap } from '../../lib/boundedMap.ts';
import { withDeadline } from '../../lib/deadline.ts';
import { DeadlineHeap } from '../../lib/deadlineHeap.ts';
import { reasonOf } from '../../lib/errors.ts';
import type { Clock, Logger, Random } from '../../p2p/ports.ts';
import { bytesToKey, hexToBytes } from '../../p2p/wire/bytes.ts';
import type { Frontier } from './frontier.ts';
import type { FrontierNode } from './heldNode.ts';
import type { KnownNode, LeaseReach, LeaseStore } from './leaseStore.ts';
import { toFrontierNode } from './restoreFrontier.ts';

export interface ClaimDeskDeps {
  readonly frontier: Frontier;
  readonly leases: LeaseStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly reach: LeaseReach;
  /** Most visits at a time; half as many more claims are held ready. */
  readonly size: () => number;
}

interface Lease {
  readonly node: FrontierNode;
  /** When it lapses by our clock, never later than by the database's. Infinity: taken while the database was away. */
  until: number;
}

interface Unwritten {
  readonly node: FrontierNode;
  readonly key: string;
  readonly endedAt: number;
  until: number;
}

/** Shortest time between two claims: what becomes due meanwhile is claimed together. */
const gapMs = 50;
/** How often to ask for due nodes that others named or left behind. */
const pollMs = 1_000;
/** After this many answers of nothing it asks less often: what is due by its own frontier does not wait for that. */
const emptyPolls = 10;
const pollIdleMs = 5_000;
/** A crawler that is alone asks less often, for all that will be due until it asks again. */
const pollAloneMs = 10_000;
const lookMs = 10_000;
/** Wait for a node that another crawler has just claimed or written. */
const retryNodeMs = 1_000;
const retryMs = 1_000;
/** A claim without an answer counts as failed. */
const timeoutMs = 10_000;
/** How long the lease of a visit that cannot be written is renewed. */
const writePatienceMs = 10 * 60_000;
const maxUnwritten = 100_000;

/**
 * Sits between frontier and crawl loop if several crawlers share a database: only nodes that this crawler has claimed
 * there are visited. It claims in batches ahead of the visits, so that no visit waits for the database, renews its
 * claims, and gives back those that it did not get to.
 *
 * While the database is away, claimed nodes are visited as long as their leases last. After that, a crawler that was
 * alone continues with what the frontier knows; one of several waits, because it cannot know what the others do.
 */
export class ClaimDesk {
  readonly #deps: ClaimDeskDeps;
  readonly #leaseMs: number;
  /** Claimed and due, but not begun. BOUNDED: by half of size(), together with #early. */
  readonly #ready: FrontierNode[] = [];
  /** Claimed before they are due. BOUNDED: as #ready. */
  readonly #early = new DeadlineHeap<FrontierNode>();
  /** What is ready or being visited. BOUNDED: by #ready and the visits under way. */
  readonly #held = new Map<string, Lease>();
  /** Visited, but not in the database yet: neither claimed nor left to others. BOUNDED: by maxUnwritten, oldest dropped. */
  readonly #unwritten = new BoundedMap<string, Unwritten>(maxUnwritten);
  /** Found to be there after all. BOUNDED: by the frontier's nodes. */
  readonly #recalled = new Set<string>();
  #alone = false;
  #away: { readonly since: number; retryAt: number } | null = null;
  #pollAt = 0;
  #empty = 0;
  #lookAt = 0;
  #wake = new AbortController();
  /** Called when there is something to take. */
  onReady: () => void = () => {};

  constructor(deps: ClaimDeskDeps, leaseMs: number) {
    this.#deps = deps;
    this.#leaseMs = leaseMs;
  }

  /** Nodes claimed but not begun. */
  get ready(): number {
    return this.#ready.length + this.#early.size;
  }
  /** Nodes claimed: ready, being visited, or waiting to be written. */
  get held(): number {
    return this.#held.size + this.#unwritten.size;
  }

  /** The next node to visit, marked as being visited; null while none is claimed. */
  take(now: number): FrontierNode | null {
    let taken: FrontierNode | null = null;
    this.#promote(now);
    while (taken === null) {
      const node = this.#ready.shift();
      if (node === undefined) break;
      const lease = this.#held.get(node.idKey);
      if (lease !== undefined && (lease.until > now || this.#goesAlone)) taken = node;
      else this.#giveBack(node, now);
    }
    if (this.ready < this.#low() && this.#hasToAsk(now)) this.#stir();
    return taken;
  }

  /** When the next of those claimed early is due; for what is due at once the desk calls `onReady`. */
  nextDueAt(): number | null {
    return this.#early.next();
  }

  /** A visit has ended; its outcome with this key is about to be handed to the write queue. */
  ended(node: FrontierNode, key: string, now: number): void {
    const until = this.#held.get(node.idKey)?.until ?? now;
    this.#held.delete(node.idKey);
    this.#unwritten.set(node.idKey, { node, key, endedAt: now, until });
  }

  /** These visits are in the database, which has ended their leases. `ids` (hex) are those of their nodes. */
  committed(keys: readonly string[], ids: readonly string[]): void {
    for (const [index, id] of ids.entries()) {
      const idKey = bytesToKey(hexToBytes(id));
      if (this.#unwritten.get(idKey)?.key === keys[index]) this.#unwritten.delete(idKey);
    }
  }

  /** A node that was given up as silent has answered after all: it is visited again at once. */
  recall(id: Uint8Array, now: number): void {
    if (!this.#deps.frontier.recall(id, now)) return;
    this.#recalled.add(bytesToKey(id));
    this.#stir();
  }

  /** Claims, renews and reports until the signal aborts. Never rejects because of the database. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#claiming(signal), this.#renewing(signal)]);
  }

  /** Runs separately, so that a slow claim does not let leases lapse. */
  async #renewing(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted) {
      let restMs = this.#leaseMs / 4;
      try {
        await this.#renew(clock.now());
      } catch {
        // The claims report that the database is away.
        restMs = Math.min(restMs, retryMs);
      }
      await clock.sleep(restMs, signal);
    }
  }

  async #claiming(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const onAbort = (): void => this.#stir();
    signal.addEventListener('abort', onAbort, { once: true });
    while (!signal.aborted) {
      await this.#round(clock.now());
      await clock.sleep(gapMs);
      if (this.#wake.signal.aborted) this.#wake = new AbortController();
      else if (!signal.aborted) await clock.sleep(this.#restMs(clock.now()), this.#wake.signal);
    }
    signal.removeEventListener('abort', onAbort);
  }

  /** Gives back what was claimed but not visited. Call it after `run` and the last visit. */
  async release(): Promise<void> {
    this.#promote(Number.POSITIVE_INFINITY);
    for (const node of this.#ready.splice(0)) this.#giveBack(node, this.#deps.clock.now());
    const written = [...this.#unwritten.values()].map(({ node }) => node.id);
    await this.#inTime(this.#deps.leases.releaseLeases(written));
  }

  get #goesAlone(): boolean {
    return this.#away !== null && this.#alone;
  }

  /** If this crawler dies, its nodes must wait until their leases lapse: so no more is claimed than the visits need. */
  #target(): number {
    return Math.ceil(this.#deps.size() / 2);
  }
  #low(): number {
    return Math.ceil(this.#target() / 2);
  }

  #stir(): void {
    this.#wake.abort(stirred);
  }

  /** What was claimed early and is due by now. */
  #promote(now: number): void {
    for (let due = this.#early.takeDue(now); due !== undefined; due = this.#early.takeDue(now)) {
      this.#ready.push(due.item);
    }
  }

  #restMs(now: number): number {
    if (this.ready >= this.#low()) return pollMs;
    return Math.max(1, Math.min(pollMs, this.#askAt() - now));
  }

  /** When there is something to claim, or to ask for. */
  #askAt(): number {
    return Math.min(this.#pollAt, this.#deps.frontier.nextDueAt() ?? Number.POSITIVE_INFINITY);
  }

  /** An idle crawler looks for work more often than there can be any. */
  #hasToAsk(now: number): boolean {
    return this.#away !== null || this.#askAt() <= now;
  }

  async #round(now: number): Promise<void> {
    const { log } = this.#deps;
    const away = this.#away;
    if (away !== null && now < away.retryAt) return this.#takeAlone(now);
    try {
      if (away !== null) this.#pollAt = 0;
      await this.#look(now);
      await this.#poll();
      await this.#claimDueHere();
      if (away !== null)
        log.info('the database answers claims again', { seconds: Math.round((now - away.since) / 1_000) });
      this.#away = null;
    } catch (error) {
      const at = this.#deps.clock.now();
      if (away === null) {
        log.warn('the database does not answer claims', {
          reason: reasonOf(error),
          until: this.#alone ? 'continuing alone' : 'waiting, because other crawlers share it',
        });
      }
      this.#away = { since: away?.since ?? at, retryAt: at + retryMs };
      this.#takeAlone(at);
    }
  }

  async #look(now: number): Promise<void> {
    if (now < this.#lookAt) return;
    const wasAlone = this.#alone;
    this.#alone = !(await this.#inTime(this.#deps.leases.othersCrawl()));
    this.#lookAt = now + lookMs;
    // What the others had is ours to find, or theirs to share.
    if (this.#alone !== wasAlone) this.#pollAt = 0;
  }

  async #renew(now: number): Promise<void> {
    const leases = new Map<string, Lease | Unwritten>();
    for (const [idKey, unwritten] of this.#unwritten.entries()) {
      if (now - unwritten.endedAt < writePatienceMs) leases.set(idKey, unwritten);
    }
    for (const [idKey, lease] of this.#held) leases.set(idKey, lease);
    const ids = [...leases.values()].flatMap(({ node, until }) => (until === Number.POSITIVE_INFINITY ? [] : node.id));
    const kept = ids.length === 0 ? [] : await this.#inTime(this.#deps.leases.renewLeases(ids, this.#leaseMs));
    const still = new Set(kept.map((id) => bytesToKey(id)));
    for (const [idKey, lease] of leases) {
      if (still.has(idKey)) lease.until = now + this.#leaseMs;
      // It lapsed and another crawler has it: `take` skips it. A visit under way is allowed to end.
      else if (lease.until !== Number.POSITIVE_INFINITY) lease.until = Math.min(lease.until, now);
    }
  }

  /** Nodes that are due by the frontier, which may be so new that the database does not know them yet. */
  async #claimDueHere(): Promise<void> {
    const { clock, frontier, leases, random } = this.#deps;
    if (this.#ready.length >= this.#low()) return;
    const now = clock.now();
    const batch = this.#takeDue(now);
    if (batch.length === 0) return;
    const wishes = batch.map((node) => ({
      contact: frontier.contactOf(node),
      firstSeenAt: node.firstSeenAt,
      direct: node.direct,
      early: this.#recalled.has(node.idKey),
    }));
    let answers: Awaited<ReturnType<LeaseStore['claimNodes']>>;
    try {
      answers = await this.#inTime(leases.claimNodes(wishes, this.#leaseMs));
    } catch (error) {
      for (const node of batch) frontier.postpone(node, now);
      throw error;
    }
    const byId = new Map(answers.map((answer) => [bytesToKey(answer.id), answer]));
    const answeredAt = clock.now();
    for (const node of batch) {
      this.#recalled.delete(node.idKey);
      const answer = byId.get(node.idKey);
      if (answer?.granted === true) {
        if (answer.known !== null) this.#learn(node, answer.known);
        this.#hold(node, now + this.#leaseMs);
        continue;
      }
      const waitMs = Math.max(retryNodeMs, answer?.waitMs ?? 0);
      frontier.postpone(node, answeredAt + Math.ceil(waitMs + random.next() * retryNodeMs));
      // Another crawler is working on the same nodes: see who is there, and ask for those that nobody has.
      this.#pollAt = 0;
      if (this.#alone) this.#lookAt = 0;
    }
    this.#tell();
  }

  /** Nodes that are due by the database, longest first: named by us or others, or left behind by a crawler that died. */
  async #poll(): Promise<void> {
    const { clock, frontier, leases, reach } = this.#deps;
    const now = clock.now();
    if (now < this.#pollAt || this.ready >= this.#low() || frontier.isFull) return;
    // An eighth is left for nodes that only the frontier knows.
    const limit = Math.ceil(0.875 * (this.#target() - this.ready));
    const aheadMs = this.#alone ? pollAloneMs : 0;
    const rows = await this.#inTime(leases.claimDue(limit, this.#leaseMs, reach, aheadMs));
    this.#empty = rows.length === 0 ? this.#empty + 1 : 0;
    const sharedMs = this.#empty > emptyPolls ? pollIdleMs : pollMs;
    this.#pollAt = rows.length === limit ? now : now + (this.#alone ? pollAloneMs : sharedMs);
    for (const known of rows) {
      const idKey = bytesToKey(known.contact.id);
      if (this.#unwritten.has(idKey)) continue;
      const node = frontier.admit(toFrontierNode(known, now), now);
      if (node === null) continue;
      this.#learn(node, known);
      this.#hold(node, now + this.#leaseMs, known.dueAt);
    }
    this.#tell();
  }

  /** Without other crawlers and without a database, the frontier alone decides. */
  #takeAlone(now: number): void {
    if (!this.#goesAlone) return;
    for (const node of this.#takeDue(now)) {
      this.#recalled.delete(node.idKey);
      this.#hold(node, Number.POSITIVE_INFINITY);
    }
    this.#tell();
  }

  /** As many as there is room for. */
  #takeDue(now: number): FrontierNode[] {
    const batch: FrontierNode[] = [];
    const room = this.#target() - this.ready;
    while (batch.length < room) {
      const node = this.#deps.frontier.take(now);
      if (node === null) break;
      batch.push(node);
    }
    return batch;
  }

  /** Others may have visited it since: what they found sets its back-off and proves its address. */
  #learn(node: FrontierNode, known: KnownNode): void {
    if (!this.#unwritten.has(node.idKey)) this.#deps.frontier.learn(node, known);
  }

  #hold(node: FrontierNode, until: number, dueAt: number | null = null): void {
    this.#held.set(node.idKey, { node, until });
    if (dueAt === null) this.#ready.push(node);
    else this.#early.add(dueAt, node);
  }

  #giveBack(node: FrontierNode, now: number): void {
    this.#held.delete(node.idKey);
    this.#deps.frontier.postpone(node, now);
  }

  #tell(): void {
    if (this.ready > 0) this.onReady();
  }

  #inTime<T>(work: Promise<T>): Promise<T> {
    const late = (): never => {
      throw new Error('no answer from the database in time');
    };
    return withDeadline(work, { ms: timeoutMs, clock: this.#deps.clock, late });
  }
}

/** Created once, because each abort would otherwise create an exception with its stack. */
const stirred = 'no longer waited for';
