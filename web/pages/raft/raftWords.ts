import type { RaftCluster, RaftClusterResponse, RaftEvent, RaftState } from '../../../api/contract/raft.ts';
import type { PlainKey, Translate } from '../../i18n/translate.ts';
import { shortenHex } from '../../lib/format.ts';
import { sealerNames } from './sealingRows.ts';

/** How a state looks at a glance. */
export const stateTones: Readonly<Record<RaftState, string>> = {
  confirmed: 'good',
  electing: 'warn',
  noLeader: 'bad',
  noQuorum: 'bad',
  unconfirmed: 'info',
};

/** How the state of a chain of sealers looks at a glance. */
export const sealerTones: Readonly<Record<NonNullable<RaftCluster['sealing']>['state'], string>> = {
  well: 'good',
  degraded: 'warn',
  halted: 'bad',
  idle: 'info',
  unknown: '',
};

const gravest = ['bad', 'warn', '', 'info', 'good'];

/** The order of the list: what is wrong first, then by name. */
export function byTrouble(a: RaftCluster, b: RaftCluster): number {
  return graveness(a) - graveness(b) || (a.name < b.name ? -1 : 1);
}

function graveness({ state, sealing, churning, stalled, claims, stale }: RaftCluster): number {
  const tone = sealing !== null ? sealerTones[sealing.state] : state === null ? '' : stateTones[state];
  const worst = stale || stalled ? 'bad' : churning || claims > 1 ? 'warn' : 'good';
  return Math.min(gravest.indexOf(tone), gravest.indexOf(worst));
}

/** As its people write it. */
export function consensusName(consensus: RaftCluster['consensus']): string {
  return { raft: 'Raft', ibft: 'IBFT', qbft: 'QBFT', clique: 'Clique' }[consensus];
}

/** How many sealers a chain needs, and how near the halt is: nobody more has to fall silent where too few are left. */
export function sealersNeeded(
  { active, needed, failuresToHalt }: NonNullable<RaftCluster['sealing']>,
  t: Translate,
): string {
  return [
    t('sealers.needed', { n: needed }),
    ...(failuresToHalt > 0 && active >= needed ? [t('sealers.toHalt', { n: failuresToHalt })] : []),
  ].join(' · ');
}

type Kind = RaftCluster['kind'];

/** How the members of a cluster are called. */
export interface MemberNames {
  readonly kind: Kind;
  /** Endpoint names by the Raft ID that each proved to have. */
  readonly nodes: ReadonlyMap<number, string>;
  /** IDs of etcd's members as etcdctl shows them; empty where Raft IDs are numbers that people use. */
  readonly ids: ReadonlyMap<number, string>;
  /** Endpoint names, or addresses in short, by the address that a sealer seals with. */
  readonly sealers: ReadonlyMap<string, string>;
}

export function memberNames({ cluster, views, members, sealers }: RaftClusterResponse): MemberNames {
  return {
    kind: cluster.kind,
    nodes: new Map(views.flatMap(({ raftId, node }) => (raftId === null ? [] : [[raftId, node] as const]))),
    ids: new Map(cluster.kind === 'etcd' ? members.map(({ raftId, nodeId }) => [raftId, etcdId(nodeId)] as const) : []),
    sealers: sealers === null ? new Map() : sealerNames(sealers),
  };
}

/** What the list knows: the leader alone. */
export function leaderNames({ kind, leader, leaderNode }: RaftCluster): MemberNames {
  return {
    kind,
    nodes: new Map(leader === null || leaderNode === null ? [] : [[leader.raftId, leaderNode]]),
    ids: new Map(leader === null || kind !== 'etcd' ? [] : [[leader.raftId, etcdId(leader.nodeId)]]),
    sealers: new Map(),
  };
}

/** An ID of etcd has 64 bits and stands behind zeros where others have a key of 512. */
export function etcdId(nodeId: string): string {
  return nodeId.replace(/^0+/, '');
}

export function memberName(raftId: number | null | undefined, names: MemberNames, t: Translate): string {
  if (raftId === null || raftId === undefined) return t('raft.none');
  const node = names.nodes.get(raftId);
  if (names.kind === 'etcd') return node ?? t('raft.memberHex', { id: names.ids.get(raftId) ?? raftId.toString(16) });
  const id = String(raftId);
  return node === undefined ? t('raft.member', { id }) : t('raft.memberNamed', { id, node });
}

/** Who leads in a state; `state` null: none is known yet. Where too few tell, that no leader is known does not mean that there is none. */
export function leaderName(
  raftId: number | null | undefined,
  state: RaftCluster['state'],
  names: MemberNames,
  t: Translate,
): string {
  const isKnown = state !== null && state !== 'unconfirmed';
  return isKnown || typeof raftId === 'number' ? memberName(raftId, names, t) : t('raft.leaderUnknown');
}

