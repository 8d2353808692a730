import type { SealerConsensus } from '../ask/readSealers.ts';
import type { SealedBlock } from './sealerBook.ts';

/** Whose turns passed without a block of theirs, in a run of blocks. */
export interface MissedTurns {
  readonly bySealer: ReadonlyMap<string, number>;
  /** The sealers whose turns passed before a block, in the order of the turns. */
  readonly byBlock: ReadonlyMap<number, readonly string[]>;
  /** Blocks of the run that somebody else had to make first: those with a round change, or sealed out of turn. */
  readonly late: ReadonlySet<number>;
  /** All rounds beyond the first. */
  readonly rounds: number;
}

/**
 * Reads a run of blocks against the order in which `set` (sorted) takes turns: IBFT and QBFT go on from the last proposer
 * and pass one over with each round change, Clique goes by the block's number (EIP-225). Nothing is found where one
 * proposer stays (sticky), or where headers do not name the sealer. Pure.
 */
export function readTurns(
  consensus: SealerConsensus,
  set: readonly string[],
  run: readonly SealedBlock[],
): MissedTurns {
  const bySealer = new Map<string, number>();
  const byBlock = new Map<number, readonly string[]>();
  const late = new Set<number>();
  let rounds = 0;
  const miss = (block: number, address: string | undefined): void => {
    if (address === undefined) return;
    bySealer.set(address, (bySealer.get(address) ?? 0) + 1);
    byBlock.set(block, [...(byBlock.get(block) ?? []), address]);
  };
  const sticky = isSticky(consensus, set, run);
  for (const [index, block] of run.entries()) {
    const before = run[index - 1];
    const passed = consensus === 'clique' ? 0 : (block.round ?? 0);
    rounds += passed;
    const at = block.sealer === null ? -1 : set.indexOf(block.sealer);
    if (consensus === 'clique') {
      const due = set[block.number % set.length];
      if (at < 0 || due === block.sealer) continue;
      late.add(block.number);
      // Whoever sealed one of the last N/2 blocks may not seal again so soon.
      const recent = run.slice(Math.max(0, index - Math.floor(set.length / 2)), index);
      if (!recent.some(({ sealer }) => sealer === due)) miss(block.number, due);
      continue;
    }
    const last = before?.sealer == null || before.number !== block.number - 1 ? -1 : set.indexOf(before.sealer);
    const inferred = last < 0 || at < 0 || sticky ? 0 : (at - last - 1 + set.length) % set.length;
    const skipped = block.round === null ? inferred : passed;
    if (block.round === null) rounds += inferred;
    if (skipped > 0) late.add(block.number);
    if (last < 0 || sticky) continue;
    for (let turn = 0; turn < Math.min(skipped, set.length); turn++)
      miss(block.number, set[(last + 1 + turn) % set.length]);
  }
  return { bySealer, byBlock, late, rounds };
}

/**
 * True if fewer proposed than must have agreed on each block: then one stays for as long as it can, and whoever did not
 * propose is not silent for it.
 */
export function isSticky(consensus: SealerConsensus, set: readonly string[], run: readonly SealedBlock[]): boolean {
  if (consensus === 'clique' || run.length < 2 * set.length) return false;
  const proposers = new Set(run.slice(-2 * set.length).flatMap(({ sealer }) => sealer ?? []));
  return proposers.size > 0 && proposers.size < Math.ceil((2 * set.length) / 3);
}
