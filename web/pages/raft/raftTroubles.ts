import type { RaftClusterResponse } from '../../../api/contract/raft.ts';
import type { PlainKey, Translate } from '../../i18n/translate.ts';
import { byMember, kindWords, type MemberNames, memberName } from './raftWords.ts';

/** What can be wrong with a cluster, by the alert that says the same. */
type TroubleName =
  | 'RaftNoLeader'
  | 'RaftQuorumLost'
  | 'RaftQuorumLostSingleView'
  | 'RaftClusterUnseen'
  | 'RaftNodeUnaskable'
  | 'RaftQuorumAtRisk'
  | 'RaftLeaderChurn'
  | 'RaftStalled'
  | 'RaftStalledSingleView'
  | 'RaftMultipleMinters'
  | 'RaftSealersHalted'
  | 'RaftSealersShort'
  | 'RaftSealersAtRisk'
  | 'RaftSealerSilent'
  | 'RaftSealersUnseen'
  | 'RaftSealersUnknown'
  | 'RaftSealerSetsDiffer'
  | 'RaftSealerRoundChanges';

/** For whoever is woken: what is wrong, since when, who is concerned, what to do. */
export interface Trouble {
  /** The alert, and the section of the runbook. */
  readonly name: TroubleName;
  readonly tone: 'bad' | 'warn';
  readonly title: string;
  readonly since: string | null;
  readonly who: string | null;
  readonly todo: string;
}

interface Found {
  readonly name: TroubleName;
  readonly tone: Trouble['tone'];
  readonly since?: string | null;
  readonly who?: readonly string[];
}

/** The worst first. Pure. */
export function listTroubles(data: RaftClusterResponse, names: MemberNames, t: Translate): readonly Trouble[] {
  const found = data.cluster.sealing === null ? raftTroubles(data, names, t) : sealerTroubles(data, names);
  return found.map(({ name, tone, since = null, who = [] }) => {
    const key = `trouble.${name}` satisfies PlainKey;
    return {
      ...{ name, tone, since },
      title: kindWords(key, names.kind, t),
      who: who.length === 0 ? null : t('trouble.who', { who: [...new Set(who)].join(', ') }),
      todo: kindWords(`${key}.do` satisfies PlainKey, names.kind, t),
    };
  });
}

function raftTroubles({ cluster, members, views }: RaftClusterResponse, names: MemberNames, t: Translate): Found[] {
  const { state, stateSince: since, voters, votersActive } = cluster;
  const withoutView = views.filter(({ result }) => result !== 'ok');
  const unseen = withoutView.map(({ node, result }) => `${node} (${t(`raft.result.${result}`)})`);
  const named = new Set(withoutView.map(({ node }) => node));
  const order = byMember(names, t);
  const inactive = members
    .filter(({ present, learner, active }) => present && !learner && active === false)
    .sort((a, b) => order(a.raftId, b.raftId))
    .filter(({ raftId }) => !named.has(names.nodes.get(raftId) ?? ''))
    .map(({ raftId }) => memberName(raftId, names, t));
  const hasView = views.some(({ result }) => result === 'ok');
  const atRisk = hasView && state !== 'noQuorum' && voters > 2 && votersActive === Math.floor(voters / 2) + 1;
  const seesNoQuorum =
    hasView &&
    members.some(({ present, learner, active }) => present && !learner && active === false) &&
    votersActive < Math.floor(voters / 2) + 1;
  const nobodyAnswers = views.length > 0 && views.every(({ result }) => deadResults.has(result));
  const unknown = nobodyAnswers
    ? trouble('RaftClusterUnseen', 'bad', since, unseen)
    : seesNoQuorum
      ? trouble('RaftQuorumLostSingleView', 'warn', since, [...unseen, ...inactive])
      : trouble('RaftNodeUnaskable', 'warn', since, unseen);
  return [
    ...(state === 'noQuorum' ? [trouble('RaftQuorumLost', 'bad', since, [...unseen, ...inactive])] : []),
    ...(state === 'noLeader' ? [trouble('RaftNoLeader', 'bad', since, [...unseen, ...inactive])] : []),
    ...(state === 'unconfirmed' ? [unknown] : []),
    ...(cluster.stalled && state !== 'unconfirmed' ? [trouble('RaftStalled', 'bad')] : []),
    ...(cluster.stalled && state === 'unconfirmed' ? [trouble('RaftStalledSingleView', 'warn')] : []),
    ...(atRisk ? [trouble('RaftQuorumAtRisk', 'warn', null, [...unseen, ...inactive])] : []),
    ...(cluster.churning ? [trouble('RaftLeaderChurn', 'warn')] : []),
    ...(cluster.claims > 1 ? [trouble('RaftMultipleMinters', 'warn', null, claimants(views))] : []),
  ];
}

/** Of endpoints at which nothing answers that could take part. */
const deadResults: ReadonlySet<RaftClusterResponse['views'][number]['result']> = new Set([
  'refused',
  'timeout',
  'unreachable',
  'raftHangs',
]);

function claimants(views: RaftClusterResponse['views']): readonly string[] {
  return views
    .filter(({ raftId, leader, leaderRaftId }) => leader === 'named' && raftId !== null && leaderRaftId === raftId)
    .map(({ node }) => node);
}

function sealerTroubles({ cluster, sealers, views }: RaftClusterResponse, names: MemberNames): Found[] {
  const { sealing } = cluster;
  if (sealing === null) return [];
  const { state, stateSince: since, active, needed, failuresToHalt } = sealing;
  const missing = (sealers?.sealers ?? [])
    .filter(({ silent, down }) => silent || down)
    .map(({ address }) => names.sealers.get(address) ?? address);
  const degraded = failuresToHalt === 1 ? 'RaftSealersAtRisk' : 'RaftSealerSilent';
  const short = active < needed && state !== 'halted' && state !== 'unknown';
  const answers = views.some(({ result }) => result === 'ok' || result === 'notRaft');
  return [
    ...(state === 'halted' ? [trouble('RaftSealersHalted', 'bad', since, missing)] : []),
    ...(short ? [trouble('RaftSealersShort', 'bad', state === 'degraded' ? since : null, missing)] : []),
    ...(state === 'degraded' && !short ? [trouble(degraded, 'warn', since, missing)] : []),
    ...(state === 'unknown' && answers ? [trouble('RaftSealersUnknown', 'warn', since)] : []),
    ...(state === 'unknown' && !answers ? [trouble('RaftSealersUnseen', 'bad', since)] : []),
    ...(sealers !== null && sealers.sets > 1 ? [trouble('RaftSealerSetsDiffer', 'warn')] : []),
    ...(sealers?.storm === true ? [trouble('RaftSealerRoundChanges', 'warn')] : []),
  ];
}

function trouble(
  name: TroubleName,
  tone: Trouble['tone'],
  since: string | null = null,
  who: readonly string[] = [],
): Found {
  return { name, tone, since, who };
}
