import type { BlockMinter } from '../ask/blockMinter.ts';
import type { MemberRef } from '../ask/round.ts';
import type { RaftEvent } from '../judge/raftEvent.ts';

/** How far the minters of a chain are known. */
export interface ChainPosition {
  /** Number of the newest block that was read; null: none yet. */
  readonly block: number | null;
  /** Who minted it, or the last one before it that has a minter. */
  readonly raftId: number | null;
}

export const chainStart: ChainPosition = { block: null, raftId: null };

/** From one block to the next one minted by another node: there is at least one leader change in between. */
export interface MinterChange {
  readonly from: number;
  readonly to: number;
  /** The first block of the new minter. */
  readonly block: number;
  /** Its time, ms since the epoch. */
  readonly at: number;
}

/**
 * Which blocks to read next, at most `limit`. Without a position only the newest: the whole past of a chain is not
 * fetched.
 */
export function nextBlocks(position: ChainPosition, head: number, limit: number): readonly number[] {
  const first = position.block === null ? head : position.block + 1;
  const count = Math.max(0, Math.min(limit, head - first + 1));
  return Array.from({ length: count }, (_, index) => first + index);
}

/**
 * Takes consecutive blocks in ascending order and finds the changes between them and the position. Stops before the
 * first block that does not follow, so that a hole is read again rather than skipped.
 */
export function followChain(
  position: ChainPosition,
  blocks: readonly BlockMinter[],
): { readonly position: ChainPosition; readonly changes: readonly MinterChange[] } {
  let { block, raftId } = position;
  const changes: MinterChange[] = [];
  for (const next of blocks) {
    if (block !== null && next.number !== block + 1) break;
    block = next.number;
    if (next.raftId === null) continue;
    if (raftId !== null && raftId !== next.raftId) {
      changes.push({ from: raftId, to: next.raftId, block, at: Number(next.timestampNs / 1_000_000n) });
    }
    raftId = next.raftId;
  }
  return { position: { block, raftId }, changes };
}

/** The changes as events. A member that has left is known to the chain by its Raft ID alone: its nodeId is ''. */
export function chainEvents(
  changes: readonly MinterChange[],
  about: {
    readonly cluster: string;
    readonly detectedAt: number;
    readonly members: readonly MemberRef[];
    /** True when the watcher was away while these blocks were minted. */
    readonly gap: boolean;
  },
): readonly RaftEvent[] {
  const named = (raftId: number): MemberRef => ({
    raftId,
    nodeId: about.members.find((member) => member.raftId === raftId)?.nodeId ?? '',
  });
  return changes.map((change) => ({
    cluster: about.cluster,
    kind: 'leaderChanged',
    at: change.at,
    detectedAt: about.detectedAt,
    from: named(change.from),
    to: named(change.to),
    votes: 0,
    voters: 0,
    observers: [],
    source: 'chain',
    gap: about.gap,
    block: change.block,
  }));
}
