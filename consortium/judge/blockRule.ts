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
  /** It makes blocks without transactions too, normally so long apart, ms; `never`: it does not; null = not known. */
  readonly emptyMs: number | 'never' | null;
  /** Shortest time between two of its blocks, ms: transactions may have to wait that long; null = not known. */
  readonly periodMs: number | null;
  /** A pause that occurs again and again, for instance whenever a dead sealer's turn comes, ms. */
  readonly longestMs: number;
}

export const unknownRule: BlockRule = { emptyMs: null, periodMs: null, longestMs: 0 };

/**
 * What a run of the newest blocks shows of a chain's rule: a chain that makes empty blocks made some of these, and its
 * usual pause before one is the median. Clique with period 0, Besu with `createemptyblocks` off and Raft make none;
 * others wait long between them (`emptyBlockPeriodSeconds`). The longest pause of all may have been a halt, so the second
 * longest counts as one that occurs. Nothing is known from a chain that was busy throughout, nor from the genesis and the
 * block after it. Pure.
 */
export function learnBlockRule(blocks: readonly BlockTime[]): BlockRule {
  const run = blocks.filter(({ number }) => number > 0).sort((a, b) => a.number - b.number);
  const pauses = run.flatMap((block, index) => {
    const before = run[index - 1];
    if (before === undefined || before.number !== block.number - 1) return [];
    return [{ ms: Math.max(0, block.at - before.at), empty: block.empty }];
  });
  if (pauses.length === 0) return unknownRule;
  const sorted = pauses.map(({ ms }) => ms).sort((a, b) => a - b);
  const beforeEmpty = pauses.flatMap(({ ms, empty }) => (empty ? [ms] : [])).sort((a, b) => a - b);
  return {
    emptyMs: beforeEmpty[Math.floor((beforeEmpty.length - 1) / 2)] ?? null,
    periodMs: sorted[0] ?? null,
    longestMs: sorted.at(-2) ?? 0,
  };
}
