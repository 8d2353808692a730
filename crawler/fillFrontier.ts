import type { Clock } from '../p2p/ports.ts';
import type { NodeContact } from '../p2p/wire/nodeEndpoint.ts';
import { defaultFrontierLimits, type Frontier } from './crawl/frontier.ts';
import { restoreFrontier } from './crawl/restoreFrontier.ts';
import type { Store } from './store/store.ts';
import type { WriteQueue } from './store/writeQueue.ts';

/** How long to wait for visits that an earlier run left on disk. */
const replayMs = 60_000;

export interface FillDeps {
  readonly frontier: Frontier;
  readonly store: Pick<Store, 'loadResume'>;
  readonly queue: WriteQueue;
  readonly clock: Clock;
}

/** Adds bootnodes, and what earlier runs knew; with `once` all of it is due now. */
export async function fillFrontier(
  { frontier, store, queue, clock }: FillDeps,
  bootnodes: readonly NodeContact[],
  once: boolean,
  signal: AbortSignal,
): Promise<void> {
  // Until visits that an earlier run left on disk are written, their nodes seem due and would be visited twice.
  const until = clock.now() + replayMs;
  while (!once && queue.spilled > 0 && clock.now() < until && !signal.aborted) await clock.sleep(50, signal);
  const now = clock.now();
  for (const contact of bootnodes) {
    frontier.trust(contact.ip);
    frontier.give(contact, now, now);
    queue.seen({ contact, source: 'bootnode', at: now, dueAt: now, direct: true });
  }
  await restoreFrontier(frontier, store.loadResume(defaultFrontierLimits.maxNodes), { once, now });
}
