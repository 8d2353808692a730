import type { ConsensusKind } from '../networks/networkFile.ts';
import { type AncestorSearch, nextAncestorStep, takeAncestorAnswer } from './commonAncestor.ts';
import { splitHeights } from './splitHeights.ts';

/** Heights near the head, chosen together: all nodes are asked for the same ones, or nothing could be compared. */
export interface HeightChoice {
  /** ms since the epoch. */
  readonly since: number;
  readonly heights: readonly bigint[];
}

/**
 * The choices to use: the last one while it is young, and additionally a fresh one once it is older than `periodMs`. A
 * choice is dropped after two periods, so that a round never loses all of its facts at once.
 */
export function chooseHeights(
  choices: readonly HeightChoice[],
  now: number,
  network: { readonly consensus: ConsensusKind; readonly head: bigint | null },
  periodMs: number,
): HeightChoice[] {
  const kept = choices.filter(({ since }) => now - since < 2 * periodMs);
  const newest = Math.max(...kept.map(({ since }) => since), Number.NEGATIVE_INFINITY);
  if (network.head === null || now - newest < periodMs) return kept;
  const heights = splitHeights(network.consensus, [network.head], []);
  return heights.length === 0 ? kept : [...kept, { since: now, heights }];
}

/**
 * The heights that the next `depth` steps of a search can ask for, whatever the answers. Asked for together, they save a
 * round of visits each. At most 2^depth - 1.
 */
export function searchHeights(search: AncestorSearch, depth: number): bigint[] {
  const step = nextAncestorStep(search);
  if (step.at !== 'ask' || depth === 0) return [];
  const { height } = step;
  const same = takeAncestorAnswer(search, { height, one: 'a', other: 'a' });
  const differ = takeAncestorAnswer(search, { height, one: 'a', other: 'b' });
  return [...new Set([height, ...searchHeights(same, depth - 1), ...searchHeights(differ, depth - 1)])];
}
