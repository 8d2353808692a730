import type { MemberRef, Round } from '../ask/round.ts';
import { addChange, type Churn, defaultChurnThreshold, quietChurn, readChurn, resumeChurn } from './churn.ts';
import { type CountedChanges, countChanges, nothingCounted } from './countedChanges.ts';
import type { Emitted } from './emitted.ts';
import type { JudgeConfig } from './judgeConfig.ts';
import { type Leadership, settleLeader, startLeadership } from './leadership.ts';
import { type KnownKinds, keepKinds, type Membership, membershipChanges, membershipKey } from './membership.ts';
import { type OverlayStates, quietOverlays, readOverlays, type Stall } from './overlays.ts';
import { isConfirmedChange, type RaftEvent, type StateTransition } from './raftEvent.ts';
import { type RoundTally, tallyRound } from './tallyRound.ts';

/** Everything the judge remembers about a cluster between rounds, as a plain value. */
export interface JudgeState {
  readonly leadership: Leadership;
  readonly membership: Membership | null;
  /** A membership that differs from the settled one, seen once so far. */
  readonly nextMembership: { readonly membership: Membership; readonly at: number } | null;
  readonly kinds: KnownKinds;
  /** BOUNDED: by the configured endpoints and those of the last round. */
  readonly selves: ReadonlyMap<string, MemberRef>;
  readonly overlays: OverlayStates;
  readonly churn: Churn;
  /** Where members count leader changes themselves. */
  readonly counted: CountedChanges;
  readonly lastT: number | null;
  readonly leaderChanges: number;
}

/** Times of the last changes by where they were seen: confirmed by polls, in headers, reported by too few. */
export type KnownChanges = Readonly<Record<'rpc' | 'chain' | 'single', readonly number[]>>;

/** What a restarted watcher knows from before: another leader is then one change, marked `gap`. */
export interface ResumePoint {
  readonly leader: MemberRef | null;
  /** So that churn is counted on; in the time of the coming rounds. */
  readonly changes: KnownChanges;
  /** It goes on, rather than beginning again. */
  readonly churning: boolean;
  /** What was known of a stall; null: nothing, or too long ago. */
  readonly stall: Stall | null;
  /** Which member each endpoint was, so that one that is down is known as a voter. */
  readonly selves?: ReadonlyMap<string, MemberRef>;
}

export interface Judgement {
  readonly state: JudgeState;
  readonly tally: RoundTally;
  /** The current state; null until two rounds have agreed for the first time. */
  readonly current: StateTransition | null;
  readonly transitions: readonly StateTransition[];
  readonly events: readonly RaftEvent[];
  /** New leader changes by the members' own count; those that polls showed are among them. */
  readonly counted: number;
  /** This round contradicts the settled state: asking again at once decides sooner. */
  readonly wantsAnotherRound: boolean;
}

/** A judge that has seen nothing, or knows the leader from an earlier run. */
export function startJudge(resume: ResumePoint | null = null): JudgeState {
  return {
    leadership: startLeadership(resume?.leader ?? null),
    membership: null,
    nextMembership: null,
    kinds: new Map(),
    selves: resume?.selves ?? new Map(),
    overlays: { ...quietOverlays, stall: resume?.stall ?? quietOverlays.stall },
    churn: resume === null ? quietChurn : resumeChurn(resume.changes, resume.churning),
    counted: nothingCounted,
    lastT: null,
    leaderChanges: 0,
  };
}

