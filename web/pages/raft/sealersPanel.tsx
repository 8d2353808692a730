import type { RaftCluster, Sealers } from '../../../api/contract/raft.ts';
import { Panel } from '../../components/panel.tsx';
import { ScrollBox } from '../../components/scrollBox.tsx';
import { useApp } from '../../lib/appContext.ts';
import { shortenHex } from '../../lib/format.ts';
import { useNow } from '../../lib/useNow.ts';
import { Ago } from '../nodes/nodeParts.tsx';
import { consensusName } from './raftWords.ts';

/** IBFT, QBFT and Clique: the set that should seal, compared with those that do. */
export function SealersPanel(props: { readonly consensus: RaftCluster['consensus']; readonly sealers: Sealers }) {
  const { t } = useApp();
  const { state, window: blocks, needed, sets, head, round, votes } = props.sealers;
  const scope = t('sealers.scope', {
    consensus: consensusName(props.consensus),
    blocks: t('sealers.blocks', { n: blocks }),
    needed: t('sealers.needed', { n: needed }),
  });
  return (
    <Panel title={t('sealers.title')} scope={scope}>
      {state === 'idle' && <p class="note">{t('sealers.idle')}</p>}
      {round !== null && round > 0 && head !== null && (
        <p class="note warn">{t('sealers.round', { head: t.numbers.count(head), n: round })}</p>
      )}
      {sets > 1 && <p class="note warn">{t('sealers.sets', { n: sets })}</p>}
      {votes.map(({ candidate, add, voters, needed: wanted }) => (
        <p class="note" key={`${candidate}-${add}`}>
          {t(add ? 'sealers.voteAdd' : 'sealers.voteRemove', {
            candidate: shortenHex(candidate),
            votes: t.numbers.count(voters.length),
            needed: t.numbers.count(wanted),
          })}
        </p>
      ))}
      <SealersTable sealers={props.sealers} />
    </Panel>
  );
}

function SealersTable({ sealers: { sealers, nodes } }: { readonly sealers: Sealers }) {
  const { t } = useApp();
  const now = useNow(5_000);
  const headOf = (node: string | null): string => {
    const told = nodes.find((each) => each.node === node)?.head ?? null;
    return told === null ? '–' : `#${t.numbers.count(told)}`;
  };
  return (
    <ScrollBox label={t('raft.table', { title: t('sealers.title') })}>
      <table class="data">
        <caption class="unseen">{t('sealers.title')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('sealers.address')}</th>
            <th scope="col">{t('raft.members.endpoint')}</th>
            <th scope="col" class="number">
              {t('raft.head')}
            </th>
            <th scope="col" class="number">
              {t('sealers.sealed')}
            </th>
            <th scope="col" class="number">
              {t('sealers.share')}
            </th>
            <th scope="col" class="number">
              {t('sealers.missed')}
            </th>
            <th scope="col">{t('sealers.lastSealed')}</th>
            <th scope="col">{t('sealers.state')}</th>
          </tr>
        </thead>
        <tbody>
          {sealers.map((sealer) => (
            <tr key={sealer.address}>
              <th scope="row" class="mono" title={sealer.address}>
                {shortenHex(sealer.address)}
              </th>
              <td>{sealer.node ?? <span class="faint">–</span>}</td>
              <td class="number">{headOf(sealer.node)}</td>
              <td class="number">{t.numbers.count(sealer.sealed)}</td>
              <td class="number">
                {t.numbers.share(sealer.share, 1)} / {t.numbers.share(sealer.expectedShare, 1)}
              </td>
              <td class="number">{t.numbers.count(sealer.missed)}</td>
              <td>
                <Ago at={sealer.lastSealedAt} now={now} />
              </td>
              <td>
                <SealerState sealer={sealer} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

function SealerState({ sealer: { expected, silent, down } }: { readonly sealer: Sealers['sealers'][number] }) {
  const { t } = useApp();
  const word = !expected ? 'stranger' : silent ? 'silent' : down ? 'down' : 'sealing';
  return <span class={`outcome ${word === 'sealing' ? 'good' : 'warn'}`}>{t(`sealers.${word}`)}</span>;
}
