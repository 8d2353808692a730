import type { NodeResponse } from '../../../api/contract/nodes.ts';
import { Panel } from '../../components/panel.tsx';
import { useApp } from '../../lib/appContext.ts';
import { formatInstant } from '../../lib/format.ts';
import { outcomeTone } from '../../lib/outcomeTone.ts';
import { useNow } from '../../lib/useNow.ts';
import { Ago, clockText, Outcome } from '../nodes/nodeParts.tsx';

/** Recent visits, newest first; each end is explained, with what the node's operator could do about it. */
export function NodeVisits({ visits }: { readonly visits: NodeResponse['visits'] }) {
  const { t } = useApp();
  const now = useNow(30_000);
  return (
    <Panel title={t('visits.title')} scope={t('visits.scope')}>
      {visits.length === 0 ? (
        <p class="faint">{t('visits.none')}</p>
      ) : (
        <ol class="visits">
          {visits.map((visit) => (
            <li key={visit.key} class={outcomeTone(visit.code, visit.remoteReason)}>
              <div class="visit-when">
                <Ago at={visit.at} now={now} />
                <span class="faint number">{formatInstant(Date.parse(visit.at))}</span>
              </div>
              <div>
                <p>
                  <Outcome code={visit.code} reason={visit.remoteReason} />
                  {visit.clockSkewMs !== null && <span class="tag warn">{clockText(visit.clockSkewMs, t)}</span>}
                </p>
                <p class="faint">
                  {t.find(`code.${visit.code}.means`) ?? t('code.other.means', { code: visit.code })}{' '}
                  {visit.remoteReason !== null && (t.find(`reason.${visit.remoteReason}.means`) ?? '')}
                </p>
              </div>
              <div class="visit-how faint">
                <span>
                  {t(visit.direction === 'inbound' ? 'visits.inbound' : 'visits.outbound')} ·{' '}
                  {t('visits.stage', { stage: t.find(`stage.${visit.stage}`) ?? visit.stage })}
                </span>
                <span class="number">
                  {t('visits.took', { ms: visit.tookMs, vantage: visit.vantage })} ·{' '}
                  <span class="mono">{visit.ip}</span>
                </span>
              </div>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
