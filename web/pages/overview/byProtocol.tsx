import type { DistributionResponse } from '../../../api/contract/counts.ts';
import { useScope } from '../../components/distribution.tsx';
import { Panel } from '../../components/panel.tsx';
import { Empty, ResourceView } from '../../components/resourceView.tsx';
import { ScrollBox } from '../../components/scrollBox.tsx';
import { TableSkeleton } from '../../components/skeleton.tsx';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { useResource } from '../../lib/useResource.ts';
import { answeredBy } from './answeredBy.ts';

const kinds = ['both', 'discv4', 'discv5', 'none'] as const;
type Kind = (typeof kinds)[number];

/** Which share of the nodes that answer a crawler would have seen that speaks one discovery protocol alone. */
export function ByProtocol() {
  const { t, view } = useApp();
  const population = 'alive';
  const wanted = { cut: 'discovery', population, window: view.window } as const;
  const { state, retry } = useResource(api.distribution(view.network, wanted));
  return (
    <Panel title={t('discovery.title')} scope={useScope(population)}>
      <ResourceView
        state={state}
        retry={retry}
        isEmpty={(data) => data.rows.length === 0}
        skeleton={<TableSkeleton rows={3} />}
        empty={
          <Empty title={t('empty.distribution.title')}>
            <p>{t('empty.distribution.next')}</p>
          </Empty>
        }
      >
        {(data) => <ProtocolTable data={data} />}
      </ResourceView>
    </Panel>
  );
}

function ProtocolTable({ data }: { readonly data: DistributionResponse }) {
  const { t, view } = useApp();
  const rowOf = (kind: Kind) => (kind === 'none' ? data.unknown : data.rows.find(({ key }) => key === kind));
  const figureOf = (kind: Kind): number => rowOf(kind)?.[view.figure] ?? 0;
  const all = kinds.reduce((sum, kind) => sum + figureOf(kind), 0);
  const protocols = answeredBy(data.rows);
  return (
    <>
      {protocols.map((protocol) => (
        <p key={protocol}>
          {protocols.length === 1
            ? t('discovery.only', { protocol })
            : t('discovery.share', { protocol, share: t.numbers.share(figureOf(protocol) + figureOf('both'), all) })}
        </p>
      ))}
      <ScrollBox label={t('discovery.title')}>
        <table class="data">
          <thead>
            <tr>
              <th scope="col">{t('discovery.what')}</th>
              <th scope="col" class="number">
                {t('figure.ids')}
              </th>
              <th scope="col" class="number">
                {t('figure.ips')}
              </th>
              <th scope="col" class="number">
                {t('table.share')}
              </th>
            </tr>
          </thead>
          <tbody>
            {kinds.flatMap((kind) => {
              const row = rowOf(kind);
              if (row === undefined || row.ids === 0) return [];
              return (
                <tr key={kind}>
                  <th scope="row">{t(`discovery.${kind}`)}</th>
                  <td class="number">{t.numbers.count(row.ids)}</td>
                  <td class="number">{t.numbers.count(row.ips)}</td>
                  <td class="number">{t.numbers.share(row[view.figure], all)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </ScrollBox>
      <p class="faint">
        {t('discovery.means')} {t('discovery.layers')}
      </p>
    </>
  );
}
