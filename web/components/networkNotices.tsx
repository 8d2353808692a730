import { useApp } from '../lib/appContext.ts';
import { Icon } from './icon.tsx';
import { Link } from './link.tsx';

/** What every page says of the network shown: that its file is older than it, or that it has ended. */
export function NetworkNotices() {
  const { network, t } = useApp();
  if (network === null || (!network.fileIsOlder && network.ended === null)) return null;
  const { name, ended } = network;
  return (
    <div class="advice" role="status">
      {network.fileIsOlder && (
        <div class="note warn">
          <Icon name="warn" />
          <div>
            <p class="state-title">{t('notice.older.title', { network: name })}</p>
            <p>
              {t('notice.older.text')} <Link to={{ at: 'forks' }}>{t('notice.older.forks')}</Link>
            </p>
          </div>
        </div>
      )}
      {ended !== null && (
        <div class="note warn">
          <Icon name="warn" />
          <div>
            <p class="state-title">{t('notice.ended.title', { network: name })}</p>
            <p>{t('notice.ended.text', { day: ended })}</p>
          </div>
        </div>
      )}
    </div>
  );
}
