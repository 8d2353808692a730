/** One block of a chain, as its header shows it. */
export interface BlockTime {
  readonly number: number;
  /** ms since the epoch. */
  readonly at: number;
  /** It holds no transaction. */
  readonly empty: boolean;
}

/** By which rule a chain makes blocks. */
export interface BlockRule {
  /** It makes blocks without transactions too, at most so long apart, ms; `never`: it does not; null = not known. */
  readonly emptyMs: number | 'never' | null;
  /** Shortest time between two of its blocks, ms: transactions may have to wait that long; null = not known. */
  readonly periodMs: number | null;
}

/**
 * What a run of the newest blocks shows of a chain's rule: a chain that makes empty blocks made some of these, and was never
 * longer without a block than the longest pause among them. Clique with period 0, Besu with `createemptyblocks` off and
 * Raft make none; others wait long between them (`emptyBlockPeriodSeconds`). Nothing is known from a chain that was busy
 * throughout, nor from the genesis and the block after it. Pure.
 */
export function learnBlockRule(blocks: readonly BlockTime[]): BlockRule {
  const run = blocks.filter(({ number }) => number > 0).sort((a, b) => a.number - b.number);
  const pauses = run.flatMap((block, index) => {
    const before = run[index - 1];
    return before === undefined || before.number !== block.number - 1 ? [] : [Math.max(0, block.at - before.at)];
  });
  if (pauses.length === 0) return { emptyMs: null, periodMs: null };
  return {
    emptyMs: run.slice(1).some(({ empty }) => empty) ? Math.max(...pauses) : null,
    periodMs: Math.min(...pauses),
  };
}
