import { Link } from '../../components/link.tsx';
import { Empty, ResourceView } from '../../components/resourceView.tsx';
import { TableSkeleton } from '../../components/skeleton.tsx';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { nodeFilterParams, parseNodeFilters } from '../../lib/router.ts';
import { narrowQuery, useMedia } from '../../lib/useMedia.ts';
import { useResource } from '../../lib/useResource.ts';
import { useTitle } from '../../lib/useTitle.ts';
import { NodeCards } from './nodeCards.tsx';
import { NodeFiltersForm } from './nodeFiltersForm.tsx';
import { NodeTable } from './nodeTable.tsx';

const pageSize = 50;

export function NodesPage() {
  const { t, view, search } = useApp();
  useTitle(t('nav.nodes'));
  const narrow = useMedia(narrowQuery);
  const filters = parseNodeFilters(search);
  const { state, retry } = useResource(api.nodes(view.network, view.window, filters, pageSize));
  return (
    <>
      <h1>{t('nodes.title')}</h1>
      <NodeFiltersForm filters={filters} />
      <section class="panel flush" aria-label={t('nodes.list')}>
        <ResourceView
          state={state}
          retry={retry}
          isEmpty={(data) => data.nodes.length === 0}
          skeleton={<TableSkeleton rows={12} />}
          failed={
            <Link to={{ at: 'nodes' }} class="button">
              {t('nodes.clear')}
            </Link>
          }
          empty={
            <Empty title={t('empty.nodes.title')}>
              <p>{t('empty.nodes.next')}</p>
              <p>
                <Link to={{ at: 'nodes' }} class="button">
                  {t('nodes.clear')}
                </Link>{' '}
                {filters.population === 'alive' && (
                  <Link
                    to={{ at: 'nodes' }}
                    more={nodeFilterParams({ ...filters, cursor: '', population: 'reachable' })}
                    class="button"
                  >
                    {t('nodes.reachable')}
                  </Link>
                )}{' '}
                <Link
                  to={{ at: 'nodes' }}
                  change={{ network: 'all' }}
                  more={nodeFilterParams({ ...filters, population: 'seen', cursor: '' })}
                  class="button"
                >
                  {t('nodes.everywhere')}
                </Link>
              </p>
            </Empty>
          }
        >
          {(data) => (
            <>
              {narrow ? <NodeCards nodes={data.nodes} /> : <NodeTable nodes={data.nodes} />}
              <nav class="pager" aria-label={t('nodes.pages')}>
                <span class="faint">{t('nodes.shown', { n: data.nodes.length })}</span>
                {filters.cursor !== '' && (
                  <Link to={{ at: 'nodes' }} more={nodeFilterParams({ ...filters, cursor: '' })} class="button">
                    {t('nodes.newest')}
                  </Link>
                )}
                {data.next !== null && (
                  <Link to={{ at: 'nodes' }} more={nodeFilterParams({ ...filters, cursor: data.next })} class="button">
                    {t('nodes.older')}
                  </Link>
                )}
              </nav>
            </>
          )}
        </ResourceView>
      </section>
    </>
  );
}
