import type { Clock, Logger, Random, Texts } from '../p2p/ports.ts';
import type { Curve } from '../p2p/wire/secp256k1.ts';
import { mentionMs } from './crawl/frontier.ts';
import type { CrawlerOptions } from './crawlerOptions.ts';
import type { BootnodesAtWork } from './followBootnodes.ts';
import type { Schedule } from './openSchedule.ts';
import type { NetworkChoice } from './selectNetworks.ts';
import { followSources, type SourcesAtWork } from './sources/followSources.ts';
import { measureSources } from './sources/measureSources.ts';
import type { WriteQueue } from './store/writeQueue.ts';

export interface SourceSeam {
  readonly chosen: Pick<NetworkChoice, 'sources' | 'bootnodes'>;
  readonly schedule: Schedule;
  readonly queue: Pick<WriteQueue, 'seen'>;
  readonly bootnodes: Pick<BootnodesAtWork, 'relist'>;
  readonly texts: Texts;
  readonly curve: Curve;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * Connects files and lists in DNS with the schedule: what they name is offered within the same bounds as what nodes name,
 * but needs nobody's credit.
 */
export function openSources(
  { chosen, schedule, queue, bootnodes, ...deps }: SourceSeam,
  { config, registry }: Pick<CrawlerOptions, 'config' | 'registry'>,
): SourcesAtWork {
  const { frontier } = schedule;
  const atWork = followSources(
    {
      ...deps,
      dataDir: config.dataDir,
      refreshMs: config.sourceRefreshMs,
      onNode(contact, source, isNew) {
        const now = deps.clock.now();
        const code = frontier.offer(contact, null, now, now);
        if (code !== 'added' && code !== 'known' && code !== 'alternate') return;
        const isDue = frontier.isMentionDue(contact.id, now, mentionMs);
        if (isNew || isDue) queue.seen({ contact, source, at: now, dueAt: now });
        if (code !== 'added' && isDue) schedule.namedAgain(contact, now);
      },
      onList: (path, nodes) => bootnodes.relist(path, nodes),
      onState: (given, state) => chosen.bootnodes.noteList(given, state),
    },
    chosen.sources,
  );
  measureSources(registry, atWork.books, () => deps.clock.now());
  return atWork;
}
