/** When a block was made, according to its header and enough nodes. */
export interface BlockTime {
  readonly height: bigint;
  /** ms since the epoch. */
  readonly time: number;
}

/** Where the first block of a fork by time is: above `below`, and at most at `block`. */
export interface ActivationSearch {
  readonly below: bigint;
  readonly block: bigint;
  /** Timestamp of `block`, ms. */
  readonly time: number;
}

/**
 * The search after new headers. null = no block of the fork is known yet. There is always at least the genesis block
 * below the first block of a fork.
 * @param at activation of the fork, seconds since the epoch
 */
export function searchActivation(
  search: ActivationSearch | null,
  at: bigint,
  known: readonly BlockTime[],
): ActivationSearch | null {
  const activationMs = Number(at) * 1_000;
  let found = search;
  for (const { height, time } of known) {
    if (height > 0n && time >= activationMs && (found === null || (height < found.block && height > found.below))) {
      found = { below: found?.below ?? 0n, block: height, time };
    }
  }
  if (found === null) return null;
  const { block, time } = found;
  const before = known.filter((one) => one.time < activationMs && one.height < block).map(({ height }) => height);
  const below = before.reduce((most, height) => (height > most ? height : most), found.below);
  return { below, block, time };
}

/**
 * Whether later headers contradict the bounds of the search: a few nodes that lied about a height may have been the only
 * ones to answer for it. The search must then start again.
 */
export function isRefuted({ below, block }: ActivationSearch, at: bigint, known: readonly BlockTime[]): boolean {
  const activationMs = Number(at) * 1_000;
  return known.some(
    ({ height, time }) =>
      (height === block && time < activationMs) || (height === below && height > 0n && time >= activationMs),
  );
}

export function isFound({ below, block }: ActivationSearch): boolean {
  return block === below + 1n;
}

/** Evenly spaced heights whose headers narrow the search: `most` of them shrink it to 1 / (most + 1). */
export function activationHeights({ below, block }: ActivationSearch, most: number): bigint[] {
  const between = block - below - 1n;
  const parts = BigInt(most) + 1n;
  if (between <= BigInt(most)) return Array.from({ length: Number(between) }, (_, index) => below + 1n + BigInt(index));
  return Array.from({ length: most }, (_, index) => below + ((block - below) * BigInt(index + 1)) / parts);
}
