import { countOf } from '../../lib/plural.ts';
import type { Condition } from '../../notify/alertBook.ts';
import { sameMember } from '../ask/round.ts';
import type { Judgement } from '../judge/judgeRounds.ts';
import { majorityOf, type StateTransition } from '../judge/raftEvent.ts';
import type { Overlay } from '../judge/settle.ts';
import { type ClusterAbout, conditionOf } from './alertRules.ts';
import { endpointOf, listNames, listSilent, nameOf } from './memberNames.ts';

/** What belongs together is one notice: a partition is a stale leader, perhaps no leader, perhaps no quorum. */
const leadership = 'raftLeadership';
const voters = { one: 'voter', other: 'voters' };

/** What a cluster is called, and whose words are its own. */
type Named = Pick<ClusterAbout, 'cluster' | 'kind'>;

/** Whether the cluster is led and commits, in the order of importance. */
export function leadershipConditions(of: Named, judgement: Judgement): readonly Condition[] {
  const { cluster } = of;
  return [
    quorumLost(of, judgement),
    minters('RaftMultipleMintersLasting', of, judgement),
    noLeader(of, judgement),
    stalled(cluster, judgement),
    minters('RaftMultipleMinters', of, judgement),
    quorumLostSingleView(of, judgement),
    noLeaderSingleView(cluster, judgement),
    stalledSingleView(cluster, judgement),
    viewSplit(cluster, judgement),
    quorumAtRisk(of, judgement),
  ];
}

/** The state, where enough voters can be asked to be sure of it. */
export function sureState({ current }: Judgement): StateTransition | null {
  return current === null || current.state === 'unconfirmed' ? null : current;
}

/** Too few voters can be asked to say more. */
function isUnconfirmed({ current }: Judgement): boolean {
  return current?.state === 'unconfirmed';
}

function hasView({ tally }: Judgement): boolean {
  return tally.nodes.some(({ view }) => view !== null);
}

function quorumLost({ cluster, kind }: Named, judgement: Judgement): Condition {
  const { tally, state } = judgement;
  const sure = sureState(judgement);
  const silent = listSilent(tally, state);
  return conditionOf('RaftQuorumLost', {
    kind: leadership,
    holds: sure === null ? null : sure.state === 'noQuorum',
    summary: `${cluster} commits nothing: ${tally.votersActive} of ${countOf(tally.voters, voters)} ${tally.votersActive === 1 ? 'is' : 'are'} in contact, ${majorityOf(tally.voters)} are needed`,
    description: `Start the missing nodes${silent.length === 0 ? '' : `: ${listNames(tally, silent, kind)} ${silent.length === 1 ? 'gives' : 'give'} no view`}. ${kind === 'etcd' ? 'Until then no write and no linearizable read succeeds.' : 'A lone leader still says minter and takes transactions, but commits none.'} Remove no members while there is no quorum.`,
    hides: ['RaftNoLeader', 'RaftLeaderChurn', 'RaftStalled', 'RaftViewSplit', 'RaftNodeIsolated', 'RaftNodeDown'],
  });
}

/** Only where nodes show their streams: of others, too few members are known to be active at all. */
function quorumLostSingleView({ cluster, kind }: Named, judgement: Judgement): Condition {
  const { tally, state } = judgement;
  const least = majorityOf(tally.voters);
  const silent = listSilent(tally, state);
  const showsStreams = tally.nodes.some(({ view }) => view?.entries.some(({ active }) => active === false) === true);
  return conditionOf('RaftQuorumLostSingleView', {
    kind: leadership,
    holds: hasView(judgement)
      ? isUnconfirmed(judgement) && showsStreams && tally.voters > 0 && tally.votersActive < least
      : null,
    summary: `The reachable nodes of ${cluster} are in contact with ${tally.votersActive} of ${countOf(tally.voters, voters)}, ${least} are needed: the quorum is lost, or these nodes are cut off from it`,
    description: `Ask the operators of the other nodes whom those follow before you touch the cluster. If they follow nobody, start the missing nodes${silent.length === 0 ? '' : `: ${listNames(tally, silent, kind)}`}. If they have a leader, check the ${kind === 'etcd' ? 'peer URLs (default port 2380)' : 'Raft ports (default 50400)'} of the reachable nodes and the links to them: ${kind === 'etcd' ? 'writes sent to these fail' : 'transactions sent to these are not committed'} meanwhile.`,
    hides: ['RaftNoLeaderSingleView', 'RaftStalledSingleView'],
  });
}

function quorumAtRisk({ cluster, kind }: Named, judgement: Judgement): Condition {
  const { tally, state } = judgement;
  const silent = listSilent(tally, state);
  const least = majorityOf(tally.voters);
  return conditionOf('RaftQuorumAtRisk', {
    kind: leadership,
    holds: hasView(judgement) ? tally.voters > 2 && tally.votersActive === least : null,
    summary: `${cluster} is one failure away from a halt: ${tally.votersActive} of ${countOf(tally.voters, voters)} are in contact, ${least} are needed`,
    description: `Bring the missing ones back before you restart anything else${silent.length === 0 ? '' : `: ${listNames(tally, silent, kind)}`}.`,
    hides: silent.flatMap((member) => {
      const node = endpointOf(tally, state, member);
      return node === null ? [] : [{ name: 'RaftNodeDown' as const, node }];
    }),
  });
}

