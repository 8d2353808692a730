import type { DiscoveryProtocol } from '../lib/discoveryProtocols.ts';
import type { NodeContact } from '../p2p/wire/nodeEndpoint.ts';
import { mentionMs } from './crawl/frontier.ts';
import type { OfferCode } from './crawl/offerCodes.ts';
import { countNamed } from './metrics.ts';
import type { CrawlerState } from './openState.ts';

/**
 * A node was named by another one, and this became of it: counted, and kept if it is new, or known and not mentioned for a
 * while.
 */
export function noteNamed(
  { schedule, queue, records, metrics }: Pick<CrawlerState, 'schedule' | 'queue' | 'records' | 'metrics'>,
  code: OfferCode,
  contact: NodeContact,
  now: number,
  by: DiscoveryProtocol,
): void {
  countNamed(metrics, code);
  records.tally.named(code);
  if (!schedule.frontier.isMentionDue(contact.id, now, mentionMs, by)) return;
  queue.seen({ contact, source: by === 'discv4' ? 'neighbour' : 'discv5', at: now, dueAt: now });
  schedule.namedAgain(contact, now);
}
