import type { Network } from '../../../api/contract/networks.ts';
import { useApp } from '../../lib/appContext.ts';
import { scheduleState } from '../../lib/forkKey.ts';
import { formatActivation } from '../../lib/format.ts';
import { useNow } from '../../lib/useNow.ts';

/** Where the network stands in its schedule, in one line. */
export function NextFork({ network }: { readonly network: Network }) {
  const { t } = useApp();
  const now = useNow(30_000);
  const { current, upcoming } = scheduleState(network);
  return (
    <dl class="facts">
      <div>
        <dt>{t('forks.current')}</dt>
        <dd>
          <strong>{current?.name ?? t('fork.genesis')}</strong>{' '}
          <span class="mono faint">{(current?.hash ?? network.genesisForkHash).slice(2)}</span>
        </dd>
        <dd class="faint">
          {current === null ? '' : t('forks.since', { at: formatActivation(current.kind, current.at, t.numbers) })}
        </dd>
        {current?.activated === null && <dd class="faint">{t('forks.assumed')}</dd>}
      </div>
      <div>
        <dt>{t('forks.next')}</dt>
        {upcoming === null ? (
          <>
            <dd>
              <strong>{t('forks.none')}</strong>
            </dd>
            <dd class="faint">{t('forks.none.means')}</dd>
          </>
        ) : (
          <>
            <dd>
              <strong>{upcoming.name}</strong> <span class="mono faint">{upcoming.hash.slice(2)}</span>
            </dd>
            <dd class="faint">
              {formatActivation(upcoming.kind, upcoming.at, t.numbers)}
              {upcoming.kind === 'time' &&
                ` · ${t('forks.in', { duration: t.numbers.duration(Number(upcoming.at) - now / 1_000) })}`}
            </dd>
          </>
        )}
      </div>
      <div>
        <dt>{t('forks.networkId')}</dt>
        <dd class="number">
          <strong>{network.networkId}</strong>
        </dd>
        <dd class="faint">{t('forks.networkId.means')}</dd>
      </div>
    </dl>
  );
}
