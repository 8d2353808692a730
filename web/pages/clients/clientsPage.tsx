import { CutOverTime } from '../../components/cutOverTime.tsx';
import { DistributionPanel } from '../../components/distributionPanel.tsx';
import { Link } from '../../components/link.tsx';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { clientLabel } from '../../lib/clientNames.ts';
import { useResource } from '../../lib/useResource.ts';
import { useTitle } from '../../lib/useTitle.ts';
import { ClientUnknown } from '../overview/clientUnknown.tsx';

export function ClientsPage() {
  const { t, view, network } = useApp();
  useTitle(t('nav.clients'));
  const summary = useResource(api.summary(view.network));
  const name = view.network === 'all' ? t('control.allNetworks') : (network?.name ?? view.network);
  return (
    <>
      <h1>{t('clients.title', { network: name })}</h1>
      <DistributionPanel
        title={t('clients.distribution')}
        cut="client"
        kind="client"
        population="identified"
        chart="ranked"
        limit={24}
        what={t('table.client')}
        labelOf={clientLabel}
        cellOf={(key, label) => (
          <Link to={{ at: 'nodes' }} more={{ client: key, population: 'identified' }}>
            {clientLabel(key, label)}
          </Link>
        )}
      />
      <ClientUnknown summary={summary} wide />
      <CutOverTime
        title={t('clients.overTime')}
        cut="client"
        kind="client"
        population="identified"
        tall
        labelOf={clientLabel}
      />
    </>
  );
}
