import { countOf } from '../lib/plural.ts';
import { type AlertBook, type Condition, readConditions } from '../notify/alertBook.ts';
import type { NoticeChange } from '../notify/notice.ts';
import { type MemberRef, sameMember } from './ask/round.ts';
import { defaultChurnThreshold } from './judge/churn.ts';
import { isAlive } from './judge/isAlive.ts';
import type { JudgeConfig } from './judge/judgeConfig.ts';
import type { Judgement } from './judge/judgeRounds.ts';
import { majorityOf } from './judge/raftEvent.ts';
import type { Overlay } from './judge/settle.ts';
import type { RoundTally } from './judge/tallyRound.ts';

/** They carry the names of the Prometheus rules that say the same. */
type AlertName =
  | 'RaftLeaderChurn'
  | 'RaftLeaderChurnSevere'
  | 'RaftNoLeader'
  | 'RaftQuorumLost'
  | 'RaftMultipleMinters'
  | 'RaftMultipleMintersLasting'
  | 'RaftClusterUnseen';

/** How long a condition must hold before it is reported, and how many changes are severe. Times in ms. */
export interface RaftAlertConfig {
  readonly noLeaderForMs: number;
  readonly quorumLostForMs: number;
  readonly multipleMintersForMs: number;
  readonly multipleMintersLastingForMs: number;
  readonly unseenForMs: number;
  readonly severeChanges: number;
  readonly burstChanges: number;
  readonly burstMs: number;
}

export const raftAlertDefaults: RaftAlertConfig = {
  noLeaderForMs: 30_000,
  quorumLostForMs: 30_000,
  multipleMintersForMs: 10_000,
  multipleMintersLastingForMs: 60_000,
  unseenForMs: 60_000,
  severeChanges: 12,
  burstChanges: 3,
  burstMs: 60_000,
};

/** What notices of a cluster are about, as in events. */
export function raftSubject(cluster: string): string {
  return `raft/${cluster}`;
}

/** Takes one judged round; returns the notices that changed with it. Pure, in the rounds' own time. */
export function readRaftAlerts(
  before: AlertBook,
  about: { readonly cluster: string; readonly page: string | null },
  judgement: Judgement,
  judge: Pick<JudgeConfig, 'churnWindowMs' | 'churnThreshold'>,
  config: RaftAlertConfig,
): { readonly book: AlertBook; readonly changed: readonly NoticeChange[] } {
  const { cluster, page } = about;
  const wasSevere = before.since.has('RaftLeaderChurnSevere' satisfies AlertName);
  return readConditions(before, { now: judgement.tally.t, subject: raftSubject(cluster), labels: { cluster }, page }, [
    clusterUnseen(cluster, judgement, config),
    churnSevere(cluster, judgement, judge, config, wasSevere),
    quorumLost(cluster, judgement, config),
    minters('RaftMultipleMintersLasting', cluster, judgement, config),
    churn(cluster, judgement, judge),
    noLeader(cluster, judgement, config),
    minters('RaftMultipleMinters', cluster, judgement, config),
  ]);
}

/** What belongs together is one notice: a partition is a stale leader, perhaps no leader, perhaps no quorum. */
const leadership = 'raftLeadership';
const churning = 'raftChurn';
const unseen = 'raftUnseen';
const voters = { one: 'voter', other: 'voters' };

function quorumLost(cluster: string, { tally, current, state }: Judgement, config: RaftAlertConfig): Condition {
  const known = current !== null && current.state !== 'unconfirmed';
  const silent = (state.membership ?? [])
    .filter(({ learner }) => !learner)
    .filter((member) => !tally.nodes.some(({ view, self }) => view !== null && sameMember(self, member)));
  return {
    name: 'RaftQuorumLost' satisfies AlertName,
    kind: leadership,
    holds: known ? current.state === 'noQuorum' : null,
    forMs: config.quorumLostForMs,
    severity: 'critical',
    summary: `${cluster} commits nothing: ${tally.votersActive} of ${countOf(tally.voters, voters)} ${tally.votersActive === 1 ? 'is' : 'are'} in contact, ${majorityOf(tally.voters)} are needed`,
    description: `Start the missing nodes${silent.length === 0 ? '' : `: ${listNames(tally, silent)} ${silent.length === 1 ? 'gives' : 'give'} no view`}. A lone leader still says minter and takes transactions, but commits none. Remove no members while there is no quorum.`,
    hides: ['RaftNoLeader', 'RaftLeaderChurn'] satisfies AlertName[],
  };
}

/** Endpoints that cannot be asked although something answers there are no sign of a cluster that is down. */
function clusterUnseen(cluster: string, { tally }: Judgement, config: RaftAlertConfig): Condition {
  const reasons = tally.nodes.map(({ node, result }) => `${node} ${result}`);
  return {
    name: 'RaftClusterUnseen' satisfies AlertName,
    kind: unseen,
    holds: tally.nodes.length > 0 && tally.nodes.every(({ result }) => !isAlive(result)),
    forMs: config.unseenForMs,
    severity: 'critical',
    summary: `No node of ${cluster} answers: ${reasons.slice(0, 10).join(', ')}${reasons.length > 10 ? ', …' : ''}`,
    description:
      'All its nodes are down, or the way to them is. Check the network from this machine first. Until one answers, nothing is known of the leader.',
  };
}