function noLeader({ cluster, kind }: Named, judgement: Judgement): Condition {
  const { tally } = judgement;
  const sure = sureState(judgement);
  return conditionOf('RaftNoLeader', {
    kind: leadership,
    holds: sure === null ? null : sure.leader === null,
    summary: `${cluster} has no leader: nobody has more than ${countOf(tally.verdict.votes, { one: 'vote', other: 'votes' })} of ${tally.voters}, ${majorityOf(tally.voters)} are needed`,
    description: `${kind === 'etcd' ? 'No write succeeds' : 'No node can mint'}. Check that a majority of the voters is running and that their ${kind === 'etcd' ? 'peer URLs (default port 2380)' : 'Raft ports (default 50400)'} can reach each other in both directions.`,
  });
}

function noLeaderSingleView(cluster: string, judgement: Judgement): Condition {
  return conditionOf('RaftNoLeaderSingleView', {
    kind: leadership,
    holds: hasView(judgement) ? isUnconfirmed(judgement) && judgement.current?.leader === null : null,
    summary: `The reachable nodes of ${cluster} know no leader`,
    description:
      'Either the cluster has no leader, or these nodes are cut off from it. Compare their peers and Raft streams with what another member sees before you touch the cluster.',
  });
}

/** Where the leader cannot be confirmed, it is only told as a warning. */
function minters(
  name: 'RaftMultipleMinters' | 'RaftMultipleMintersLasting',
  { cluster, kind }: Named,
  { tally, current, state }: Judgement,
): Condition {
  const lasting = name === 'RaftMultipleMintersLasting';
  const on =
    current === null || tally.nodes.every(({ view }) => view === null) ? null : read(state.overlays.multipleMinters);
  const { leader, state: verdict, votes } = tally.verdict;
  const stale = leader === null ? [] : tally.claims.filter((claim) => !sameMember(claim, leader));
  const led =
    leader === null
      ? 'Nobody has a majority'
      : verdict === 'unconfirmed'
        ? `${nameOf(tally, leader, kind)} can have a majority behind it (votes seen: ${votes} of ${tally.voters})`
        : `${nameOf(tally, leader, kind)} leads with ${votes} of ${countOf(tally.voters, { one: 'vote', other: 'votes' })}`;
  const cut = stale.length === 0 ? 'the stale leader' : listNames(tally, stale, kind);
  return conditionOf(name, {
    kind: leadership,
    holds: lasting && on === true && verdict === 'unconfirmed' ? null : on,
    summary: `${countOf(tally.claims.length, { one: 'node', other: 'nodes' })} of ${cluster} claim to lead: ${listNames(tally, tally.claims, kind)}. ${led}`,
    description: `${kind === 'etcd' ? `Writes sent to ${cut} fail, and its serializable reads may be old` : `Transactions sent to ${cut} may be lost or delayed`}. ${lasting ? 'Stop it or take it out of the load balancer' : 'Send clients to the leader that the majority follows'}, then restore the links between the ${kind === 'etcd' ? 'peer URLs' : 'Raft ports'}.`,
    hides: lasting ? ['RaftMultipleMinters', 'RaftViewSplit'] : ['RaftViewSplit'],
  });
}

/** Null while it is about to turn: just after a restart nothing is on, although it may have been on all the time. */
function read({ on, contraryAt }: Overlay): boolean | null {
  return on || contraryAt === null ? on : null;
}

function viewSplit(cluster: string, judgement: Judgement): Condition {
  return conditionOf('RaftViewSplit', {
    kind: leadership,
    holds: hasView(judgement) ? read(judgement.state.overlays.viewSplit) : null,
    summary: `Voters of ${cluster} name ${judgement.tally.leaderViews} different leaders`,
    description:
      'Some follow a leader that the others have left: there is a partition or one broken link. The page shows whom each node follows and which Raft streams are down.',
  });
}

function stalled(cluster: string, judgement: Judgement): Condition {
  return conditionOf('RaftStalled', {
    kind: leadership,
    holds: isUnconfirmed(judgement) || !hasView(judgement) ? null : judgement.state.overlays.stall.on,
    summary: `${cluster} mints no blocks although transactions wait: none after ${judgement.tally.head ?? 'the last one'}`,
    description:
      'They have waited for 30 seconds. If there is a leader, look at its log, its disk and its private transaction manager.',
  });
}

function stalledSingleView(cluster: string, judgement: Judgement): Condition {
  return conditionOf('RaftStalledSingleView', {
    kind: leadership,
    holds: hasView(judgement) ? isUnconfirmed(judgement) && judgement.state.overlays.stall.on : null,
    summary: `The reachable nodes of ${cluster} mint no blocks although transactions wait`,
    description:
      'Either the chain has stalled, or these nodes are cut off from it and the others go on without them. Ask another member for its head before you touch the cluster.',
  });
}
