/** Every metric that the three processes export, read from their registries. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { churnWindows } from '../../api/contract/churn.ts';
import { countWindows, forkClasses, identities, populations } from '../../api/contract/common.ts';
import { createApiMetrics, knownClients } from '../../api/http/metrics.ts';
import { nodeResults } from '../../consortium/ask/round.ts';
import { clusterStates, raftSources } from '../../consortium/judge/raftEvent.ts';
import { sealerStates } from '../../consortium/judge/sealerBook.ts';
import { createRaftMetrics } from '../../consortium/metrics.ts';
import { offerCodes } from '../../crawler/crawl/offerCodes.ts';
import { visitCodes, visitStages } from '../../crawler/crawl/visit.ts';
import { clockFaults, createCrawlerMetrics, directions, measureCrawler, packetKinds } from '../../crawler/metrics.ts';
import { measureSources } from '../../crawler/sources/measureSources.ts';
import { readResults, SourceBooks, sourceKinds, sourceStates } from '../../crawler/sources/sourceBooks.ts';
import { discv4DropCodes } from '../../p2p/protocol/discv4Types.ts';
import { wireErrorCodes } from '../../p2p/wire/errors.ts';

export const processes = ['crawl', 'serve', 'raft'] as const;
export type Process = (typeof processes)[number];

export interface MetricFact {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly labels: readonly string[];
  readonly help: string;
  readonly process: Process;
}

/** Prefix of Node's own metrics. */
export const prefixes: Readonly<Record<Process, string>> = {
  crawl: 'forkscope_crawler_',
  serve: 'forkscope_api_',
  raft: 'forkscope_raft_',
};

/**
 * The metrics of Node itself that dashboards and rules may use. They depend on the platform and the version of Node;
 * these exist on Linux with every supported version.
 */
export const nodeMetricNames = [
  'process_cpu_seconds_total',
  'process_start_time_seconds',
  'process_resident_memory_bytes',
  'process_open_fds',
  'process_max_fds',
  'nodejs_eventloop_lag_seconds',
  'nodejs_eventloop_lag_p99_seconds',
  'nodejs_heap_size_used_bytes',
  'nodejs_external_memory_bytes',
  'nodejs_gc_duration_seconds',
] as const;

/** Our own metrics, by process, in the order in which they are exported. */
export function listMetrics(): readonly MetricFact[] {
  return processes.flatMap((process) => factsOf(process, registryOf(process)));
}

/** These metrics of Node, for each process. */
export function listNodeMetrics(): readonly MetricFact[] {
  return processes.flatMap((process) => {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry, prefix: prefixes[process] });
    const wanted = new Set<string>(nodeMetricNames.map((name) => `${prefixes[process]}${name}`));
    return factsOf(process, registry).filter(({ name }) => wanted.has(name));
  });
}

function registryOf(process: Process): Registry {
  const registry = new Registry();
  const zero = (): number => 0;
  switch (process) {
    case 'crawl':
      measureCrawler(registry, {
        usableBootnodes: zero,
        triedBootnodes: zero,
        answeredBootnodes: zero,
        frontierNodes: zero,
        cappedNodes: () => [],
        unvisitedNodes: zero,
        overdueMs: zero,
        visitsUnderWay: zero,
        visitWindow: zero,
        claimedNodes: zero,
        tableNodes: zero,
        recordChecks: zero,
        queuedRecords: zero,
        spilledRecords: zero,
        spilledBytes: zero,
        rejectedRecords: zero,
        forgottenMentions: zero,
        spillFailures: zero,
      });
      createCrawlerMetrics(registry);
      measureSources(registry, new SourceBooks({ files: [], trees: [] }, 0), zero);
      return registry;
    case 'serve':
      createApiMetrics(registry, '');
      return registry;
    case 'raft':
      createRaftMetrics(registry, []);
      return registry;
  }
}

function factsOf(process: Process, registry: Registry): MetricFact[] {
  return registry.getMetricsAsArray().map((metric): MetricFact => {
    const type = typeNames.find((name) => name === String(metric.type));
    if (type === undefined) throw new TypeError(`${metric.name} is of type ${String(metric.type)}`);
    return { name: metric.name, type, labels: labelsOf(metric), help: metric.help, process };
  });
}

const typeNames = ['counter', 'gauge', 'histogram', 'summary'] as const;

/** The library keeps them on the metric, and leaves them out of its types. */
function labelsOf(metric: object): string[] {
  if (!('labelNames' in metric) || !Array.isArray(metric.labelNames)) return [];
  return metric.labelNames.map(String);
}

/** What a name in a query stands for: the metric, and the labels that the series has beside those of the target. */
export function seriesOf(metrics: readonly MetricFact[]): ReadonlyMap<string, MetricFact> {
  return new Map(
    metrics.flatMap((metric): [string, MetricFact][] => {
      const { name, type, labels } = metric;
      const withLabel = (label: string): MetricFact => ({ ...metric, labels: [...labels, label] });
      if (type === 'histogram')
        return [
          [`${name}_bucket`, withLabel('le')],
          [`${name}_sum`, metric],
          [`${name}_count`, metric],
        ];
      if (type === 'summary')
        return [
          [name, withLabel('quantile')],
          [`${name}_sum`, metric],
          [`${name}_count`, metric],
        ];
      return [[name, metric]];
    }),
  );
}

/** Labels with a closed set of values, by metric if a name has several meanings. All others are chosen by the operator. */
export function closedValues(metric: string, label: string): readonly string[] | null {
  const own = ownValues[metric]?.[label];
  return own ?? sharedValues[label] ?? null;
}

const ownValues: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  forkscope_network_joined_nodes: { window: churnWindows },
  forkscope_network_left_nodes: { window: churnWindows },
  forkscope_network_session_median_seconds: { window: churnWindows },
  forkscope_network_uptime_ratio: { window: churnWindows },
  forkscope_network_churn_partial: { window: churnWindows },
  forkscope_crawler_visits_total: { code: visitCodes },
  forkscope_crawler_skewed_clocks_total: { clock: clockFaults },
  forkscope_crawler_packets_rejected_total: { code: [...discv4DropCodes, ...wireErrorCodes] },
  forkscope_crawler_session_errors_total: { code: wireErrorCodes },
  forkscope_crawler_neighbours_total: { result: offerCodes },
  forkscope_crawler_sources: { kind: sourceKinds, state: sourceStates },
  forkscope_crawler_source_nodes: { kind: sourceKinds },
  forkscope_crawler_source_bad_entries: { kind: sourceKinds },
  forkscope_crawler_source_reads_total: { kind: sourceKinds, result: readResults },
  forkscope_raft_polls_total: { result: nodeResults },
  forkscope_raft_notifications_total: { outcome: ['delivered', 'failed'] },
};

const sharedValues: Readonly<Record<string, readonly string[]>> = {
  direction: directions,
  stage: visitStages,
  type: packetKinds,
  population: populations,
  window: countWindows,
  client: [...knownClients, 'other'],
  fork_class: [...forkClasses, 'other'],
  identity: [...identities, 'other'],
  kind: ['forkSplit', 'chainSplit'],
  status_class: ['1xx', '2xx', '3xx', '4xx', '5xx'],
  state: [...clusterStates, ...sealerStates],
  source: raftSources,
};
