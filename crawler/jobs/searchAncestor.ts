import type { HeightVerdict } from '../../chains/forks/chainSplit.ts';
import { nextAncestorStep, startAncestorSearch, takeAncestorAnswer } from '../../chains/forks/commonAncestor.ts';
import type { FactRow } from './forkWatchQueries.ts';
import type { ForkWatchState, SideSearch } from './forkWatchState.ts';

type Found = Pick<ForkWatchState, 'search' | 'ancestor'>;

/** Starts, advances or ends the search for the last block that the two largest sides share. */
export function searchAncestor(
  before: Pick<ForkWatchState, 'search' | 'ancestor' | 'chain'>,
  heights: readonly HeightVerdict[],
  facts: readonly FactRow[],
  now: number,
  patienceMs: number,
): Found {
  if (before.chain.at === 'whole') return { search: null, ancestor: null };
  if (before.ancestor !== null) return before;
  const search = before.search ?? beginSearch(heights, now);
  return search === null ? { search: null, ancestor: null } : moveOn(search, facts, now, patienceMs);
}

function beginSearch(heights: readonly HeightVerdict[], now: number): SideSearch | null {
  const evidence = heights.find(({ verdict }) => verdict === 'split');
  const [one, other] = evidence?.sides ?? [];
  if (evidence === undefined || one === undefined || other === undefined) return null;
  const agree = heights.findLast(({ height, verdict }) => verdict === 'whole' && height < evidence.height)?.height;
  const search = startAncestorSearch(evidence.height, agree);
  return { differ: evidence.height, one: one.hash, other: other.hash, search, askedAt: now };
}

function moveOn(from: SideSearch, facts: readonly FactRow[], now: number, patienceMs: number): Found {
  const sideOf = new Map(
    facts.filter(({ height, forged }) => height === from.differ && !forged).map(({ node, hash }) => [node, hash]),
  );
  let { search, askedAt } = from;
  for (;;) {
    const step = nextAncestorStep(search);
    if (step.at !== 'ask') return { search: null, ancestor: step };
    const { height } = step;
    const at = facts.filter((fact) => fact.height === height && !fact.forged);
    const one = mostHeld(at.filter(({ node }) => sideOf.get(node) === from.one));
    const other = mostHeld(at.filter(({ node }) => sideOf.get(node) === from.other));
    if ((one === null || other === null) && now - askedAt < patienceMs) {
      return { search: { ...from, search, askedAt }, ancestor: null };
    }
    search = takeAncestorAnswer(search, { height, one, other });
    askedAt = now;
  }
}

/** The block that most voters of a side have, so that a liar among them cannot mislead the search. */
function mostHeld(facts: readonly FactRow[]): string | null {
  const votersOf = new Map<string, Set<string>>();
  for (const { hash, voter } of facts) votersOf.set(hash, (votersOf.get(hash) ?? new Set()).add(voter));
  const [most] = [...votersOf].sort(([, a], [, b]) => b.size - a.size);
  return most?.[0] ?? null;
}
