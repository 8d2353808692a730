import type { DashboardSpec, QuerySpec } from './dashboardSpec.ts';
import { firingMark } from './queries.ts';

const noRaft = 'no Raft watcher is running';
const noFailure = 'nothing has failed';

/** The same of each process: each exports Node's own metrics under its prefix. */
function ofEach(expr: (prefix: string) => string): QuerySpec[] {
  return (['crawler', 'api', 'raft'] as const).map((process) => ({
    expr: expr(`forkscope_${process}_`),
    legend: `${process} {{instance}}`,
    ...(process === 'raft' ? { emptyWhen: noRaft } : {}),
  }));
}

export const healthDashboard: DashboardSpec = {
  uid: 'forkscope-health',
  title: 'Forkscope / Health',
  about: 'Whether Forkscope itself is healthy: its processes, its database, its API.',
  from: 'now-6h',
  variables: [],
  marks: [firingMark],
  rows: [
    {
      title: 'Now',
      panels: [
        {
          kind: 'stat',
          title: 'Processes up',
          about: 'Targets that Prometheus could scrape, by the jobs of the shipped configuration.',
          width: 6,
          unit: 'short',
          texts: { '0': { text: 'down', color: 'red' }, '1': { text: 'up', color: 'green' } },
          queries: [{ expr: 'min by (job) (up{job=~"forkscope-.*"})', legend: '{{job}}' }],
        },
        {
          kind: 'stat',
          title: 'Database',
          about: 'Whether it answered `serve` at the last scrape.',
          width: 4,
          unit: 'short',
          texts: { '0': { text: 'away', color: 'red' }, '1': { text: 'answers', color: 'green' } },
          queries: [{ expr: 'min(forkscope_api_database_up)', legend: 'database' }],
        },
        {
          kind: 'stat',
          title: 'Bootnodes that answered',
          about: 'Since the start of each crawler, next to the number asked and the number that can be used.',
          width: 5,
          unit: 'short',
          queries: [
            { expr: 'sum(forkscope_crawler_bootnodes_answered)', legend: 'answered' },
            { expr: 'sum(forkscope_crawler_bootnodes_tried)', legend: 'asked' },
            { expr: 'sum(forkscope_crawler_bootnodes_usable)', legend: 'usable' },
          ],
        },
        {
          kind: 'stat',
          title: 'Our tables',
          about: 'Nodes in the Kademlia tables of our own identities. Without any, nobody finds us.',
          width: 4,
          unit: 'short',
          queries: [{ expr: 'sum(forkscope_crawler_table_nodes)', legend: 'nodes' }],
        },
        {
          kind: 'stat',
          title: 'Visits refused by the database, 24 h',
          about: 'These visits are lost, and each one is logged. It is a bug: please report it.',
          width: 5,
          unit: 'short',
          decimals: 0,
          thresholds: [
            { from: null, color: 'green' },
            { from: 1, color: 'red' },
          ],
          queries: [{ expr: 'sum(increase(forkscope_crawler_store_rejected_visits_total[1d]))', legend: 'visits' }],
        },
        {
          kind: 'table',
          title: 'Versions',
          about: 'Which version runs where. `curve`: native is fast, wasm and noble are fallbacks.',
          width: 12,
          unit: 'none',
          queries: [
            {
              expr: 'max by (instance, version, curve) (forkscope_crawler_info) or max by (instance, version) (forkscope_api_info)',
              legend: 'runs',
            },
          ],
        },
        {
          kind: 'table',
          title: 'Firing alerts',
          about: 'docs/runbooks says what to do.',
          width: 12,
          unit: 'none',
          noValue: 'none',
          queries: [
            {
              expr: 'count by (alertname, severity) (ALERTS{alertname=~"Forkscope.*|Raft.*", alertstate="firing"})',
              legend: 'series',
              emptyWhen: 'all is well',
            },
          ],
        },
      ],
    },
    {
      title: 'Processes',
      panels: [
        {
          kind: 'lines',
          title: 'Processor',
          about:
            'Share of one core. The crawler checks signatures, which is expensive; the others should be near zero.',
          width: 12,
          unit: 'percentunit',
          min: 0,
          queries: ofEach((prefix) => `max by (instance) (rate(${prefix}process_cpu_seconds_total[$__rate_interval]))`),
        },
        {
          kind: 'lines',
          title: 'Memory',
          about: 'Resident memory.',
          width: 12,
          unit: 'bytes',
          min: 0,
          queries: ofEach((prefix) => `max by (instance) (${prefix}process_resident_memory_bytes)`),
        },
        {
          kind: 'lines',
          title: 'Event-loop lag, 99 %',
          about: 'How late timers fire.',
          width: 12,
          unit: 's',
          min: 0,
          queries: ofEach((prefix) => `max by (instance) (${prefix}nodejs_eventloop_lag_p99_seconds)`),
        },
        {
          kind: 'lines',
          title: 'Uptime',
          about: 'A sawtooth is a process that ends again and again.',
          width: 12,
          unit: 's',
          min: 0,
          queries: ofEach((prefix) => `time() - max by (instance) (${prefix}process_start_time_seconds)`),
        },
      ],
    },
    {
      title: 'API',
      panels: [
        {
          kind: 'stack',
          title: 'Requests, by operation',
          about: 'Answers per second.',
          width: 8,
          unit: 'reqps',
          min: 0,
          queries: [
            {
              expr: 'sum by (operation) (rate(forkscope_api_request_duration_seconds_count[$__rate_interval])) > 0',
              legend: '{{operation}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Time to answer, 95 %',
          about: 'From a request to the end of its answer.',
          width: 8,
          unit: 's',
          min: 0,
          queries: [
            {
              expr: 'histogram_quantile(0.95, sum by (le, operation) (rate(forkscope_api_request_duration_seconds_bucket[$__rate_interval])))',
              legend: '{{operation}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Unsuccessful answers, by class',
          about: "4xx: the caller's mistake. 5xx: ours.",
          width: 8,
          unit: 'reqps',
          min: 0,
          noValue: 'none',
          queries: [
            {
              expr: 'sum by (status_class) (rate(forkscope_api_request_duration_seconds_count{status_class=~"4xx|5xx"}[$__rate_interval])) > 0',
              legend: '{{status_class}}',
              emptyWhen: noFailure,
            },
          ],
        },
      ],
    },
    {
      title: 'What is dropped',
      panels: [
        {
          kind: 'lines',
          title: 'Mentions forgotten',
          about: 'Mentions of nodes dropped per hour while the database was away. The nodes will be mentioned again.',
          width: 12,
          unit: 'short',
          min: 0,
          queries: [
            {
              expr: 'sum by (instance) (increase(forkscope_crawler_store_forgotten_mentions_total[1h]))',
              legend: '{{instance}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Neighbours refused by a limit',
          about:
            'Too many IDs on one address or subnet, or a full frontier: somebody is trying to fill it, or the network has outgrown it.',
          width: 12,
          unit: 'cps',
          min: 0,
          noValue: 'none',
          queries: [
            {
              expr: 'sum by (result) (rate(forkscope_crawler_neighbours_total{result=~"idsPerIp|idsPerSubnet|frontierFull"}[$__rate_interval])) > 0',
              legend: '{{result}}',
              emptyWhen: noFailure,
            },
          ],
        },
      ],
    },
  ],
};
