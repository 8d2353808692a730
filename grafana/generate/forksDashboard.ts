import type { DashboardSpec } from './dashboardSpec.ts';
import { firingMark, networkVariable, nodesOf } from './queries.ts';

const activation = 'max by (network, fork) (forkscope_network_next_fork_timestamp_seconds{network="$network"})';
const noFork = 'no fork by time is scheduled';
const noHead = 'no node has given its head yet';

export const forksDashboard: DashboardSpec = {
  uid: 'forkscope-forks',
  title: 'Forkscope / Forks',
  about: 'Who is ready for the next fork, who follows which, and where networks split.',
  from: 'now-7d',
  variables: [{ ...networkVariable, metric: 'forkscope_network_open_splits' }],
  marks: [
    firingMark,
    { name: 'Activation', expr: `${activation} * 1000`, title: '{{fork}}', color: 'blue', atValue: true },
    {
      name: 'Open splits',
      expr: 'max by (kind) (forkscope_network_open_splits{network="$network"}) > 0',
      title: '{{kind}}',
      color: 'red',
    },
    {
      name: 'Network file older',
      expr: 'max by (network) (forkscope_network_missing_forks{network="$network"}) > 0',
      title: 'the file lacks a fork',
      color: 'orange',
    },
  ],
  rows: [
    {
      title: 'Now: $network',
      panels: [
        {
          kind: 'label',
          title: 'Next fork',
          about: 'The first fork of the network file that is not active yet.',
          width: 4,
          unit: 'short',
          noValue: 'none scheduled',
          queries: [{ expr: activation, legend: '{{fork}}', emptyWhen: noFork }],
        },
        {
          kind: 'stat',
          title: 'Activates in',
          about: 'Time to its activation.',
          width: 4,
          unit: 'dtdurations',
          decimals: 0,
          noValue: 'none scheduled',
          thresholds: [
            { from: null, color: 'orange' },
            { from: 604_800, color: 'text' },
          ],
          queries: [
            {
              expr: 'max(forkscope_network_next_fork_timestamp_seconds{network="$network"}) - time()',
              legend: 'to go',
              emptyWhen: noFork,
            },
          ],
        },
        {
          kind: 'stat',
          title: 'Ready',
          about:
            'Ready / (current + ready + conflicting), of the nodes alive in the last 24 hours. For the classes left out, see below.',
          width: 4,
          unit: 'percentunit',
          decimals: 1,
          noValue: 'none scheduled',
          thresholds: [
            { from: null, color: 'red' },
            { from: 0.8, color: 'orange' },
            { from: 0.95, color: 'green' },
          ],
          queries: [
            { expr: 'max(forkscope_network_ready_ratio{network="$network"})', legend: 'ready', emptyWhen: noFork },
          ],
        },
        {
          kind: 'stat',
          title: 'Open splits',
          about:
            'forkSplit: incompatible fork IDs after an activation. chainSplit: different blocks at the same height.',
          width: 4,
          unit: 'short',
          thresholds: [
            { from: null, color: 'green' },
            { from: 1, color: 'red' },
          ],
          queries: [{ expr: 'max by (kind) (forkscope_network_open_splits{network="$network"})', legend: '{{kind}}' }],
        },
        {
          kind: 'stat',
          title: 'Head',
          about:
            'Newest estimate: the highest block that more than a third of the nodes which told theirs had reached.',
          width: 4,
          unit: 'none',
          decimals: 0,
          noValue: 'unknown',
          queries: [
            { expr: 'max(forkscope_network_head_block{network="$network"})', legend: 'head', emptyWhen: noHead },
          ],
        },
        {
          kind: 'stat',
          title: 'Alive, 24 h',
          about: 'Node IDs of this network that answered in the last 24 hours.',
          width: 4,
          unit: 'short',
          queries: [{ expr: nodesOf('alive', 'day'), legend: 'alive' }],
        },
      ],
    },
    {
      title: 'Fork classes and fork IDs: $network',
      panels: [
        {
          kind: 'stack',
          title: 'Nodes by fork class',
          about:
            'Alive in the last 24 h. current: on the active fork, announces no next one. ready: announces the scheduled one. conflicting: announces another one. behind: the head is behind. outdated: the software is. ahead: on a fork that is not active yet. unknown: a hash that the network file does not explain.',
          width: 12,
          height: 10,
          unit: 'short',
          min: 0,
          queries: [
            {
              expr: 'max by (fork_class) (forkscope_network_fork_class_nodes{network="$network"}) > 0',
              legend: '{{fork_class}}',
            },
          ],
        },
        {
          kind: 'stack',
          title: 'Nodes by fork',
          about:
            'Alive in the last 24 h, by the fork whose hash they announce. At an activation, nodes move to the new fork; those that stay are behind or have left.',
          width: 12,
          height: 10,
          unit: 'short',
          min: 0,
          queries: [
            {
              expr: 'max by (fork) (forkscope_network_fork_nodes{network="$network"}) > 0',
              legend: '{{fork}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Readiness and splits, all networks',
      panels: [
        {
          kind: 'lines',
          title: 'Ready for the next fork',
          about: 'Share of the nodes on the active fork that announce the next one.',
          width: 12,
          unit: 'percentunit',
          min: 0,
          max: 1,
          noValue: 'no fork by time is scheduled anywhere',
          queries: [
            { expr: 'max by (network) (forkscope_network_ready_ratio)', legend: '{{network}}', emptyWhen: noFork },
          ],
        },
        {
          kind: 'states',
          title: 'Open splits',
          about: 'Open splits by network and kind.',
          width: 12,
          unit: 'short',
          thresholds: [
            { from: null, color: 'green' },
            { from: 1, color: 'red' },
          ],
          queries: [
            {
              expr: 'max by (network, kind) (forkscope_network_open_splits)',
              legend: '{{network}} {{kind}}',
            },
          ],
        },
        {
          kind: 'table',
          title: 'Networks',
          about: 'All watched networks.',
          width: 24,
          unit: 'short',
          queries: [
            {
              expr: 'max by (network) (forkscope_network_nodes{network!="all", population="alive", window="day"})',
              legend: 'Alive, 24 h',
            },
            {
              expr: 'max by (network) (forkscope_network_ready_ratio)',
              legend: 'Ready',
              unit: 'percentunit',
              emptyWhen: noFork,
            },
            {
              expr: 'max by (network) (forkscope_network_next_fork_timestamp_seconds) * 1000',
              legend: 'Next fork',
              unit: 'dateTimeAsIso',
              emptyWhen: noFork,
            },
            {
              expr: 'sum by (network) (max by (network, kind) (forkscope_network_open_splits))',
              legend: 'Open splits',
            },
            {
              expr: 'max by (network) (forkscope_network_head_block)',
              legend: 'Head',
              unit: 'none',
              emptyWhen: noHead,
            },
          ],
        },
      ],
    },
    {
      title: 'Heads',
      panels: [
        {
          kind: 'lines',
          title: 'Head, by network',
          about: 'A flat line means that the chain has stopped, or that the crawler asks nobody.',
          width: 8,
          unit: 'none',
          queries: [
            { expr: 'max by (network) (forkscope_network_head_block)', legend: '{{network}}', emptyWhen: noHead },
          ],
        },
        {
          kind: 'lines',
          title: 'Blocks per minute',
          about: 'How fast the heads advance, over a quarter of an hour.',
          width: 8,
          unit: 'short',
          min: 0,
          queries: [
            {
              expr: '60 * deriv(max by (network) (forkscope_network_head_block)[15m:1m])',
              legend: '{{network}}',
              emptyWhen: noHead,
            },
          ],
        },
        {
          kind: 'lines',
          title: 'Age of the head estimate',
          about: 'Time since the head was estimated. It grows while no node of the network gives its head.',
          width: 8,
          unit: 's',
          min: 0,
          queries: [
            {
              expr: 'time() - max by (network) (forkscope_network_head_estimate_timestamp_seconds)',
              legend: '{{network}}',
              emptyWhen: noHead,
            },
          ],
        },
      ],
    },
  ],
};
