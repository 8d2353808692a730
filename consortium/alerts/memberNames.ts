import { type MemberRef, sameMember } from '../ask/round.ts';
import type { JudgeState } from '../judge/judgeRounds.ts';
import type { RoundTally } from '../judge/tallyRound.ts';

/** Voters that give no view. */
export function listSilent(
  { nodes }: RoundTally,
  { membership }: Pick<JudgeState, 'membership'>,
): readonly MemberRef[] {
  return (membership ?? [])
    .filter(({ learner }) => !learner)
    .filter((member) => !nodes.some(({ view, self }) => view !== null && sameMember(self, member)));
}

/** The endpoint that is or was the member; null where none is known to be. */
export function endpointOf(
  { nodes }: RoundTally,
  { selves }: Pick<JudgeState, 'selves'>,
  member: MemberRef,
): string | null {
  return nodes.find(({ node, self }) => sameMember(self ?? selves.get(node) ?? null, member))?.node ?? null;
}

/** As the operator calls it, else by its host. */
export function nameOf({ nodes }: RoundTally, member: MemberRef): string {
  const endpoint = nodes.find(({ self }) => self !== null && sameMember(self, member))?.node;
  const listed = nodes.flatMap(({ view }) => view?.entries ?? []).find((entry) => sameMember(entry, member));
  const name = endpoint ?? listed?.hostname;
  return name === undefined ? `Raft ID ${member.raftId}` : `${name} (Raft ID ${member.raftId})`;
}

export function listNames(tally: RoundTally, members: readonly MemberRef[]): string {
  const names = members.map((member) => nameOf(tally, member));
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
