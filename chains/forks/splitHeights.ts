import type { ConsensusKind } from '../networks/networkFile.ts';

/** Depths below the head at which honest nodes agree: blocks made by a few known signers are final at once. */
const splitDepths: Readonly<Record<'shallow' | 'deep', readonly bigint[]>> = {
  shallow: [8n],
  deep: [64n, 256n],
};

const signedKinds: ReadonlySet<ConsensusKind> = new Set(['clique', 'ibft1', 'ibft2', 'qbft', 'raft']);

/** Consortium chains: their few signers know each other. */
export function hasKnownSigners(consensus: ConsensusKind): boolean {
  return signedKinds.has(consensus);
}

/**
 * Heights to compare, ascending, each once: every activation and the block after it if the head has passed them, and the
 * median head of the current nodes minus the depths.
 */
export function splitHeights(
  consensus: ConsensusKind,
  headNumbers: readonly bigint[],
  activationBlocks: readonly bigint[],
  depths: readonly bigint[] = hasKnownSigners(consensus) ? splitDepths.shallow : splitDepths.deep,
): bigint[] {
  const head = medianNumber(headNumbers);
  if (head === null) return [];
  const activations = activationBlocks.flatMap((block) => [block, block + 1n]).filter((block) => block < head);
  const settled = depths.map((depth) => head - depth).filter((height) => height > 0n);
  return [...new Set([...activations, ...settled])].sort((a, b) => (a < b ? -1 : 1));
}

/** The lower median; null of nothing. */
export function medianNumber(numbers: readonly bigint[]): bigint | null {
  const sorted = [...numbers].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted[(sorted.length - 1) >> 1] ?? null;
}
