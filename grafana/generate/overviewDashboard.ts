import { churnRow } from './churnRow.ts';
import { countsRow } from './countsRow.ts';
import { crawlRows } from './crawlRows.ts';
import type { DashboardSpec } from './dashboardSpec.ts';
import { firingMark, instanceVariable, networkVariable, nodesOf } from './queries.ts';

export const overviewDashboard: DashboardSpec = {
  uid: 'forkscope-overview',
  title: 'Forkscope / Overview',
  about: 'How many nodes there are, and whether the crawler that counts them is healthy.',
  from: 'now-24h',
  variables: [networkVariable, instanceVariable],
  marks: [firingMark],
  rows: [
    {
      title: 'Now: $network',
      panels: [
        {
          kind: 'stat',
          title: 'Alive, 24 h',
          about: 'Node IDs that answered our PING with a valid PONG in the last 24 hours, at the last census.',
          width: 4,
          unit: 'short',
          queries: [{ expr: nodesOf('alive', 'day'), legend: 'alive' }],
        },
        {
          kind: 'stat',
          title: 'IP addresses, 24 h',
          about: 'Unique IP addresses of those nodes. Far fewer than IDs means many identities on few machines.',
          width: 4,
          unit: 'short',
          queries: [
            {
              expr: 'max(forkscope_network_node_ips{network="$network", population="alive", window="day"})',
              legend: 'addresses',
            },
          ],
        },
        {
          kind: 'stat',
          title: 'Identified, 24 h',
          about: 'Nodes whose Hello was read, so their client is known. Nodes that are full refuse before that.',
          width: 4,
          unit: 'short',
          queries: [{ expr: nodesOf('identified', 'day'), legend: 'identified' }],
        },
        {
          kind: 'stat',
          title: 'Open splits',
          about: 'Open fork splits and chain splits of this network. See the Forks dashboard.',
          width: 4,
          unit: 'short',
          thresholds: [
            { from: null, color: 'green' },
            { from: 1, color: 'red' },
          ],
          noValue: 'none',
          queries: [
            {
              expr: 'sum(max by (kind) (forkscope_network_open_splits{network="$network"}))',
              legend: 'splits',
              emptyWhen: 'the network is all',
            },
          ],
        },
        {
          kind: 'stat',
          title: 'Age of the census',
          about:
            'In census intervals, as the crawlers are set. Every count comes from the last census. After three intervals the numbers are stale.',
          width: 4,
          unit: 'short',
          decimals: 1,
          thresholds: [
            { from: null, color: 'green' },
            { from: 3, color: 'orange' },
          ],
          queries: [
            {
              expr: '(time() - max(forkscope_network_census_timestamp_seconds)) / max(forkscope_network_census_interval_seconds)',
              legend: 'intervals',
            },
          ],
        },
        {
          kind: 'stat',
          title: 'Nodes are',
          about: 'Whether the counted nodes are real or those of the simulated network of the demo.',
          width: 4,
          unit: 'short',
          texts: { '0': { text: 'real', color: 'green' }, '1': { text: 'simulated', color: 'orange' } },
          queries: [{ expr: 'max(forkscope_network_simulated)', legend: 'simulated' }],
        },
      ],
    },
    {
      title: 'Nodes',
      panels: [
        {
          kind: 'lines',
          title: 'Alive now, by network',
          about:
            'Node IDs that answered in the last two hours. A sharp drop comes from the network or from our own line.',
          width: 12,
          unit: 'short',
          min: 0,
          queries: [
            {
              expr: 'max by (network) (forkscope_network_nodes{network!="all", population="alive", window="now"})',
              legend: '{{network}}',
            },
          ],
        },
        {
          kind: 'lines',
          title: 'By what is known about them, 24 h: $network',
          about:
            'Seen: another node mentioned it. Alive: it answered. Reachable: it completed a handshake. Identified: its client is known. Inbound only: it dialled us.',
          width: 12,
          unit: 'short',
          min: 0,
          queries: [
            {
              expr: 'max by (population) (forkscope_network_nodes{network="$network", window="day"})',
              legend: '{{population}}',
            },
          ],
        },
        {
          kind: 'stack',
          title: 'Clients, 24 h: $network',
          about: 'Identified nodes by client.',
          width: 12,
          unit: 'short',
          min: 0,
          queries: [
            {
              expr: 'max by (client) (forkscope_network_client_nodes{network="$network"}) > 0',
              legend: '{{client}}',
            },
          ],
        },
        {
          kind: 'stack',
          title: 'How far visits get',
          about: 'Finished outbound visits per second, by the last stage they reached. `none`: not even a PONG.',
          width: 12,
          unit: 'cps',
          min: 0,
          queries: [
            {
              expr: 'sum by (stage) (rate(forkscope_crawler_visit_stages_total{instance=~"$instance", direction="outbound"}[$__rate_interval])) > 0',
              legend: '{{stage}}',
            },
          ],
        },
      ],
    },
    churnRow,
    countsRow,
    ...crawlRows,
  ],
};
