import type { Condition } from '../../notify/alertBook.ts';
import type { Severity } from '../../notify/notice.ts';
import type { ClusterKind } from '../ask/roundSource.ts';

/**
 * What the watcher itself tells, under the names of the Prometheus rules that say the same: how grave it is, and for how
 * long it must hold. The infos among the rules are told by Prometheus alone, and RaftLeaderChurnSingleView is told as churn
 * of which too few nodes report.
 */
export const alertRules = {
  RaftLeaderChurn: { severity: 'warning', forMs: 0 },
  RaftLeaderChurnSevere: { severity: 'critical', forMs: 0 },
  RaftNoLeader: { severity: 'critical', forMs: 30_000 },
  RaftNoLeaderSingleView: { severity: 'warning', forMs: 60_000 },
  RaftQuorumLost: { severity: 'critical', forMs: 30_000 },
  RaftQuorumLostSingleView: { severity: 'warning', forMs: 60_000 },
  RaftQuorumAtRisk: { severity: 'warning', forMs: 3 * 60_000 },
  RaftMultipleMinters: { severity: 'warning', forMs: 10_000 },
  RaftMultipleMintersLasting: { severity: 'critical', forMs: 60_000 },
  RaftViewSplit: { severity: 'warning', forMs: 30_000 },
  RaftStalled: { severity: 'critical', forMs: 0 },
  RaftStalledSingleView: { severity: 'warning', forMs: 0 },
  RaftClusterUnseen: { severity: 'critical', forMs: 60_000 },
  RaftNodeIsolated: { severity: 'warning', forMs: 60_000 },
  RaftNodeDown: { severity: 'warning', forMs: 3 * 60_000 },
  RaftNodeUnaskable: { severity: 'warning', forMs: 3 * 60_000 },
  RaftNodeAlarm: { severity: 'critical', forMs: 0 },
  RaftClockOffset: { severity: 'warning', forMs: 2 * 60_000 },
  RaftSealersHalted: { severity: 'critical', forMs: 30_000 },
  RaftSealersUnseen: { severity: 'critical', forMs: 60_000 },
  RaftSealersShort: { severity: 'critical', forMs: 60_000 },
  RaftSealersAtRisk: { severity: 'warning', forMs: 3 * 60_000 },
  RaftSealerSilent: { severity: 'warning', forMs: 5 * 60_000 },
  RaftSealerSetsDiffer: { severity: 'warning', forMs: 2 * 60_000 },
  RaftSealerNodeBehind: { severity: 'warning', forMs: 60_000 },
  RaftSealersClockAhead: { severity: 'warning', forMs: 2 * 60_000 },
  RaftSealerRoundChanges: { severity: 'warning', forMs: 5 * 60_000 },
} as const satisfies Readonly<Record<string, { readonly severity: Severity; readonly forMs: number }>>;

export type AlertName = keyof typeof alertRules;

/** What a cluster is, in all of its alerts. */
export interface ClusterAbout {
  readonly cluster: string;
  /** Whose members these are: they have words of their own. */
  readonly kind: ClusterKind;
  /** Where people see more of it. */
  readonly page: string | null;
  /** Clock of each endpoint minus ours, ms, where its Raft port told it. */
  readonly clockOffsets: ReadonlyMap<string, number>;
}

/** What notices of a cluster are about, as in events. */
export function raftSubject(cluster: string): string {
  return `raft/${cluster}`;
}

/** A condition as its rule has it. */
export function conditionOf(
  name: AlertName,
  more: Omit<Condition, 'name' | 'severity' | 'forMs' | 'hides'> & {
    readonly hides?: readonly (AlertName | NodeAlert)[];
  },
): Condition {
  const { hides = [], ...rest } = more;
  return {
    ...rest,
    ...alertRules[name],
    name,
    hides: hides.map((hidden) =>
      typeof hidden === 'string' ? { name: hidden } : { name: hidden.name, kind: nodeKind(hidden.node) },
    ),
  };
}

/** An alert of one node alone. */
interface NodeAlert {
  readonly name: AlertName;
  readonly node: string;
}

/** All that is wrong with one node is one notice. */
export function nodeKind(node: string): string {
  return `raftNode/${node}`;
}
