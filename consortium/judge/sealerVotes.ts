import type { SealerBook } from './sealerBook.ts';

/** A vote under way to add or remove a sealer. */
export interface SealerVote {
  readonly candidate: string;
  readonly add: boolean;
  /** Whose votes the chain has counted. */
  readonly voters: readonly string[];
  /** More than half of the set must vote for it. */
  readonly needed: number;
  /** Endpoints that vote so when it is their turn. */
  readonly proposedBy: readonly string[];
}

/** The votes that would still change something, with who has cast them and who means to. Pure. */
export function listVotes({
  set,
  votes,
  proposals,
}: Pick<SealerBook, 'set' | 'votes' | 'proposals'>): readonly SealerVote[] {
  const found = new Map<string, { candidate: string; add: boolean; voters: Set<string>; proposedBy: Set<string> }>();
  const entryOf = (candidate: string, add: boolean) => {
    const key = `${candidate} ${String(add)}`;
    const entry = found.get(key) ?? { candidate, add, voters: new Set<string>(), proposedBy: new Set<string>() };
    found.set(key, entry);
    return entry;
  };
  for (const { voter, candidate, add } of votes) entryOf(candidate, add).voters.add(voter);
  for (const [node, wishes] of Object.entries(proposals)) {
    for (const [candidate, add] of Object.entries(wishes)) entryOf(candidate, add).proposedBy.add(node);
  }
  return [...found.values()]
    .filter(({ candidate, add }) => set.length > 0 && set.includes(candidate) !== add)
    .map(({ candidate, add, voters, proposedBy }) => ({
      candidate,
      add,
      voters: [...voters].sort(),
      needed: Math.floor(set.length / 2) + 1,
      proposedBy: [...proposedBy].sort(),
    }))
    .sort((a, b) => (a.candidate < b.candidate ? -1 : a.candidate > b.candidate ? 1 : Number(b.add) - Number(a.add)));
}
