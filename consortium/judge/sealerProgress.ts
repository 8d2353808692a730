import type { SealerReading } from '../ask/readSealers.ts';
import type { BlockRule } from './blockRule.ts';
import { type HeadMark, neededSealers, type SealerBook } from './sealerBook.ts';

/** Blocks that a chain may miss by its own rule before it counts as halted. */
const missedBlocks = 3;
/** The least time for which transactions wait in a chain that has halted. */
const waitingMs = 30_000;
/** By so much may the sealers' clocks differ from ours: counts only for a block that was there before we first looked. */
const clockSlackMs = 15_000;
/** How long a turn lasts in GoQuorum unless its genesis says otherwise, and the longest by default anywhere. */
const usualTurnMs = 10_000;
/** After this many pauses between rounds, the newest block may have come at any time since. */
const gapRounds = 3;

/**
 * The newest block, and whether it is news. One that came between two looks is as old as its timestamp says, within these
 * two by our own clock: so no sealer's clock, and no proposal prepared long before it was agreed on, makes a halt of a
 * chain that runs. Pure.
 */
export function readHead(
  known: HeadMark | null,
  lookedAt: number,
  look: { readonly t: number; readonly readings: readonly SealerReading[] },
  intervalMs: number,
): { readonly head: HeadMark | null; readonly moved: boolean } {
  const newest = look.readings
    .flatMap(({ head }) => (head === null ? [] : [head]))
    .reduce<SealerReading['head']>((best, each) => (best === null || each.number > best.number ? each : best), null);
  if (newest === null || (known !== null && newest.number <= known.number)) return { head: known, moved: false };
  const { t } = look;
  const { number, at } = newest;
  if (known === null) return { head: { number, since: Math.min(at, t), witnessed: false }, moved: false };
  const witnessed = t - lookedAt <= gapRounds * Math.max(intervalMs, 1_000);
  return { head: { number, since: Math.max(Math.min(at, t), lookedAt), witnessed }, moved: true };
}

/** Since when transactions wait with no block to take them. A node that cannot say leaves it as it was. */
export function readWaiting(
  before: Pick<SealerBook, 'waitingSince' | 'pending'>,
  look: { readonly t: number; readonly readings: readonly SealerReading[] },
  moved: boolean,
): Pick<SealerBook, 'waitingSince' | 'pending'> {
  if (look.readings.length === 0) return before;
  const counts = look.readings.flatMap(({ pending }) => (pending === null ? [] : [pending]));
  if (counts.length === 0) return { pending: null, waitingSince: null };
  const pending = Math.max(...counts);
  if (pending === 0) return { pending, waitingSince: null };
  return { pending, waitingSince: moved ? look.t : (before.waitingSince ?? look.t) };
}

export function isWaiting({ pending }: Pick<SealerBook, 'pending'>): boolean {
  return (pending ?? 0) > 0;
}

/** How long a chain may be without a block although one is due, ms. Null: by its rule alone, none is ever due. */
function patienceMs(rule: BlockRule): number | null {
  const { emptyMs, longestMs } = rule;
  return typeof emptyMs === 'number' ? Math.max(missedBlocks * emptyMs, longestMs + emptyMs) : null;
}

/** A block is due and overdue: by the chain's own rule of empty blocks, or for transactions that wait. Pure. */
export function isDue(
  { head, waitingSince }: Pick<SealerBook, 'head' | 'waitingSince'>,
  rule: BlockRule,
  t: number,
): boolean {
  if (head === null) return false;
  const ageMs = t - head.since - (head.witnessed ? 0 : clockSlackMs);
  const patience = patienceMs(rule);
  if (patience !== null && ageMs >= patience) return true;
  const waited = waitingSince === null ? 0 : t - waitingSince;
  return waited >= Math.max(waitingMs, missedBlocks * (rule.periodMs ?? 0));
}

/**
 * Whether a halt is worth telling. Where no turn was ever seen to pass, the first one that does looks like a halt, so it
 * has as long as a turn usually lasts; unless too few are at work, or it is transactions that wait. Pure.
 */
export function isTold(
  book: Pick<SealerBook, 'consensus' | 'head' | 'waitingSince' | 'roundMs' | 'set'>,
  rule: BlockRule,
  t: number,
  missing: number,
): boolean {
  const { consensus, roundMs, set } = book;
  const turnsPass = consensus !== 'clique' && roundMs === null;
  if (!turnsPass || set.length - missing < neededSealers(consensus, set.length)) return true;
  return isDue(book, { ...rule, longestMs: rule.longestMs + usualTurnMs }, t);
}
