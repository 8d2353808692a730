import type { ReadinessResponse } from '../../../api/contract/forks.ts';
import { Link } from '../../components/link.tsx';
import { Panel } from '../../components/panel.tsx';
import { ScrollBox } from '../../components/scrollBox.tsx';
import { useApp } from '../../lib/appContext.ts';
import { formatActivation } from '../../lib/format.ts';

/** Forks known only from what nodes announce: shown separately, never among those of the file. */
export function LearnedForks({ forks }: { readonly forks: ReadinessResponse['learned'] }) {
  const { t } = useApp();
  return (
    <Panel title={t('learned.title')} scope={t('learned.scope')}>
      <ScrollBox label={t('learned.title')}>
        <table class="data">
          <thead>
            <tr>
              <th scope="col">{t('learned.hash')}</th>
              <th scope="col">{t('schedule.activation')}</th>
              <th scope="col">{t('learned.base')}</th>
              <th scope="col" class="number">
                {t('learned.subnets')}
              </th>
            </tr>
          </thead>
          <tbody>
            {forks.map((fork) => (
              <tr key={fork.hash}>
                <th scope="row">
                  <Link to={{ at: 'nodes' }} more={{ forkHash: fork.hash.slice(2) }} class="mono">
                    {fork.hash.slice(2)}
                  </Link>
                </th>
                <td class="number left">{formatActivation(fork.kind, fork.at, t.numbers)}</td>
                <td class="mono">{fork.base.slice(2)}</td>
                <td class="number">
                  {fork.ofSubnets === 0
                    ? t.numbers.count(fork.subnets)
                    : t('learned.of', { some: t.numbers.count(fork.subnets), all: t.numbers.count(fork.ofSubnets) })}
                  {fork.endpoint !== null && (
                    <span class="block faint">{t('learned.endpoint', { endpoint: fork.endpoint })}</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </Panel>
  );
}
