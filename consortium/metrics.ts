import type { Registry } from 'prom-client';
import type { ProbeOutcome } from './ask/probeClock.ts';
import { nodeResults } from './ask/round.ts';
import { isAlive } from './judge/isAlive.ts';
import { clusterStates, isConfirmedChange, raftSources } from './judge/raftEvent.ts';
import { sealerStates } from './judge/sealerBook.ts';
import type { SealersVerdict } from './judge/sealersVerdict.ts';
import { defineRaftFamilies, type RaftFamilies } from './metricFamilies.ts';
import type { RoundReport } from './watch/watchCluster.ts';

/** Cluster and node names are chosen by the operator, so the label sets are closed. */
export interface MeasuredCluster {
  readonly name: string;
  readonly nodes: readonly string[];
}

/** The number of streams grows with the square of the members: with more members, only the page shows them. */
export const maxPeersMeasured = 32;

/** The window of the churn alert. */
const recentMs = 15 * 60_000;

/** All metrics of the Raft watcher. Counters are 0 from the first scrape, so that increase() sees the first change. */
export function createRaftMetrics(
  registry: Registry,
  clusters: readonly MeasuredCluster[],
  targets: readonly string[] = [],
) {
  const families = defineRaftFamilies(registry);
  beginAtZero(families, clusters, targets);
  const streams = createPeerStreams(families);
  return {
    observeRound(report: RoundReport): void {
      countEvents(families, report);
      showNodes(families, report);
      families.pollSeconds.observe({ cluster: report.cluster }, report.tookMs / 1000);
      // A chain of sealers has no views, votes or leader.
      if (report.sealers === null) {
        streams.show(report);
        showRound(families, report);
      } else {
        streams.hide(report.cluster);
        hideRaft(families, report.cluster);
      }
      showSealers(families, report);
    },
    /** If another process watches the cluster, this one stops reporting it: gauges are removed, counters stay. */
    observeDuty(cluster: string, watching: boolean): void {
      families.polling.set({ cluster }, watching ? 1 : 0);
      if (watching) return;
      streams.hide(cluster);
      hideCluster(families, cluster, clusters.find(({ name }) => name === cluster)?.nodes ?? []);
    },
    observeDelivery(target: string, outcome: DeliveryOutcome): void {
      families.deliveries.inc({ target, outcome });
    },
    observeProbe(cluster: string, node: string, outcome: ProbeOutcome): void {
      families.raftPortUp.set({ cluster, node }, outcome.at === 'alive' ? 1 : 0);
      if (outcome.at === 'alive') families.clockOffset.set({ cluster, node }, outcome.offsetMs / 1000);
      else families.clockOffset.remove({ cluster, node });
    },
  };
}

const deliveryOutcomes = ['delivered', 'failed'] as const;
type DeliveryOutcome = (typeof deliveryOutcomes)[number];

function beginAtZero(families: RaftFamilies, clusters: readonly MeasuredCluster[], targets: readonly string[]): void {
  const { observedChanges, reelections, losses, roundChanges } = families;
  for (const { name: cluster, nodes } of clusters) {
    for (const source of raftSources) families.leaderChanges.inc({ cluster, source }, 0);
    for (const each of [observedChanges, reelections, losses, roundChanges]) each.inc({ cluster }, 0);
    families.lastChange.set({ cluster }, 0);
    for (const node of nodes) for (const result of nodeResults) families.polls.inc({ cluster, node, result }, 0);
  }
  for (const target of targets) {
    for (const outcome of deliveryOutcomes) families.deliveries.inc({ target, outcome }, 0);
  }
}

function countEvents(families: RaftFamilies, { cluster, events, judgement }: RoundReport): void {
  families.leaderChanges.inc({ cluster, source: 'log' }, judgement.counted);
  for (const event of events) {
    // After downtime, changes that happened long ago would look like a burst of changes now.
    if (event.source === 'chain' && event.detectedAt - event.at > recentMs) continue;
    if (event.kind === 'leaderLost') families.losses.inc({ cluster });
    if (event.kind === 'reelected') families.reelections.inc({ cluster });
    if (event.kind !== 'leaderChanged') continue;
    families.lastChange.set({ cluster }, event.at / 1000);
    // It is one of those that the members counted.
    if (event.source === 'log') continue;
    if (event.source === 'rpc' && !isConfirmedChange(event)) families.observedChanges.inc({ cluster });
    else families.leaderChanges.inc({ cluster, source: event.source });
  }
}

