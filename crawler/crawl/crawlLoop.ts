import type { DiscoveryProtocol } from '../../lib/discoveryProtocols.ts';
import type { Clock, Random } from '../../p2p/ports.ts';
import { disconnectCodes } from '../../p2p/wire/hello.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import { spokenAfter } from './askOrder.ts';
import { nextDialAt, nextDueAt, type Outage, type SchedulePolicy, unwatchedMs } from './backoff.ts';
import { dialIntervalMs } from './dialGate.ts';
import type { Frontier } from './frontier.ts';
import type { FrontierNode } from './heldNode.ts';
import type { Visit, VisitOutcome, VisitPlan, VisitRecord } from './visit.ts';
import { hasAnswered, saysNothing } from './visitOutcome.ts';
import type { VisitWindow } from './visitWindow.ts';

/** What the loop reports to its owner. Each is called once per outcome, in the order in which visits end. */
interface CrawlSinks {
  /** Resolves when the outcome has been accepted (not committed). A full queue holds the loop back here. */
  outcome(outcome: VisitOutcome, due: Pick<VisitRecord, 'dueAt' | 'failures'>): Promise<void>;
  /** A visit is over, and the node has its next time. */
  settled?(node: FrontierNode, outcome: VisitOutcome): void;
  /** Each neighbour that a node named, with what became of it. */
  named(code: ReturnType<Frontier['offer']>, contact: NodeContact, now: number, by: DiscoveryProtocol): void;
}

/** Where the next node to visit comes from; the frontier itself is one. */
export interface VisitSource {
  /** Marked as being visited; null if there is none now. */
  take(now: number): FrontierNode | null;
  nextDueAt(): number | null;
  /** A visit has ended; its outcome with this key is about to be handed over. */
  ended?(node: FrontierNode, key: string, now: number): void;
  /** Set by the loop; call it when there is something to take that `nextDueAt` did not announce. */
  onReady?: () => void;
}

export interface CrawlLoopDeps {
  readonly frontier: Frontier;
  /** Default: what is due in the frontier. */
  readonly source?: VisitSource | null;
  readonly visit: Visit;
  readonly plan: (node: FrontierNode) => VisitPlan;
  readonly sinks: CrawlSinks;
  readonly clock: Clock;
  readonly random: Random;
  readonly schedule: SchedulePolicy;
  /** Before the loop began. */
  readonly outage?: Outage | null;
  /** Holds the loop below `maxConcurrent` while answers come late. */
  readonly window?: Pick<VisitWindow, 'size' | 'extra' | 'ended'>;
}

export interface CrawlLoopOptions {
  /** End when every known node has been visited once; otherwise run until the signal. */
  readonly once: boolean;
  /** Whether nodes still come in that nobody names in a visit: then `once` waits for them. */
  readonly moreToCome?: () => boolean;
  readonly maxConcurrent: number;
  /** A node named by another is due within this many ms, spread evenly, so that visits do not bunch up. */
  readonly spreadMs: number;
}

/** Longest idle wait, ms: the loop checks for newcomers (inbound, bootnodes) at least this often. */
const maxIdleMs = 1_000;
/** A mere name that was silent for so long will hardly answer: while it is waited for, others have its place. */
const silentMs = 1_200;
/** An honest visit has ended by then: whoever draws it out keeps no place from others. */
const drawnOutMs = 3_000;

/**
 * Visits what is due until `signal` aborts or, with `once`, until nothing is left. The signal ends visits under way, and
 * their outcomes are handed over; nothing that was learned is dropped.
 */
export async function runCrawlLoop(deps: CrawlLoopDeps, options: CrawlLoopOptions, signal: AbortSignal): Promise<void> {
  const { frontier, clock } = deps;
  const source = deps.source ?? frontier;
  /** BOUNDED: by options.maxConcurrent, and as many times that as the window allows to be silent. */
  const underWay = new Set<Promise<void>>();
  const places = new Places(clock, () => wake());
  let wake = (): void => {};
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort, { once: true });
  if (deps.source) deps.source.onReady = () => wake();
  while (!signal.aborted) {
    while (places.taken(underWay.size, deps.window?.extra ?? 0) < roomFor(deps, options)) {
      const node = source.take(clock.now());
      if (node === null) break;
      const place = places.visit(node.lastAliveAt === null);
      const running: Promise<void> = visitOne(deps, options, node, signal, place).finally(() => {
        place.ended();
        underWay.delete(running);
        wake();
      });
      underWay.add(running);
    }
    const isDone = underWay.size === 0 && frontier.unvisited === 0 && frontier.recalled === 0;
    if (options.once && isDone && options.moreToCome?.() !== true) break;
    const waiting = new AbortController();
    wake = () => waiting.abort(over);
    await idle(deps, options, places.taken(underWay.size, deps.window?.extra ?? 0), waiting.signal);
  }
  signal.removeEventListener('abort', onAbort);
  await Promise.all(underWay);
}

/** Counts the visits that take no place: to names that have been silent for a while, and those that are drawn out. */
class Places {
  readonly #clock: Clock;
  readonly #onFree: () => void;
  #silent = 0;

