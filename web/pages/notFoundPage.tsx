import { Link } from '../components/link.tsx';
import { useApp } from '../lib/appContext.ts';
import { useTitle } from '../lib/useTitle.ts';

export function NotFoundPage() {
  const { t, route } = useApp();
  useTitle(t('notFound.title'));
  return (
    <div class="panel state-empty">
      <h1>{t('notFound.title')}</h1>
      <p>
        {t('notFound.text')} <code>{route.at === 'notFound' ? route.path : ''}</code>
      </p>
      <p>
        <Link to={{ at: 'overview' }}>{t('nav.overview')}</Link> · <Link to={{ at: 'nodes' }}>{t('nav.nodes')}</Link>
      </p>
    </div>
  );
}
