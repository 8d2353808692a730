import { join } from 'node:path';
import type { Lifetime } from '../lib/lifecycle.ts';
import type { Clock, Logger } from '../p2p/ports.ts';
import { Spill } from './store/spill.ts';
import type { Store } from './store/store.ts';
import { WriteQueue } from './store/writeQueue.ts';

export interface WritesDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  /** Keys of visits that are safely in the database, and the IDs (hex) of their nodes. */
  onCommitted(keys: readonly string[], ids: readonly string[]): void;
  /** A write failed and will be retried. */
  onFailure(): void;
}

/** The write queue in front of the store, which starts with what an earlier run left on disk. */
export async function openWrites(
  deps: WritesDeps,
  { dataDir, vantage }: { readonly dataDir: string; readonly vantage: string },
  life: Lifetime,
): Promise<WriteQueue> {
  const { store, clock, log } = deps;
  const spill = await Spill.open({ folder: join(dataDir, 'spill', vantage) });
  if (spill.count > 0) log.info('writing what an earlier run left on disk', { visits: spill.count });
  const queue = new WriteQueue({
    store,
    spill,
    clock,
    log,
    onCommitted: (keys, ids) => deps.onCommitted(keys, ids),
    onFailure: () => deps.onFailure(),
  });
  queue.start();
  life.add('write queue', () => queue.close(), 15_000);
  return queue;
}
