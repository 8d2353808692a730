import { defaultSplitRules, type SplitRules } from './chainSplit.ts';
import type { ForkSide, ForkSides } from './forkSides.ts';

export type ForkSplitRules = Pick<SplitRules, 'openRounds' | 'openAfterMs' | 'closeAfterMs'> & {
  /** Nodes that missed a fork by time longer ago than this are leftovers, not a side of a split. */
  readonly maxMissedMs: number;
};

export const defaultForkSplitRules: ForkSplitRules = { ...defaultSplitRules, maxMissedMs: 30 * 86_400_000 };

/** Between rounds. Times in ms since the epoch. */
export type ForkSplitState =
  | { readonly at: 'whole' }
  | { readonly at: 'suspected'; readonly since: number; readonly rounds: number }
  | { readonly at: 'open'; readonly since: number; readonly wholeSince: number | null };

export interface ForkSplitJudgement {
  readonly state: ForkSplitState;
  /** The sides of the split, if there is one now. */
  readonly sides: readonly ForkSide[];
  readonly event: 'opened' | 'closed' | null;
}

/** One round: a split opens when it lasts over several rounds, and closes once the network has been whole for a while. */
export function judgeForkSplit(
  state: ForkSplitState,
  now: number,
  { sides }: Pick<ForkSides, 'sides'>,
  rules: ForkSplitRules = defaultForkSplitRules,
): ForkSplitJudgement {
  const parted = sides.filter((side) => side.counts && !isLeftOver(side, now, rules));
  if (parted.length < 2) return { ...whenWhole(state, now, rules), sides: [] };
  if (state.at === 'open') return { state: { ...state, wholeSince: null }, sides: parted, event: null };
  const since = state.at === 'suspected' ? state.since : now;
  const rounds = state.at === 'suspected' ? state.rounds + 1 : 1;
  if (rounds < rules.openRounds || now - since < rules.openAfterMs) {
    return { state: { at: 'suspected', since, rounds }, sides: parted, event: null };
  }
  return { state: { at: 'open', since: now, wholeSince: null }, sides: parted, event: 'opened' };
}

function whenWhole(
  state: ForkSplitState,
  now: number,
  rules: ForkSplitRules,
): Pick<ForkSplitJudgement, 'state' | 'event'> {
  if (state.at !== 'open') return { state: { at: 'whole' }, event: null };
  const wholeSince = state.wholeSince ?? now;
  if (now - wholeSince < rules.closeAfterMs) return { state: { ...state, wholeSince }, event: null };
  return { state: { at: 'whole' }, event: 'closed' };
}

function isLeftOver({ kind, fork }: ForkSide, now: number, rules: ForkSplitRules): boolean {
  return kind === 'missed' && fork?.kind === 'time' && now - Number(fork.at) * 1_000 > rules.maxMissedMs;
}
