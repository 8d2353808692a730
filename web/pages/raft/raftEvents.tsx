import type { RaftEvent } from '../../../api/contract/raft.ts';
import { Link } from '../../components/link.tsx';
import { Panel } from '../../components/panel.tsx';
import { ResourceView } from '../../components/resourceView.tsx';
import { TableSkeleton } from '../../components/skeleton.tsx';
import { api } from '../../lib/apiClient.ts';
import { useApp } from '../../lib/appContext.ts';
import { formatInstant } from '../../lib/format.ts';
import { quickPollPlan } from '../../lib/poll.ts';
import { useNow } from '../../lib/useNow.ts';
import { useResource } from '../../lib/useResource.ts';
import { groupEvents } from './groupEvents.ts';
import { eventCause, eventTitle, eventVotes, type MemberNames } from './raftWords.ts';

const pageSize = 25;

/** What happened, newest first, each with its duration and reason, in plain words. */
export function RaftEvents({ cluster, names }: { readonly cluster: string; readonly names: MemberNames }) {
  const { t, route, search } = useApp();
  const cursor = search.get('cursor') ?? '';
  const { state, retry } = useResource(api.raftEvents(cluster, cursor, pageSize), quickPollPlan);
  return (
    <Panel title={t('raft.events')} scope={t('raft.events.scope')}>
      <ResourceView
        state={state}
        retry={retry}
        oldText="raft.old"
        isEmpty={(data) => data.events.length === 0}
        skeleton={<TableSkeleton rows={8} />}
        empty={<p>{t('raft.events.none')}</p>}
      >
        {(data) => (
          <>
            <ol class="raft-events">
              {groupEvents(data.events).map(({ event, within }) => (
                <li key={event.id} class={event.closedAt === null ? 'lasts' : ''}>
                  <Event event={event} all={data.events} names={names} />
                  {within.length > 0 && <Within events={within} all={data.events} names={names} />}
                </li>
              ))}
            </ol>
            {(cursor !== '' || data.next !== null) && (
              <nav class="pager" aria-label={t('raft.events')}>
                {cursor !== '' && (
                  <Link to={route} class="button">
                    {t('raft.events.newest')}
                  </Link>
                )}
                {data.next !== null && (
                  <Link to={route} more={{ cursor: data.next }} class="button">
                    {t('raft.events.older')}
                  </Link>
                )}
              </nav>
            )}
          </>
        )}
      </ResourceView>
    </Panel>
  );
}

function Event(props: { readonly event: RaftEvent; readonly all: readonly RaftEvent[]; readonly names: MemberNames }) {
  const { t } = useApp();
  const { event, all, names } = props;
  const cause = eventCause(event, all, names, t);
  const votes = eventVotes(event, t);
  const details = [
    ...(votes === null ? [] : [votes]),
    ...(event.terms === null ? [] : [t('raft.events.terms', event.terms)]),
    ...(event.block === null ? [] : [t('raft.events.block', { n: t.numbers.count(event.block) })]),
  ];
  return (
    <>
      <p>
        <strong>{eventTitle(event, names, t)}</strong>{' '}
        <span class="number">
          <Length event={event} />
        </span>{' '}
        {!event.confirmed && <span class="tag info">{t('raft.events.unconfirmed')}</span>}{' '}
        {event.gap && (
          <span class="tag" title={t('raft.events.gap.means')}>
            {t('raft.events.gap')}
          </span>
        )}
      </p>
      {cause !== null && <p>{cause}</p>}
      <p class="faint number">{[formatInstant(Date.parse(event.openedAt)), ...details].join(' · ')}</p>
    </>
  );
}

/** The elections of a churn, closed until somebody wants to see them. */
function Within(props: {
  readonly events: readonly RaftEvent[];
  readonly all: readonly RaftEvent[];
  readonly names: MemberNames;
}) {
  const { t } = useApp();
  const { events, all, names } = props;
  return (
    <details class="chart-data">
      <summary>{t('raft.events.within', { n: events.length })}</summary>
      <ol class="raft-events">
        {events.map((event) => (
          <li key={event.id}>
            <Event event={event} all={all} names={names} />
          </li>
        ))}
      </ol>
    </details>
  );
}

function Length({ event }: { readonly event: RaftEvent }) {
  const { t } = useApp();
  const now = useNow(1_000);
  const opened = Date.parse(event.openedAt);
  if (event.closedAt === null) {
    return <span class="tag bad">{t('raft.events.lasts', { age: t.numbers.duration((now - opened) / 1_000) })}</span>;
  }
  const ms = Date.parse(event.closedAt) - opened;
  if (ms === 0) return null;
  const age = ms < 10_000 ? t.numbers.seconds(ms / 1_000) : t.numbers.duration(ms / 1_000);
  return <>{t('raft.events.lasted', { age })}</>;
}
