/** When a block was made, as its header says and enough nodes agree. */
export interface BlockTime {
  readonly height: bigint;
  /** ms since the epoch. */
  readonly time: number;
}

/** Where the first block of a fork by time lies: above `below`, not above `block`. */
export interface ActivationSearch {
  readonly below: bigint;
  readonly block: bigint;
  /** Timestamp of `block`, ms. */
  readonly time: number;
}

/**
 * The search after headers came. null = no block of the fork is known yet. Below the first block of a fork stands at
 * least the genesis block.
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
 * Whether headers that came later contradict what the search took its bounds from: a few who lied about a height may
 * have been the only ones to answer for it. Then it has to begin anew.
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

/** Heights whose headers narrow a search, evenly apart: with `most` of them it shrinks to 1 / (most + 1). */
export function activationHeights({ below, block }: ActivationSearch, most: number): bigint[] {
  const between = block - below - 1n;
  const parts = BigInt(most) + 1n;
  if (between <= BigInt(most)) return Array.from({ length: Number(between) }, (_, index) => below + 1n + BigInt(index));
  return Array.from({ length: most }, (_, index) => below + ((block - below) * BigInt(index + 1)) / parts);
}
