import type { ReadinessResponse } from '../../../api/contract/forks.ts';
import { ScrollBox } from '../../components/scrollBox.tsx';
import { useApp } from '../../lib/appContext.ts';

type Client = ReadinessResponse['clients'][number];

export interface ReadinessTableProps {
  readonly clients: readonly Client[];
  /** The client whose versions are shown; null = the unknown one, undefined = none. */
  readonly open: string | null | undefined;
  readonly setOpen: (client: string | null | undefined) => void;
}

/** Clients with the lowest version that announces the fork; each opens to its versions. */
export function ReadinessTable({ clients, open, setOpen }: ReadinessTableProps) {
  const { t } = useApp();
  return (
    <div class="by-client">
      <h3>{t('readiness.byClient')}</h3>
      <ScrollBox label={t('readiness.byClient')}>
        <table class="data">
          <caption class="unseen">{t('readiness.byClient')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('table.client')}</th>
              <th scope="col" class="number">
                {t('forkClass.ready')}
              </th>
              <th scope="col" class="number">
                {t('splits.nodes')}
              </th>
              <th scope="col" class="number">
                {t('table.share')}
              </th>
              <th scope="col">{t('readiness.lowest')}</th>
            </tr>
          </thead>
          {clients.map((client) => (
            <tbody key={client.client ?? ''}>
              <tr>
                <th scope="row">
                  <button
                    type="button"
                    class="disclose"
                    aria-expanded={open === client.client}
                    onClick={() => setOpen(open === client.client ? undefined : client.client)}
                  >
                    {client.client ?? t('node.clientUnknown')}
                  </button>{' '}
                  <span class="faint">{t('readiness.versions', { n: client.versions.length })}</span>
                </th>
                <Figures row={client} />
                <td class="mono">
                  {client.lowestReady === null
                    ? '–'
                    : t('readiness.lowest.of', {
                        version: client.lowestReady.version,
                        nodes: client.lowestReady.nodes,
                      })}
                </td>
              </tr>
              {open === client.client &&
                client.versions.map((version) => (
                  <tr key={version.version ?? ''} class="faint">
                    <th scope="row" class="mono indented">
                      {version.version ?? t('readiness.version.unknown')}
                    </th>
                    <Figures row={version} />
                    <td />
                  </tr>
                ))}
            </tbody>
          ))}
        </table>
      </ScrollBox>
    </div>
  );
}

function Figures({ row }: { readonly row: Pick<Client, 'ready' | 'current' | 'conflicting'> }) {
  const { t } = useApp();
  const all = row.ready + row.current + row.conflicting;
  return (
    <>
      <td class="number">{t.numbers.count(row.ready)}</td>
      <td class="number faint">{t.numbers.count(all)}</td>
      <td class="number strong">{t.numbers.share(row.ready, all)}</td>
    </>
  );
}
