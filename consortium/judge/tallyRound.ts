import type { MemberRef, NodeResult, NodeView, Round } from '../ask/round.ts';
import { sameMember } from '../ask/round.ts';
import type { KnownKinds, Membership } from './membership.ts';
import { memberKey, readMembership, toRef } from './membership.ts';
import type { ClusterState, Observer } from './raftEvent.ts';
import { majorityOf } from './raftEvent.ts';
import { findUnseen, type UnseenVoters } from './unseenVoters.ts';

/** What a single round shows. Nothing is settled before a second round agrees: see judgeRounds.ts. */
export interface RoundTally {
  readonly t: number;
  readonly verdict: RoundVerdict;
  readonly membership: Membership | null;
  readonly voters: number;
  readonly votersActive: number;
  readonly learners: number;
  /** Distinct leaders named by voters. */
  readonly leaderViews: number;
  /** Voters that claim to be the minter themselves. */
  readonly claims: readonly MemberRef[];
  readonly nodes: readonly NodeTally[];
  readonly observers: readonly Observer[];
  /** The newest Raft term in which a voter names a leader; null where the source has no terms. */
  readonly term: number | null;
  /** Newest block and pool of the nodes that follow the confirmed leader or, without one, of all that answered. */
  readonly head: number | null;
  readonly pending: number | null;
}

/** `noLeader` is missing: it is an `electing` that lasts, and a single round has no duration. */
export interface RoundVerdict {
  readonly state: Exclude<ClusterState, 'noLeader'>;
  readonly leader: MemberRef | null;
  readonly votes: number;
}

export interface NodeTally {
  readonly node: string;
  readonly result: NodeResult;
  readonly self: MemberRef | null;
  /** Null: no view. */
  readonly hasLeader: boolean | null;
  readonly isLeader: boolean;
  readonly isLearner: boolean;
  readonly view: NodeView | null;
}

/** What a tally needs from the rounds before. */
export interface TallyMemory {
  readonly kinds: KnownKinds;
  readonly membership: Membership | null;
  /** The member that each endpoint proved to be when it last answered. */
  readonly selves: ReadonlyMap<string, MemberRef>;
}

export interface TallyResult {
  readonly tally: RoundTally;
  readonly kinds: KnownKinds;
}

/** Counts one round. `endpoints` are the names of all polled endpoints, including those that never answered. */
export function tallyRound(round: Round, memory: TallyMemory, endpoints: ReadonlySet<string>): TallyResult {
  const answers = [...round.nodes].sort(([a], [b]) => (a < b ? -1 : 1));
  const views = answers.flatMap(([node, answer]) => {
    if (answer.result !== 'ok') return [];
    const self = answer.view.self ?? memory.selves.get(node) ?? missingFrom(answer.view, round);
    return [{ node, view: { ...answer.view, self } }];
  });
  const viewOf = new Map(views.map(({ node, view }) => [node, view]));
  const { membership: heard, kinds } = readMembership(
    views.map(({ view }) => view),
    memory.kinds,
    memory.membership,
  );
  const membership = heard ?? memory.membership;
  const members = new Map((membership ?? []).map((member) => [memberKey(member), member]));
  const voters = (membership ?? []).filter((member) => !member.learner);
  const isVoter = (self: MemberRef | null): self is MemberRef =>
    self !== null && members.get(memberKey(self))?.learner === false;
  const voterViews = oneViewPerMember(views.filter(({ view }) => isVoter(view.self)).map(({ view }) => view));
  const votersActive = countActive(
    views.map(({ view }) => view),
    voters,
  );

  const newest = newestTerm(voterViews);
  const candidates = countVotes(voterViews.filter((view) => !isRefuted(view, newest)));
  const verdict = decide({
    candidates,
    voters: voters.length,
    votersActive,
    voterViews: voterViews.length,
    unseen: findUnseen({ round, viewOf, selves: memory.selves, endpoints, voters }),
    views: views.map(({ view }) => view),
    outsiders: answers.some(([, answer]) => answer.result === 'removed'),
  });
  const following = views.filter(
    ({ view }) =>
      verdict.state !== 'confirmed' || (view.leader.at === 'named' && sameMember(view.leader.leader, verdict.leader)),
  );
  return {
    kinds,
    tally: {
      t: round.t,
      verdict,
      membership,
      voters: voters.length,
      votersActive,
      learners: (membership?.length ?? 0) - voters.length,
      leaderViews: candidates.length,
      claims: voterViews.flatMap((view) =>
        view.role === 'minter' && view.self !== null && !isRefuted(view, newest) ? [view.self] : [],
      ),
      term: newest?.term ?? null,
      nodes: answers.map(([node, { result }]) =>
        tallyNode(
          node,
          result,
          viewOf.get(node) ?? null,
          memory,
          (self) => members.get(memberKey(self))?.learner === true,
        ),
      ),
      observers: answers.map(([node, answer]) => ({
        node,
        view: answer.result === 'ok' && answer.view.leader.at === 'named' ? answer.view.leader.leader.raftId : null,
        result: answer.result,
      })),
      head: maxOf(following.map(({ view }) => view.head)),
      pending: maxOf(following.map(({ view }) => view.pending)),
    },
  };
}

