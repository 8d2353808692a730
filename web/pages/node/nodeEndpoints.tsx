import type { NodeResponse } from '../../../api/contract/nodes.ts';
import { Panel } from '../../components/panel.tsx';
import { ScrollBox } from '../../components/scrollBox.tsx';
import { useApp } from '../../lib/appContext.ts';
import { formatInstant } from '../../lib/format.ts';
import { useNow } from '../../lib/useNow.ts';
import { Ago } from '../nodes/nodeParts.tsx';

export function NodeEndpoints({ endpoints }: { readonly endpoints: NodeResponse['endpoints'] }) {
  const { t } = useApp();
  const now = useNow(30_000);
  return (
    <Panel title={t('endpoints.title')} scope={t('endpoints.scope')}>
      <ScrollBox label={t('endpoints.title')}>
        <table class="data">
          <thead>
            <tr>
              <th scope="col">IP</th>
              <th scope="col" class="number">
                UDP
              </th>
              <th scope="col" class="number">
                TCP
              </th>
              <th scope="col">{t('endpoints.source')}</th>
              <th scope="col">{t('endpoints.firstSeen')}</th>
              <th scope="col">{t('endpoints.lastPong')}</th>
            </tr>
          </thead>
          <tbody>
            {endpoints.map((endpoint) => (
              <tr key={`${endpoint.ip}-${endpoint.udp}-${endpoint.tcp}-${endpoint.source}`}>
                <th scope="row" class="mono">
                  {endpoint.ip}
                </th>
                <td class="number">{endpoint.udp === 0 ? '–' : endpoint.udp}</td>
                <td class="number">{endpoint.tcp === 0 ? '–' : endpoint.tcp}</td>
                <td>{t(`source.${endpoint.source}`)}</td>
                <td class="number left">{formatInstant(Date.parse(endpoint.firstSeenAt))}</td>
                <td>
                  <Ago at={endpoint.lastPongAt} now={now} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </Panel>
  );
}
