import { newestFacts, type StoredBlockFact } from '../../sql/blockFacts.ts';
import type { VisitRow } from './visitRow.ts';

/** What visits say of blocks, each node's newest word on each height, in the order of the key: see foldVisits. */
export function foldBlocks(visits: readonly VisitRow[]): StoredBlockFact[] {
  const facts = visits.flatMap(({ id, at, blocks }) =>
    (blocks ?? []).map(({ height, time, ...block }): StoredBlockFact => {
      const own = { node: id, height: BigInt(height), source: 'eth', endpoint: null, blockTime: time ?? null } as const;
      return { ...block, ...own, at };
    }),
  );
  return newestFacts(facts);
}
