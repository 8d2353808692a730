import type { RaftClusterResponse, RaftMember } from '../../../api/contract/raft.ts';
import { Panel } from '../../components/panel.tsx';
import { useApp } from '../../lib/appContext.ts';
import { shortenHex } from '../../lib/format.ts';
import { useNow } from '../../lib/useNow.ts';
import { Ago } from '../nodes/nodeParts.tsx';
import { memberNames } from './raftWords.ts';

/** An ID of etcd has 64 bits, where others have 512. */
const etcdPadding = /^0{112}/;

export function RaftMembers({ data }: { readonly data: RaftClusterResponse }) {
  const { t } = useApp();
  const now = useNow(10_000);
  const names = memberNames(data.views);
  const views = data.views.filter(({ leader }) => leader !== null);
  const seenBy = (member: RaftMember): number =>
    views.filter(({ sees }) => sees.some(({ raftId, active }) => raftId === member.raftId && active === true)).length;
  return (
    <Panel title={t('raft.members')} scope={t('raft.members.scope')}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section class="scroll" tabIndex={0} aria-label={t('raft.table', { title: t('raft.members') })}>
        <table class="data">
          <caption class="unseen">{t('raft.members')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('raft.members.id')}</th>
              <th scope="col">{t('raft.members.endpoint')}</th>
              <th scope="col">{t('raft.members.role')}</th>
              <th scope="col">{t('raft.members.streams')}</th>
              <th scope="col">{t('raft.members.lastActive')}</th>
              <th scope="col">{t('raft.members.host')}</th>
              <th scope="col">{t('raft.members.nodeId')}</th>
            </tr>
          </thead>
          <tbody>
            {data.members.map((member) => (
              <tr key={`${member.raftId}-${member.nodeId}`}>
                <th scope="row" class="number left">
                  {member.raftId}
                </th>
                <td>{names.get(member.raftId) ?? <span class="faint">–</span>}</td>
                <td>
                  <Role member={member} />
                </td>
                <td class="number left">
                  {member.present ? t('raft.of', { part: seenBy(member), whole: views.length }) : '–'}
                </td>
                <td>
                  <Ago at={member.lastActiveAt} now={now} />
                </td>
                <td class="mono">{member.hostname ?? '–'}</td>
                <td class="mono" title={member.nodeId}>
                  {shortenHex(member.nodeId.replace(etcdPadding, ''), 8, 7)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Panel>
  );
}

function Role({ member }: { readonly member: RaftMember }) {
  const { t } = useApp();
  if (!member.present) return <span class="tag">{t('raft.members.removed')}</span>;
  if (member.role === 'minter') return <span class="tag info">{t('raft.role.minter')}</span>;
  if (member.learner) return <>{t('raft.role.learner')}</>;
  return <>{t('raft.role.verifier')}</>;
}
