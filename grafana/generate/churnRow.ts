import type { DashboardSpec } from './dashboardSpec.ts';

const of = (metric: string) => `max by (window) (forkscope_network_${metric}{network="$network"})`;
const fresh = 'nothing has been worked out yet';

/** Who comes and goes, and how long nodes stay. */
export const churnRow: DashboardSpec['rows'][number] = {
  title: 'Coming and going: $network',
  panels: [
    {
      kind: 'lines',
      title: 'Joined and left',
      about:
        'Node IDs that came within the window, for the first time or after an absence, and that left. A machine that makes up keys counts for each of them. The window day is 24 hours, week 7 days, month 30 days.',
      width: 8,
      unit: 'short',
      min: 0,
      queries: [
        { expr: of('joined_nodes'), legend: 'joined, {{window}}', emptyWhen: fresh },
        { expr: of('left_nodes'), legend: 'left, {{window}}', emptyWhen: fresh },
      ],
    },
    {
      kind: 'lines',
      title: 'Median session',
      about:
        'How long nodes stay that came within the window; those that are still there count for as long as they have been. Empty while more than half of them are.',
      width: 8,
      unit: 's',
      min: 0,
      queries: [{ expr: of('session_median_seconds'), legend: '{{window}}', emptyWhen: 'all is well' }],
    },
    {
      kind: 'lines',
      title: 'Uptime',
      about:
        'Share of the time in which nodes were there, since each was there first, of the time in which we looked. A node that left for good counts until the window has passed over it.',
      width: 4,
      unit: 'percentunit',
      min: 0,
      max: 1,
      queries: [{ expr: of('uptime_ratio'), legend: '{{window}}', emptyWhen: fresh }],
    },
    {
      kind: 'states',
      title: 'Partial',
      about:
        'Whether these figures are partial: nobody looked for a part of the window. A month takes 30 days of watching to be complete.',
      width: 4,
      unit: 'short',
      texts: { '0': { text: 'complete', color: 'green' }, '1': { text: 'partial', color: 'orange' } },
      queries: [{ expr: of('churn_partial'), legend: '{{window}}', emptyWhen: fresh }],
    },
  ],
};