function showNodes(families: RaftFamilies, { cluster, judgement: { tally }, sealers }: RoundReport): void {
  for (const { node, result, hasLeader: has, isLeader, view } of tally.nodes) {
    families.polls.inc({ cluster, node, result });
    families.nodeUp.set({ cluster, node }, result === 'ok' || (sealers !== null && result === 'notRaft') ? 1 : 0);
    families.nodeAlive.set({ cluster, node }, isAlive(result) ? 1 : 0);
    if (sealers === null) families.nodeIsLeader.set({ cluster, node }, isLeader ? 1 : 0);
    else families.nodeIsLeader.remove({ cluster, node });
    if (sealers !== null && result === 'notRaft') families.lastPoll.set({ cluster, node }, tally.t / 1000);
    if (view?.alarms === undefined) families.nodeAlarms.remove({ cluster, node });
    else families.nodeAlarms.set({ cluster, node }, view.alarms.length);
    if (has === null) {
      // No view is not "no leader": the series pauses.
      families.nodeHasLeader.remove({ cluster, node });
      continue;
    }
    families.nodeHasLeader.set({ cluster, node }, has ? 1 : 0);
    families.lastPoll.set({ cluster, node }, tally.t / 1000);
  }
}

/** Who has a live stream to whom, according to the last round. */
function createPeerStreams(families: RaftFamilies) {
  // BOUNDED: by the endpoints and maxPeersMeasured
  const peersShown = new Map<string, { readonly observer: string; readonly member: string }[]>();
  const hide = (cluster: string): void => {
    for (const pair of peersShown.get(cluster) ?? []) families.peerActive.remove({ cluster, ...pair });
    peersShown.delete(cluster);
  };
  const show = ({ cluster, judgement: { tally } }: RoundReport): void => {
    hide(cluster);
    if (tally.voters + tally.learners > maxPeersMeasured) return;
    const pairs = tally.nodes.flatMap(({ node: observer, self, view }) =>
      (view?.entries ?? []).flatMap(({ raftId, active }) =>
        active === undefined || raftId === self?.raftId ? [] : [{ observer, member: String(raftId), active }],
      ),
    );
    for (const { active, ...pair } of pairs) families.peerActive.set({ cluster, ...pair }, active ? 1 : 0);
    peersShown.set(
      cluster,
      pairs.map(({ observer, member }) => ({ observer, member })),
    );
  };
  return { show, hide };
}

function showRound(families: RaftFamilies, report: RoundReport): void {
  const { cluster, judgement } = report;
  const { tally, current, state: judge } = judgement;
  for (const name of clusterStates) families.state.set({ cluster, state: name }, current?.state === name ? 1 : 0);
  families.confirmable.set({ cluster }, current === null || current.state === 'unconfirmed' ? 0 : 1);
  if (current !== null) {
    families.hasLeader.set({ cluster }, current.leader === null ? 0 : 1);
    families.leaderRaftId.set({ cluster }, current.leader?.raftId ?? 0);
  }
  families.leaderVotes.set({ cluster }, tally.verdict.leader === null ? 0 : tally.verdict.votes);
  families.leaderClaims.set({ cluster }, tally.claims.length);
  families.leaderViews.set({ cluster }, tally.leaderViews);
  families.views.set({ cluster }, tally.nodes.filter((node) => node.view !== null).length);
  families.voters.set({ cluster }, tally.voters);
  families.votersActive.set({ cluster }, tally.votersActive);
  families.learners.set({ cluster }, tally.learners);
  families.stalled.set({ cluster }, judge.overlays.stall.on ? 1 : 0);
  families.churning.set({ cluster }, judge.churn.on ? 1 : 0);
  if (tally.head !== null) families.head.set({ cluster }, tally.head);
  if (tally.pending !== null) families.pending.set({ cluster }, tally.pending);
}

