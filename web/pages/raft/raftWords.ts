import type { RaftCluster, RaftClusterResponse, RaftEvent, RaftState } from '../../../api/contract/raft.ts';
import type { Translate } from '../../i18n/translate.ts';

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

/** Endpoint names by the Raft ID that each proved to have. */
export type MemberNames = ReadonlyMap<number, string>;

export function memberNames(views: RaftClusterResponse['views']): MemberNames {
  return new Map(views.flatMap(({ raftId, node }) => (raftId === null ? [] : [[raftId, node] as const])));
}

export function memberName(raftId: number | null | undefined, names: MemberNames, t: Translate): string {
  if (raftId === null || raftId === undefined) return t('raft.none');
  const node = names.get(raftId);
  const id = String(raftId);
  return node === undefined ? t('raft.member', { id }) : t('raft.memberNamed', { id, node });
}

/** An event in one line. */
export function eventTitle(event: RaftEvent, names: MemberNames, t: Translate): string {
  return t(`raft.event.${event.kind}`, {
    from: memberName(event.from?.raftId, names, t),
    to: memberName(event.to?.raftId, names, t),
    node: event.node ?? '',
  });
}

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
  return t.find(`raft.event.${event.kind}.means`);
}

function changeCause(event: RaftEvent, all: readonly RaftEvent[], names: MemberNames, t: Translate): string {
  const at = Date.parse(event.openedAt);
  const back = all.find(
    ({ kind, closedAt }) =>
      kind === 'nodeIsolated' && closedAt !== null && Math.abs(at - Date.parse(closedAt)) <= rejoinMs,
  );
  const old = event.from === null ? null : (names.get(event.from.raftId) ?? null);
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
      ? [{ label: t('raft.minters'), means: t('raft.minters.means', { n: cluster.claims }) }]
      : []),
  ];
}