/** Takes one more round. Pure: the same rounds give the same states and events. */
export function judgeRound(before: JudgeState, round: Round, config: JudgeConfig): Judgement {
  const endpoints = new Set([...config.endpoints, ...round.nodes.keys()]);
  const { tally, kinds } = tallyRound(round, before, endpoints);
  const emit = (event: Emitted): RaftEvent => ({
    cluster: config.cluster,
    at: event.at ?? round.t,
    detectedAt: round.t,
    from: event.from ?? null,
    to: event.to ?? null,
    votes: event.votes ?? tally.verdict.votes,
    voters: event.voters ?? tally.voters,
    observers: event.observers ?? tally.observers,
    source: event.source ?? 'rpc',
    gap: event.gap ?? false,
    kind: event.kind,
    ...(event.terms === undefined ? {} : { terms: event.terms }),
  });
  const gap = before.lastT !== null && round.t - before.lastT > config.gapMs;
  const members = settleMembership(before, tally);
  const led = settleLeader(before.leadership, tally, gap, config);
  const over = readOverlays(before.overlays, tally, led.leadership.settled, config);
  const events = [...members.events, ...led.events, ...over.events].map(emit);

  let churn = before.churn;
  for (const event of events) {
    if (event.kind !== 'leaderChanged') continue;
    churn = addChange(churn, isConfirmedChange(event) ? 'rpc' : 'single', event.at);
  }
  const { counted, added, missed } = countChanges(
    before.counted,
    tally,
    events.filter(({ kind }) => kind === 'leaderChanged' || kind === 'reelected').length,
    led.leadership.settled?.state === 'confirmed' && !led.contrary,
  );
  for (let i = 0; i < added; i++) churn = addChange(churn, 'log', round.t);
  events.push(...missedChanges(missed, before.lastT ?? round.t, round.t).map(emit));
  const churned = judgeChurn(churn, round.t, tally.voters, config);
  if (churned.turned !== null)
    events.push(emit({ kind: churned.turned === 'started' ? 'churnStarted' : 'churnEnded' }));

  const selves = new Map([...before.selves].filter(([name]) => endpoints.has(name)));
  for (const { node, self } of tally.nodes) if (self !== null) selves.set(node, self);
  return {
    state: {
      leadership: led.leadership,
      membership: members.membership,
      nextMembership: members.next,
      kinds: keepKinds(kinds, members.membership, members.next?.membership ?? null, tally.membership),
      selves,
      overlays: over.overlays,
      churn: churned.churn,
      counted,
      lastT: round.t,
      leaderChanges: before.leaderChanges + events.filter(isConfirmedChange).length,
    },
    tally,
    current: led.leadership.settled,
    transitions: led.transitions,
    events,
    counted: added,
    wantsAnotherRound: led.contrary,
  };
}

/** Counts leader changes that block headers showed at `now` towards churn. */
export function addChainChanges(
  before: JudgeState,
  changes: readonly RaftEvent[],
  now: number,
  config: JudgeConfig,
): { readonly state: JudgeState; readonly events: readonly RaftEvent[] } {
  let churn = before.churn;
  for (const change of changes) churn = addChange(churn, 'chain', change.at);
  const voters = (before.membership ?? []).filter((member) => !member.learner).length;
  const churned = judgeChurn(churn, now, voters, config);
  const events: RaftEvent[] = [...changes];
  if (churned.turned !== null) {
    events.push({
      cluster: config.cluster,
      kind: churned.turned === 'started' ? 'churnStarted' : 'churnEnded',
      at: now,
      detectedAt: now,
      from: null,
      to: null,
      votes: 0,
      voters,
      observers: [],
      source: 'chain',
      gap: false,
    });
  }
  return { state: { ...before, churn: churned.churn }, events };
}

function judgeChurn(churn: Churn, now: number, voters: number, config: JudgeConfig): ReturnType<typeof readChurn> {
  return readChurn(churn, now, config.churnWindowMs, config.churnThreshold ?? defaultChurnThreshold(voters));
}

/** Most rows for one round: a member counts one change an election, and none takes less than some ms. */
const maxMissed = 100;

/** When they were is not known, only between which polls. */
function missedChanges(missed: number, since: number, until: number): readonly Emitted[] {
  const count = Math.min(missed, maxMissed);
  const step = (until - since) / (count + 1);
  return Array.from({ length: count }, (_, index) => {
    return { kind: 'leaderChanged', source: 'log', at: Math.floor(since + step * (index + 1)) };
  });
}

function settleMembership(
  before: JudgeState,
  tally: RoundTally,
): {
  readonly membership: Membership | null;
  readonly next: JudgeState['nextMembership'];
  readonly events: readonly Emitted[];
} {
  const { membership, nextMembership } = before;
  const seen = tally.membership;
  if (seen === null || membership === null) return { membership: seen ?? membership, next: null, events: [] };
  const key = membershipKey(seen);
  if (key === membershipKey(membership)) return { membership, next: null, events: [] };
  if (nextMembership === null || membershipKey(nextMembership.membership) !== key) {
    return { membership, next: { membership: seen, at: tally.t }, events: [] };
  }
  const events = membershipChanges(membership, seen).map(({ kind, member }): Emitted => {
    const { at } = nextMembership;
    return kind === 'memberRemoved' ? { kind, at, from: member } : { kind, at, to: member };
  });
  return { membership: seen, next: null, events };
}
