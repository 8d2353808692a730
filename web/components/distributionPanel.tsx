import type { Cut, Population } from '../../api/contract/common.ts';
import { api } from '../lib/apiClient.ts';
import { useApp } from '../lib/appContext.ts';
import { useResource } from '../lib/useResource.ts';
import { Distribution, type DistributionProps, useScope } from './distribution.tsx';
import { Panel } from './panel.tsx';
import { PartialMark } from './partialNote.tsx';
import { Empty, ResourceView } from './resourceView.tsx';
import { TableSkeleton } from './skeleton.tsx';

export interface DistributionPanelProps extends Omit<DistributionProps, 'data' | 'caption'> {
  readonly title: string;
  readonly cut: Cut;
  readonly population: Population;
}

export function DistributionPanel({ title, cut, population, ...rest }: DistributionPanelProps) {
  const { t, view } = useApp();
  const { state, retry } = useResource(api.distribution(view.network, { cut, population, window: view.window }));
  return (
    <Panel title={title} scope={useScope(population)}>
      <ResourceView
        state={state}
        retry={retry}
        isEmpty={(data) => data.rows.length === 0}
        skeleton={<TableSkeleton rows={Math.min(rest.limit, 8)} />}
        empty={
          <Empty title={t('empty.distribution.title')}>
            <p>{t('empty.distribution.next')}</p>
          </Empty>
        }
      >
        {(data) => (
          <>
            <PartialMark coverage={data.coverage} />
            <Distribution data={data} caption={title} {...rest} />
          </>
        )}
      </ResourceView>
    </Panel>
  );
}
