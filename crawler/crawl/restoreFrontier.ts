import { bytesToKey } from '../../p2p/wire/bytes.ts';
import { defaultSchedule, laterDialAt } from './backoff.ts';
import type { Frontier } from './frontier.ts';
import type { FrontierNode } from './heldNode.ts';
import type { KnownNode } from './leaseStore.ts';

/** Restores what an earlier run knew. With `once` everything is due at once, otherwise as before. Resolves with the number. */
export async function restoreFrontier(
  frontier: Frontier,
  pages: AsyncIterable<readonly KnownNode[]>,
  options: { readonly once: boolean; readonly now: number },
): Promise<number> {
  let count = 0;
  for await (const page of pages) {
    for (const known of page) {
      // A single run visits everything.
      const fullAt = options.once ? null : known.fullAt;
      frontier.restore(toFrontierNode({ ...known, fullAt }, options.now), options.once ? options.now : known.dueAt);
      count++;
    }
  }
  return count;
}

/** A node as the database knows it. */
export function toFrontierNode(
  { contact, proven, direct, firstSeenAt, lastAliveAt, failures, fullAt }: KnownNode,
  now: number,
): FrontierNode {
  return {
    ...contact,
    idKey: bytesToKey(contact.id),
    proven,
    direct,
    met: proven,
    given: false,
    others: null,
    firstSeenAt,
    lastAliveAt,
    failures,
    visits: 0,
    visiting: false,
    mentionedAt: now,
    namedBy: null,
    dueAt: 0,
    dialAt: laterDialAt(null, fullAt, defaultSchedule),
    spoken: 0,
  };
}
