import { type AlertBook, type Condition, readConditions } from '../../notify/alertBook.ts';
import type { NoticeChange } from '../../notify/notice.ts';
import { isAlive } from '../judge/isAlive.ts';
import type { JudgeConfig } from '../judge/judgeConfig.ts';
import type { Judgement } from '../judge/judgeRounds.ts';
import { type ClusterAbout, conditionOf, raftSubject } from './alertRules.ts';
import { churnConditions } from './churnAlerts.ts';
import { leadershipConditions } from './leadershipAlerts.ts';
import { raftNodeConditions } from './nodeAlerts.ts';

/** Takes one judged round; returns the notices that changed with it. Pure, in the rounds' own time. */
export function readRaftAlerts(
  before: AlertBook,
  about: ClusterAbout,
  judgement: Judgement,
  judge: Pick<JudgeConfig, 'churnWindowMs' | 'churnThreshold'>,
): { readonly book: AlertBook; readonly changed: readonly NoticeChange[] } {
  const { cluster, page } = about;
  const { tally, current } = judgement;
  const led = current === null || current.state === 'unconfirmed' ? null : current.state === 'confirmed';
  return readConditions(before, { now: tally.t, subject: raftSubject(cluster), labels: { cluster }, page }, [
    clusterUnseen(cluster, judgement),
    ...leadershipConditions(cluster, judgement),
    ...churnConditions(before, cluster, judgement, judge),
    ...raftNodeConditions(about, tally, led),
  ]);
}

/** Endpoints that cannot be asked although something answers there are no sign of a cluster that is down. */
function clusterUnseen(cluster: string, { tally }: Judgement): Condition {
  const reasons = tally.nodes.map(({ node, result }) => `${node} ${result}`);
  return conditionOf('RaftClusterUnseen', {
    kind: 'raftUnseen',
    holds: tally.nodes.length > 0 && tally.nodes.every(({ result }) => !isAlive(result)),
    summary: `No node of ${cluster} answers: ${reasons.slice(0, 10).join(', ')}${reasons.length > 10 ? ', …' : ''}`,
    description:
      'All its nodes are down, or the way to them is. Check the network from this machine first. Until one answers, nothing is known of the leader.',
    hides: ['RaftNodeDown'],
  });
}
