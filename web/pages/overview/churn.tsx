import { useState } from 'preact/hooks';
import type { ChurnFigures, ChurnResponse, ChurnWindow } from '../../../api/contract/churn.ts';
import { Icon } from '../../components/icon.tsx';
import { Link } from '../../components/link.tsx';
import { Panel } from '../../components/panel.tsx';
import { Empty, ResourceView } from '../../components/resourceView.tsx';
import { ScrollBox } from '../../components/scrollBox.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { TableSkeleton } from '../../components/skeleton.tsx';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { clientLabel } from '../../lib/clientNames.ts';
import { useResource } from '../../lib/useResource.ts';

const windows = ['day', 'week', 'month'] as const satisfies readonly ChurnWindow[];
/** Clients shown; the others have few nodes. */
const mostClients = 10;

type Window = ChurnResponse['windows'][number];

/** Who came and went, how long nodes stay, and for which share of the time they are there, by client. */
export function Churn() {
  const { t, view } = useApp();
  const [chosen, choose] = useState<ChurnWindow>('day');
  const { state, retry } = useResource(api.churn(view.network));
  const options = windows.map((value) => ({ value, label: t(`churn.window.${value}`) }));
  return (
    <Panel
      title={t('churn.title')}
      scope={t('churn.scope', { figure: t(view.figure === 'ids' ? 'figure.ids.long' : 'figure.ips.long') })}
      actions={
        <Segmented label={t('churn.window')} name="churn-window" value={chosen} options={options} onChange={choose} />
      }
    >
      <ResourceView
        state={state}
        retry={retry}
        isEmpty={(data) => data.windows.length === 0}
        skeleton={<TableSkeleton rows={6} />}
        empty={
          <Empty title={t('churn.empty.title')}>
            <p>{t('churn.empty.next')}</p>
          </Empty>
        }
      >
        {(data) =>
          data.windows.filter(({ window }) => window === chosen).map((each) => <Figures key={chosen} data={each} />)
        }
      </ResourceView>
    </Panel>
  );
}

function Figures({ data }: { readonly data: Window }) {
  const { t, view } = useApp();
  const { total, partial } = data;
  const facts = [
    ['joined', t.numbers.count(total.joined[view.figure])],
    ['left', t.numbers.count(total.left[view.figure])],
    ['median', <Median of={total} key="median" />],
    ['uptime', total.uptime === null ? '–' : t.numbers.fraction(total.uptime)],
  ] as const;
  return (
    <>
      {partial !== null && (
        <p class={partial === 'firstHours' ? 'note' : 'note warn'} role="status">
          {partial !== 'firstHours' && <Icon name="warn" />}
          <span>
            <strong>{t('churn.partial')}</strong> {t(`churn.partial.${partial}`)}{' '}
            {data.watched < 0.95 && t('churn.watched', { share: t.numbers.fraction(data.watched) })}
          </span>
        </p>
      )}
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{t(`churn.${name}`)}</dt>
            <dd class="number">
              <strong>{value}</strong>
            </dd>
            <dd class="faint">{t(`churn.${name}.means`)}</dd>
          </div>
        ))}
      </dl>
      <ClientTable data={data} />
      {total.rotating > 0 && <p class="faint">{t('churn.rotating', { n: total.rotating })}</p>}
    </>
  );
}

function ClientTable({ data }: { readonly data: Window }) {
  const { t, view } = useApp();
  const named = data.clients.filter(({ key }) => key !== '' && key !== 'other').slice(0, mostClients);
  const unknown = data.clients.filter(({ key }) => key === '');
  if (named.length + unknown.length === 0) return null;
  const heads = ['nodes', 'joined', 'left', 'median', 'uptime'] as const;
  return (
    <ScrollBox label={t('churn.title')}>
      <table class="data">
        <thead>
          <tr>
            <th scope="col">{t('table.client')}</th>
            {heads.map((head) => (
              <th key={head} scope="col" class="number">
                {t(`churn.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...named, ...unknown].map((row) => (
            <tr key={row.key}>
              <th scope="row">
                {row.key === '' ? (
                  <span class="faint">{t('node.clientUnknown')}</span>
                ) : (
                  <Link to={{ at: 'nodes' }} more={{ client: row.key, population: 'identified' }}>
                    {clientLabel(row.key, row.label)}
                  </Link>
                )}
              </th>
              <td class="number">{t.numbers.count(row.nodes)}</td>
              <td class="number">{t.numbers.count(row.joined[view.figure])}</td>
              <td class="number">{t.numbers.count(row.left[view.figure])}</td>
              <td class="number">
                <Median of={row} />
              </td>
              <td class="number">{row.uptime === null ? '–' : t.numbers.fraction(row.uptime)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

function Median({ of }: { readonly of: ChurnFigures }) {
  const { t } = useApp();
  if (of.medianSession !== null) return <>{t.numbers.duration(of.medianSession)}</>;
  if (of.medianSessionAtLeast === null) return <>–</>;
  return <>{t('churn.atLeast', { duration: t.numbers.duration(of.medianSessionAtLeast) })}</>;
}
