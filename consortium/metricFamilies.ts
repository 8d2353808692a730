import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export type RaftFamilies = ReturnType<typeof defineRaftFamilies>;

/** Every family of the Raft watcher's metrics, without a series yet. */
export function defineRaftFamilies(registry: Registry) {
  const registers = [registry];
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]): Gauge<L> =>
    new Gauge({ name: `forkscope_raft_${name}`, help, labelNames, registers });
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]): Counter<L> =>
    new Counter({ name: `forkscope_raft_${name}`, help, labelNames, registers });
  return {
    leaderChanges: counter(
      'leader_changes_total',
      'Leader changes, counted once a cluster, by who saw them: rpc polls, block headers (chain), logs',
      'cluster',
      'source',
    ),
    observedChanges: counter(
      'observed_leader_changes_total',
      'Leader changes reported by too few nodes to be confirmed',
      'cluster',
    ),
    reelections: counter('leader_reelections_total', 'Times a leader was lost and the same one came back', 'cluster'),
    losses: counter('leader_losses_total', 'Times a confirmed leader was lost', 'cluster'),
    polling: gauge('polling', '1 while this process polls the cluster, 0 while another one does', 'cluster'),
    state: gauge('state', '1 for the state that the cluster is in', 'cluster', 'state'),
    confirmable: gauge(
      'confirmable',
      '1 when enough voters answer to confirm or deny a leader, 0 when all is seen through too few nodes',
      'cluster',
    ),
    hasLeader: gauge('has_leader', '1 when a leader is confirmed or, if not confirmable, named', 'cluster'),
    leaderRaftId: gauge('leader_raft_id', 'Raft ID of the leader, 0 for none', 'cluster'),
    leaderVotes: gauge('leader_votes', 'Voters whose own view names the leader', 'cluster'),
    leaderClaims: gauge('leader_claims', 'Voters that say they are the minter', 'cluster'),
    leaderViews: gauge('leader_views', 'Distinct leaders that voters name', 'cluster'),
    views: gauge('views', 'Endpoints that gave a view in the last round', 'cluster'),
    voters: gauge('voters', 'Members that vote', 'cluster'),
    votersActive: gauge('voters_active', 'Most voters that any one node shows active', 'cluster'),
    learners: gauge('learners', 'Members that do not vote', 'cluster'),
    stalled: gauge('stalled', '1 while transactions wait and the head stands still', 'cluster'),
    churning: gauge('churning', '1 from churn_started to churn_ended', 'cluster'),
    head: gauge('head_block', 'Newest block of the nodes that follow the leader', 'cluster'),
    pending: gauge('pending_transactions', 'Transactions that wait in the fullest pool', 'cluster'),
    lastChange: gauge('last_leader_change_timestamp_seconds', 'When the leader last changed, 0 for never', 'cluster'),
    nodeIsLeader: gauge('node_is_leader', '1 when the node says it is the minter', 'cluster', 'node'),
    nodeHasLeader: gauge('node_has_leader', '1 when the node follows a leader', 'cluster', 'node'),
    nodeUp: gauge('node_up', '1 when the node gave a view in the last round', 'cluster', 'node'),
    lastPoll: gauge('last_successful_poll_timestamp_seconds', 'When the node last gave a view', 'cluster', 'node'),
    clockOffset: gauge('clock_offset_seconds', "The node's clock minus ours, by its Raft port", 'cluster', 'node'),
    raftPortUp: gauge('raft_port_up', '1 when the Raft port answered the last probe', 'cluster', 'node'),
    peerActive: gauge(
      'peer_active',
      '1 when the observer has a live Raft stream to the member with that Raft ID',
      'cluster',
      'observer',
      'member',
    ),
    sealers: gauge('sealers', 'Sealers of the set that most nodes hold (IBFT, QBFT, Clique)', 'cluster'),
    sealersNeeded: gauge('sealers_needed', 'Sealers that must be at work', 'cluster'),
    sealersActive: gauge('sealers_active', 'Sealers of the set that are not silent', 'cluster'),
    sealersSilent: gauge('sealers_silent', 'Sealers without a block in two rounds through the set', 'cluster'),
    sealersUnexpected: gauge('sealers_unexpected', 'Addresses that sealed without being in the set', 'cluster'),
    sealerSets: gauge('sealer_sets', 'Distinct sets of sealers that nodes hold', 'cluster'),
    sealersHalted: gauge('sealers_halted', '1 while no block comes although sealers are due', 'cluster'),
    roundChanges: counter(
      'seal_round_changes_total',
      'Rounds beyond the first that blocks of IBFT 2.0 and QBFT needed',
      'cluster',
    ),
    polls: counter('polls_total', 'Answers to polls by what came of them', 'cluster', 'node', 'result'),
    deliveries: counter('notifications_total', 'Notifications by target and what came of them', 'target', 'outcome'),
    pollSeconds: new Histogram({
      name: 'forkscope_raft_poll_duration_seconds',
      help: 'How long a round over all nodes of a cluster took',
      labelNames: ['cluster'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4],
      registers,
    }),
  };
}
