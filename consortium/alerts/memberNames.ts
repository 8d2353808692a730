import { type MemberRef, sameMember } from '../ask/round.ts';
import type { ClusterKind } from '../ask/roundSource.ts';
import type { JudgeState } from '../judge/judgeRounds.ts';
import type { RoundTally } from '../judge/tallyRound.ts';

/** Voters that give no view and to which no node shows a live stream: those that nobody asks may be well. */
export function listSilent(
  { nodes }: RoundTally,
  { membership }: Pick<JudgeState, 'membership'>,
): readonly MemberRef[] {
  return (membership ?? [])
    .filter(({ learner }) => !learner)
    .filter((member) => !nodes.some(({ view, self }) => view !== null && sameMember(self, member)))
    .filter(
      (member) =>
        !nodes.some(({ view }) => view?.entries.some((entry) => entry.active === true && sameMember(entry, member))),
    );
}

/** The endpoint that is or was the member; null where none is known to be. */
export function endpointOf(
  { nodes }: RoundTally,
  { selves }: Pick<JudgeState, 'selves'>,
  member: MemberRef,
): string | null {
  return nodes.find(({ node, self }) => sameMember(self ?? selves.get(node) ?? null, member))?.node ?? null;
}

/** As the operator calls it, else by its host; with the ID that the tools of its kind show. */
export function nameOf({ nodes }: Pick<RoundTally, 'nodes'>, member: MemberRef, kind: ClusterKind): string {
  const endpoint = nodes.find(({ self }) => self !== null && sameMember(self, member))?.node;
  const listed = nodes.flatMap(({ view }) => view?.entries ?? []).find((entry) => sameMember(entry, member));
  const name = endpoint ?? listed?.hostname;
  // An ID of etcd has 64 bits and stands behind zeros where others have a key of 512.
  const id = kind === 'etcd' ? member.nodeId.replace(/^0+/, '') : `Raft ID ${member.raftId}`;
  return name !== undefined ? `${name} (${id})` : kind === 'etcd' ? `member ${id}` : id;
}

export function listNames(tally: Pick<RoundTally, 'nodes'>, members: readonly MemberRef[], kind: ClusterKind): string {
  const names = members.map((member) => nameOf(tally, member, kind));
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