/** The order in which members are shown: by Raft ID, or by name where IDs have no order. */
export function byMember(names: MemberNames, t: Translate): (a: number, b: number) => number {
  if (names.kind !== 'etcd') return (a, b) => a - b;
  const named = (raftId: number): string => memberName(raftId, names, t);
  return (a, b) => (named(a) < named(b) ? -1 : named(a) > named(b) ? 1 : 0);
}

/** The words of one kind of cluster where it has its own: etcd knows no minters and is asked by other methods. */
export function kindWords(key: PlainKey, kind: Kind, t: Translate): string {
  return findKindWords(key, kind, t) ?? t(key);
}

function findKindWords(key: string, kind: Kind, t: Translate): string | null {
  return (kind === 'etcd' ? t.find(`${key}.etcd`) : null) ?? t.find(key);
}

/** An event in one line. */
export function eventTitle(event: RaftEvent, names: MemberNames, t: Translate): string {
  return t(`raft.event.${event.kind}`, {
    from: memberName(event.from?.raftId, names, t),
    to: memberName(event.to?.raftId, names, t),
    node: event.node ?? '',
    sealer: event.sealer === null ? '' : sealerName(event.sealer, names),
  });
}

function sealerName(address: string, names: MemberNames): string {
  return names.sealers.get(address) ?? shortenHex(address, 4, 4);
}

/** What a number of votes was at that time: of a chain of sealers, those at work. */
export function eventVotes(event: RaftEvent, t: Translate): string | null {
  if (event.source !== 'rpc' || event.voters === 0) return null;
  const { votes, voters } = event;
  return sealerKinds.has(event.kind)
    ? t('sealers.atWork', { part: votes, whole: voters })
    : t('raft.events.votes', { votes, voters });
}

const sealerKinds: ReadonlySet<RaftEvent['kind']> = new Set([
  'halted',
  'sealerSilent',
  'validatorsChanged',
  'roundChangeStorm',
]);

const rejoinMs = 15_000;

/** Why it happened, as far as the answers at that moment show. Null if the title says everything. */
export function eventCause(
  event: RaftEvent,
  all: readonly RaftEvent[],
  names: MemberNames,
  t: Translate,
): string | null {
  if (event.kind === 'leaderChanged') return changeCause(event, all, names, t);
  if (event.kind === 'leaderLost') {
    if (event.closedAt === null) return t('raft.event.leaderLost.open');
    return t('raft.event.leaderLost.means', { to: memberName(event.to?.raftId, names, t) });
  }
  if (event.kind === 'validatorsChanged') return changedSet(event, names, t);
  return findKindWords(`raft.event.${event.kind}.means`, names.kind, t);
}

function changedSet({ added, removed }: RaftEvent, names: MemberNames, t: Translate): string {
  const list = (addresses: readonly string[]) => addresses.map((address) => sealerName(address, names)).join(', ');
  return [
    ...(added.length === 0 ? [] : [t('raft.event.validatorsChanged.added', { who: list(added) })]),
    ...(removed.length === 0 ? [] : [t('raft.event.validatorsChanged.removed', { who: list(removed) })]),
  ].join(' ');
}

function changeCause(event: RaftEvent, all: readonly RaftEvent[], names: MemberNames, t: Translate): string {
  const at = Date.parse(event.openedAt);
  const back = all.find(
    ({ kind, closedAt }) =>
      kind === 'nodeIsolated' && closedAt !== null && Math.abs(at - Date.parse(closedAt)) <= rejoinMs,
  );
  const old = event.from === null ? null : (names.nodes.get(event.from.raftId) ?? null);
  const seen = event.observers.find(({ node }) => node === old);
  const name = memberName(event.from?.raftId, names, t);
  if (seen !== undefined && seen.result !== 'ok') {
    const why = t.find(`raft.result.${seen.result}`) ?? seen.result;
    return t('raft.cause.oldLeaderSilent', { node: name, why });
  }
  if (seen !== undefined && seen.view === event.from?.raftId) return t('raft.cause.oldLeaderCutOff', { node: name });
  if (back?.node != null) return t('raft.cause.rejoin', { node: back.node });
  const answers = event.observers.filter(({ result, view }) => result === 'ok' && view !== null);
  const agreed = seen?.view === event.to?.raftId && answers.every(({ view }) => view === event.to?.raftId);
  return t(agreed ? 'raft.cause.allAgreed' : 'raft.cause.unknown');
}

/** Problems in addition to the state, each with its explanation. */
export function clusterWarnings(
  cluster: RaftCluster,
  t: Translate,
): readonly { readonly label: string; readonly means: string }[] {
  return [
    ...(cluster.churning ? [{ label: t('raft.churning'), means: t('raft.churning.means') }] : []),
    ...(cluster.stalled ? [{ label: t('raft.stalled'), means: t('raft.stalled.means') }] : []),
    ...(cluster.claims > 1
      ? [{ label: kindWords('raft.minters', cluster.kind, t), means: t('raft.minters.means', { n: cluster.claims }) }]
      : []),
  ];
}
