import type { RaftClusterResponse, RaftMember } from '../../../api/contract/raft.ts';
import { Panel } from '../../components/panel.tsx';
import { useApp } from '../../lib/appContext.ts';
import { shortenHex } from '../../lib/format.ts';
import { useNow } from '../../lib/useNow.ts';
import { Ago } from '../nodes/nodeParts.tsx';
import { byMember, etcdId, kindWords, type MemberNames } from './raftWords.ts';

export function RaftMembers({ data, names }: { readonly data: RaftClusterResponse; readonly names: MemberNames }) {
  const { t } = useApp();
  const now = useNow(10_000);
  const { kind } = names;
  const order = byMember(names, t);
  const members = data.members.toSorted((a, b) => Number(b.present) - Number(a.present) || order(a.raftId, b.raftId));
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
              <th scope="col">{kindWords('raft.members.id', kind, t)}</th>
              <th scope="col">{t('raft.members.endpoint')}</th>
              <th scope="col">{t('raft.members.role')}</th>
              <th scope="col">{t('raft.members.streams')}</th>
              <th scope="col">{t('raft.members.lastActive')}</th>
              <th scope="col">{kindWords('raft.members.host', kind, t)}</th>
              {kind !== 'etcd' && <th scope="col">{t('raft.members.nodeId')}</th>}
            </tr>
          </thead>
          <tbody>
            {members.map((member) => (
              <tr key={`${member.raftId}-${member.nodeId}`}>
                <th scope="row" class={kind === 'etcd' ? 'mono' : 'number left'}>
                  {kind === 'etcd' ? etcdId(member.nodeId) : member.raftId}
                </th>
                <td>{names.nodes.get(member.raftId) ?? <span class="faint">–</span>}</td>
                <td>
                  <Role member={member} kind={kind} />
                </td>
                <td class="number left">
                  {member.present ? t('raft.of', { part: seenBy(member), whole: views.length }) : '–'}
                </td>
                <td>
                  <Ago at={member.lastActiveAt} now={now} />
                </td>
                <td class="mono">{member.hostname ?? '–'}</td>
                {kind !== 'etcd' && (
                  <td class="mono" title={member.nodeId}>
                    {shortenHex(member.nodeId, 8, 7)}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Panel>
  );
}

function Role({ member, kind }: { readonly member: RaftMember; readonly kind: MemberNames['kind'] }) {
  const { t } = useApp();
  if (!member.present) return <span class="tag">{t('raft.members.removed')}</span>;
  if (member.role === 'minter') return <span class="tag info">{kindWords('raft.role.minter', kind, t)}</span>;
  if (member.learner) return <>{t('raft.role.learner')}</>;
  return <>{kindWords('raft.role.verifier', kind, t)}</>;
}
