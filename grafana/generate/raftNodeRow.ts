import type { DashboardSpec, PanelSpec, Threshold } from './dashboardSpec.ts';

/** Series of the chosen cluster. */
export const cluster = '{cluster="$cluster"}';
/** The newest of each endpoint of it. */
export const perNode = (metric: string): string => `max by (node) (forkscope_raft_${metric}${cluster})`;
/** Of the cluster as a whole. */
export const ofCluster = (metric: string): string => `max(forkscope_raft_${metric}${cluster})`;
const noProbe = 'no Raft port is probed (probeUrl)';
const idle = 'this has not happened';

export function yesNo(yes: Threshold['color'], no: Threshold['color']): NonNullable<PanelSpec['texts']> {
  return { '0': { text: 'no', color: no }, '1': { text: 'yes', color: yes } };
}

/** What each endpoint says, by itself. */
export const raftNodeRow: DashboardSpec['rows'][number] = {
  title: 'What each node says',
  panels: [
    {
      kind: 'states',
      title: 'Gives a view',
      about: 'Whether the endpoint answered in the last round. If not, the polls below show the reason.',
      width: 8,
      unit: 'short',
      texts: yesNo('green', 'red'),
      queries: [{ expr: perNode('node_up'), legend: '{{node}}' }],
    },
    {
      kind: 'states',
      title: 'Follows a leader',
      about: 'An isolated node follows no leader while the cluster has one. Gaps are times without a view.',
      width: 8,
      unit: 'short',
      texts: yesNo('green', 'red'),
      queries: [{ expr: perNode('node_has_leader'), legend: '{{node}}' }],
    },
    {
      kind: 'states',
      title: 'Claims to be the minter',
      about: 'If there are two at once, one of them has been cut off and does not know it.',
      width: 8,
      unit: 'short',
      texts: yesNo('blue', 'text'),
      queries: [{ expr: perNode('node_is_leader'), legend: '{{node}}' }],
    },
    {
      kind: 'lines',
      title: 'Polls that gave no view, by result',
      about:
        'refused: the process is down. timeout: frozen or filtered. unauthorized, vhost, html, notRaft and so on: the endpoint is not what it should be.',
      width: 12,
      unit: 'cps',
      min: 0,
      noValue: 'all polls gave a view',
      queries: [
        {
          expr: 'sum by (node, result) (rate(forkscope_raft_polls_total{cluster="$cluster", result!="ok"}[$__rate_interval])) > 0',
          legend: '{{node}} {{result}}',
          emptyWhen: idle,
        },
      ],
    },
    {
      kind: 'lines',
      title: 'Time since the last view',
      about: 'How old our knowledge of each node is.',
      width: 6,
      unit: 's',
      min: 0,
      queries: [{ expr: `time() - ${perNode('last_successful_poll_timestamp_seconds')}`, legend: '{{node}}' }],
    },
    {
      kind: 'lines',
      title: 'Duration of a round',
      about: 'All nodes are asked at the same time, so this is the time of the slowest one.',
      width: 6,
      unit: 's',
      min: 0,
      queries: [
        {
          expr: `histogram_quantile(0.95, sum by (le) (rate(forkscope_raft_poll_duration_seconds_bucket${cluster}[$__rate_interval])))`,
          legend: '95 %',
        },
      ],
    },
    {
      kind: 'lines',
      title: 'Clock offset',
      about: "Each node's clock minus ours, by its Raft port. Discovery refuses packets 20 seconds off.",
      width: 12,
      unit: 's',
      noValue: noProbe,
      queries: [{ expr: perNode('clock_offset_seconds'), legend: '{{node}}', emptyWhen: noProbe }],
    },
    {
      kind: 'states',
      title: 'Raft port answers',
      about: 'The last probe of the port over which the members talk to each other.',
      width: 12,
      unit: 'short',
      texts: yesNo('green', 'red'),
      noValue: noProbe,
      queries: [{ expr: perNode('raft_port_up'), legend: '{{node}}', emptyWhen: noProbe }],
    },
  ],
};
