import type { NetworkSummaryResponse } from '../../../api/contract/networks.ts';
import { Panel } from '../../components/panel.tsx';
import { Empty, ResourceView } from '../../components/resourceView.tsx';
import { TableSkeleton } from '../../components/skeleton.tsx';
import { useApp } from '../../lib/appContext.ts';
import type { Resource } from '../../lib/useResource.ts';

export interface ClientUnknownProps {
  readonly summary: Resource<NetworkSummaryResponse>;
  /** Figure and words side by side. */
  readonly wide?: boolean;
}

/** How many nodes completed our handshake and hung up before naming their client: the part that client charts cannot show. */
export function ClientUnknown({ summary, wide = false }: ClientUnknownProps) {
  const { t, view } = useApp();
  return (
    <Panel title={t('clientUnknown.title')} scope={t('clientUnknown.scope')}>
      <ResourceView
        state={summary.state}
        retry={summary.retry}
        isEmpty={(data) => data.freshness.asOf === null}
        skeleton={<TableSkeleton rows={3} />}
        empty={
          <Empty title={t('empty.distribution.title')}>
            <p>{t('empty.distribution.next')}</p>
          </Empty>
        }
      >
        {(data) => {
          const reachable = data.populations.find((row) => row.population === 'reachable')?.day ?? { ids: 0, ips: 0 };
          const unknown = data.clientUnknown;
          return (
            <div class={wide ? 'statement wide' : 'statement'}>
              <div>
                <p class="figure number">{t.numbers.share(unknown[view.figure], reachable[view.figure])}</p>
                <meter
                  min={0}
                  max={Math.max(1, reachable[view.figure])}
                  value={unknown[view.figure]}
                  aria-label={t('clientUnknown.title')}
                />
              </div>
              <div>
                <p>
                  {t(`clientUnknown.text.${view.figure}`, {
                    unknown: unknown[view.figure],
                    reachable: reachable[view.figure],
                  })}
                </p>
                <p class="faint">{t('clientUnknown.why')}</p>
                {data.capped.ids > 0 && <p class="faint">{t('capped.text', { ids: data.capped.ids })}</p>}
              </div>
            </div>
          );
        }}
      </ResourceView>
    </Panel>
  );
}
