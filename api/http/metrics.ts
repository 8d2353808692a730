/** Every metric of this process. A test walks the registry and holds it to the naming rules. */
import { Gauge, Histogram, type Registry } from 'prom-client';
import type { ExportId, OperationId } from '../contract/routes.ts';

/** `other` = requests without a route. */
export type Operation =
  | OperationId
  | ExportId
  | 'page'
  | 'openapi'
  | 'docs'
  | 'healthz'
  | 'readyz'
  | 'metrics'
  | 'other';

/** Client names with a label of their own; the rest are `other`, so that no peer can add a label. */
export const knownClients = [
  'geth',
  'nethermind',
  'besu',
  'erigon',
  'reth',
  'ethrex',
  'ethereumjs',
  'ethereumjs-devp2p',
  'nimbus',
  'nimbus-eth1',
  'bor',
  'coregeth',
  'bsc',
  'op-geth',
  'goquorum',
  'ronin',
  'openethereum',
  'parity-ethereum',
  'unknown',
] as const;

export type ApiMetrics = ReturnType<typeof createApiMetrics>;

export function createApiMetrics(registry: Registry, version: string) {
  const registers = [registry];
  const info = new Gauge({
    name: 'forkscope_api_info',
    help: 'Always 1; the label gives the version of this process',
    labelNames: ['version'] as const,
    registers,
  });
  info.set({ version }, 1);
  return {
    requestDuration: new Histogram({
      name: 'forkscope_api_request_duration_seconds',
      help: 'Time from a request to the end of its answer, by operation and class of the status code',
      labelNames: ['operation', 'status_class'] as const,
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    replicaLag: new Gauge({
      name: 'forkscope_api_replica_lag_seconds',
      help: 'Age of the newest change that the database has, where it is a standby; absent on a primary. Grows too while nobody writes',
      registers,
    }),
    databaseUp: new Gauge({
      name: 'forkscope_api_database_up',
      help: '1 if the database answered at this scrape; while it is 0, the network metrics are absent',
      registers,
    }),
    networkNodes: new Gauge({
      name: 'forkscope_network_nodes',
      help: 'Unique node IDs at the last census, by population and window (now = 2 h, day = 24 h); network all = every node',
      labelNames: ['network', 'population', 'window'] as const,
      registers,
    }),
    networkNodeIps: new Gauge({
      name: 'forkscope_network_node_ips',
      help: 'Unique IP addresses of the nodes at the last census, by population and window',
      labelNames: ['network', 'population', 'window'] as const,
      registers,
    }),
    networkCoverage: new Gauge({
      name: 'forkscope_network_coverage_ratio',
      help: 'Share of the nodes due within the window that were looked at by the last census, by a PING for alive and a dial for reachable and identified, from 0 to 1',
      labelNames: ['network', 'population', 'window'] as const,
      registers,
    }),
    networkUnknownNodes: new Gauge({
      name: 'forkscope_network_unknown_nodes',
      help: 'Unique node IDs that could belong to the population beyond those counted by the last census, because they were due and not looked at, or may have come since: how far the count may be off',
      labelNames: ['network', 'population', 'window'] as const,
      registers,
    }),
    networkPartial: new Gauge({
      name: 'forkscope_network_partial',
      help: '1 if the count of the last census is partial: too little was looked at, or nobody looked for a part of the window',
      labelNames: ['network', 'population', 'window'] as const,
      registers,
    }),
    networkClientNodes: new Gauge({
      name: 'forkscope_network_client_nodes',
      help: 'Unique node IDs identified in the last 24 h at the last census, by client; clients without a label of their own count as other',
      labelNames: ['network', 'client'] as const,
      registers,
    }),
    networkForkNodes: new Gauge({
      name: 'forkscope_network_fork_nodes',
      help: 'Unique node IDs alive in the last 24 h at the last census (reachable ones where none is alive, as without UDP), by the fork of the network file whose hash they announce; other hashes count as other, and nodes that announce none are left out',
      labelNames: ['network', 'fork'] as const,
      registers,
    }),
    networkForkClassNodes: new Gauge({
      name: 'forkscope_network_fork_class_nodes',
      help: 'Unique node IDs alive in the last 24 h at the last census, by fork class; reachable ones where none is alive, as without UDP',
      labelNames: ['network', 'fork_class'] as const,
      registers,
    }),
    networkIdentityNodes: new Gauge({
      name: 'forkscope_network_identity_nodes',
      help: 'Unique node IDs alive in the last 24 h at the last census (reachable ones where none is alive, as without UDP), by what says that they are on the network: status, hint (their record alone) and otherNetworkId are on it; atGenesis, ambiguous, relative and crawler are not and stand beside it; foreign only over all networks',
      labelNames: ['network', 'identity'] as const,
      registers,
    }),
    networkJoined: new Gauge({
      name: 'forkscope_network_joined_nodes',
      help: 'Unique node IDs that came within the window, for the first time or after an absence, as worked out every hour; a machine that makes up keys counts for each of them',
      labelNames: ['network', 'window'] as const,
      registers,
    }),
    networkLeft: new Gauge({
      name: 'forkscope_network_left_nodes',
      help: 'Unique node IDs that left within the window, whether they came back or not, as worked out every hour',
      labelNames: ['network', 'window'] as const,
      registers,
    }),
    networkMedianSession: new Gauge({
      name: 'forkscope_network_session_median_seconds',
      help: 'Median length of the sessions of nodes that began within the window, those that go on included, without machines that make up keys; absent while more than half go on',
      labelNames: ['network', 'window'] as const,
      registers,
    }),
    networkUptime: new Gauge({
      name: 'forkscope_network_uptime_ratio',
      help: 'Share of the watched time since each node was there first, at most that of the window, in which it was there, over all nodes, from 0 to 1',
      labelNames: ['network', 'window'] as const,
      registers,
    }),
    networkChurnPartial: new Gauge({
      name: 'forkscope_network_churn_partial',
      help: '1 if who came and went within the window is partial: nobody looked for a part of it, or too little was looked at',
      labelNames: ['network', 'window'] as const,
      registers,
    }),
    networkReady: new Gauge({
      name: 'forkscope_network_ready_ratio',
      help: 'Share of the nodes on the active fork that announced the next fork of the network file at the last census, from 0 to 1; absent if no fork is scheduled',
      labelNames: ['network'] as const,
      registers,
    }),
    networkNextFork: new Gauge({
      name: 'forkscope_network_next_fork_timestamp_seconds',
      help: 'When the next fork of the network file activates, in seconds since the epoch; absent if no fork by time is scheduled',
      labelNames: ['network', 'fork'] as const,
      registers,
    }),
    networkHead: new Gauge({
      name: 'forkscope_network_head_block',
      help: 'Newest estimate of the head: the highest block that more than a third of the nodes which told theirs had reached',
      labelNames: ['network'] as const,
      registers,
    }),
    networkHeadTimestamp: new Gauge({
      name: 'forkscope_network_head_estimate_timestamp_seconds',
      help: 'When the head was estimated, in seconds since the epoch',
      labelNames: ['network'] as const,
      registers,
    }),
    networkOpenSplits: new Gauge({
      name: 'forkscope_network_open_splits',
      help: 'Open splits: forkSplit = incompatible fork IDs after an activation, chainSplit = different blocks at the same height',
      labelNames: ['network', 'kind'] as const,
      registers,
    }),
    networkCapped: new Gauge({
      name: 'forkscope_network_capped_nodes',
      help: 'Node IDs that bounds kept from being looked at within 24 h, at IPs where nodes of the network are: what its counts lack at most for that reason',
      labelNames: ['network'] as const,
      registers,
    }),
    networkMissingForks: new Gauge({
      name: 'forkscope_network_missing_forks',
      help: 'Forks that a twentieth of the network or more has, or announces, and that its network file lacks: above 0, the file is older than the network',
      labelNames: ['network'] as const,
      registers,
    }),
    networkCensusTimestamp: new Gauge({
      name: 'forkscope_network_census_timestamp_seconds',
      help: 'Time of the last census, in seconds since the epoch',
      registers,
    }),
    networkCensusInterval: new Gauge({
      name: 'forkscope_network_census_interval_seconds',
      help: 'Longest time between two censuses as crawlers are set; counts older than three intervals are stale',
      registers,
    }),
    networkSimulated: new Gauge({
      name: 'forkscope_network_simulated',
      help: '1 if the counted nodes are those of a simulated network, as in the demo',
      registers,
    }),
  };
}
