import type { Network } from '../chains/networks/networkFile.ts';
import type { Sql } from '../sql/client.ts';
import type { ForkWatch, NetworkView } from './crawl/forkWatch.ts';
import { type ForkWatchOptions, watchForks } from './jobs/watchForks.ts';

/** A look at every watched network in turn, whose findings the next visits are planned and judged by. */
export function createNetworkLook(
  sql: Sql,
  watched: readonly Network[],
  watch: ForkWatch,
  options: ForkWatchOptions,
): (now: number) => Promise<void> {
  // BOUNDED: by the watched networks.
  const views = new Map<string, NetworkView>();
  return async (now) => {
    for (const network of watched) {
      views.set(network.slug, await watchForks(sql, network, now, options));
      watch.update(views);
    }
  };
}
