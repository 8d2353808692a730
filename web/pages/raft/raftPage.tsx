import type { RaftCluster } from '../../../api/contract/raft.ts';
import { Link } from '../../components/link.tsx';
import { Panel } from '../../components/panel.tsx';
import { Empty, ResourceView } from '../../components/resourceView.tsx';
import { TableSkeleton } from '../../components/skeleton.tsx';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { quickPollPlan } from '../../lib/poll.ts';
import { useResource } from '../../lib/useResource.ts';
import { useTitle } from '../../lib/useTitle.ts';
import { Consensus, Polled, StateAge, StateTag, UnconfirmedChanges, WarningTags } from './raftParts.tsx';
import { byTrouble, leaderName, leaderNames } from './raftWords.ts';

export function RaftPage() {
  const { t } = useApp();
  useTitle(t('nav.raft'));
  const { state, retry } = useResource(api.raftClusters(), quickPollPlan);
  return (
    <>
      <h1>{t('raft.title')}</h1>
      <p class="faint">{t('raft.lead')}</p>
      <Panel title={t('raft.list')} scope={t('raft.list.scope')}>
        <ResourceView
          state={state}
          retry={retry}
          oldText="raft.old"
          isEmpty={(data) => data.clusters.length === 0}
          skeleton={<TableSkeleton rows={5} />}
          empty={
            <Empty title={t('empty.raft.title')}>
              <p>{t('empty.raft.next')}</p>
            </Empty>
          }
        >
          {(data) => <ClusterTable clusters={data.clusters} />}
        </ResourceView>
      </Panel>
    </>
  );
}

function ClusterTable({ clusters }: { readonly clusters: readonly RaftCluster[] }) {
  const { t } = useApp();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="scroll" tabIndex={0} aria-label={t('raft.table', { title: t('raft.list') })}>
      <table class="data raft-clusters">
        <caption class="unseen">{t('raft.list')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('raft.cluster')}</th>
            <th scope="col">{t('raft.state')}</th>
            <th scope="col">{t('raft.leader')}</th>
            <th scope="col">{t('raft.votes')}</th>
            <th scope="col">{t('raft.active')}</th>
            <th scope="col" class="number">
              {t('raft.changes')}
            </th>
            <th scope="col" class="number">
              {t('raft.head')}
            </th>
            <th scope="col" class="number">
              {t('raft.pending')}
            </th>
            <th scope="col">{t('raft.polled')}</th>
          </tr>
        </thead>
        <tbody>
          {clusters.toSorted(byTrouble).map((cluster) => (
            <tr key={cluster.name}>
              <th scope="row">
                <Link to={{ at: 'raftCluster', cluster: cluster.name }}>{cluster.name}</Link>
                <Consensus cluster={cluster} />
              </th>
              <td>
                <span class="tags">
                  <StateTag cluster={cluster} />
                  <WarningTags cluster={cluster} />
                </span>
                <StateAge cluster={cluster} />
              </td>
              <Leading cluster={cluster} />
              <td class="number">{cluster.head === null ? '–' : t.numbers.count(cluster.head)}</td>
              <td class="number">{cluster.pending === null ? '–' : t.numbers.count(cluster.pending)}</td>
              <td>
                <Polled at={cluster.lastRoundAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Who leads and by which votes, or how many seal: a chain of sealers has no leader. */
function Leading({ cluster }: { readonly cluster: RaftCluster }) {
  const { t } = useApp();
  const { sealing } = cluster;
  if (sealing !== null) {
    return (
      <>
        <td>–</td>
        <td>–</td>
        <td class="number left">{t('sealers.atWork', { part: sealing.active, whole: sealing.validators })}</td>
        <td class="number">–</td>
      </>
    );
  }
  return (
    <>
      <td>{leaderName(cluster.leader?.raftId, cluster.state, leaderNames(cluster), t)}</td>
      <td class="number left">{t('raft.of', { part: cluster.votes, whole: cluster.voters })}</td>
      <td class="number left">{t('raft.of', { part: cluster.votersActive, whole: cluster.voters })}</td>
      <td class="number">
        {t.numbers.count(cluster.changes.last15m)} / {t.numbers.count(cluster.changes.last24h)}
        <UnconfirmedChanges cluster={cluster} />
      </td>
    </>
  );
}
