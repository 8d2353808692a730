import { createNetworkIndex } from '../chains/networks/chainIdentity.ts';
import type { Network } from '../chains/networks/networkFile.ts';
import { BoundedMap } from '../lib/boundedMap.ts';
import type { Logger } from '../p2p/ports.ts';
import { bytesToHex } from '../p2p/wire/bytes.ts';
import type { Sql } from '../sql/client.ts';
import type { CrawlerConfig } from './config.ts';
import { ForkWatch, type NetworkView } from './crawl/forkWatch.ts';
import { type ForkLook, watchForks } from './jobs/watchForks.ts';
import type { NetworkChoice } from './selectNetworks.ts';

/** Longest time between two looks at the networks. */
const maxLookMs = 30_000;

/** Connects the judges of forks and splits, which work on the database, with the visits. */
export interface NetworkWatch {
  /** What visits are planned and judged with. */
  readonly watch: ForkWatch;
  /** Time between two looks, ms. */
  readonly everyMs: number;
  /** Looks at every watched network in turn; the next visits use what it finds. */
  look(now: number): Promise<void>;
}

export function watchNetworks(
  sql: Sql,
  { known, watched, isPrivate }: Pick<NetworkChoice, 'known' | 'watched' | 'isPrivate'>,
  config: Pick<CrawlerConfig, 'splitVoters' | 'splitRoundMs' | 'splitCloseMs'>,
  log: Logger,
): NetworkWatch {
  const countsIds = config.splitVoters === 'auto' ? isPrivate : config.splitVoters === 'id';
  const watch = new ForkWatch(createNetworkIndex(known), watched, countsIds);
  const { splitRoundMs: roundMs, splitCloseMs: closeAfterMs } = config;
  const told = new BoundedMap<string, true>(1_000);
  const warn = ({ slug }: Network, { missing }: NetworkView): void => {
    for (const { hash, kind, at, subnets } of missing) {
      const fork = `0x${bytesToHex(hash)}`;
      if (told.has(`${slug} ${fork}`)) continue;
      told.set(`${slug} ${fork}`, true);
      const fields = { network: slug, forkHash: fork, [kind]: String(at), announcers: subnets };
      log.warn(
        `the file of ${slug} is older than the network: nodes have a fork that it lacks; forkscope networks update FILE gives it newer forks`,
        fields,
      );
    }
  };
  // BOUNDED: by the watched networks.
  const views = new Map<Network['slug'], ForkLook>();
  return {
    watch,
    everyMs: Math.min(maxLookMs, roundMs / 8),
    async look(now) {
      for (const network of watched) {
        const options = { roundMs, closeAfterMs, isPrivate: countsIds };
        const view = await watchForks(sql, network, now, options, views.get(network.slug)?.slow);
        views.set(network.slug, view);
        warn(network, view);
        watch.update(views);
      }
    },
  };
}