  constructor(clock: Clock, onFree: () => void) {
    this.#clock = clock;
    this.#onFree = onFree;
  }

  /** Of so many visits under way; at most `extra` take none. */
  taken(underWay: number, extra: number): number {
    return underWay - Math.min(this.#silent, extra);
  }

  /** A visit begins, to a name that never answered or to a node that has. */
  visit(isName: boolean): Place {
    let isFree = false;
    let isIdle = false;
    const free = (): void => {
      isFree = true;
      this.#silent += 1;
      this.#onFree();
    };
    const take = (): void => {
      if (isFree) this.#silent -= 1;
      isFree = false;
    };
    let cancel = this.#clock.after(isName ? silentMs : drawnOutMs, free);
    return {
      answered: () => {
        if (!isName && !isIdle) return;
        isIdle = false;
        cancel();
        take();
        cancel = this.#clock.after(drawnOutMs, free);
      },
      idle: () => {
        isIdle = true;
        cancel();
        if (!isFree) free();
      },
      ended: () => {
        cancel();
        take();
      },
    };
  }
}

interface Place {
  /** The node is there. */
  readonly answered: () => void;
  /** Nothing but an answer by one more protocol is waited for. */
  readonly idle: () => void;
  readonly ended: () => void;
}

/** Created once, because each abort would otherwise create an exception with its stack. */
const over = 'a visit has ended';

function roomFor({ window }: CrawlLoopDeps, { maxConcurrent }: CrawlLoopOptions): number {
  return Math.min(maxConcurrent, window?.size ?? maxConcurrent);
}

/** Until something may be due, or a newcomer may have come. */
function idle(deps: CrawlLoopDeps, options: CrawlLoopOptions, underWay: number, signal: AbortSignal): Promise<void> {
  const full = underWay >= roomFor(deps, options);
  const dueIn = ((deps.source ?? deps.frontier).nextDueAt() ?? Number.POSITIVE_INFINITY) - deps.clock.now();
  const sleepMs = full ? maxIdleMs : Math.max(1, Math.min(maxIdleMs, dueIn));
  return deps.clock.sleep(sleepMs, signal);
}

async function visitOne(
  deps: CrawlLoopDeps,
  options: CrawlLoopOptions,
  node: FrontierNode,
  signal: AbortSignal,
  place: Pick<Place, 'answered' | 'idle'>,
): Promise<void> {
  const { frontier, clock, random } = deps;
  const contact = frontier.contactOf(node);
  const plan = deps.plan(node);
  const onNamed = (named: readonly NodeContact[], by: DiscoveryProtocol): void => {
    const now = clock.now();
    for (const neighbour of named) {
      const dueAt = now + Math.floor(random.next() * options.spreadMs);
      deps.sinks.named(frontier.offer(neighbour, contact.ip, now, dueAt), neighbour, now, by);
    }
  };
  const outcome = await deps.visit(contact, plan, signal, onNamed, place.answered, place.idle);
  const now = clock.now();
  node.spoken = spokenAfter(node.spoken, outcome.answers);
  deps.window?.ended(clock.now());
  const answered = hasAnswered(outcome);
  const failures = answered ? 0 : node.failures + (saysNothing(outcome.code) ? 0 : 1);
  if (outcome.remoteReason === disconnectCodes.tooManyPeers) {
    node.dialAt = nextDialAt({ now, chance: random.next() }, deps.schedule);
  } else if (plan.dial) {
    node.dialAt = null;
  }
  // Where nothing answers over UDP, a visit is nothing but its dial.
  const onlyDials = outcome.pong === null && (answered || contact.udp === 0);
  const usualDueAt = dueAfter(deps, node, outcome, now, failures);
  const dueAt = onlyDials ? Math.max(usualDueAt, node.dialAt ?? 0) : usualDueAt;
  deps.source?.ended?.(node, outcome.key, now);
  await deps.sinks.outcome(outcome, { dueAt, failures });
  // After a throttled dial the visit is unfinished; any other outcome ends the node's part in a single run.
  if (outcome.code === 'dialThrottled') {
    frontier.postpone(node, dueAt, answered ? { at: outcome.contact, now } : undefined);
  } else {
    frontier.settle(node, outcome.contact, answered, now, options.once ? Number.POSITIVE_INFINITY : dueAt);
    deps.sinks.settled?.(node, outcome);
  }
}

function dueAfter(
  deps: CrawlLoopDeps,
  node: FrontierNode,
  outcome: VisitOutcome,
  now: number,
  failures: number,
): number {
  const chance = deps.random.next();
  if (outcome.code === 'aborted') return now;
  if (outcome.code === 'dialThrottled') return now + dialIntervalMs + Math.floor(chance * dialIntervalMs);
  const result = hasAnswered(outcome) ? 'alive' : 'silent';
  const { lastAliveAt, firstSeenAt, mentionedAt: namedAt, dialAt } = node;
  const unwatched = unwatchedMs(deps.outage ?? null, lastAliveAt ?? firstSeenAt, now);
  return nextDueAt(
    { now, result, lastAliveAt, firstSeenAt, failures, namedAt, unwatchedMs: unwatched, dialAt, chance },
    deps.schedule,
  );
}