function showSealers(families: RaftFamilies, { cluster, sealers: verdict, roundChanges: changes }: RoundReport): void {
  families.roundChanges.inc({ cluster }, changes);
  if (verdict === null) {
    for (const each of sealerGauges(families)) each.remove({ cluster });
    for (const name of sealerStates) families.sealersState.remove({ cluster, state: name });
    return;
  }
  const { state, validators, needed, failuresToHalt, sets, storm, votes, headAt, head, pending, nodes } = verdict;
  for (const name of sealerStates) families.sealersState.set({ cluster, state: name }, state === name ? 1 : 0);
  families.sealers.set({ cluster }, validators);
  families.sealersNeeded.set({ cluster }, needed);
  families.failuresToHalt.set({ cluster }, failuresToHalt);
  families.sealerSets.set({ cluster }, sets);
  families.sealersHalted.set({ cluster }, state === 'halted' ? 1 : 0);
  families.sealersStorm.set({ cluster }, storm ? 1 : 0);
  families.sealerVotes.set({ cluster }, votes.length);
  families.sealersClockAhead.set({ cluster }, verdict.clockAheadMs / 1000);
  if (head !== null) families.head.set({ cluster }, head);
  if (headAt !== null) families.sealersHeadAt.set({ cluster }, headAt / 1000);
  if (pending === null) families.pending.remove({ cluster });
  else families.pending.set({ cluster }, pending);
  for (const { node, behind } of nodes) {
    if (behind === null) families.blocksBehind.remove({ cluster, node });
    else families.blocksBehind.set({ cluster, node }, behind);
  }
  showTurns(families, cluster, verdict);
  if (state === 'unknown') {
    for (const each of sealerCounts(families)) each.remove({ cluster });
    return;
  }
  families.sealersActive.set({ cluster }, verdict.active);
  families.sealersSilent.set({ cluster }, verdict.sealers.filter(({ silent }) => silent).length);
  families.sealersUnexpected.set({ cluster }, verdict.sealers.filter(({ expected }) => !expected).length);
}

/** Of the endpoints that are known to seal: addresses are chosen by others, so they are no labels. */
function showTurns({ sealedRatio, missedTurns }: RaftFamilies, cluster: string, verdict: SealersVerdict): void {
  for (const { node } of verdict.nodes) {
    const sealer = verdict.sealers.find((each) => each.node === node);
    if (sealer === undefined) {
      for (const each of [sealedRatio, missedTurns]) each.remove({ cluster, node });
      continue;
    }
    sealedRatio.set({ cluster, node }, sealer.share);
    missedTurns.set({ cluster, node }, sealer.missed);
  }
}

/** Of a chain that turned out to have sealers. Counters stay at 0. */
function hideRaft(families: RaftFamilies, cluster: string): void {
  for (const name of clusterStates) families.state.remove({ cluster, state: name });
  for (const each of raftGauges(families)) each.remove({ cluster });
}

function hideCluster(families: RaftFamilies, cluster: string, nodes: readonly string[]): void {
  hideRaft(families, cluster);
  for (const name of sealerStates) families.sealersState.remove({ cluster, state: name });
  for (const each of [families.head, families.pending, ...sealerGauges(families)]) each.remove({ cluster });
  for (const node of nodes) for (const each of nodeGauges(families)) each.remove({ cluster, node });
}

function raftGauges(families: RaftFamilies) {
  const { confirmable, hasLeader, leaderRaftId, leaderVotes, leaderClaims, leaderViews, views, voters } = families;
  const { votersActive, learners, stalled, churning } = families;
  return [
    ...[confirmable, hasLeader, leaderRaftId, leaderVotes, leaderClaims, leaderViews, views, voters, votersActive],
    ...[learners, stalled, churning],
  ];
}

function sealerCounts({ sealersActive, sealersSilent, sealersUnexpected }: RaftFamilies) {
  return [sealersActive, sealersSilent, sealersUnexpected];
}

function sealerGauges(families: RaftFamilies) {
  const { sealers, sealersNeeded, sealerSets, sealersHalted, failuresToHalt, sealersStorm, sealersHeadAt } = families;
  const { sealersClockAhead, sealerVotes } = families;
  return [
    ...[sealers, sealersNeeded, sealerSets, sealersHalted, failuresToHalt, sealersStorm, sealersHeadAt],
    ...[sealersClockAhead, sealerVotes, ...sealerCounts(families)],
  ];
}

function nodeGauges(families: RaftFamilies) {
  const { nodeIsLeader, nodeHasLeader, nodeUp, nodeAlive, nodeAlarms, lastPoll, clockOffset } = families;
  const { raftPortUp, blocksBehind, sealedRatio, missedTurns } = families;
  return [
    nodeIsLeader,
    nodeHasLeader,
    nodeUp,
    nodeAlive,
    nodeAlarms,
    lastPoll,
    clockOffset,
    raftPortUp,
    blocksBehind,
    sealedRatio,
    missedTurns,
  ];
}