function noLeader(cluster: string, { tally, current }: Judgement, config: RaftAlertConfig): Condition {
  const known = current !== null && current.state !== 'unconfirmed';
  return {
    name: 'RaftNoLeader' satisfies AlertName,
    kind: leadership,
    holds: known ? current.leader === null : null,
    forMs: config.noLeaderForMs,
    severity: 'critical',
    summary: `${cluster} has no leader: nobody has more than ${countOf(tally.verdict.votes, { one: 'vote', other: 'votes' })} of ${tally.voters}, ${majorityOf(tally.voters)} are needed`,
    description:
      'No node can mint. Check that a majority of the voters is running and that their Raft ports (default 50400) can reach each other in both directions.',
  };
}

/** Where the leader cannot be confirmed, it is only told as a warning. */
function minters(
  name: 'RaftMultipleMinters' | 'RaftMultipleMintersLasting',
  cluster: string,
  { tally, current, state }: Judgement,
  config: RaftAlertConfig,
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
        ? `${nameOf(tally, leader)} can have a majority behind it (votes seen: ${votes} of ${tally.voters})`
        : `${nameOf(tally, leader)} leads with ${votes} of ${countOf(tally.voters, { one: 'vote', other: 'votes' })}`;
  const cut = stale.length === 0 ? 'the stale leader' : listNames(tally, stale);
  return {
    name,
    kind: leadership,
    holds: lasting && on === true && verdict === 'unconfirmed' ? null : on,
    forMs: lasting ? config.multipleMintersLastingForMs : config.multipleMintersForMs,
    severity: lasting ? 'critical' : 'warning',
    summary: `${countOf(tally.claims.length, { one: 'node', other: 'nodes' })} of ${cluster} claim to lead: ${listNames(tally, tally.claims)}. ${led}`,
    description: `Transactions sent to ${cut} may be lost or delayed. ${lasting ? 'Stop it or take it out of the load balancer' : 'Send clients to the leader that the majority follows'}, then restore the links between the Raft ports.`,
    hides: lasting ? (['RaftMultipleMinters'] satisfies AlertName[]) : [],
  };
}

/** Null while it is about to turn: just after a restart nothing is on, although it may have been on all the time. */
function read({ on, contraryAt }: Overlay): boolean | null {
  return on || contraryAt === null ? on : null;
}

interface Changes {
  readonly text: string;
  readonly sure: number;
  readonly burst: number;
  readonly doubtful: boolean;
}

function countChanges({ tally, state }: Judgement, windowMs: number, burstMs: number): Changes {
  const { rpc, chain, log, single } = state.churn.changes;
  const within = (ms: number, ...lists: readonly (readonly number[])[]): number =>
    Math.max(...lists.map((times) => times.filter((at) => at > tally.t - ms).length));
  const sure = within(windowMs, rpc, chain, log);
  const seen = within(windowMs, single);
  const most = Math.max(sure, seen);
  return {
    sure,
    burst: within(burstMs, rpc, chain, log),
    doubtful: seen > sure,
    text: `${countOf(most, { one: 'time', other: 'times' })} in ${Math.round(windowMs / 60_000)} min`,
  };
}

function churnSevere(
  cluster: string,
  judgement: Judgement,
  judge: Pick<JudgeConfig, 'churnWindowMs'>,
  config: RaftAlertConfig,
  wasSevere: boolean,
): Condition {
  const { text, sure, burst } = countChanges(judgement, judge.churnWindowMs, config.burstMs);
  return {
    name: 'RaftLeaderChurnSevere' satisfies AlertName,
    kind: churning,
    // Once severe, it stays severe until churn ends, instead of coming and going with every burst.
    holds: judgement.state.churn.on && (wasSevere || sure >= config.severeChanges || burst >= config.burstChanges),
    forMs: 0,
    severity: 'critical',
    summary: `${cluster} keeps electing: its leader changed ${text}`,
    description:
      'Hardly any blocks are minted. Take load off the cluster, then find the node that starts the elections, often one behind a bad link, and stop it if a majority remains without it.',
    hides: ['RaftLeaderChurn'] satisfies AlertName[],
  };
}

function churn(
  cluster: string,
  judgement: Judgement,
  judge: Pick<JudgeConfig, 'churnWindowMs' | 'churnThreshold'>,
): Condition {
  const { tally, current } = judgement;
  const { text, doubtful } = countChanges(judgement, judge.churnWindowMs, 0);
  const threshold = judge.churnThreshold ?? defaultChurnThreshold(tally.voters);
  const leader = current?.leader ?? null;
  return {
    name: 'RaftLeaderChurn' satisfies AlertName,
    kind: churning,
    holds: judgement.state.churn.on,
    forMs: 0,
    severity: 'warning',
    summary: `The leader of ${cluster} changed ${text} (threshold ${threshold})${leader === null ? '' : `; now it is ${nameOf(tally, leader)}`}${doubtful ? ', as reported by too few nodes to confirm it' : ''}`,
    description:
      'Look for an overloaded leader, a link that loses packets, or a node that keeps leaving and rejoining. A planned rolling restart causes at most one change per voter.',
  };
}

/** As the operator calls it, else by its host. */
function nameOf({ nodes }: RoundTally, member: MemberRef): string {
  const endpoint = nodes.find(({ self }) => self !== null && sameMember(self, member))?.node;
  const listed = nodes.flatMap(({ view }) => view?.entries ?? []).find((entry) => sameMember(entry, member));
  const name = endpoint ?? listed?.hostname;
  return name === undefined ? `Raft ID ${member.raftId}` : `${name} (Raft ID ${member.raftId})`;
}

function listNames(tally: RoundTally, members: readonly MemberRef[]): string {
  const names = members.map((member) => nameOf(tally, member));
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
