import type { Clock, Random } from '../ports.ts';
import { nextDueAt, type SchedulePolicy } from './backoff.ts';
import { DIAL_INTERVAL_MS } from './dialGate.ts';
import type { Frontier, FrontierNode } from './frontier.ts';
import type { Visit, VisitOutcome, VisitPlan, VisitTarget } from './visit.ts';

/** What the loop tells its owner. Each is called once an outcome, in the order in which visits end. */
export interface CrawlSinks {
  /** Resolves when the outcome is taken (not: committed). A full queue holds the loop back here. */
  outcome(outcome: VisitOutcome, due: { readonly at: number; readonly failures: number }): Promise<void>;
  /** Each neighbour that a node named, with what became of it. */
  named(code: ReturnType<Frontier['offer']>, target: VisitTarget, now: number): void;
}

export interface CrawlLoopDeps {
  readonly frontier: Frontier;
  readonly visit: Visit;
  readonly plan: (node: FrontierNode) => VisitPlan;
  readonly sinks: CrawlSinks;
  readonly clock: Clock;
  readonly random: Random;
  readonly schedule: SchedulePolicy;
}

export interface CrawlLoopOptions {
  /** End when every known node was visited once; else run until the signal. */
  readonly once: boolean;
  readonly maxConcurrent: number;
  /** A node named by another is due within this many ms, spread evenly: no herd. */
  readonly spreadMs: number;
}

/** Longest idle wait, ms: newcomers (inbound, bootnodes) are looked for at least this often. */
const MAX_IDLE_MS = 1_000;

/**
 * Visits what is due until `signal` aborts, or with `once` until nothing is left. Visits under way when the
 * signal comes are ended by it and handed over; nothing that was learned is dropped.
 */
export async function runCrawlLoop(deps: CrawlLoopDeps, options: CrawlLoopOptions, signal: AbortSignal): Promise<void> {
  const { frontier, clock } = deps;
  /** BOUNDED: by options.maxConcurrent. */
  const underWay = new Set<Promise<void>>();
  while (!signal.aborted) {
    while (underWay.size < options.maxConcurrent) {
      const node = frontier.take(clock.now());
      if (node === null) break;
      const running: Promise<void> = visitOne(deps, options, node, signal).finally(() => underWay.delete(running));
      underWay.add(running);
    }
    if (options.once && underWay.size === 0 && frontier.unvisited === 0) break;
    await idle(deps, options, underWay, signal);
  }
  await Promise.all(underWay);
}

async function idle(
  deps: CrawlLoopDeps,
  options: CrawlLoopOptions,
  underWay: ReadonlySet<Promise<void>>,
  signal: AbortSignal,
): Promise<void> {
  const stopWaiting = new AbortController();
  const full = underWay.size >= options.maxConcurrent;
  const dueIn = (deps.frontier.nextDueAt() ?? Number.POSITIVE_INFINITY) - deps.clock.now();
  const sleepMs = full ? MAX_IDLE_MS : Math.max(1, Math.min(MAX_IDLE_MS, dueIn));
  await Promise.race([deps.clock.sleep(sleepMs, AbortSignal.any([signal, stopWaiting.signal])), ...underWay]);
  stopWaiting.abort();
}

async function visitOne(
  deps: CrawlLoopDeps,
  options: CrawlLoopOptions,
  node: FrontierNode,
  signal: AbortSignal,
): Promise<void> {
  const { frontier, clock, random } = deps;
  const target = frontier.targetOf(node);
  const outcome = await deps.visit(target, deps.plan(node), signal, (named) => {
    const now = clock.now();
    for (const neighbour of named) {
      const dueAt = now + Math.floor(random.next() * options.spreadMs);
      deps.sinks.named(frontier.offer(neighbour, target.ip, now, dueAt), neighbour, now);
    }
  });
  const now = clock.now();
  const alive = outcome.pong !== null;
  const failures = alive ? 0 : node.failures + 1;
  const at = dueAfter(deps, node, outcome, now, failures);
  await deps.sinks.outcome(outcome, { at, failures });
  // A throttled dial is an unfinished visit; every other one ends the node's part in a single run.
  if (outcome.code === 'dialThrottled') frontier.postpone(node, at);
  else frontier.settle(node, outcome.target, alive, now, options.once ? Number.POSITIVE_INFINITY : at);
}

function dueAfter(
  deps: CrawlLoopDeps,
  node: FrontierNode,
  outcome: VisitOutcome,
  now: number,
  failures: number,
): number {
  const chance = deps.random.next();
  if (outcome.code === 'dialThrottled') return now + DIAL_INTERVAL_MS + Math.floor(chance * DIAL_INTERVAL_MS);
  const result = outcome.pong === null ? 'silent' : outcome.remoteReason === 0x04 ? 'full' : 'alive';
  return nextDueAt(
    { now, result, lastAliveAt: node.lastAliveAt, firstSeenAt: node.firstSeenAt, failures, chance },
    deps.schedule,
  );
}