interface NewestTerm {
  readonly term: number;
  readonly leader: MemberRef;
}

/** A leader of a term was elected by a majority in it. A term that nobody leads yet proves nothing: a cut-off node counts up its own. */
function newestTerm(views: readonly NodeView[]): NewestTerm | null {
  let newest: NewestTerm | null = null;
  for (const { term, leader } of views) {
    if (term === undefined || leader.at !== 'named') continue;
    if (newest === null || term > newest.term) newest = { term, leader: leader.leader };
  }
  return newest;
}

/** It names somebody whom a majority has replaced since. */
function isRefuted({ term, leader }: NodeView, newest: NewestTerm | null): boolean {
  return (
    newest !== null &&
    term !== undefined &&
    leader.at === 'named' &&
    term < newest.term &&
    !sameMember(leader.leader, newest.leader)
  );
}

interface Candidate {
  readonly leader: MemberRef;
  votes: number;
}

/** Whom voters name, the one with the most votes first. */
function countVotes(voterViews: readonly NodeView[]): readonly Readonly<Candidate>[] {
  const votes = new Map<string, Candidate>();
  for (const { leader } of voterViews) {
    if (leader.at !== 'named') continue;
    const key = memberKey(leader.leader);
    const cast = votes.get(key);
    if (cast === undefined) votes.set(key, { leader: leader.leader, votes: 1 });
    else cast.votes += 1;
  }
  return [...votes.values()].sort((a, b) => b.votes - a.votes || a.leader.raftId - b.leader.raftId);
}

function tallyNode(
  node: string,
  result: NodeResult,
  view: NodeView | null,
  memory: TallyMemory,
  isLearner: (self: MemberRef) => boolean,
): NodeTally {
  if (view === null) {
    const self = memory.selves.get(node) ?? null;
    return { node, result, self, hasLeader: null, isLeader: false, isLearner: false, view };
  }
  return {
    node,
    result,
    self: view.self,
    hasLeader: view.leader.at !== 'none',
    isLeader: view.role === 'minter',
    isLearner: view.self !== null && isLearner(view.self),
    view,
  };
}

