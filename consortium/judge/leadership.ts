import type { MemberRef } from '../ask/round.ts';
import { sameMember } from '../ask/round.ts';
import type { Emitted } from './emitted.ts';
import type { JudgeConfig } from './judgeConfig.ts';
import type { ClusterState, RaftTerms, StateTransition } from './raftEvent.ts';
import { majorityOf } from './raftEvent.ts';
import type { RoundTally, RoundVerdict } from './tallyRound.ts';

/** The settled state of the leader, and what the newest rounds say against it. */
export interface Leadership {
  /** The state that two rounds in a row agreed on; null at first. */
  readonly settled: StateTransition | null;
  /** The last round, if it contradicts `settled`, and the first of the contradicting rounds in a row. */
  readonly contrary: { readonly first: StateTransition; readonly last: StateTransition } | null;
  /** The last leader ever confirmed. */
  readonly lastConfirmed: MemberRef | null;
  /** It is known that there has been no leader since. */
  readonly lost: boolean;
  /** The newest Raft term in which it led; null where the source has none. */
  readonly term: number | null;
  /** The last leader that any node was seen to follow, confirmed or not. */
  readonly lastObserved: MemberRef | null;
  /** The watcher was away since `lastConfirmed`. */
  readonly gap: boolean;
}

export function startLeadership(resumed: MemberRef | null): Leadership {
  return {
    settled: null,
    contrary: null,
    lastConfirmed: resumed,
    lost: false,
    term: null,
    lastObserved: resumed,
    gap: resumed !== null,
  };
}

export interface LeadershipStep {
  readonly leadership: Leadership;
  readonly transitions: readonly StateTransition[];
  readonly events: readonly Emitted[];
  readonly contrary: boolean;
}

/**
 * A new state needs two rounds in a row that agree on it, and begins at the first of them. Two rounds that agree only
 * that the settled leader no longer leads also end its reign, so that a cluster that looks different in every round is
 * not mistaken for a quiet one.
 */
export function settleLeader(
  before: Leadership,
  tally: RoundTally,
  gap: boolean,
  config: Pick<JudgeConfig, 'noLeaderMs'>,
): LeadershipStep {
  const seen = toTransition(tally);
  let leadership: Leadership = gap ? { ...before, gap: true } : before;
  const transitions: StateTransition[] = [];
  const events: Emitted[] = [];
  const turn = (next: StateTransition): void => {
    const turned = turnTo(leadership, next, tally);
    leadership = turned.leadership;
    transitions.push(next);
    events.push(...turned.events);
  };

  const { settled, contrary } = leadership;
  if (settled !== null && agrees(settled, seen)) {
    leadership = { ...leadership, contrary: null };
    const terms = termsOf(leadership, tally);
    if (settled.state === 'confirmed' && terms !== undefined && terms.to > terms.from) {
      // Between two polls it was elected once more: nobody keeps its place over a new term.
      events.push({ kind: 'reelected', from: settled.leader, to: settled.leader, terms });
    }
    if (settled.state === 'confirmed') leadership = { ...leadership, term: tally.term ?? leadership.term };
    if (settled.state === 'electing' && tally.t - settled.t >= config.noLeaderMs) {
      turn({ ...seen, state: 'noLeader' });
    }
  } else if (contrary === null) {
    leadership = { ...leadership, contrary: { first: seen, last: seen } };
  } else if (agrees(contrary.last, seen)) {
    turn(contrary.last);
  } else {
    if (settled?.state === 'confirmed') {
      const blind = [contrary.last, seen].some(({ state }) => state === 'unconfirmed');
      turn({ ...contrary.first, state: blind ? 'unconfirmed' : 'electing', leader: null });
    }
    leadership = { ...leadership, contrary: { first: leadership.contrary?.first ?? seen, last: seen } };
  }
  return { leadership, transitions, events, contrary: leadership.contrary !== null };
}

function turnTo(
  before: Leadership,
  next: StateTransition,
  tally: RoundTally,
): { readonly leadership: Leadership; readonly events: readonly Emitted[] } {
  const events: Emitted[] = [];
  const { settled, lastConfirmed } = before;
  const figures = { at: next.t, votes: next.votes, voters: next.voters };
  let { lost, gap, lastObserved, term } = before;
  let confirmed = lastConfirmed;
  const terms = termsOf(before, tally);
  const byTerm = terms !== undefined && terms.to > terms.from;
  const told = terms === undefined ? {} : { terms };

  if (isLeaderless(next.state) && lastConfirmed !== null && !lost && settled !== null) {
    lost = true;
    events.push({ ...figures, kind: 'leaderLost', from: lastConfirmed });
  }
  if (settled?.state === 'noQuorum' && next.state !== 'noQuorum') {
    events.push({ ...figures, kind: 'noQuorumEnded', from: lastConfirmed, to: next.leader });
  }
  if (next.state === 'noQuorum' && settled?.state !== 'noQuorum') {
    events.push({ ...figures, kind: 'noQuorumStarted', from: lastConfirmed });
  }
  if (next.state === 'confirmed' && next.leader !== null) {
    const to = next.leader;
    if (lastConfirmed === null || lost) events.push({ ...figures, kind: 'leaderGained', from: lastConfirmed, to });
    if (lastConfirmed !== null && !sameMember(lastConfirmed, to)) {
      events.push({ ...figures, kind: 'leaderChanged', from: lastConfirmed, to, gap, ...told });
    } else if (lost || (byTerm && lastConfirmed !== null)) {
      events.push({ ...figures, kind: 'reelected', from: to, to, ...told });
    }
    confirmed = to;
    term = tally.term ?? term;
    lost = false;
    gap = false;
    lastObserved = to;
  } else if (next.state === 'unconfirmed' && next.leader !== null && next.votes < majorityOf(tally.voters)) {
    if (lastObserved !== null && !sameMember(lastObserved, next.leader)) {
      events.push({ ...figures, kind: 'leaderChanged', from: lastObserved, to: next.leader, gap, ...told });
      if (byTerm) {
        confirmed = next.leader;
        term = terms.to;
        lost = false;
      }
    }
    lastObserved = next.leader;
  }
  return {
    leadership: {
      settled: next,
      contrary: null,
      lastConfirmed: confirmed,
      lost,
      term,
      lastObserved,
      gap,
    },
    events,
  };
}

function toTransition(tally: RoundTally): StateTransition {
  const { state, leader, votes }: RoundVerdict = tally.verdict;
  return { t: tally.t, state, leader, votes, voters: tally.voters, votersActive: tally.votersActive };
}

/** From the last confirmed leader's term to that of this round. */
function termsOf({ term }: Leadership, tally: RoundTally): RaftTerms | undefined {
  return term === null || tally.term === null ? undefined : { from: term, to: tally.term };
}

function agrees(a: StateTransition, b: StateTransition): boolean {
  return plain(a.state) === plain(b.state) && sameMember(a.leader, b.leader);
}

function plain(state: ClusterState): ClusterState {
  return state === 'noLeader' ? 'electing' : state;
}

function isLeaderless(state: ClusterState): boolean {
  return state === 'electing' || state === 'noLeader' || state === 'noQuorum';
}
