import type { Identity } from '../../../api/contract/common.ts';
import type { DistributionResponse } from '../../../api/contract/counts.ts';
import { useScope } from '../../components/distribution.tsx';
import { Link } from '../../components/link.tsx';
import { Panel } from '../../components/panel.tsx';
import { Empty, ResourceView } from '../../components/resourceView.tsx';
import { ScrollBox } from '../../components/scrollBox.tsx';
import { TableSkeleton } from '../../components/skeleton.tsx';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { useResource } from '../../lib/useResource.ts';

const members = ['status', 'hint', 'otherNetworkId'] as const satisfies readonly Identity[];
const beside = ['atGenesis', 'ambiguous', 'relative', 'crawler'] as const satisfies readonly Identity[];
/** Those that a network has. */
export const networkIdentities = [...members, ...beside] as const;
type Kind = (typeof networkIdentities)[number];
type Row = DistributionResponse['rows'][number];

/** By what the nodes of a network are known to be on it, and who could be or claims to be, without counting for it. */
export function Identities() {
  const { t, view } = useApp();
  const population = 'alive';
  const wanted = { cut: 'identity', population, window: view.window } as const;
  const { state, retry } = useResource(api.distribution(view.network, wanted));
  return (
    <Panel title={t('identity.title')} scope={useScope(population)}>
      <ResourceView
        state={state}
        retry={retry}
        isEmpty={(data) => data.rows.length === 0}
        skeleton={<TableSkeleton rows={4} />}
        empty={
          <Empty title={t('empty.distribution.title')}>
            <p>{t('empty.distribution.next')}</p>
          </Empty>
        }
      >
        {(data) => <IdentityTable data={data} />}
      </ResourceView>
    </Panel>
  );
}

function IdentityTable({ data }: { readonly data: DistributionResponse }) {
  const { t, view } = useApp();
  const kindOf = (row: Row): string => row.key.split('/', 1)[0] ?? '';
  const of = (kinds: readonly string[]) => data.rows.filter((row) => kinds.includes(kindOf(row)));
  const sum = (rows: readonly Row[]): number => rows.reduce((all, row) => all + row[view.figure], 0);
  const onIt = sum(of(members));
  return (
    <>
      <p>
        {t('identity.hintShare', { share: t.numbers.share(sum(of(['hint'])), onIt) })}{' '}
        <span class="faint">{t('identity.hint.means')}</span>
      </p>
      <ScrollBox label={t('identity.title')}>
        <table class="data">
          <thead>
            <tr>
              <th scope="col">{t('identity.filter')}</th>
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
          {[members, beside].map((kinds) => (
            <tbody key={kinds[0]}>
              {kinds.flatMap((kind: Kind) =>
                of([kind]).map((row) => (
                  <tr key={row.key}>
                    <th scope="row">
                      <Link to={{ at: 'nodes' }} more={{ identity: kind }} title={t(`identity.${kind}.means`)}>
                        {t(`identity.${kind}`)}
                      </Link>{' '}
                      <NamedId row={row} kind={kind} />
                    </th>
                    <td class="number">{t.numbers.count(row.ids)}</td>
                    <td class="number">{t.numbers.count(row.ips)}</td>
                    <td class="number">{kinds === members ? t.numbers.share(row[view.figure], onIt) : '–'}</td>
                  </tr>
                )),
              )}
            </tbody>
          ))}
        </table>
      </ScrollBox>
      <p class="faint">{t('identity.beside')}</p>
    </>
  );
}

/** The network id that it names, where that is what tells it apart. */
function NamedId({ row, kind }: { readonly row: Row; readonly kind: Kind }) {
  const { t } = useApp();
  if (kind !== 'relative' && kind !== 'otherNetworkId') return null;
  const [, id = ''] = row.key.split('/');
  return <span class="hint">{id === '' ? t('identity.otherIds') : t('identity.named', { id })}</span>;
}
