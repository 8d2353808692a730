import type { ChangesSeen } from '../ask/round.ts';
import { majorityOf } from './raftEvent.ts';
import type { RoundTally } from './tallyRound.ts';

/** Leader changes as members count them themselves: elections that come and go between two polls are in it. */
export interface CountedChanges {
  /** BOUNDED: by the endpoints that gave a count. */
  readonly members: ReadonlyMap<string, Counting>;
  /** What at least a majority of the voters counted since the watch began. */
  readonly total: number;
  /** How many of these the polls showed too, or are told as missed. */
  readonly shown: number;
  /** Rounds in a row in which the members have counted more than was shown. */
  readonly behindRounds: number;
}

interface Counting {
  readonly seen: ChangesSeen;
  readonly total: number;
  /** It has been counting for two rounds. Until then it is only catching up with the others. */
  readonly steady: boolean;
}

export const nothingCounted: CountedChanges = { members: new Map(), total: 0, shown: 0, behindRounds: 0 };

/** Polls settle after two rounds; only what they have not shown by then was missed. */
const patienceRounds = 3;

export interface CountedStep {
  readonly counted: CountedChanges;
  /** New changes by the members' own count. */
  readonly added: number;
  /** Of all counted so far, those that no poll showed, told once. */
  readonly missed: number;
}

/**
 * Takes one more round. `shown` are the changes and re-elections that polls showed in it; `quiet` that a leader is settled
 * and nothing contradicts it. A counter begins again with its process, and a member that was cut off counts its own return:
 * so what counts is what a majority of the voters counted, and a restarted one goes on from what the others have.
 */
export function countChanges(before: CountedChanges, tally: RoundTally, shown: number, quiet: boolean): CountedStep {
  const members = new Map<string, Counting>();
  const asked = new Set(tally.nodes.map(({ node }) => node));
  for (const [node, counting] of before.members) if (asked.has(node)) members.set(node, counting);
  const told = tally.nodes.flatMap(({ node, view, isLearner }) =>
    view?.changesSeen === undefined || view.changesSeen.count === 0 || isLearner
      ? []
      : [{ node, seen: view.changesSeen }],
  );
  const newcomers: typeof told = [];
  for (const each of told) {
    const known = members.get(each.node);
    if (known?.steady !== true || !goesOn(known.seen, each.seen)) newcomers.push(each);
    else members.set(each.node, { ...known, seen: each.seen, total: known.total + each.seen.count - known.seen.count });
  }
  const steady = [...members.values()].filter((counting) => counting.steady).map(({ total }) => total);
  const furthest = Math.max(before.total, ...steady);
  for (const { node, seen } of newcomers) {
    const known = members.get(node);
    const goes = known !== undefined && goesOn(known.seen, seen);
    members.set(node, {
      seen,
      total: goes ? Math.max(furthest, known.total + seen.count - known.seen.count) : furthest,
      steady: goes,
    });
  }
  const totals = [...members.values()].map(({ total }) => total).sort((a, b) => b - a);
  const agreed = totals[Math.min(majorityOf(tally.voters), totals.length) - 1] ?? 0;
  const total = Math.max(before.total, agreed);
  const shownBefore = members.size === 0 ? 0 : before.shown + shown;
  const behind = quiet && total > shownBefore;
  const behindRounds = behind ? before.behindRounds + 1 : 0;
  const missed = behindRounds >= patienceRounds ? total - shownBefore : 0;
  return {
    counted: {
      members,
      total,
      shown: quiet && !behind ? total : shownBefore + missed,
      behindRounds: missed > 0 ? 0 : behindRounds,
    },
    added: total - before.total,
    missed,
  };
}

function goesOn(before: ChangesSeen, now: ChangesSeen): boolean {
  return before.startedAt === now.startedAt && now.count >= before.count;
}
