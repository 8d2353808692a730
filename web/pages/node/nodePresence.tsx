import type { Presence } from '../../../api/contract/churn.ts';
import { Panel } from '../../components/panel.tsx';
import { useApp } from '../../lib/appContext.ts';
import { formatMinute } from '../../lib/format.ts';
import { useNow } from '../../lib/useNow.ts';

/** Since when it has been there, and for which share of the time it was. */
export function NodePresence({ presence }: { readonly presence: Presence | null }) {
  const { t } = useApp();
  return (
    <Panel title={t('presence.title')} scope={t('presence.scope')}>
      {presence === null ? <p class="faint">{t('presence.none')}</p> : <Facts presence={presence} />}
    </Panel>
  );
}

function Facts({ presence }: { readonly presence: Presence }) {
  const { t } = useApp();
  const now = useNow(30_000);
  const { upSinceAt, beginningSeen, windows } = presence;
  const since = upSinceAt === null ? null : Date.parse(upSinceAt);
  return (
    <dl class="facts">
      <div>
        {since === null ? (
          <>
            <dt>{t('presence.down')}</dt>
            <dd class="faint">{t('presence.down.means')}</dd>
          </>
        ) : (
          <>
            <dt>{t('presence.up')}</dt>
            <dd class="number">
              <strong>{formatMinute(since)} UTC</strong>
            </dd>
            <dd class="faint">
              {t(beginningSeen ? 'presence.upFor' : 'presence.upLonger', {
                duration: t.numbers.duration((now - since) / 1_000),
              })}
            </dd>
          </>
        )}
      </div>
      {windows.map(({ window, uptime, sessions }) => (
        <div key={window}>
          <dt>{t('presence.uptime', { window: t(`churn.window.${window}`) })}</dt>
          <dd class="number">
            <strong>{uptime === null ? '–' : t.numbers.fraction(uptime)}</strong>
          </dd>
          <dd class="faint">{t('presence.sessions', { n: sessions })}</dd>
        </div>
      ))}
    </dl>
  );
}
