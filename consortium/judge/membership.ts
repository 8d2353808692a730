import type { ClusterEntry, MemberRef, NodeView } from '../ask/round.ts';

/** A member and whether it votes. A member whose role is not known yet counts as a voter. */
interface Member extends MemberRef {
  readonly learner: boolean;
}
/** Sorted by Raft ID. */
export type Membership = readonly Member[];

/** The last known kind of each member, kept because a node without a leader reports every role as `''`. */
export type KnownKinds = ReadonlyMap<string, 'voter' | 'learner'>;

export interface MembershipReading {
  /** The list given by most of the nodes that answered; null if none gave one. */
  readonly membership: Membership | null;
  readonly kinds: KnownKinds;
}

/**
 * The membership in most views. In a tie the previous one wins, then the one with more members, so that a tie never
 * depends on the order of the nodes.
 */
export function readMembership(
  views: readonly NodeView[],
  known: KnownKinds,
  previous: Membership | null,
): MembershipReading {
  const listed = views.filter((view) => view.entries.length > 0);
  // Of a list that could not be read to its end nobody knows who is missing.
  const whole = listed.filter((view) => view.unread === 0);
  const kinds = new Map(known);
  for (const view of listed) {
    for (const entry of view.entries) {
      const kind = kindOf(entry);
      if (kind !== undefined) kinds.set(memberKey(entry), kind);
    }
  }
  const counts = new Map<string, { readonly membership: Membership; count: number }>();
  for (const view of whole.length > 0 || previous !== null ? whole : listed) {
    const membership = view.entries
      .map((entry) => ({
        raftId: entry.raftId,
        nodeId: entry.nodeId,
        learner: (kindOf(entry) ?? kinds.get(memberKey(entry))) === 'learner',
      }))
      .sort((a, b) => a.raftId - b.raftId);
    const key = membershipKey(membership);
    const seen = counts.get(key);
    if (seen === undefined) counts.set(key, { membership, count: 1 });
    else seen.count += 1;
  }
  const before = previous === null ? '' : membershipKey(previous);
  const rank = (key: string, held: { membership: Membership; count: number }): readonly [number, number, number] => [
    held.count,
    key === before ? 1 : 0,
    held.membership.length,
  ];
  const best = [...counts]
    .map(([key, held]) => ({ key, held, rank: rank(key, held) }))
    .sort(
      (a, b) => b.rank[0] - a.rank[0] || b.rank[1] - a.rank[1] || b.rank[2] - a.rank[2] || (a.key < b.key ? -1 : 1),
    )[0];
  return { membership: best?.held.membership ?? null, kinds };
}

/** BOUNDED: by the members of the given memberships. */
export function keepKinds(kinds: KnownKinds, ...memberships: readonly (Membership | null)[]): KnownKinds {
  const kept = new Map<string, 'voter' | 'learner'>();
  for (const membership of memberships) {
    for (const member of membership ?? []) {
      const kind = kinds.get(memberKey(member));
      if (kind !== undefined) kept.set(memberKey(member), kind);
    }
  }
  return kept;
}

export type MembershipChange = {
  readonly kind: 'memberAdded' | 'memberRemoved' | 'memberPromoted';
  readonly member: MemberRef;
};

/** What changed between two memberships. A voter that turns out to be a learner was only assumed to vote: no change. */
export function membershipChanges(before: Membership, after: Membership): readonly MembershipChange[] {
  const old = new Map(before.map((member) => [memberKey(member), member]));
  const now = new Map(after.map((member) => [memberKey(member), member]));
  return [
    ...before
      .filter((member) => !now.has(memberKey(member)))
      .map((member) => ({ kind: 'memberRemoved' as const, member: toRef(member) })),
    ...after
      .filter((member) => !old.has(memberKey(member)))
      .map((member) => ({ kind: 'memberAdded' as const, member: toRef(member) })),
    ...after
      .filter((member) => !member.learner && old.get(memberKey(member))?.learner === true)
      .map((member) => ({ kind: 'memberPromoted' as const, member: toRef(member) })),
  ];
}

export function memberKey(member: MemberRef): string {
  return `${member.raftId}:${member.nodeId}`;
}

export function membershipKey(membership: Membership): string {
  return membership.map((member) => `${memberKey(member)}${member.learner ? '*' : ''}`).join(',');
}

export function toRef(member: MemberRef): MemberRef {
  return { raftId: member.raftId, nodeId: member.nodeId };
}

function kindOf(entry: ClusterEntry): 'voter' | 'learner' | undefined {
  if (entry.role === 'minter' || entry.role === 'verifier') return 'voter';
  return entry.role === 'learner' ? 'learner' : undefined;
}
