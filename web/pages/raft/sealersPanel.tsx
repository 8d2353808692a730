import type { RaftCluster, Sealers } from '../../../api/contract/raft.ts';
import { Panel } from '../../components/panel.tsx';
import { useApp } from '../../lib/appContext.ts';

const tones = { well: 'good', degraded: 'warn', halted: 'bad', idle: '', unknown: '' } as const;

/** IBFT, QBFT and Clique: the set that should seal, compared with those that do. */
export function SealersPanel(props: { readonly consensus: RaftCluster['consensus']; readonly sealers: Sealers }) {
  const { t } = useApp();
  const { state, failuresToHalt, window: blocks, needed, active, sets, head, round, sealers } = props.sealers;
  const scope = t('sealers.scope', {
    consensus: props.consensus.toUpperCase(),
    blocks: t('sealers.blocks', { n: blocks }),
    needed: t('sealers.needed', { n: needed }),
  });
  return (
    <Panel title={t('sealers.title')} scope={scope}>
      <p>
        <span class={`tag ${tones[state]}`}>{t(`sealers.state.${state}`)}</span>{' '}
        <span class="number">
          {t('raft.of', { part: active, whole: sealers.filter(({ expected }) => expected).length })}
        </span>
      </p>
      {state === 'idle' && <p class="note">{t('sealers.idle')}</p>}
      {state === 'degraded' && <p class="note warn">{t('sealers.toHalt', { n: failuresToHalt })}</p>}
      {round !== null && round > 0 && head !== null && (
        <p class="note warn">{t('sealers.round', { head: t.numbers.count(head), n: round })}</p>
      )}
      {sets > 1 && <p class="note warn">{t('sealers.sets', { n: sets })}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section class="scroll" tabIndex={0} aria-label={t('raft.table', { title: t('sealers.title') })}>
        <table class="data">
          <caption class="unseen">{t('sealers.title')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('sealers.address')}</th>
              <th scope="col" class="number">
                {t('sealers.sealed')}
              </th>
              <th scope="col">{t('sealers.state')}</th>
            </tr>
          </thead>
          <tbody>
            {sealers.map((sealer) => (
              <tr key={sealer.address}>
                <th scope="row" class="mono">
                  {sealer.address}
                </th>
                <td class="number">{t.numbers.count(sealer.sealed)}</td>
                <td>
                  <span class={`outcome ${sealer.silent || !sealer.expected ? 'warn' : 'good'}`}>
                    {t(!sealer.expected ? 'sealers.stranger' : sealer.silent ? 'sealers.silent' : 'sealers.sealing')}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Panel>
  );
}
