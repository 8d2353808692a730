import { errorFields } from '../../lib/logger.ts';
import { toDate } from '../../lib/time.ts';
import { countWindows, forkClasses, identities, populations } from '../contract/common.ts';
import { type ApiMetrics, knownClients } from '../http/metrics.ts';
import type { Patience } from '../http/patience.ts';
import { type ChurnRow, selectChurnTotals } from '../queries/selectChurn.ts';
import { type CurrentCoverageRow, selectCurrentCoverage } from '../queries/selectCoverage.ts';
import {
  type HeadRow,
  learnedForMs,
  selectMissingForks,
  selectNewestHeads,
  selectOpenSplits,
} from '../queries/selectForkFacts.ts';
import { selectCappedByNetwork } from '../queries/selectHost.ts';
import { type GaugeRow, selectNetworkGauges } from '../queries/selectNetworkGauges.ts';
import { type ForkRow, selectForks, selectNetworks } from '../queries/selectNetworks.ts';
import { selectReplayTime } from '../queries/selectReplayTime.ts';
import { coverageShare } from '../serialize/toCoverage.ts';
import { censusIntervalOf } from '../serialize/toFreshness.ts';
import { toHex } from '../serialize/toHex.ts';
import { toForksAhead } from '../serialize/toReadiness.ts';
import { watchedOf } from '../serialize/watchedOf.ts';
import type { ApiDeps } from './deps.ts';
import { readFreshnessRow } from './readFreshness.ts';

/** Sets the network metrics from the last census. If it cannot be read they are absent, because old numbers would be wrong. */
export async function collectNetworkMetrics(deps: ApiDeps, metrics: ApiMetrics, patience: Patience): Promise<void> {
  const { clock, log, config } = deps;
  const { databaseUp, networkNodes, networkNodeIps, networkClientNodes, networkForkNodes } = metrics;
  const { networkForkClassNodes, networkCensusTimestamp } = metrics;
  try {
    const facts = await patience.wait(() => readFacts(deps));
    const [rows, coverage, churn, networks, forks, splits, heads, missing, capped, freshness, changedAt] = facts;
    const { censusAt, simulated } = freshness;
    resetAll(metrics);
    databaseUp.set(1);
    if (changedAt !== null) metrics.replicaLag.set(Math.max(0, clock.now() - changedAt.getTime()) / 1_000);
    metrics.networkSimulated.set(simulated ? 1 : 0);
    metrics.networkCensusInterval.set(censusIntervalOf(freshness, config.censusIntervalMs) / 1_000);
    const watched = watchedOf(networks);
    for (const slug of watched) {
      const own = forks.filter((fork) => fork.network === slug);
      const next = nextByTime(own, clock.now());
      if (next !== null) metrics.networkNextFork.set({ network: slug, fork: next.name }, Number(next.activation));
      const head = heads.find(({ network }) => network === slug);
      if (head !== undefined) {
        metrics.networkHead.set({ network: slug }, Number(head.number));
        metrics.networkHeadTimestamp.set({ network: slug }, head.at.getTime() / 1_000);
      }
      metrics.networkCapped.set({ network: slug }, capped.get(slug) ?? 0);
      metrics.networkMissingForks.set({ network: slug }, missing.get(slug) ?? 0);
      for (const kind of splitKinds) {
        const split = splits.find((row) => row.network === slug && row.kind === kind);
        metrics.networkOpenSplits.set({ network: slug, kind }, split?.open ?? 0);
      }
    }
    if (censusAt === null) return;
    networkCensusTimestamp.set(censusAt.getTime() / 1_000);
    for (const network of ['all', ...watched]) {
      const own = rows.filter((row) => row.network === network);
      for (const population of populations) {
        for (const window of countWindows) {
          const total = own.find(
            (row) => row.cut === 'total' && row.population === population && row.window === window,
          );
          networkNodes.set({ network, population, window }, total?.ids ?? 0);
          networkNodeIps.set({ network, population, window }, total?.ips ?? 0);
        }
      }
      const isOwn = (row: { readonly network: string }) => row.network === network;
      setCoverage(coverage.filter(isOwn), metrics);
      setChurn(churn.filter(isOwn), metrics);
      for (const [client, ids] of byLabel(own, 'client', knownClients, (key) => key)) {
        networkClientNodes.set({ network, client }, ids);
      }
      for (const [fork_class, ids] of byLabel(own, 'fork_class', forkClasses, (key) => key)) {
        networkForkClassNodes.set({ network, fork_class }, ids);
      }
      for (const [identity, ids] of byLabel(own, 'identity', identities, (key) => key)) {
        metrics.networkIdentityNodes.set({ network, identity }, ids);
      }
      if (network === 'all') continue;
      const schedule = forks.filter((fork) => fork.network === network);
      const nameOf = (hash: string) => schedule.find((fork) => toHex(fork.hash) === hash)?.name;
      for (const [fork, ids] of byLabel(own, 'fork_id', schedule.map(forkName), nameOf)) {
        networkForkNodes.set({ network, fork }, ids);
      }
      const share = readyShare(own, schedule, clock.now(), heads.find((head) => head.network === network) ?? null);
      if (share !== null) metrics.networkReady.set({ network }, share);
    }
  } catch (error) {
    log.warn('no network metrics: the database did not answer', errorFields(error));
    resetAll(metrics);
    databaseUp.set(0);
  }
}

