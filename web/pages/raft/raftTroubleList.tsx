import type { RaftClusterResponse } from '../../../api/contract/raft.ts';
import { Icon } from '../../components/icon.tsx';
import { useApp } from '../../lib/appContext.ts';
import { formatInstant } from '../../lib/format.ts';
import { useNow } from '../../lib/useNow.ts';
import { listTroubles, type Trouble } from './raftTroubles.ts';
import type { MemberNames } from './raftWords.ts';

/** What is wrong, before anything else: with what to do, and the runbook for more. */
export function RaftTroubleList({ data, names }: { readonly data: RaftClusterResponse; readonly names: MemberNames }) {
  const { t } = useApp();
  const troubles = listTroubles(data, names, t);
  if (troubles.length === 0) return null;
  return (
    <div class="advice" role="status">
      {troubles.map((each) => (
        <TroubleNote trouble={each} key={each.name} />
      ))}
    </div>
  );
}

function TroubleNote({ trouble: { name, tone, title, since, who, todo } }: { readonly trouble: Trouble }) {
  const { t } = useApp();
  const now = useNow(1_000);
  const from = since === null ? null : Date.parse(since);
  return (
    <div class={`note ${tone}`}>
      <Icon name="warn" />
      <div>
        <p class="state-title">{title}</p>
        {from !== null && (
          <p class="number">
            {t('trouble.since', { at: formatInstant(from), age: t.numbers.duration((now - from) / 1_000) })}
          </p>
        )}
        {who !== null && <p>{who}</p>}
        <p>
          {todo} <a href={`/api/runbooks/raft#${name.toLowerCase()}`}>{t('trouble.runbook', { name })}</a>
        </p>
      </div>
    </div>
  );
}
