import { type AlertBook, type Condition, readConditions } from '../../notify/alertBook.ts';
import type { NoticeChange } from '../../notify/notice.ts';
import { isAlive } from '../judge/isAlive.ts';
import type { JudgeConfig } from '../judge/judgeConfig.ts';
import type { Judgement } from '../judge/judgeRounds.ts';
import { type ClusterAbout, raftSubject } from './alertRules.ts';
import { churnConditions } from './churnAlerts.ts';
import { leadershipConditions, sureState } from './leadershipAlerts.ts';
import { type LookedAt, raftNodeConditions, unseenCondition } from './nodeAlerts.ts';

/** Takes one judged round; returns the notices that changed with it. Pure, in the rounds' own time. */
export function readRaftAlerts(
  before: AlertBook,
  about: ClusterAbout,
  judgement: Judgement,
  judge: Pick<JudgeConfig, 'churnWindowMs' | 'churnThreshold'>,
): { readonly book: AlertBook; readonly changed: readonly NoticeChange[] } {
  const { cluster, page } = about;
  const { tally } = judgement;
  const sure = sureState(judgement);
  const led = sure === null ? null : sure.state === 'confirmed';
  return readConditions(before, { now: tally.t, subject: raftSubject(cluster), labels: { cluster }, page }, [
    clusterUnseen(cluster, tally.nodes),
    ...leadershipConditions(about, judgement),
    ...churnConditions(before, about, judgement, judge),
    ...raftNodeConditions(about, tally, led),
  ]);
}

/** Endpoints that cannot be asked although something answers there are no sign of a cluster that is down. */
function clusterUnseen(cluster: string, nodes: readonly LookedAt[]): Condition {
  return unseenCondition('RaftClusterUnseen', nodes, {
    isSeen: ({ result }) => isAlive(result),
    what: `No node of ${cluster} answers`,
    unknown: 'the leader',
  });
}
