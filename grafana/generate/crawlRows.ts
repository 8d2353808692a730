import type { DashboardSpec } from './dashboardSpec.ts';
import { errorRate } from './queries.ts';

const by = (window: string): string => `{instance=~"$instance"}[${window}]`;

/** What the crawlers do, and how they are. */
export const crawlRows: DashboardSpec['rows'] = [
  {
    title: 'Crawl',
    panels: [
      {
        kind: 'stack',
        title: 'Visits, by outcome',
        about: 'Finished visits per second, by the reason why they went no further. `ok`: everything planned was done.',
        width: 12,
        unit: 'cps',
        min: 0,
        queries: [
          {
            expr: `sum by (code) (rate(forkscope_crawler_visits_total${by('$__rate_interval')})) > 0`,
            legend: '{{code}}',
          },
        ],
      },
      {
        kind: 'lines',
        title: 'Visits under way, the window, and claims',
        about:
          'How many visits are under way at a time and how many may be. The window shrinks while answers come late because the machine or the line is congested. Claimed in the database is what is under way, what comes next, and what waits to be written.',
        width: 6,
        unit: 'short',
        min: 0,
        queries: [
          { expr: 'sum(forkscope_crawler_visits_under_way{instance=~"$instance"})', legend: 'under way' },
          { expr: 'sum(forkscope_crawler_visit_window{instance=~"$instance"})', legend: 'window' },
          { expr: 'sum(forkscope_crawler_claimed_nodes{instance=~"$instance"})', legend: 'claimed' },
        ],
      },
      {
        kind: 'lines',
        title: 'Duration of a visit',
        about: 'Outbound visits, from the first PING to the end. Visits to silent nodes last until their time-outs.',
        width: 6,
        unit: 's',
        min: 0,
        queries: ['0.5', '0.95'].map((quantile) => ({
          expr: `histogram_quantile(${quantile}, sum by (le) (rate(forkscope_crawler_visit_duration_seconds_bucket${by('$__rate_interval')})))`,
          legend: `${Number(quantile) * 100} %`,
        })),
      },
      {
        kind: 'lines',
        title: 'Frontier',
        about: 'Node IDs that the crawler knows, and those that it has never visited.',
        width: 6,
        unit: 'short',
        min: 0,
        queries: [
          { expr: 'sum(forkscope_crawler_frontier_nodes{instance=~"$instance"})', legend: 'known' },
          { expr: 'sum(forkscope_crawler_frontier_unvisited_nodes{instance=~"$instance"})', legend: 'never visited' },
        ],
      },
      {
        kind: 'lines',
        title: 'How late visits start',
        about: 'How long the most overdue node has waited. If this keeps growing, the crawler cannot keep up.',
        width: 6,
        unit: 's',
        min: 0,
        queries: [
          {
            expr: 'max by (instance) (forkscope_crawler_frontier_overdue_seconds{instance=~"$instance"})',
            legend: '{{instance}}',
          },
        ],
      },
      {
        kind: 'stack',
        title: 'Neighbours named, by what became of them',
        about:
          'Nodes named by other nodes, per second. `added` is new; `unearned` came from a source that has never been right.',
        width: 12,
        unit: 'cps',
        min: 0,
        queries: [
          {
            expr: `sum by (result) (rate(forkscope_crawler_neighbours_total${by('$__rate_interval')})) > 0`,
            legend: '{{result}}',
            emptyWhen: 'all nodes were asked for their neighbours a moment ago',
          },
        ],
      },
      {
        kind: 'stack',
        title: 'Files and lists in DNS',
        about:
          'By how they were read last. `failed`: not at all, and what was known of it stays; `partial`: entries are bad or missing.',
        width: 6,
        unit: 'short',
        min: 0,
        queries: [
          {
            expr: 'sum by (kind, state) (forkscope_crawler_sources{instance=~"$instance"}) > 0',
            legend: '{{kind}} {{state}}',
            emptyWhen: 'no source is configured',
          },
        ],
      },
      {
        kind: 'lines',
        title: 'Nodes that they name',
        about: 'By files and lists in DNS when they were read last, and entries that could not be used.',
        width: 6,
        unit: 'short',
        min: 0,
        queries: [
          { expr: 'sum by (kind) (forkscope_crawler_source_nodes{instance=~"$instance"})', legend: '{{kind}}' },
          {
            expr: 'sum by (kind) (forkscope_crawler_source_bad_entries{instance=~"$instance"})',
            legend: '{{kind}} bad',
          },
        ],
      },
    ],
  },
  {
    title: 'Packets',
    panels: [
      {
        kind: 'stack',
        title: 'Sent, by type',
        about: 'discv4 packets per second.',
        width: 8,
        unit: 'pps',
        min: 0,
        queries: [
          {
            expr: `sum by (type) (rate(forkscope_crawler_packets_sent_total${by('$__rate_interval')})) > 0`,
            legend: '{{type}}',
          },
        ],
      },
      {
        kind: 'stack',
        title: 'Received, by type',
        about: 'Valid discv4 packets per second. If packets are sent but none arrive here, UDP does not come back.',
        width: 8,
        unit: 'pps',
        min: 0,
        queries: [
          {
            expr: `sum by (type) (rate(forkscope_crawler_packets_received_total${by('$__rate_interval')})) > 0`,
            legend: '{{type}}',
          },
        ],
      },
      {
        kind: 'stack',
        title: 'discv5: sent, by type',
        about: 'discv5 packets per second. A knock asks for a handshake; most go to nodes that are gone.',
        width: 8,
        unit: 'pps',
        min: 0,
        queries: [
          {
            expr: `sum by (type) (rate(forkscope_crawler_discv5_packets_sent_total${by('$__rate_interval')})) > 0`,
            legend: '{{type}}',
            emptyWhen: 'discv5 is off, or nobody is due',
          },
        ],
      },
      {
        kind: 'stack',
        title: 'discv5: received, by type',
        about: 'Valid discv5 packets per second, and those refused.',
        width: 8,
        unit: 'pps',
        min: 0,
        queries: [
          {
            expr: `sum by (type) (rate(forkscope_crawler_discv5_packets_received_total${by('$__rate_interval')})) > 0`,
            legend: '{{type}}',
            emptyWhen: 'nobody speaks discv5',
          },
          {
            expr: `sum by (code) (rate(forkscope_crawler_discv5_packets_rejected_total${by('$__rate_interval')})) > 0`,
            legend: 'refused: {{code}}',
            emptyWhen: 'no peer sends anything wrong',
          },
        ],
      },
      {
        kind: 'lines',
        title: 'Asked nodes that answer, by protocol',
        about: 'Share of the nodes asked in visits that answered. A node that answers by one protocol is alive.',
        width: 8,
        unit: 'percentunit',
        min: 0,
        queries: [
          {
            expr: `sum by (protocol) (rate(forkscope_crawler_asked_nodes_total{result="answered",instance=~"$instance"}[$__rate_interval])) / sum by (protocol) (rate(forkscope_crawler_asked_nodes_total${by('$__rate_interval')}))`,
            legend: '{{protocol}}',
            emptyWhen: 'no visit has ended',
          },
        ],
      },
      {
        kind: 'lines',
        title: 'Refused packets and broken sessions, by code',
        about: 'Dropped packets, and RLPx sessions that ended because of malformed data: the ten most frequent codes.',
        width: 8,
        unit: 'cps',
        min: 0,
        queries: [
          {
            expr: `topk(10, ${errorRate('packets_rejected_total')} > 0)`,
            legend: 'packet {{code}}',
            emptyWhen: 'no peer sends anything wrong',
          },
          {
            expr: `topk(10, ${errorRate('session_errors_total')} > 0)`,
            legend: 'session {{code}}',
            emptyWhen: 'no peer sends anything wrong',
          },
        ],
      },
    ],
  },
  {
    title: 'Writes and the process',
    panels: [
      {
        kind: 'lines',
        title: 'Visits that wait for the database',
        about: 'In memory, and on disk while the database is away, up to 2 GiB. Then the crawl waits; nothing is lost.',
        width: 6,
        unit: 'short',
        min: 0,
        queries: [
          { expr: 'sum(forkscope_crawler_store_queued_records{instance=~"$instance"})', legend: 'memory' },
          { expr: 'sum(forkscope_crawler_store_spilled_records{instance=~"$instance"})', legend: 'disk' },
        ],
      },
      {
        kind: 'lines',
        title: 'Writes',
        about: 'Visits committed per second, and writes that failed and were retried.',
        width: 6,
        unit: 'cps',
        min: 0,
        queries: [
          {
            expr: `sum(rate(forkscope_crawler_visits_committed_total${by('$__rate_interval')}))`,
            legend: 'committed',
          },
          { expr: `sum(rate(forkscope_crawler_store_failures_total${by('$__rate_interval')}))`, legend: 'failed' },
        ],
      },
      {
        kind: 'lines',
        title: 'Event-loop lag, 99 %',
        about: 'Above a quarter of a second, time-outs are judged late and the window shrinks.',
        width: 6,
        unit: 's',
        min: 0,
        queries: [
          {
            expr: 'max by (instance) (forkscope_crawler_nodejs_eventloop_lag_p99_seconds{instance=~"$instance"})',
            legend: '{{instance}}',
          },
        ],
      },
      {
        kind: 'lines',
        title: 'Memory',
        about: 'Resident memory of the crawler, and the part of it that is JavaScript heap.',
        width: 6,
        unit: 'bytes',
        min: 0,
        queries: [
          {
            expr: 'max by (instance) (forkscope_crawler_process_resident_memory_bytes{instance=~"$instance"})',
            legend: '{{instance}} resident',
          },
          {
            expr: 'max by (instance) (forkscope_crawler_nodejs_heap_size_used_bytes{instance=~"$instance"})',
            legend: '{{instance}} heap',
          },
        ],
      },
    ],
  },
];
