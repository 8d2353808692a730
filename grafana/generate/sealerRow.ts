import type { DashboardSpec } from './dashboardSpec.ts';
import { cluster as of, ofCluster, perNode } from './raftNodeRow.ts';

const noSealers = 'the cluster is no chain of sealers (IBFT, QBFT, Clique)';
const query = (expr: string, legend: string) => ({ expr, legend, emptyWhen: noSealers });

/** A chain whose blocks are made in turns. Empty for Raft. */
export const sealerRow: DashboardSpec['rows'][number] = {
  title: 'Sealers (IBFT, QBFT, Clique)',
  panels: [
    {
      kind: 'states',
      title: 'State of the chain',
      about:
        'degraded: some do not seal, and blocks come. halted: a block is due and does not come. idle: none comes and none is due.',
      width: 12,
      unit: 'short',
      texts: { '0': { text: 'no', color: 'text' }, '1': { text: 'yes', color: 'blue' } },
      noValue: noSealers,
      queries: [query(`max by (state) (forkscope_raft_sealers_state${of})`, '{{state}}')],
    },
    {
      kind: 'lines',
      title: 'At work',
      about: 'Sealers that seal, how many must, and how many more may fail before the chain halts.',
      width: 12,
      unit: 'short',
      min: 0,
      noValue: noSealers,
      queries: [
        query(ofCluster('sealers'), 'in the set'),
        query(ofCluster('sealers_active'), 'at work'),
        query(ofCluster('sealers_needed'), 'needed'),
        query(ofCluster('sealers_failures_to_halt'), 'failures to a halt'),
      ],
    },
    {
      kind: 'lines',
      title: 'Share of the newest blocks',
      about: 'By the endpoint that sealed them. Where all take turns, each has the same share.',
      width: 8,
      unit: 'percentunit',
      min: 0,
      noValue: noSealers,
      queries: [query(perNode('node_sealed_ratio'), '{{node}}')],
    },
    {
      kind: 'lines',
      title: 'Turns missed',
      about: 'Turns of the newest blocks that passed without the sealer of an endpoint.',
      width: 8,
      unit: 'short',
      min: 0,
      noValue: noSealers,
      queries: [query(perNode('node_missed_turns'), '{{node}}')],
    },
    {
      kind: 'lines',
      title: 'Round changes per hour',
      about: 'Each is a proposer that was not heard in time. Clique has none.',
      width: 8,
      unit: 'short',
      min: 0,
      queries: [
        {
          expr: `max(increase(forkscope_raft_seal_round_changes_total${of}[1h]))`,
          legend: 'round changes',
          emptyWhen: noSealers,
        },
      ],
    },
    {
      kind: 'lines',
      title: 'Blocks behind',
      about: 'By how many blocks each endpoint is behind the newest of any.',
      width: 8,
      unit: 'short',
      min: 0,
      noValue: noSealers,
      queries: [query(perNode('node_blocks_behind'), '{{node}}')],
    },
    {
      kind: 'lines',
      title: 'Age of the newest block',
      about: 'Grows while no block comes: a halt, or an idle chain.',
      width: 8,
      unit: 's',
      min: 0,
      noValue: noSealers,
      queries: [query(`time() - ${ofCluster('sealers_head_timestamp_seconds')}`, 'age')],
    },
    {
      kind: 'lines',
      title: 'Silent, unexpected, voted on',
      about: 'Sealers that miss turn after turn, addresses that seal without being in the set, and votes under way.',
      width: 8,
      unit: 'short',
      min: 0,
      noValue: noSealers,
      queries: [
        query(ofCluster('sealers_silent'), 'silent'),
        query(ofCluster('sealers_unexpected'), 'unexpected'),
        query(ofCluster('sealer_votes'), 'votes'),
        query(`clamp_min(${ofCluster('sealer_sets')} - 1, 0)`, 'excess sets'),
      ],
    },
  ],
};
