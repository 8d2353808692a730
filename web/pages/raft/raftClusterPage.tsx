import type { RaftCluster, RaftClusterResponse } from '../../../api/contract/raft.ts';
import { Link } from '../../components/link.tsx';
import { Empty, ResourceView } from '../../components/resourceView.tsx';
import { TableSkeleton } from '../../components/skeleton.tsx';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { formatInstant, shortenHex } from '../../lib/format.ts';
import { quickPollPlan } from '../../lib/poll.ts';
import { useNow } from '../../lib/useNow.ts';
import { useResource } from '../../lib/useResource.ts';
import { useTitle } from '../../lib/useTitle.ts';
import { Ago } from '../nodes/nodeParts.tsx';
import { RaftEvents } from './raftEvents.tsx';
import { RaftMatrix } from './raftMatrix.tsx';
import { RaftMembers } from './raftMembers.tsx';
import { Consensus, Polled, StateTag, sinceOf, UnconfirmedChanges, WarningTags } from './raftParts.tsx';
import { RaftTimeline } from './raftTimeline.tsx';
import { RaftTroubleList } from './raftTroubleList.tsx';
import { leaderName, type MemberNames, memberNames, sealersNeeded } from './raftWords.ts';
import { SealersPanel } from './sealersPanel.tsx';
import { SealingTimeline } from './sealingTimeline.tsx';

export function RaftClusterPage() {
  const { t, route } = useApp();
  const name = route.at === 'raftCluster' ? route.cluster : '';
  useTitle(`${name} · ${t('nav.raft')}`);
  const { state, retry } = useResource(api.raftCluster(name), quickPollPlan);
  return (
    <>
      <p class="crumbs">
        <Link to={{ at: 'raft' }}>{t('raft.title')}</Link>
      </p>
      <h1>{name}</h1>
      {state.data === null && state.failure?.code === 'notFound' ? (
        <div class="panel state-empty">
          <Empty title={t('empty.raftCluster.title')}>
            <p>{t('empty.raftCluster.next')}</p>
          </Empty>
        </div>
      ) : (
        <ResourceView
          state={state}
          retry={retry}
          oldText="raft.old"
          isEmpty={() => false}
          skeleton={
            <div class="panel">
              <TableSkeleton rows={9} />
            </div>
          }
          empty={null}
        >
          {(data) => <ClusterDetails data={data} />}
        </ResourceView>
      )}
    </>
  );
}

function ClusterDetails({ data }: { readonly data: RaftClusterResponse }) {
  const { cluster, sealers } = data;
  const names = memberNames(data);
  return (
    <>
      <RaftTroubleList data={data} names={names} />
      <Facts data={data} names={names} />
      {cluster.consensus === 'raft' ? (
        <>
          <RaftTimeline cluster={cluster} names={names} />
          <RaftMatrix data={data} names={names} />
          <div class="columns">
            <RaftMembers data={data} names={names} />
            <RaftEvents cluster={cluster.name} names={names} />
          </div>
        </>
      ) : (
        <>
          {sealers !== null && <SealersPanel consensus={cluster.consensus} sealers={sealers} />}
          {sealers !== null && <SealingTimeline sealers={sealers} names={names.sealers} />}
          <RaftEvents cluster={cluster.name} names={names} />
        </>
      )}
    </>
  );
}

function Facts({ data: { cluster }, names }: { readonly data: RaftClusterResponse; readonly names: MemberNames }) {
  const { t } = useApp();
  const isRaft = cluster.consensus === 'raft';
  return (
    <dl class="facts">
      <StateFact cluster={cluster} />
      {cluster.sealing !== null && <AtWork sealing={cluster.sealing} />}
      {isRaft && (
        <div>
          <dt>{t('raft.leader')}</dt>
          <dd>
            <strong>{leaderName(cluster.leader?.raftId, cluster.state, names, t)}</strong>
            <span class="block faint">
              {t('raft.votes')}: {t('raft.of', { part: cluster.votes, whole: cluster.voters })} · {t('raft.active')}:{' '}
              {t('raft.of', { part: cluster.votersActive, whole: cluster.voters })}
            </span>
          </dd>
        </div>
      )}
      {isRaft && (
        <div>
          <dt>{t('raft.changes')}</dt>
          <dd>
            <strong class="number">
              {t.numbers.count(cluster.changes.last15m)} / {t.numbers.count(cluster.changes.last24h)}
            </strong>
            <UnconfirmedChanges cluster={cluster} />
            <span class="block faint">
              {t('raft.lastChange')}:{' '}
              {cluster.lastChangeAt === null ? t('raft.neverChanged') : formatInstant(Date.parse(cluster.lastChangeAt))}
            </span>
          </dd>
        </div>
      )}
      {cluster.kind !== 'etcd' && (
        <div>
          <dt>
            {t('raft.head')} · {t('raft.pending')}
          </dt>
          <dd>
            <strong class="number">
              {cluster.head === null ? '–' : `#${t.numbers.count(cluster.head)}`} ·{' '}
              {cluster.pending === null ? '–' : t.numbers.count(cluster.pending)}
            </strong>
            <span class="block faint">
              {cluster.networkId !== null &&
                cluster.genesisHash !== null &&
                t('raft.network', { id: cluster.networkId, genesis: shortenHex(cluster.genesisHash) })}
            </span>
          </dd>
        </div>
      )}
      <div>
        <dt>{t('raft.polled')}</dt>
        <dd>
          <strong>
            <Polled at={cluster.lastRoundAt} />
          </strong>
          <span class="block faint">
            {t('raft.views', { part: cluster.views, whole: cluster.endpoints })} ·{' '}
            {t('raft.interval', { seconds: String(cluster.intervalMs / 1_000) })}
          </span>
        </dd>
      </div>
    </dl>
  );
}

function AtWork({ sealing }: { readonly sealing: NonNullable<RaftCluster['sealing']> }) {
  const { t } = useApp();
  const now = useNow(1_000);
  const { active, validators, headAt } = sealing;
  return (
    <div>
      <dt>{t('sealers.atWorkTitle')}</dt>
      <dd>
        <strong class="number">{t('raft.of', { part: active, whole: validators })}</strong>
        <span class="block faint">{sealersNeeded(sealing, t)}</span>
        <span class="block faint">
          {t('sealers.newest')}: <Ago at={headAt} now={now} />
        </span>
      </dd>
    </div>
  );
}

function StateFact({ cluster }: { readonly cluster: RaftCluster }) {
  const { t } = useApp();
  const since = sinceOf(cluster);
  return (
    <div>
      <dt>{t('raft.state')}</dt>
      <dd>
        <span class="tags">
          <StateTag cluster={cluster} />
          <WarningTags cluster={cluster} />
        </span>
        <span class="block">
          {cluster.sealing === null
            ? t(`raft.state.${cluster.state ?? 'unknown'}.means`)
            : t(`sealers.state.${cluster.sealing.state}`)}{' '}
          {since !== null && (
            <span class="faint number">{t('raft.since', { at: formatInstant(Date.parse(since)) })}</span>
          )}
          <Consensus cluster={cluster} />
        </span>
      </dd>
    </div>
  );
}
