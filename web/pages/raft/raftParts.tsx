import type { RaftCluster, RaftView } from '../../../api/contract/raft.ts';
import { useApp } from '../../lib/appContext.ts';
import { formatInstant } from '../../lib/format.ts';
import { useNow } from '../../lib/useNow.ts';
import { clusterWarnings, consensusName, kindWords, sealerTones, stateTones } from './raftWords.ts';

/** The parts of a cluster that the list and its own page show alike. */

export function StateTag({ cluster }: { readonly cluster: RaftCluster }) {
  const { t } = useApp();
  const { state, sealing } = cluster;
  if (sealing !== null) {
    return (
      <span class={`tag ${sealerTones[sealing.state]}`} title={t(`sealers.state.${sealing.state}`)}>
        {t(`sealers.tag.${sealing.state}`)}
      </span>
    );
  }
  const name = state ?? 'unknown';
  return (
    <span class={`tag ${state === null ? '' : stateTones[state]}`} title={t(`raft.state.${name}.means`)}>
      {t(`raft.state.${name}`)}
    </span>
  );
}

/** Since when it has been in its state, whichever consensus tells it. */
export function sinceOf({ sealing, stateSince }: Pick<RaftCluster, 'sealing' | 'stateSince'>): string | null {
  return sealing === null ? stateSince : sealing.stateSince;
}

/** For how long it has been so. */
export function StateAge({ cluster }: { readonly cluster: RaftCluster }) {
  const { t } = useApp();
  const now = useNow(1_000);
  const since = sinceOf(cluster);
  if (since === null) return null;
  const ms = Date.parse(since);
  return (
    <span class="block faint number" title={formatInstant(ms)}>
      {t('raft.events.lasted', { age: t.numbers.duration((now - ms) / 1_000) })}
    </span>
  );
}

/** Which consensus, and whose. */
export function Consensus({ cluster: { consensus, kind } }: { readonly cluster: RaftCluster }) {
  const { t } = useApp();
  return <span class="block faint">{consensus === 'raft' ? t(`raft.kind.${kind}`) : consensusName(consensus)}</span>;
}

export function WarningTags({ cluster }: { readonly cluster: RaftCluster }) {
  const { t } = useApp();
  return (
    <>
      {clusterWarnings(cluster, t).map(({ label, means }) => (
        <span key={label} class="tag warn" title={means}>
          {label}
        </span>
      ))}
      {cluster.stale && <span class="tag bad">{t('raft.stale')}</span>}
    </>
  );
}

/** Counted apart, and not shown where there are none. */
export function UnconfirmedChanges({ cluster }: { readonly cluster: RaftCluster }) {
  const { t } = useApp();
  const { last15m, last24h } = cluster.unconfirmedChanges;
  if (last24h === 0) return null;
  const numbers = { recent: t.numbers.count(last15m), day: t.numbers.count(last24h) };
  return (
    <span class="block faint number" title={t('raft.unconfirmedChanges.means')}>
      {t('raft.unconfirmedChanges', numbers)}
    </span>
  );
}

export function Polled({ at }: { readonly at: string }) {
  const { t } = useApp();
  const now = useNow(1_000);
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={formatInstant(ms)} class="number">
      {t('node.ago', { age: t.numbers.duration((now - ms) / 1_000) })}
    </time>
  );
}

/** Why an endpoint has no view, and what to do about it. */
export function NoView({ view, kind }: { readonly view: RaftView; readonly kind: RaftCluster['kind'] }) {
  const { t } = useApp();
  return (
    <span class="no-view">
      <span class="outcome warn">{t('raft.matrix.noView', { why: t(`raft.result.${view.result}`) })}</span>
      <span class="block faint">{kindWords(`raft.result.${view.result}.means`, kind, t)}</span>
    </span>
  );
}
