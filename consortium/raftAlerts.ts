import { countOf } from '../lib/plural.ts';
import type { Alert } from '../notify/alert.ts';
import { defaultChurnThreshold } from './judge/churn.ts';
import type { JudgeConfig } from './judge/judgeConfig.ts';
import type { Judgement } from './judge/judgeRounds.ts';
import { majorityOf } from './judge/raftEvent.ts';

/** They carry the names of the Prometheus rules that say the same. */
type AlertName =
  | 'RaftLeaderChurn'
  | 'RaftLeaderChurnSevere'
  | 'RaftNoLeader'
  | 'RaftQuorumLost'
  | 'RaftMultipleMinters'
  | 'RaftMultipleMintersLasting';

/** How long a condition must hold before it is reported, and how many changes are severe. Times in ms. */
export interface RaftAlertConfig {
  readonly noLeaderForMs: number;
  readonly quorumLostForMs: number;
  readonly multipleMintersForMs: number;
  readonly multipleMintersLastingForMs: number;
  readonly severeChanges: number;
  readonly burstChanges: number;
  readonly burstMs: number;
}

export const raftAlertDefaults: RaftAlertConfig = {
  noLeaderForMs: 30_000,
  quorumLostForMs: 30_000,
  multipleMintersForMs: 10_000,
  multipleMintersLastingForMs: 60_000,
  severeChanges: 12,
  burstChanges: 3,
  burstMs: 60_000,
};

/** The state of one cluster's alerts. BOUNDED: by the alert names. */
export interface AlertBook {
  /** Since when each condition holds. */
  readonly since: ReadonlyMap<AlertName, number>;
  readonly firing: ReadonlyMap<AlertName, Alert>;
}

export const quietBook: AlertBook = { since: new Map(), firing: new Map() };

interface Condition {
  readonly name: AlertName;
  /** Null: unknown, so nothing changes. */
  readonly holds: boolean | null;
  readonly forMs: number;
  readonly severity: Alert['severity'];
  readonly summary: string;
  readonly description: string;
}

/** The alerts that an alert hides while it fires: its symptoms, or its milder form. */
const hides: Partial<Record<AlertName, readonly AlertName[]>> = {
  RaftQuorumLost: ['RaftNoLeader', 'RaftLeaderChurn'],
  RaftLeaderChurnSevere: ['RaftLeaderChurn'],
  RaftMultipleMintersLasting: ['RaftMultipleMinters'],
};

/** Takes one judged round; returns the alerts that began or ended with it. Pure, in the rounds' own time. */
export function readRaftAlerts(
  before: AlertBook,
  cluster: string,
  judgement: Judgement,
  judge: Pick<JudgeConfig, 'churnWindowMs' | 'churnThreshold'>,
  config: RaftAlertConfig,
): { readonly book: AlertBook; readonly changed: readonly Alert[] } {
  const now = judgement.tally.t;
  const since = new Map(before.since);
  const firing = new Map(before.firing);
  const changed: Alert[] = [];
  const severe = before.firing.has('RaftLeaderChurnSevere');
  const conditions = readConditions(cluster, judgement, judge, config, severe);
  for (const { name, holds } of conditions) {
    if (holds === true && !since.has(name)) since.set(name, now);
    if (holds === false) since.delete(name);
  }
  const ripe = conditions.filter(({ name, forMs }) => now - (since.get(name) ?? now + 1) >= forMs);
  const hidden = new Set(ripe.flatMap(({ name }) => hides[name] ?? []));
  for (const { name, severity, summary, description } of ripe) {
    if (firing.has(name) || hidden.has(name)) continue;
    const startsAt = since.get(name) ?? now;
    const alert: Alert = { name, severity, labels: { cluster }, summary, description, startsAt, endsAt: null };
    firing.set(name, alert);
    changed.push(alert);
  }
  for (const [name, alert] of firing) {
    if (since.has(name)) continue;
    firing.delete(name);
    changed.push({ ...alert, endsAt: now });
  }
  return { book: { since, firing }, changed };
}

