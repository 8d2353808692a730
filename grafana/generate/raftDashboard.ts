import type { DashboardSpec, Threshold } from './dashboardSpec.ts';
import { firingMark } from './queries.ts';
import { cluster as of, ofCluster, raftNodeRow, yesNo } from './raftNodeRow.ts';
import { sealerRow } from './sealerRow.ts';

const goodWhenOne: readonly Threshold[] = [
  { from: null, color: 'red' },
  { from: 1, color: 'green' },
];
const badWhenOne: readonly Threshold[] = [
  { from: null, color: 'green' },
  { from: 1, color: 'red' },
];

export const raftDashboard: DashboardSpec = {
  uid: 'forkscope-raft',
  title: 'Forkscope / Raft',
  about: 'Who leads a GoQuorum Raft cluster, how often the leader changes, and what each node itself says.',
  from: 'now-6h',
  variables: [{ name: 'cluster', label: 'Cluster', metric: 'forkscope_raft_polling', of: 'cluster', choice: 'one' }],
  marks: [
    firingMark,
    {
      name: 'Leader changes',
      expr: `max(forkscope_raft_last_leader_change_timestamp_seconds${of} > 0) * 1000`,
      title: 'The leader changed',
      color: 'blue',
      atValue: true,
    },
  ],
  rows: [
    {
      title: 'Now: $cluster',
      panels: [
        {
          kind: 'label',
          title: 'State',
          about:
            'confirmed: a majority of the voters name one leader. electing, noLeader, noQuorum: nobody mints. unconfirmed: too few nodes can be asked.',
          width: 4,
          unit: 'short',
          queries: [{ expr: `max by (state) (forkscope_raft_state${of}) == 1`, legend: '{{state}}' }],
        },
        {
          kind: 'stat',
          title: 'Leader',
          about: 'Its Raft ID; 0 = none.',
          width: 3,
          unit: 'none',
          texts: { '0': { text: 'none', color: 'red' } },
          queries: [{ expr: ofCluster('leader_raft_id'), legend: 'Raft ID' }],
        },
        {
          kind: 'stat',
          title: 'Changes, last hour',
          about: 'Confirmed leader changes, counted once per cluster. A rolling restart causes at most one per voter.',
          width: 4,
          unit: 'short',
          decimals: 0,
          thresholds: [
            { from: null, color: 'green' },
            { from: 1, color: 'yellow' },
            { from: 4, color: 'red' },
          ],
          queries: [{ expr: `max(increase(forkscope_raft_leader_changes_total${of}[1h]))`, legend: 'changes' }],
        },
        {
          kind: 'stat',
          title: 'Active voters',
          about: 'Voters in contact, out of all voters. Below a majority, nothing is committed.',
          width: 5,
          unit: 'short',
          queries: [
            { expr: ofCluster('voters_active'), legend: 'active' },
            { expr: ofCluster('voters'), legend: 'of' },
            { expr: ofCluster('learners'), legend: 'learners' },
          ],
        },
        {
          kind: 'stat',
          title: 'Nodes that answer',
          about: 'Endpoints that gave a view in the last round.',
          width: 4,
          unit: 'short',
          thresholds: goodWhenOne,
          queries: [{ expr: ofCluster('views'), legend: 'views' }],
        },
        {
          kind: 'stat',
          title: 'Head, waiting',
          about: 'Newest block of the nodes that follow the leader, and the transactions in the fullest pool.',
          width: 4,
          unit: 'none',
          queries: [
            { expr: ofCluster('head_block'), legend: 'head', emptyWhen: 'no node gives its head' },
            { expr: ofCluster('pending_transactions'), legend: 'waiting', emptyWhen: 'no node gives its pool' },
          ],
        },
      ],
    },
    {
      title: 'Leadership',
      panels: [
        {
          kind: 'states',
          title: 'Who led when',
          about: 'Raft ID of the leader; 0 = none.',
          width: 24,
          height: 5,
          unit: 'none',
          texts: { '0': { text: 'none', color: 'red' } },
          queries: [{ expr: ofCluster('leader_raft_id'), legend: 'leader' }],
        },
        {
          kind: 'states',
          title: 'State',
          about: 'The state of the cluster over time.',
          width: 12,
          unit: 'short',
          texts: yesNo('blue', 'text'),
          queries: [{ expr: `max by (state) (forkscope_raft_state${of})`, legend: '{{state}}' }],
        },
        {
          kind: 'states',
          title: 'What is wrong',
          about:
            'Churning: the leader keeps changing. Stalled: transactions wait while the head does not move. More than one claim or view for longer than an election: a partition.',
          width: 12,
          unit: 'none',
          thresholds: badWhenOne,
          queries: [
            { expr: ofCluster('churning'), legend: 'churning' },
            { expr: ofCluster('stalled'), legend: 'stalled' },
            { expr: `clamp_min(${ofCluster('leader_claims')} - 1, 0)`, legend: 'excess claims' },
            { expr: `clamp_min(${ofCluster('leader_views')} - 1, 0)`, legend: 'excess views' },
            { expr: `1 - ${ofCluster('has_leader')}`, legend: 'no leader' },
            { expr: `1 - ${ofCluster('confirmable')}`, legend: 'not confirmable' },
          ],
        },
        {
          kind: 'lines',
          title: 'Leader changes per hour',
          about:
            'By where they were seen: polls (rpc), block headers (chain), logs (log). The largest count is valid; they must not be added up.',
          width: 8,
          unit: 'short',
          min: 0,
          queries: [
            {
              expr: `max by (source) (increase(forkscope_raft_leader_changes_total${of}[1h]))`,
              legend: '{{source}}',
            },
            { expr: `max(increase(forkscope_raft_observed_leader_changes_total${of}[1h]))`, legend: 'unconfirmed' },
          ],
        },
        {
          kind: 'lines',
          title: 'Losses and re-elections per hour',
          about:
            'A leader that was lost and came back is a re-election, not a change: it was too slow with its heartbeat.',
          width: 8,
          unit: 'short',
          min: 0,
          queries: [
            { expr: `max(increase(forkscope_raft_leader_losses_total${of}[1h]))`, legend: 'losses' },
            { expr: `max(increase(forkscope_raft_leader_reelections_total${of}[1h]))`, legend: 're-elections' },
          ],
        },
        {
          kind: 'lines',
          title: 'Votes and voters',
          about: 'Voters whose own view names the leader, and voters that are active.',
          width: 8,
          unit: 'short',
          min: 0,
          queries: [
            { expr: ofCluster('leader_votes'), legend: 'name the leader' },
            { expr: ofCluster('voters_active'), legend: 'active' },
            { expr: ofCluster('voters'), legend: 'voters' },
          ],
        },
      ],
    },
    raftNodeRow,
    sealerRow,
    {
      title: 'Chain, watcher and notifications',
      panels: [
        {
          kind: 'lines',
          title: 'Head and waiting transactions',
          about: 'Raft mints no empty blocks, so an unchanging head is wrong only while transactions wait.',
          width: 8,
          unit: 'none',
          queries: [
            { expr: ofCluster('head_block'), legend: 'head', emptyWhen: 'no node gives its head' },
            { expr: ofCluster('pending_transactions'), legend: 'waiting', emptyWhen: 'no node gives its pool' },
          ],
        },
        {
          kind: 'states',
          title: 'Who polls',
          about: 'One watcher polls a cluster; the others stand by.',
          width: 8,
          unit: 'short',
          texts: yesNo('blue', 'text'),
          queries: [{ expr: `max by (instance) (forkscope_raft_polling${of})`, legend: '{{instance}}' }],
        },
        {
          kind: 'lines',
          title: 'Notifications per hour',
          about: 'What the built-in notifier delivered and what it could not deliver.',
          width: 8,
          unit: 'short',
          min: 0,
          noValue: 'no target is configured',
          queries: [
            {
              expr: 'sum by (target, outcome) (increase(forkscope_raft_notifications_total[1h]))',
              legend: '{{target}} {{outcome}}',
              emptyWhen: 'no target is configured',
            },
          ],
        },
      ],
    },
  ],
};
