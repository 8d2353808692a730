import { forkMarks } from '../../charts/forkMarks.ts';
import { Advice } from '../../components/advice.tsx';
import { CutOverTime } from '../../components/cutOverTime.tsx';
import { DistributionPanel } from '../../components/distributionPanel.tsx';
import { ForkName } from '../../components/forkName.tsx';
import { Link } from '../../components/link.tsx';
import { Panel } from '../../components/panel.tsx';
import { Empty, ResourceView } from '../../components/resourceView.tsx';
import { LadderSkeleton } from '../../components/skeleton.tsx';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { clientLabel } from '../../lib/clientNames.ts';
import { forkLabel, forkSlot } from '../../lib/forkNames.ts';
import { usePresence } from '../../lib/usePresence.ts';
import { useResource } from '../../lib/useResource.ts';
import { useTitle } from '../../lib/useTitle.ts';
import { ForkClasses } from '../forks/forkClasses.tsx';
import { ByProtocol } from './byProtocol.tsx';
import { Churn } from './churn.tsx';
import { ClientUnknown } from './clientUnknown.tsx';
import { Identities } from './identities.tsx';
import { NodesOverTime } from './nodesOverTime.tsx';
import { PopulationLadder } from './populationLadder.tsx';

export function OverviewPage() {
  const { t, view, network } = useApp();
  useTitle(t('nav.overview'));
  const summary = useResource(api.summary(view.network));
  const name = view.network === 'all' ? t('control.allNetworks') : (network?.name ?? view.network);
  return (
    <>
      <h1>{t('overview.title', { network: name })}</h1>
      <Advice />
      <Panel
        title={t('overview.counts')}
        scope={t('overview.counts.scope', {
          window: t(view.window === 'now' ? 'window.now.long' : 'window.day.long'),
          figure: t(view.figure === 'ids' ? 'figure.ids.long' : 'figure.ips.long'),
        })}
      >
        <ResourceView
          state={summary.state}
          retry={summary.retry}
          isEmpty={(data) => data.freshness.asOf === null}
          skeleton={<LadderSkeleton />}
          empty={
            <Empty title={t('empty.overview.title')}>
              <p>{t('empty.overview.next')}</p>
            </Empty>
          }
        >
          {(data) => <PopulationLadder data={data} />}
        </ResourceView>
      </Panel>
      <NodesOverTime />
      <ForksRow />
      <ClientsRow summary={summary} />
      <Churn />
      <ByProtocol />
      {network !== null && <Identities />}
    </>
  );
}

function ForksRow() {
  const { t, network } = useApp();
  const presence = usePresence();
  return (
    <div class="columns wide-first">
      <CutOverTime
        title={t('forks.overTime')}
        cut="fork_id"
        kind="fork"
        population={presence}
        labelOf={(key, label) => forkLabel(key, label, network, t)}
        preferredSlot={forkSlot(network)}
        marks={forkMarks(network)}
      />
      <DistributionPanel
        title={t('forks.distribution')}
        cut="fork_id"
        kind="fork"
        population={presence}
        chart="bar"
        limit={7}
        what={t('table.forkId')}
        labelOf={(key, label) => forkLabel(key, label, network, t)}
        cellOf={(key, label) => <ForkName forkKey={key} label={label} />}
        preferredSlot={forkSlot(network)}
      />
    </div>
  );
}

function ClientsRow({ summary }: Parameters<typeof ClientUnknown>[0]) {
  const { t, view } = useApp();
  return (
    <div class="columns wide-first">
      <DistributionPanel
        title={t('clients.distribution')}
        cut="client"
        kind="client"
        population="identified"
        chart="bar"
        limit={13}
        what={t('table.client')}
        labelOf={clientLabel}
        cellOf={(key, label) => (
          <Link to={{ at: 'nodes' }} more={{ client: key, population: 'identified' }}>
            {clientLabel(key, label)}
          </Link>
        )}
      />
      <div class="stack">
        <ClientUnknown summary={summary} />
        {view.network === 'all' ? (
          <DistributionPanel
            title={t('overview.networks')}
            cut="network"
            kind="network"
            population="alive"
            chart="bar"
            limit={6}
            what={t('table.network')}
            labelOf={(_key, label) => label}
            cellOf={(key, label) => (
              <Link to={{ at: 'overview' }} change={{ network: key }}>
                {label}
              </Link>
            )}
          />
        ) : (
          <ForkClasses limit={5} />
        )}
      </div>
    </div>
  );
}
