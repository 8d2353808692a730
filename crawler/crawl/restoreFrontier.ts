import type { KnownNode } from '../store/store.ts';
import { bytesToHex } from '../wire/bytes.ts';
import type { Frontier } from './frontier.ts';

/** Takes back what a former run knew. With `once` everything is due at once; else as it was. Resolves with their number. */
export async function restoreFrontier(
  frontier: Frontier,
  pages: AsyncIterable<readonly KnownNode[]>,
  options: { readonly once: boolean; readonly now: number },
): Promise<number> {
  let count = 0;
  for await (const page of pages) {
    for (const known of page) {
      const { target, proven, firstSeenAt, lastAliveAt, failures } = known;
      frontier.restore(
        {
          ...target,
          idHex: bytesToHex(target.id),
          proven,
          alternate: null,
          firstSeenAt,
          lastAliveAt,
          failures,
          visits: 0,
          visiting: false,
          mentionedAt: options.now,
          namedBy: null,
          dueAt: 0,
        },
        options.once ? options.now : known.dueAt,
      );
      count++;
    }
  }
  return count;
}
