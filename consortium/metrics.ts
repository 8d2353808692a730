import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ProbeOutcome } from './ask/probeClock.ts';
import { clusterStates, isConfirmedChange, nodeResults, raftSources } from './types.ts';
import type { RoundReport } from './watch/watchCluster.ts';

/** Cluster and node names are the operator's own, so the label sets are closed. */
export interface MeasuredCluster {
  readonly name: string;
  readonly nodes: readonly string[];
}

/** Streams grow with the square of the members: beyond this many they are left to the page. */
export const maxPeersMeasured = 32;

/** The window of the churn alert. */
const recentMs = 15 * 60_000;

/** All metrics of the Raft watcher. Counters stand at 0 from the first scrape, so that increase() sees the first change. */
export function createRaftMetrics(
  registry: Registry,
  clusters: readonly MeasuredCluster[],
  targets: readonly string[] = [],
) {
  const registers = [registry];
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]): Gauge<L> =>
    new Gauge({ name: `forkscope_raft_${name}`, help, labelNames, registers });
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]): Counter<L> =>
    new Counter({ name: `forkscope_raft_${name}`, help, labelNames, registers });

  const leaderChanges = counter(
    'leader_changes_total',
    'Leader changes, counted once a cluster, by who saw them: rpc polls, block headers (chain), logs',
    'cluster',
    'source',
  );
  const observedChanges = counter(
    'observed_leader_changes_total',
    'Leader changes reported by too few nodes to be confirmed',
    'cluster',
  );
  const reelections = counter(
    'leader_reelections_total',
    'Times a leader was lost and the same one came back',
    'cluster',
  );
  const losses = counter('leader_losses_total', 'Times a confirmed leader was lost', 'cluster');
  const polling = gauge('polling', '1 while this process polls the cluster, 0 while another one does', 'cluster');
  const state = gauge('state', '1 for the state that the cluster is in', 'cluster', 'state');
  const confirmable = gauge(
    'confirmable',
    '1 when enough voters answer to confirm or deny a leader, 0 when all is seen through too few nodes',
    'cluster',
  );
  const hasLeader = gauge('has_leader', '1 when a leader is confirmed or, if not confirmable, named', 'cluster');
  const leaderRaftId = gauge('leader_raft_id', 'Raft ID of the leader, 0 for none', 'cluster');
  const leaderVotes = gauge('leader_votes', 'Voters whose own view names the leader', 'cluster');
  const leaderClaims = gauge('leader_claims', 'Voters that say they are the minter', 'cluster');
  const leaderViews = gauge('leader_views', 'Distinct leaders that voters name', 'cluster');
  const views = gauge('views', 'Endpoints that gave a view in the last round', 'cluster');
  const voters = gauge('voters', 'Members that vote', 'cluster');
  const votersActive = gauge('voters_active', 'Most voters that any one node shows active', 'cluster');
  const learners = gauge('learners', 'Members that do not vote', 'cluster');
  const stalled = gauge('stalled', '1 while transactions wait and the head stands still', 'cluster');
  const churning = gauge('churning', '1 from churn_started to churn_ended', 'cluster');
  const head = gauge('head_block', 'Newest block of the nodes that follow the leader', 'cluster');
  const pending = gauge('pending_transactions', 'Transactions that wait in the fullest pool', 'cluster');
  const lastChange = gauge(
    'last_leader_change_timestamp_seconds',
    'When the leader last changed, 0 for never',
    'cluster',
  );
  const nodeIsLeader = gauge('node_is_leader', '1 when the node says it is the minter', 'cluster', 'node');
  const nodeHasLeader = gauge('node_has_leader', '1 when the node follows a leader', 'cluster', 'node');
  const nodeUp = gauge('node_up', '1 when the node gave a view in the last round', 'cluster', 'node');
  const lastPoll = gauge('last_successful_poll_timestamp_seconds', 'When the node last gave a view', 'cluster', 'node');
  const clockOffset = gauge('clock_offset_seconds', "The node's clock minus ours, by its Raft port", 'cluster', 'node');
  const raftPortUp = gauge('raft_port_up', '1 when the Raft port answered the last probe', 'cluster', 'node');
  const peerActive = gauge(
    'peer_active',
    '1 when the observer has a live Raft stream to the member with that Raft ID',
    'cluster',
    'observer',
    'member',
  );
  const sealers = gauge('sealers', 'Sealers of the set that most nodes hold (IBFT, QBFT, Clique)', 'cluster');
  const sealersNeeded = gauge('sealers_needed', 'Sealers that must be at work', 'cluster');
  const sealersActive = gauge('sealers_active', 'Sealers of the set that are not silent', 'cluster');
  const sealersSilent = gauge('sealers_silent', 'Sealers without a block in two rounds through the set', 'cluster');
  const sealersUnexpected = gauge('sealers_unexpected', 'Addresses that sealed without being in the set', 'cluster');
  const sealerSets = gauge('sealer_sets', 'Distinct sets of sealers that nodes hold', 'cluster');
  const sealersHalted = gauge('sealers_halted', '1 while no block comes although sealers are due', 'cluster');
  const roundChanges = counter(
    'seal_round_changes_total',
    'Rounds beyond the first that blocks of IBFT 2.0 and QBFT needed',
    'cluster',
  );
  const polls = counter('polls_total', 'Answers to polls by what came of them', 'cluster', 'node', 'result');
  const deliveries = counter(
    'notifications_total',
    'Notifications by target and what came of them',
    'target',
    'outcome',
  );
  const pollSeconds = new Histogram({
    name: 'forkscope_raft_poll_duration_seconds',
    help: 'How long a round over all nodes of a cluster took',
    labelNames: ['cluster'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4],
    registers,
  });

  const clusterGauges = [
    ...[confirmable, hasLeader, leaderRaftId, leaderVotes, leaderClaims, leaderViews, views, voters, votersActive],
    ...[learners, stalled, churning, head, pending],
  ];
  const sealerCounts = [sealersActive, sealersSilent, sealersUnexpected];
  const sealerGauges = [sealers, sealersNeeded, sealerSets, sealersHalted, ...sealerCounts];
  const nodeGauges = [nodeIsLeader, nodeHasLeader, nodeUp, lastPoll, clockOffset, raftPortUp];
  for (const { name: cluster, nodes } of clusters) {
    for (const source of raftSources) leaderChanges.inc({ cluster, source }, 0);
    for (const each of [observedChanges, reelections, losses, roundChanges]) each.inc({ cluster }, 0);
    lastChange.set({ cluster }, 0);
    for (const node of nodes) for (const result of nodeResults) polls.inc({ cluster, node, result }, 0);
  }

  for (const target of targets) {
    for (const outcome of ['delivered', 'failed']) deliveries.inc({ target, outcome }, 0);
  }

  const countEvents = ({ cluster, events }: RoundReport): void => {
    for (const event of events) {
      // What happened long before it was read, after downtime, would look like a burst of changes now.
      if (event.source === 'chain' && event.detectedAt - event.at > recentMs) continue;
      if (event.kind === 'leader_lost') losses.inc({ cluster });
      if (event.kind === 'reelected') reelections.inc({ cluster });
      if (event.kind !== 'leader_changed') continue;
      if (event.source === 'rpc' && !isConfirmedChange(event)) observedChanges.inc({ cluster });
      else leaderChanges.inc({ cluster, source: event.source });
      lastChange.set({ cluster }, event.at / 1000);
    }
  };

  const showNodes = ({ cluster, judgement: { tally } }: RoundReport): void => {
    for (const { node, result, hasLeader: has, isLeader } of tally.nodes) {
      polls.inc({ cluster, node, result });
      nodeUp.set({ cluster, node }, result === 'ok' ? 1 : 0);
      nodeIsLeader.set({ cluster, node }, isLeader ? 1 : 0);
      if (has === null) {
        // No view is not "no leader": the series pauses.
        nodeHasLeader.remove({ cluster, node });
        continue;
      }
      nodeHasLeader.set({ cluster, node }, has ? 1 : 0);
      lastPoll.set({ cluster, node }, tally.t / 1000);
    }
  };

  // BOUNDED: by the endpoints and maxPeersMeasured
  const peersShown = new Map<string, { readonly observer: string; readonly member: string }[]>();
  const hidePeers = (cluster: string): void => {
    for (const pair of peersShown.get(cluster) ?? []) peerActive.remove({ cluster, ...pair });
    peersShown.delete(cluster);
  };
  const showPeers = ({ cluster, judgement: { tally } }: RoundReport): void => {
    hidePeers(cluster);
    if (tally.voters + tally.learners > maxPeersMeasured) return;
    const pairs = tally.nodes.flatMap(({ node: observer, self, view }) =>
      (view?.entries ?? []).flatMap(({ raftId, active }) =>
        active === undefined || raftId === self?.raftId ? [] : [{ observer, member: String(raftId), active }],
      ),
    );
    for (const { active, ...pair } of pairs) peerActive.set({ cluster, ...pair }, active ? 1 : 0);
    peersShown.set(
      cluster,
      pairs.map(({ observer, member }) => ({ observer, member })),
    );
  };
  const showSealers = ({ cluster, sealers: verdict, roundChanges: changes }: RoundReport): void => {
    roundChanges.inc({ cluster }, changes);
    if (verdict === null) {
      for (const each of sealerGauges) each.remove({ cluster });
      return;
    }
    sealers.set({ cluster }, verdict.sealers.filter(({ expected }) => expected).length);
    sealersNeeded.set({ cluster }, verdict.needed);
    sealerSets.set({ cluster }, verdict.sets);
    sealersHalted.set({ cluster }, verdict.verdict === 'halted' ? 1 : 0);
    if (verdict.head !== null) head.set({ cluster }, verdict.head);
    if (verdict.verdict === 'unknown') {
      for (const each of sealerCounts) each.remove({ cluster });
      return;
    }
    sealersActive.set({ cluster }, verdict.active);
    sealersSilent.set({ cluster }, verdict.sealers.filter(({ silent }) => silent).length);
    sealersUnexpected.set({ cluster }, verdict.sealers.filter(({ expected }) => !expected).length);
  };

  return {
    observeRound(report: RoundReport): void {
      const { cluster, judgement } = report;
      const { tally, current, state: judge } = judgement;
      countEvents(report);
      showNodes(report);
      showPeers(report);
      pollSeconds.observe({ cluster }, report.tookMs / 1000);
      for (const name of clusterStates) state.set({ cluster, state: name }, current?.state === name ? 1 : 0);
      confirmable.set({ cluster }, current === null || current.state === 'unconfirmed' ? 0 : 1);
      if (current !== null) {
        hasLeader.set({ cluster }, current.leader === null ? 0 : 1);
        leaderRaftId.set({ cluster }, current.leader?.raftId ?? 0);
      }
      leaderVotes.set({ cluster }, tally.verdict.leader === null ? 0 : tally.verdict.votes);
      leaderClaims.set({ cluster }, tally.claims.length);
      leaderViews.set({ cluster }, tally.leaderViews);
      views.set({ cluster }, tally.nodes.filter((node) => node.view !== null).length);
      voters.set({ cluster }, tally.voters);
      votersActive.set({ cluster }, tally.votersActive);
      learners.set({ cluster }, tally.learners);
      stalled.set({ cluster }, judge.overlays.stall.on ? 1 : 0);
      churning.set({ cluster }, judge.churn.on ? 1 : 0);
      if (tally.head !== null) head.set({ cluster }, tally.head);
      if (tally.pending !== null) pending.set({ cluster }, tally.pending);
      showSealers(report);
    },
    /** What another process watches is not for this one to tell: its gauges go, counters stay. */
    observeDuty(cluster: string, watching: boolean): void {
      polling.set({ cluster }, watching ? 1 : 0);
      if (watching) return;
      for (const name of clusterStates) state.remove({ cluster, state: name });
      hidePeers(cluster);
      for (const each of [...clusterGauges, ...sealerGauges]) each.remove({ cluster });
      for (const { nodes } of clusters.filter(({ name }) => name === cluster)) {
        for (const node of nodes) for (const each of nodeGauges) each.remove({ cluster, node });
      }
    },
    observeDelivery(target: string, outcome: 'delivered' | 'failed'): void {
      deliveries.inc({ target, outcome });
    },
    observeProbe(cluster: string, node: string, outcome: ProbeOutcome): void {
      raftPortUp.set({ cluster, node }, outcome.at === 'alive' ? 1 : 0);
      if (outcome.at === 'alive') clockOffset.set({ cluster, node }, outcome.offsetMs / 1000);
      else clockOffset.remove({ cluster, node });
    },
  };
}
