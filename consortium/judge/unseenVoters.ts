import { kindOf, type MemberRef, type NodeAnswer, type NodeView, type Round } from '../ask/round.ts';
import { isAlive } from './isAlive.ts';
import { memberKey } from './membership.ts';

/** Voters that may follow a leader without our knowing it. */
export interface UnseenVoters {
  readonly count: number;
  /** How many of them may be following `leader`: those to which it has a stream itself, if it shows them. */
  readonly behind: (leader: MemberRef) => number;
}

/**
 * Counts the voters without a view that may have voted either way. Only a voter whose port refuses, that is silent or
 * whose Raft methods hang counts as down, and not even that one while any other member has a live stream to it. An
 * endpoint that never gave a view may be any voter without one, and its silence proves nothing: its URL may be wrong, or a
 * firewall stand between. A voter without an endpoint is never known to be down.
 */
export function findUnseen(seen: {
  readonly round: Round;
  readonly viewOf: ReadonlyMap<string, NodeView>;
  readonly selves: ReadonlyMap<string, MemberRef>;
  readonly endpoints: ReadonlySet<string>;
  readonly voters: readonly MemberRef[];
}): UnseenVoters {
  const { round, viewOf, selves, endpoints, voters } = seen;
  const views = [...viewOf.values()];
  const heard = new Set(views.flatMap(({ self }) => (self === null ? [] : [memberKey(self)])));
  const streamed = new Set(
    views.flatMap(({ self, entries }) =>
      entries.filter((entry) => entry.active === true && entry.raftId !== self?.raftId).map(memberKey),
    ),
  );
  const answersOf = new Map<string, (NodeAnswer | undefined)[]>();
  const strangers: (NodeAnswer | undefined)[] = [];
  for (const name of endpoints) {
    if (viewOf.has(name)) continue;
    const self = selves.get(name);
    const answer = round.nodes.get(name);
    if (self !== undefined) answersOf.set(memberKey(self), [...(answersOf.get(memberKey(self)) ?? []), answer]);
    // One that lists no members says itself that it is none of the voters.
    else if (answer?.result !== 'removed') strangers.push(answer);
  }
  const unheard = voters.filter((voter) => !heard.has(memberKey(voter)));
  const alive = new Set<string>();
  const unplaced = new Set<string>();
  for (const key of unheard.map(memberKey)) {
    const answers = answersOf.get(key);
    if (streamed.has(key)) alive.add(key);
    else if (answers === undefined) unplaced.add(key);
    else if (!answers.some(isDown)) alive.add(key);
  }
  const downStrangers = strangers.filter((answer) => isDown(answer) && !isSilent(answer)).length;
  const withoutEndpoint = Math.max(0, unplaced.size - strangers.length);
  const mayLive = Math.min(unplaced.size, strangers.length - downStrangers + withoutEndpoint);
  return {
    count: alive.size + mayLive,
    behind: (leader) => {
      const view = views.find(({ self }) => self !== null && memberKey(self) === memberKey(leader));
      if (view === undefined || view.entries.every(({ active }) => active === undefined)) return alive.size + mayLive;
      const reached = new Set(view.entries.filter(({ active }) => active === true).map(memberKey));
      const placed = [...alive].filter((key) => reached.has(key)).length;
      return placed + Math.min(mayLive, [...unplaced].filter((key) => reached.has(key)).length);
    },
  };
}

function isSilent(answer: NodeAnswer | undefined): boolean {
  return answer !== undefined && kindOf(answer.result) === 'silent';
}

/** An endpoint that was not asked in this round says nothing. */
function isDown(answer: NodeAnswer | undefined): boolean {
  if (answer === undefined) return false;
  return answer.result === 'removed' || !isAlive(answer.result);
}
