import type { RaftClusterResponse, RaftView } from '../../../api/contract/raft.ts';
import { Panel } from '../../components/panel.tsx';
import { useApp } from '../../lib/appContext.ts';
import { NoView } from './raftParts.tsx';
import { byMember, type MemberNames, memberName } from './raftWords.ts';

/** The nodes' own views side by side: where they differ, there is a problem. */
export function RaftMatrix({ data, names }: { readonly data: RaftClusterResponse; readonly names: MemberNames }) {
  const { t } = useApp();
  const isEtcd = names.kind === 'etcd';
  const columns = data.members
    .filter(({ present }) => present)
    .map(({ raftId }) => raftId)
    .sort(byMember(names, t));
  return (
    <Panel title={t('raft.matrix')} scope={t('raft.matrix.scope')}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section class="scroll" tabIndex={0} aria-label={t('raft.table', { title: t('raft.matrix') })}>
        <table class="data raft-matrix">
          <caption class="unseen">{t('raft.matrix')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('raft.matrix.viewer')}</th>
              <th scope="col">{t('raft.matrix.itself')}</th>
              {columns.map((id) => (
                <th scope="col" key={id}>
                  {memberName(id, names, t)}
                </th>
              ))}
              <th scope="col" class="number">
                {t(isEtcd ? 'raft.matrix.term' : 'raft.matrix.head')}
              </th>
              <th scope="col" class="number">
                {t('raft.matrix.polls')}
              </th>
            </tr>
          </thead>
          <tbody>
            {data.views.map((view) => (
              <tr key={view.node}>
                <th scope="row">
                  {view.node}
                  {view.raftId !== null && (
                    <span class={`block faint ${isEtcd ? 'mono' : ''}`}>
                      {names.ids.get(view.raftId) ?? t('raft.member', { id: String(view.raftId) })}
                    </span>
                  )}
                  <RaftPort view={view} />
                </th>
                {view.leader === null ? (
                  <td colSpan={columns.length + 2}>
                    <NoView view={view} kind={names.kind} />
                  </td>
                ) : (
                  <>
                    <td>
                      <Follows view={view} names={names} />
                    </td>
                    {columns.map((id) => (
                      <td key={id}>
                        <Cell view={view} raftId={id} />
                      </td>
                    ))}
                    {isEtcd ? (
                      <td class="number">{view.term === null ? '–' : t.numbers.count(view.term)}</td>
                    ) : (
                      <td class="number">
                        {view.head === null ? '–' : `#${t.numbers.count(view.head)}`} /{' '}
                        {view.pending === null ? '–' : t.numbers.count(view.pending)}
                      </td>
                    )}
                  </>
                )}
                <td class="number">{t.numbers.share(view.polls.ok, view.polls.all)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p class="faint small">{t('raft.matrix.means')}</p>
    </Panel>
  );
}

function Follows({ view, names }: { readonly view: RaftView; readonly names: MemberNames }) {
  const { t } = useApp();
  if (view.leader === 'none') return <span class="tag warn">{t('raft.role.none')}</span>;
  if (view.leader === 'unknown') return <span class="faint">{t('raft.matrix.someone')}</span>;
  return <>{view.leaderRaftId === view.raftId ? t('raft.matrix.self') : memberName(view.leaderRaftId, names, t)}</>;
}

/** Smaller clock offsets are not shown. */
const clockToleranceMs = 500;

function RaftPort({ view: { raftPortUp, clockOffsetMs } }: { readonly view: RaftView }) {
  const { t } = useApp();
  if (raftPortUp === false) return <span class="outcome block warn">{t('raft.matrix.portDown')}</span>;
  if (clockOffsetMs === null || Math.abs(clockOffsetMs) < clockToleranceMs) return null;
  const offset = `${clockOffsetMs > 0 ? '+' : '−'}${(Math.abs(clockOffsetMs) / 1_000).toFixed(1)}`;
  return <span class="outcome block warn">{t('raft.matrix.clock', { offset })}</span>;
}

function Cell({ view, raftId }: { readonly view: RaftView; readonly raftId: number }) {
  const { t } = useApp();
  const entry = view.sees.find((candidate) => candidate.raftId === raftId);
  if (entry === undefined) return <span class="faint">{t('raft.matrix.absent')}</span>;
  const link =
    view.raftId === raftId ? (
      <span class="faint">{t('raft.matrix.self')}</span>
    ) : entry.active === null ? (
      <span class="faint">{t('raft.matrix.unknown')}</span>
    ) : (
      <span class={`outcome ${entry.active ? 'good' : 'bad'}`}>
        {t(entry.active ? 'raft.matrix.up' : 'raft.matrix.down')}
      </span>
    );
  return (
    <>
      {link} {entry.role === 'minter' && <span class="tag info">{t('raft.matrix.leads')}</span>}
    </>
  );
}
