import type { DistributionResponse } from '../../../api/contract/counts.ts';
import { rememberedSlots } from '../../charts/colours.ts';
import { useScope } from '../../components/distribution.tsx';
import { Panel } from '../../components/panel.tsx';
import { Empty, ResourceView } from '../../components/resourceView.tsx';
import { ShareTable } from '../../components/shareTable.tsx';
import { TableSkeleton } from '../../components/skeleton.tsx';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { useResource } from '../../lib/useResource.ts';

const shownRows = 14;

/** Which protocols nodes speak: a node has several, so shares are of all identified nodes and add up to more. */
export function Capabilities() {
  const { t, view } = useApp();
  const { window, network } = view;
  const of = { population: 'identified', window } as const;
  const { state, retry } = useResource(api.distribution(network, { cut: 'capability', ...of }));
  const total = useResource(api.distribution(network, { cut: 'total', ...of })).state.data?.rows[0];
  return (
    <Panel title={t('capabilities.title')} scope={`${useScope('identified')} · ${t('capabilities.scope')}`}>
      <ResourceView
        state={state}
        retry={retry}
        isEmpty={(data) => data.rows.length === 0}
        skeleton={<TableSkeleton rows={8} />}
        empty={
          <Empty title={t('capabilities.empty.title')}>
            <p>{t('capabilities.empty.next')}</p>
          </Empty>
        }
      >
        {(data) => (
          <ShareTable
            rows={toRows(data, t('capabilities.other'))}
            caption={t('capabilities.title')}
            what={t('capabilities.what')}
            chart="ranked"
            {...(total === undefined ? {} : { whole: total })}
          />
        )}
      </ResourceView>
    </Panel>
  );
}

function toRows({ rows }: DistributionResponse, other: string) {
  const shown = rows.slice(0, shownRows);
  const slots = rememberedSlots(
    'capability',
    shown.map(({ key }) => familyOf(key)).filter((name, index, all) => all.indexOf(name) === index),
  );
  return shown.map(({ key, ids, ips }) => {
    return { key, label: key === 'other' ? other : key, slot: slots.get(familyOf(key)) ?? -1, ids, ips };
  });
}

/** Versions of one protocol are one colour. */
function familyOf(key: string): string {
  return key.split('/')[0] ?? key;
}