function readConditions(
  cluster: string,
  { tally, current, state }: Judgement,
  judge: Pick<JudgeConfig, 'churnWindowMs' | 'churnThreshold'>,
  config: RaftAlertConfig,
  wasSevere: boolean,
): readonly Condition[] {
  const now = tally.t;
  const { rpc, chain, log, single } = state.churn.changes;
  const within = (ms: number, ...lists: readonly (readonly number[])[]): number =>
    Math.max(...lists.map((times) => times.filter((at) => at > now - ms).length));
  const sure = within(judge.churnWindowMs, rpc, chain, log);
  const changes = Math.max(sure, within(judge.churnWindowMs, single));
  const doubt = changes > sure ? ', as reported by too few nodes to confirm it' : '';
  const minutes = Math.round(judge.churnWindowMs / 60_000);
  const threshold = judge.churnThreshold ?? defaultChurnThreshold(tally.voters);
  const known = current !== null && current.state !== 'unconfirmed';
  const blind = tally.nodes.every((node) => node.view === null);
  const claims = tally.claims.map(({ raftId }) => raftId).join(', ');
  return [
    {
      name: 'RaftLeaderChurnSevere',
      // Once severe, it stays severe until churn ends, instead of coming and going with every burst.
      holds:
        state.churn.on &&
        (wasSevere || sure >= config.severeChanges || within(config.burstMs, rpc, chain, log) >= config.burstChanges),
      forMs: 0,
      severity: 'critical',
      summary: `Raft cluster ${cluster} keeps re-electing its leader: ${countOf(changes, { one: 'change', other: 'changes' })} in ${minutes} min`,
      description:
        'Take load off the cluster, then find the node that starts the elections. Stop it if a majority remains without it.',
    },
    {
      name: 'RaftQuorumLost',
      holds: known ? current.state === 'noQuorum' : null,
      forMs: config.quorumLostForMs,
      severity: 'critical',
      summary: `Raft cluster ${cluster} has lost its quorum: ${tally.votersActive} of ${countOf(tally.voters, { one: 'voter', other: 'voters' })} active, ${majorityOf(tally.voters)} needed`,
      description: 'Start the missing nodes. A lone leader still says minter, but commits nothing.',
    },
    {
      name: 'RaftMultipleMintersLasting',
      holds: blind ? null : state.overlays.multipleMinters.on,
      forMs: config.multipleMintersLastingForMs,
      severity: 'critical',
      summary: `Several nodes of ${cluster} have claimed to lead for a while: Raft IDs ${claims}`,
      description:
        'The cluster is partitioned. Stop the leader that the majority does not follow, and repair the links.',
    },
    {
      name: 'RaftLeaderChurn',
      holds: state.churn.on,
      forMs: 0,
      severity: 'warning',
      summary: `Raft cluster ${cluster} changed its leader ${countOf(changes, { one: 'time', other: 'times' })} in ${minutes} min (threshold ${threshold})${doubt}`,
      description:
        'Look for an overloaded leader, a link that loses packets, or a node that keeps leaving and rejoining.',
    },
    {
      name: 'RaftNoLeader',
      holds: known ? current.leader === null : null,
      forMs: config.noLeaderForMs,
      severity: 'critical',
      summary: `Raft cluster ${cluster} has no leader`,
      description: 'Check that a majority of the voters is running and that their Raft ports can reach each other.',
    },
    {
      name: 'RaftMultipleMinters',
      holds: blind ? null : state.overlays.multipleMinters.on,
      forMs: config.multipleMintersForMs,
      severity: 'warning',
      summary: `Several nodes of ${cluster} claim to lead: Raft IDs ${claims}`,
      description:
        'A leader that has been cut off keeps claiming to lead. Send clients to the one that the majority follows, and repair the link.',
    },
  ];
}
