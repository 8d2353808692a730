import type { Network } from '../../../api/contract/networks.ts';
import { CopyButton } from '../../components/copyButton.tsx';
import { Link } from '../../components/link.tsx';
import { Panel } from '../../components/panel.tsx';
import { ScrollBox } from '../../components/scrollBox.tsx';
import { useApp } from '../../lib/appContext.ts';
import { scheduleState } from '../../lib/forkKey.ts';
import { formatActivation, formatMinute, shortenHex } from '../../lib/format.ts';

/** The network's forks, newest first, each with the hash that nodes announce once they have passed it. */
export function Schedule({ network }: { readonly network: Network }) {
  const { t } = useApp();
  const { current, upcoming } = scheduleState(network);
  const rows = network.forks.map((fork) => ({
    fork,
    state:
      fork.activated === null
        ? 'schedule.assumed'
        : fork === current
          ? 'schedule.current'
          : fork.activated
            ? 'schedule.passed'
            : fork === upcoming
              ? 'schedule.next'
              : 'schedule.later',
  })) satisfies { state: `schedule.${string}` }[];
  return (
    <Panel title={t('schedule.title', { network: network.name })} scope={t('schedule.scope')}>
      <ScrollBox label={t('schedule.title', { network: network.name })}>
        <table class="data">
          <thead>
            <tr>
              <th scope="col">{t('schedule.fork')}</th>
              <th scope="col">{t('schedule.hash')}</th>
              <th scope="col">{t('schedule.activation')}</th>
              <th scope="col">{t('schedule.firstBlock')}</th>
              <th scope="col">{t('schedule.state')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.toReversed().map(({ fork, state }) => (
              <tr key={`${fork.name}-${fork.at}`}>
                <th scope="row">{fork.name}</th>
                <td>
                  <Link to={{ at: 'nodes' }} more={{ forkHash: fork.hash.slice(2) }} class="mono">
                    {fork.hash.slice(2)}
                  </Link>
                </td>
                <td class="number left">{formatActivation(fork.kind, fork.at, t.numbers)}</td>
                <td class="number left">
                  <FirstBlock fork={fork} />
                </td>
                <td>
                  <span class={`tag ${fork === current && fork.activated ? 'good' : fork === upcoming ? 'info' : ''}`}>
                    {t(state)}
                  </span>
                </td>
              </tr>
            ))}
            <tr>
              <th scope="row">{t('fork.genesis')}</th>
              <td>
                <Link to={{ at: 'nodes' }} more={{ forkHash: network.genesisForkHash.slice(2) }} class="mono">
                  {network.genesisForkHash.slice(2)}
                </Link>
              </td>
              <td class="mono" title={network.genesisHash}>
                {shortenHex(network.genesisHash)}{' '}
                <CopyButton text={network.genesisHash} what={t('schedule.genesisHash')} />
              </td>
              <td class="number left">#0</td>
              <td>
                <span class="tag">{t('schedule.passed')}</span>
              </td>
            </tr>
          </tbody>
        </table>
      </ScrollBox>
    </Panel>
  );
}

/** Where a fork by time began on the chain, or when one by block did, as far as headers show it. */
function FirstBlock({ fork }: { readonly fork: Network['forks'][number] }) {
  const { t } = useApp();
  const { kind, activated, firstBlock, firstBlockAt } = fork;
  const at = firstBlockAt === null ? '' : `${formatMinute(Date.parse(firstBlockAt))} UTC`;
  if (kind === 'block') return <span class="faint">{at === '' ? '–' : at}</span>;
  if (firstBlock !== null) return <span title={at}>#{t.numbers.count(firstBlock)}</span>;
  return <span class="faint">{activated === true ? t('schedule.firstBlock.unknown') : '–'}</span>;
}
