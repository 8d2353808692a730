import type { Clock } from '../p2p/ports.ts';
import type { Frontier } from './crawl/frontier.ts';
import { restoreFrontier } from './crawl/restoreFrontier.ts';
import { defaultFrontierLimits } from './crawl/roster.ts';
import type { BootnodesAtWork } from './followBootnodes.ts';
import type { SourcesAtWork } from './sources/followSources.ts';
import type { Store } from './store/store.ts';
import type { WriteQueue } from './store/writeQueue.ts';

/** How long to wait for visits that an earlier run left on disk. */
const replayMs = 60_000;

export interface FillDeps {
  readonly frontier: Frontier;
  readonly store: Pick<Store, 'loadResume'>;
  readonly queue: WriteQueue;
  readonly bootnodes: Pick<BootnodesAtWork, 'begin' | 'lookUpOnce'>;
  readonly sources: Pick<SourcesAtWork, 'begin'>;
  readonly clock: Clock;
}

/** Adds bootnodes, what files and lists name, and what earlier runs knew; with `once` all of it is due now. */
export async function fillFrontier(
  { frontier, store, queue, bootnodes, sources, clock }: FillDeps,
  once: boolean,
  signal: AbortSignal,
): Promise<void> {
  // Until visits that an earlier run left on disk are written, their nodes seem due and would be visited twice.
  const until = clock.now() + replayMs;
  while (!once && queue.spilled > 0 && clock.now() < until && !signal.aborted) await clock.sleep(50, signal);
  bootnodes.begin();
  await sources.begin(signal);
  // A single run ends when all is visited that it knows.
  if (once) await bootnodes.lookUpOnce(signal);
  const now = clock.now();
  await restoreFrontier(frontier, store.loadResume(defaultFrontierLimits.maxNodes), { once, now });
}
