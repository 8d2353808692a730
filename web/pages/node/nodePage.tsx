import type { NodeResponse } from '../../../api/contract/nodes.ts';
import { CopyButton } from '../../components/copyButton.tsx';
import { Link } from '../../components/link.tsx';
import { Empty, ResourceView } from '../../components/resourceView.tsx';
import { TableSkeleton } from '../../components/skeleton.tsx';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { shortenHex } from '../../lib/format.ts';
import { useResource } from '../../lib/useResource.ts';
import { useTitle } from '../../lib/useTitle.ts';
import { NodeEndpoints } from './nodeEndpoints.tsx';
import { NodeFacts } from './nodeFacts.tsx';
import { NodePresence } from './nodePresence.tsx';
import { NodeSights } from './nodeSights.tsx';
import { NodeVisits } from './nodeVisits.tsx';

export function NodePage() {
  const { t, route } = useApp();
  const id = route.at === 'node' ? route.id : '';
  useTitle(t('node.title', { id: shortenHex(id, 8, 4) }));
  const { state, retry } = useResource(api.node(id));
  // The address may name it by its hash.
  const shown = state.data?.node.id ?? id;
  return (
    <>
      <p class="crumbs">
        <Link to={{ at: 'nodes' }}>{t('nav.nodes')}</Link>
      </p>
      <h1 class="mono node-heading" title={shown}>
        {shortenHex(shown, 12, 8)} <CopyButton text={shown} what={t('node.id')} />
      </h1>
      {state.data === null && state.failure?.code === 'notFound' ? (
        <div class="panel state-empty">
          <Empty title={t('empty.node.title')}>
            <p>{t('empty.node.next')}</p>
          </Empty>
        </div>
      ) : (
        <ResourceView
          state={state}
          retry={retry}
          isEmpty={() => false}
          skeleton={
            <div class="panel">
              <TableSkeleton rows={9} />
            </div>
          }
          empty={null}
        >
          {(data) => <NodeDetails data={data} />}
        </ResourceView>
      )}
    </>
  );
}

function NodeDetails({ data }: { readonly data: NodeResponse }) {
  const { t } = useApp();
  return (
    <>
      <p class="button-row">
        <CopyButton text={data.node.enode} what={t('node.copyEnode')} visibleLabel />
        {data.enr !== null && <CopyButton text={data.enr} what={t('node.copyEnr')} visibleLabel />}
      </p>
      <NodeFacts node={data.node} />
      <NodePresence presence={data.presence} />
      <NodeVisits visits={data.visits} />
      <NodeSights sights={data.sights} host={data.host} />
      <NodeEndpoints endpoints={data.endpoints} />
    </>
  );
}
