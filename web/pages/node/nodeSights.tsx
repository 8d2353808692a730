import type { NodeResponse } from '../../../api/contract/nodes.ts';
import { Panel } from '../../components/panel.tsx';
import { ScrollBox } from '../../components/scrollBox.tsx';
import { useApp } from '../../lib/appContext.ts';
import { useNow } from '../../lib/useNow.ts';
import { Ago } from '../nodes/nodeParts.tsx';

/** From where it is reachable, and what else is at its IP. */
export function NodeSights({ sights, host }: Pick<NodeResponse, 'sights' | 'host'>) {
  const { t } = useApp();
  const now = useNow(30_000);
  return (
    <Panel title={t('sights.title')} scope={t('sights.scope')}>
      {sights.length > 0 && (
        <ScrollBox label={t('sights.title')}>
          <table class="data">
            <thead>
              <tr>
                <th scope="col">{t('sights.vantage')}</th>
                <th scope="col">{t('sights.visit')}</th>
                <th scope="col">{t('sights.alive')}</th>
                <th scope="col">{t('sights.reachable')}</th>
                <th scope="col">{t('sights.inbound')}</th>
              </tr>
            </thead>
            <tbody>
              {sights.map((sight) => (
                <tr key={sight.vantage}>
                  <th scope="row">{sight.vantage}</th>
                  {[sight.lastVisitAt, sight.lastAliveAt, sight.lastReachableAt, sight.lastInboundAt].map(
                    (at, place) => (
                      <td key={place}>
                        <Ago at={at} now={now} />
                      </td>
                    ),
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
      {host.ids > 1 && <p>{t('host.ids', { ids: host.ids, answering: host.answering })}</p>}
      {host.rotatesKeys && (
        <p class="note">
          <span>{t('host.rotates')}</span>
        </p>
      )}
      {host.capped > 0 && <p>{t('host.capped', { capped: host.capped })}</p>}
    </Panel>
  );
}