/** All that is shown, read at once. */
function readFacts(deps: ApiDeps) {
  const { sql, clock } = deps;
  return Promise.all([
    selectNetworkGauges(sql),
    selectCurrentCoverage(sql, null),
    selectChurnTotals(sql),
    selectNetworks(sql),
    selectForks(sql, 'all'),
    selectOpenSplits(sql),
    selectNewestHeads(sql),
    selectMissingForks(sql, toDate(clock.now() - learnedForMs)),
    selectCappedByNetwork(sql, clock.now()),
    readFreshnessRow(deps),
    // A server that does not know its functions has the rest all the same.
    selectReplayTime(sql).catch(() => null),
  ]);
}

const splitKinds = ['forkSplit', 'chainSplit'] as const;

function setCoverage(rows: readonly CurrentCoverageRow[], metrics: ApiMetrics): void {
  for (const row of rows) {
    const { network, population, window, unknownIds, partial } = row;
    metrics.networkCoverage.set({ network, population, window }, coverageShare(row));
    metrics.networkPartial.set({ network, population, window }, partial === null ? 0 : 1);
    if (unknownIds !== null) metrics.networkUnknownNodes.set({ network, population, window }, unknownIds);
  }
}

function setChurn(rows: readonly ChurnRow[], metrics: ApiMetrics): void {
  for (const { network, window, joinedIds, leftIds, median, uptime, partial } of rows) {
    metrics.networkJoined.set({ network, window }, joinedIds);
    metrics.networkLeft.set({ network, window }, leftIds);
    if (median !== null) metrics.networkMedianSession.set({ network, window }, median);
    if (uptime !== null) metrics.networkUptime.set({ network, window }, uptime);
    metrics.networkChurnPartial.set({ network, window }, partial === null ? 0 : 1);
  }
}

/** The next fork by time; null if there is none. */
function nextByTime(schedule: readonly ForkRow[], now: number): ForkRow | null {
  const ahead = schedule.filter(({ kind, activation }) => kind === 'time' && Number(activation) * 1_000 > now);
  return ahead.reduce<ForkRow | null>(
    (first, fork) => (first === null || fork.activation < first.activation ? fork : first),
    null,
  );
}

/** null if there is no next fork, or nobody is on the active one. */
function readyShare(
  rows: readonly GaugeRow[],
  schedule: readonly ForkRow[],
  now: number,
  head: HeadRow | null,
): number | null {
  if (toForksAhead(schedule, now, head).fork === null) return null;
  const of = (key: string) => rows.find((row) => row.cut === 'fork_class' && row.key === key)?.ids ?? 0;
  const all = of('ready') + of('current') + of('conflicting');
  return all === 0 ? null : of('ready') / all;
}

function forkName(fork: ForkRow): string {
  return fork.name;
}

/** IDs by label, zero for labels without IDs. Values without a label count as `other`; nodes without a value are left out. */
function byLabel(
  rows: readonly GaugeRow[],
  cut: GaugeRow['cut'],
  labels: readonly string[],
  labelOf: (key: string) => string | undefined,
): Map<string, number> {
  // BOUNDED: by the labels and `other`.
  const sums = new Map([...labels, 'other'].map((label) => [label, 0]));
  for (const row of rows) {
    if (row.cut !== cut || row.key === '') continue;
    const label = labelOf(row.key) ?? 'other';
    const known = sums.has(label) ? label : 'other';
    sums.set(known, (sums.get(known) ?? 0) + row.ids);
  }
  return sums;
}

function resetAll(metrics: ApiMetrics): void {
  metrics.networkNodes.reset();
  metrics.networkNodeIps.reset();
  metrics.networkCoverage.reset();
  metrics.networkUnknownNodes.reset();
  metrics.networkPartial.reset();
  metrics.networkClientNodes.reset();
  metrics.networkForkNodes.reset();
  metrics.networkForkClassNodes.reset();
  metrics.networkIdentityNodes.reset();
  metrics.networkJoined.reset();
  metrics.networkLeft.reset();
  metrics.networkMedianSession.reset();
  metrics.networkUptime.reset();
  metrics.networkChurnPartial.reset();
  metrics.networkReady.reset();
  metrics.networkNextFork.reset();
  metrics.networkHead.reset();
  metrics.networkHeadTimestamp.reset();
  metrics.networkOpenSplits.reset();
  metrics.networkMissingForks.reset();
  metrics.networkCapped.reset();
  metrics.networkCensusTimestamp.remove();
  metrics.networkCensusInterval.remove();
  metrics.networkSimulated.remove();
  metrics.replicaLag.remove();
}
