import type { DashboardSpec } from './dashboardSpec.ts';

/** How far the counts can be trusted, and who stands beside them. */
export const countsRow: DashboardSpec['rows'][number] = {
  title: 'What the counts stand on: $network',
  panels: [
    {
      kind: 'states',
      title: 'Partial counts, 2 h',
      about:
        'Whether a count is partial: too little of what was due was looked at, or no crawler was at work for a part of the window. Then it is no fall. Each start and each stop marks two hours.',
      width: 12,
      unit: 'short',
      texts: { '0': { text: 'complete', color: 'green' }, '1': { text: 'partial', color: 'orange' } },
      queries: [
        {
          expr: 'max by (population) (forkscope_network_partial{network="$network", window="now"})',
          legend: '{{population}}',
        },
      ],
    },
    {
      kind: 'lines',
      title: 'Looked at, of what was due, 2 h',
      about:
        'By a PING for alive, by a dial for reachable and identified. Below 95 % the count is partial: the crawler does not keep up.',
      width: 12,
      unit: 'percentunit',
      min: 0,
      max: 1,
      queries: [
        {
          expr: 'min by (population) (forkscope_network_coverage_ratio{network="$network", population=~"alive|reachable|identified", window="now"})',
          legend: '{{population}}',
        },
      ],
    },
    {
      kind: 'lines',
      title: 'Unknown, 2 h',
      about:
        'How far a count may be off: nodes that were due and were not looked at, and newcomers that nobody can have met yet.',
      width: 8,
      unit: 'short',
      min: 0,
      queries: [
        {
          expr: 'max by (population) (forkscope_network_unknown_nodes{network="$network", window="now"})',
          legend: '{{population}}',
        },
      ],
    },
    {
      kind: 'lines',
      title: 'Left out by bounds, 24 h',
      about:
        'Node IDs that were named at IP addresses of this network and are not looked at, because so many others are named there. The counts lack at most so many for that reason.',
      width: 8,
      unit: 'short',
      min: 0,
      queries: [
        {
          expr: 'max by (network) (forkscope_network_capped_nodes{network="$network"})',
          legend: 'left out',
          emptyWhen: 'the network is all',
        },
      ],
    },
    {
      kind: 'lines',
      title: 'Told apart, 24 h',
      about:
        'On the network by a record alone, or with another network id: counted. At genesis where other networks fit as well, otherwise ambiguous, an unknown relative with the same genesis, a crawler, of a foreign genesis: beside it, not counted.',
      width: 8,
      unit: 'short',
      min: 0,
      queries: [
        {
          expr: 'max by (identity) (forkscope_network_identity_nodes{network="$network", identity!="status"}) > 0',
          legend: '{{identity}}',
          emptyWhen: 'all is well',
        },
      ],
    },
  ],
};
