import { countOf } from '../../lib/plural.ts';
import type { AlertBook, Condition } from '../../notify/alertBook.ts';
import { conditionKey } from '../../notify/alertBook.ts';
import { defaultChurnThreshold } from '../judge/churn.ts';
import type { JudgeConfig } from '../judge/judgeConfig.ts';
import type { Judgement } from '../judge/judgeRounds.ts';
import { type AlertName, type ClusterAbout, conditionOf } from './alertRules.ts';
import { nameOf } from './memberNames.ts';

const churning = 'raftChurn';
/** So many changes within the window of churn, or within a minute, are severe. */
const severeChanges = 12;
const burst = { changes: 3, ms: 60_000 };

/** Whether the leader changes too often. */
export function churnConditions(
  { since }: Pick<AlertBook, 'since'>,
  { cluster, kind }: Pick<ClusterAbout, 'cluster' | 'kind'>,
  judgement: Judgement,
  judge: Pick<JudgeConfig, 'churnWindowMs' | 'churnThreshold'>,
): readonly Condition[] {
  const severe = conditionKey({ kind: churning, name: 'RaftLeaderChurnSevere' satisfies AlertName });
  const changes = countChanges(judgement, judge.churnWindowMs);
  return [
    churnSevere({ cluster, kind }, judgement, changes, since.has(severe)),
    churn({ cluster, kind }, judgement, changes, judge),
  ];
}

interface Changes {
  readonly text: string;
  readonly sure: number;
  readonly inBurst: number;
  readonly doubtful: boolean;
}

function countChanges({ tally, state }: Judgement, windowMs: number): Changes {
  const { rpc, chain, log, single } = state.churn.changes;
  const within = (ms: number, ...lists: readonly (readonly number[])[]): number =>
    Math.max(...lists.map((times) => times.filter((at) => at > tally.t - ms).length));
  const sure = within(windowMs, rpc, chain, log);
  const seen = within(windowMs, single);
  const most = Math.max(sure, seen);
  return {
    sure,
    inBurst: within(burst.ms, rpc, chain, log),
    doubtful: seen > sure,
    text: `${countOf(most, { one: 'time', other: 'times' })} in ${Math.round(windowMs / 60_000)} min`,
  };
}

function churnSevere(
  { cluster, kind }: Pick<ClusterAbout, 'cluster' | 'kind'>,
  judgement: Judgement,
  { text, sure, inBurst }: Changes,
  wasSevere: boolean,
): Condition {
  return conditionOf('RaftLeaderChurnSevere', {
    kind: churning,
    // Once severe, it stays severe until churn ends, instead of coming and going with every burst.
    holds: judgement.state.churn.on && (wasSevere || sure >= severeChanges || inBurst >= burst.changes),
    summary: `${cluster} keeps electing: its leader changed ${text}`,
    description: `Hardly ${kind === 'etcd' ? 'any write gets through' : 'any blocks are minted'}. Take load off the cluster, then find the node that starts the elections, often one behind a bad link, and stop it if a majority remains without it.`,
    hides: ['RaftLeaderChurn'],
  });
}

function churn(
  { cluster, kind }: Pick<ClusterAbout, 'cluster' | 'kind'>,
  judgement: Judgement,
  { text, doubtful }: Changes,
  judge: Pick<JudgeConfig, 'churnThreshold'>,
): Condition {
  const { tally, current } = judgement;
  const threshold = judge.churnThreshold ?? defaultChurnThreshold(tally.voters);
  const leader = current?.leader ?? null;
  return conditionOf('RaftLeaderChurn', {
    kind: churning,
    holds: judgement.state.churn.on,
    summary: `The leader of ${cluster} changed ${text} (threshold ${threshold})${leader === null ? '' : `; now it is ${nameOf(tally, leader, kind)}`}${doubtful ? ', as reported by too few nodes to confirm it' : ''}`,
    description:
      'Look for an overloaded leader, a link that loses packets, or a node that keeps leaving and rejoining. A planned rolling restart causes at most one change per voter.',
  });
}