function decide(seen: {
  readonly candidates: readonly Readonly<Candidate>[];
  readonly voters: number;
  readonly votersActive: number;
  readonly voterViews: number;
  readonly unseen: UnseenVoters;
  readonly views: readonly NodeView[];
  readonly outsiders: boolean;
}): RoundVerdict {
  const best = seen.candidates[0];
  const votes = best?.votes ?? 0;
  const majority = majorityOf(seen.voters);
  if (seen.voters === 0) {
    // Members that list nobody yet are evidence that there is no leader; silence is not evidence of anything.
    const heard = seen.views.some((view) => view.leader.at === 'none') || (seen.views.length === 0 && seen.outsiders);
    return heard ? { state: 'electing', leader: null, votes: 0 } : unconfirmed(seen.views, 0, []);
  }
  if (best !== undefined && votes >= majority) return { state: 'confirmed', leader: best.leader, votes };
  const possible = seen.candidates.filter(({ leader, votes: cast }) => cast + seen.unseen.behind(leader) >= majority);
  if (seen.views.length === 0 || votes + seen.unseen.count >= majority) {
    return unconfirmed(seen.views, votes, possible);
  }
  if (seen.votersActive < majority) return { state: 'noQuorum', leader: null, votes };
  if (seen.voterViews < majority) return unconfirmed(seen.views, votes, possible);
  return { state: 'electing', leader: null, votes };
}

/**
 * Names a leader only if all views that name one agree, or only one of those named can have a majority behind it: a
 * leader that is cut off goes on claiming, but sees its streams down. Views are never averaged.
 */
function unconfirmed(
  views: readonly NodeView[],
  votes: number,
  possible: readonly Readonly<Candidate>[],
): RoundVerdict {
  const named = views.flatMap((view) => (view.leader.at === 'named' ? [view.leader.leader] : []));
  const first = named[0];
  if (first !== undefined && named.every((leader) => sameMember(leader, first))) {
    return { state: 'unconfirmed', leader: toRef(first), votes };
  }
  const [only, ...more] = possible;
  if (only === undefined || more.length > 0) return { state: 'unconfirmed', leader: null, votes };
  return { state: 'unconfirmed', leader: toRef(only.leader), votes: only.votes };
}

/**
 * Who a node is that could not be read in its own list: the one that others list and it does not. Null if that is not one,
 * and for releases that list members only under a leader, and do not identify themselves without one.
 */
function missingFrom(view: NodeView, round: Round): MemberRef | null {
  if (view.unread !== 1 || view.entries.length === 0) return null;
  const named = new Set(view.entries.map(memberKey));
  const missing = new Map<string, MemberRef>();
  for (const answer of round.nodes.values()) {
    const others = answer.result === 'ok' && answer.view.unread === 0 ? answer.view.entries : [];
    for (const member of others) if (!named.has(memberKey(member))) missing.set(memberKey(member), toRef(member));
  }
  const [only, ...more] = missing.values();
  return more.length > 0 ? null : (only ?? null);
}

/** Two endpoints may belong to one node: it has one vote, and none while its two answers differ. */
function oneViewPerMember(views: readonly NodeView[]): readonly NodeView[] {
  const bySelf = new Map<string, NodeView | null>();
  for (const view of views) {
    if (view.self === null) continue;
    const key = memberKey(view.self);
    const before = bySelf.get(key);
    if (before === undefined) bySelf.set(key, view);
    else if (before !== null && leaderKey(before) !== leaderKey(view)) bySelf.set(key, null);
  }
  return [...bySelf.values()].filter((view) => view !== null);
}

function leaderKey(view: NodeView): string {
  return view.leader.at === 'named' ? memberKey(view.leader.leader) : view.leader.at;
}

/**
 * The largest number of active voters in any one view, including its own node. If a release does not show it, a member
 * counts as active if it answered us itself.
 */
function countActive(views: readonly NodeView[], voters: readonly MemberRef[]): number {
  const answered = new Set(views.flatMap((view) => (view.self === null ? [] : [memberKey(view.self)])));
  const voting = new Set(voters.map(memberKey));
  return Math.max(
    0,
    ...views.map((view) => {
      const active = new Set(
        view.entries.filter((entry) => entry.active ?? answered.has(memberKey(entry))).map(memberKey),
      );
      if (view.self !== null) active.add(memberKey(view.self));
      return [...active].filter((key) => voting.has(key)).length;
    }),
  );
}

function maxOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
