import { useApp } from '../lib/appContext.ts';
import { Icon } from './icon.tsx';

/** What is wrong with the crawl itself, in plain words, and what to try. */
export function Advice() {
  const { status, t } = useApp();
  const advice = status.state.data?.advice ?? [];
  if (advice.length === 0) return null;
  return (
    <div class="advice" role="status">
      {advice.map(({ code, message }) => (
        <div class="note warn" key={code}>
          <Icon name="warn" />
          <div>
            <p class="state-title">{t.find(`advice.${code}.title`) ?? code}</p>
            <p>{t.language === 'en' ? message : (t.find(`advice.${code}.try`) ?? message)}</p>
          </div>
        </div>
      ))}
    </div>
  );
}
