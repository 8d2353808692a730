import type { KnownNode } from '../store/store.ts';
import { bytesToHex } from '../wire/bytes.ts';
import type { Frontier, FrontierNode } from './frontier.ts';

/** Takes back what a former run knew. With `once` everything is due at once; else as it was. Resolves with their number. */
export async function restoreFrontier(
  frontier: Frontier,
  pages: AsyncIterable<readonly KnownNode[]>,
  options: { readonly once: boolean; readonly now: number },
): Promise<number> {
  let count = 0;
  for await (const page of pages) {
    for (const known of page) {
      frontier.restore(toFrontierNode(known, options.now), options.once ? options.now : known.dueAt);
      count++;
    }
  }
  return count;
}

/** A node as the database knows it. */
export function toFrontierNode(
  { target, proven, firstSeenAt, lastAliveAt, failures }: KnownNode,
  now: number,
): FrontierNode {
  return {
    ...target,
    idHex: bytesToHex(target.id),
    proven,
    alternate: null,
    firstSeenAt,
    lastAliveAt,
    failures,
    visits: 0,
    visiting: false,
    mentionedAt: now,
    namedBy: null,
    dueAt: 0,
  };
}
