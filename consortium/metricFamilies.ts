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
      "Leader changes, counted once per cluster, by where they were seen: polls (rpc), block headers (chain), the members' own count (log)",
      'cluster',
      'source',
    ),
    observedChanges: counter(
      'observed_leader_changes_total',
      'Leader changes reported by too few nodes to be confirmed',
      'cluster',
    ),
    reelections: counter(
      'leader_reelections_total',
      'How often a leader was lost and the same one came back',
      'cluster',
    ),
    losses: counter('leader_losses_total', 'How often a confirmed leader was lost', 'cluster'),
    polling: gauge('polling', '1 while this process polls the cluster, 0 while another one does', 'cluster'),
    state: gauge('state', "1 for the cluster's current state", 'cluster', 'state'),
    confirmable: gauge(
      'confirmable',
      '1 if enough voters answer to confirm or rule out a leader, 0 if too few do',
      'cluster',
    ),
    hasLeader: gauge('has_leader', '1 if a leader is confirmed or, where none can be confirmed, named', 'cluster'),
    leaderRaftId: gauge('leader_raft_id', 'Raft ID of the leader, 0 for none', 'cluster'),
    leaderVotes: gauge('leader_votes', 'Voters whose own view names the leader', 'cluster'),
    leaderClaims: gauge('leader_claims', 'Voters that claim to be the minter', 'cluster'),
    leaderViews: gauge('leader_views', 'Number of distinct leaders that voters name', 'cluster'),
    views: gauge('views', 'Endpoints that gave a view in the last round', 'cluster'),
    voters: gauge('voters', 'Members that may vote', 'cluster'),
    votersActive: gauge('voters_active', "The largest number of active voters in any one node's view", 'cluster'),
    learners: gauge('learners', 'Members that may not vote', 'cluster'),
    stalled: gauge('stalled', '1 while transactions wait and the head does not move', 'cluster'),
    churning: gauge('churning', '1 while the leader changes too often', 'cluster'),
    head: gauge('head_block', 'Newest block of the nodes that follow the leader', 'cluster'),
    pending: gauge('pending_transactions', 'Waiting transactions in the fullest pool', 'cluster'),
    lastChange: gauge('last_leader_change_timestamp_seconds', 'When the leader last changed, 0 for never', 'cluster'),
    nodeIsLeader: gauge('node_is_leader', '1 if the node claims to be the minter', 'cluster', 'node'),
    nodeHasLeader: gauge('node_has_leader', '1 if the node follows a leader', 'cluster', 'node'),
    nodeUp: gauge(
      'node_up',
      '1 if the node gave a view in the last round, or its block where no Raft is',
      'cluster',
      'node',
    ),
    nodeAlive: gauge(
      'node_alive',
      '1 if something alive answered in the last round, with or without a view; 0 if its port refused, it was silent or its Raft methods hang',
      'cluster',
      'node',
    ),
    nodeAlarms: gauge('node_alarms', 'Alarms that the node raises (etcd: NOSPACE, CORRUPT)', 'cluster', 'node'),
    lastPoll: gauge('last_successful_poll_timestamp_seconds', 'When the node last gave a view', 'cluster', 'node'),
    clockOffset: gauge(
      'clock_offset_seconds',
      "The node's clock minus ours, as measured on its Raft port",
      'cluster',
      'node',
    ),
    raftPortUp: gauge('raft_port_up', '1 if the Raft port answered the last probe', 'cluster', 'node'),
    peerActive: gauge(
      'peer_active',
      '1 if the observer has a live Raft stream to the member with that Raft ID',
      'cluster',
      'observer',
      'member',
    ),
    sealers: gauge('sealers', 'Sealers in the set that most nodes hold (IBFT, QBFT, Clique)', 'cluster'),
    sealersNeeded: gauge('sealers_needed', 'Number of sealers that must be at work', 'cluster'),
    sealersActive: gauge('sealers_active', 'Sealers in the set that are not silent', 'cluster'),
    sealersSilent: gauge('sealers_silent', 'Sealers that sealed no block in two rounds through the set', 'cluster'),
    sealersUnexpected: gauge('sealers_unexpected', 'Addresses that sealed without being in the set', 'cluster'),
    sealerSets: gauge('sealer_sets', 'Number of distinct sets of sealers that nodes hold', 'cluster'),
    sealersState: gauge('sealers_state', "1 for the chain's current state", 'cluster', 'state'),
    failuresToHalt: gauge(
      'sealers_failures_to_halt',
      'So many more missing sealers halt the chain; 0 if it has halted',
      'cluster',
    ),
    sealersStorm: gauge(
      'sealers_storm',
      '1 while far more blocks need round changes than missing sealers explain',
      'cluster',
    ),
    sealersHeadAt: gauge('sealers_head_timestamp_seconds', 'When the newest block was made', 'cluster'),
    sealersClockAhead: gauge(
      'sealers_clock_ahead_seconds',
      "How far the newest block's own time is ahead of our clock",
      'cluster',
    ),
    sealerVotes: gauge('sealer_votes', 'Votes under way to add or remove a sealer', 'cluster'),
    blocksBehind: gauge(
      'node_blocks_behind',
      'Blocks by which the node is behind the newest of any node',
      'cluster',
      'node',
    ),
    sealedRatio: gauge(
      'node_sealed_ratio',
      'Share of the newest blocks that the node sealed, where it is known which sealer it is',
      'cluster',
      'node',
    ),
    missedTurns: gauge(
      'node_missed_turns',
      'Turns of the newest blocks that passed without the node',
      'cluster',
      'node',
    ),
    sealersHalted: gauge(
      'sealers_halted',
      '1 while a block is due, for waiting transactions or by the rule of empty blocks, and does not come',
      'cluster',
    ),
    roundChanges: counter(
      'seal_round_changes_total',
      'Rounds beyond the first that blocks of IBFT 2.0 and QBFT needed',
      'cluster',
    ),
    polls: counter('polls_total', 'Polls by result', 'cluster', 'node', 'result'),
    deliveries: counter('notifications_total', 'Notifications by target and outcome', 'target', 'outcome'),
    pollSeconds: new Histogram({
      name: 'forkscope_raft_poll_duration_seconds',
      help: 'Time taken by a round over all nodes of a cluster',
      labelNames: ['cluster'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4],
      registers,
    }),
  };
}
