import { toIso } from '../../lib/time.ts';
import { badParameter, notFound } from '../http/errors.ts';
import {
  type RaftClusterRow,
  selectRaftChanges,
  selectRaftClusters,
  selectRaftEvents,
  selectRaftMembers,
  selectRaftStates,
  selectRaftViews,
} from '../queries/selectRaft.ts';
import {
  raftFreshness,
  toBand,
  toRaftCluster,
  toRaftEvent,
  toRaftMember,
  toRaftView,
  toSealers,
} from '../serialize/toRaft.ts';
import { decodeEventCursor, encodeEventCursor } from './cursor.ts';
import type { ApiDeps } from './deps.ts';
import { readFreshnessRow } from './readFreshness.ts';
import type { Handlers } from './registerRoute.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Former members accumulate over the years. */
const maxMembers = 1_000;
/** A churning cluster changes its state every second or two: an hour of that still fits. */
const maxBands = 2_000;
const maxRangeMs = 400 * dayMs;
/** Longer ranges are counted by days. */
const hoursUpToMs = 8 * dayMs;

export const listRaftClusters: Handlers['listRaftClusters'] = async (_input, deps) => {
  const now = deps.clock.now();
  const [rows, simulated] = await Promise.all([selectRaftClusters(deps.sql, new Date(now)), isSimulated(deps)]);
  return {
    clusters: rows.map((row) => toRaftCluster(row, now)),
    freshness: raftFreshness(rows, now, simulated),
  };
};

export const getRaftCluster: Handlers['getRaftCluster'] = async ({ params: { cluster } }, deps) => {
  const { sql, clock, config } = deps;
  const now = clock.now();
  const since = new Date(Math.floor((now - dayMs) / hourMs) * hourMs);
  const [row, members, views, simulated] = await Promise.all([
    readCluster(cluster, deps),
    selectRaftMembers(sql, cluster, maxMembers),
    selectRaftViews(sql, cluster, since),
    isSimulated(deps),
  ]);
  const byName = new Intl.Collator('en', { numeric: true });
  return {
    cluster: toRaftCluster(row, now),
    members: members.map((member) => toRaftMember(member, config.maskIps)),
    views: views.map(toRaftView).sort((a, b) => byName.compare(a.node, b.node)),
    sealers: toSealers(row.sealers),
    freshness: raftFreshness([row], now, simulated),
  };
};

export const getRaftTimeline: Handlers['getRaftTimeline'] = async ({ params: { cluster }, query }, deps) => {
  const { sql, clock } = deps;
  const now = clock.now();
  const to = query.to === undefined ? new Date(now) : new Date(query.to);
  const from = query.from === undefined ? new Date(to.getTime() - dayMs) : new Date(query.from);
  if (from >= to) throw badParameter('from', 'must be before `to`');
  if (to.getTime() - from.getTime() > maxRangeMs) throw badParameter('from', 'at most 400 days before `to`');
  const step = to.getTime() - from.getTime() > hoursUpToMs ? 'day' : 'hour';
  const [row, states, changes, simulated] = await Promise.all([
    readCluster(cluster, deps),
    selectRaftStates(sql, cluster, from, to, maxBands + 1),
    selectRaftChanges(sql, cluster, from, to, step),
    isSimulated(deps),
  ]);
  const freshness = raftFreshness([row], now, simulated);
  const range = { from, to, lastRound: row.lastRound, stale: freshness.stale };
  return {
    cluster,
    from: toIso(from),
    to: toIso(to),
    bands: states
      .slice(0, maxBands)
      .flatMap((state) => toBand(state, range) ?? [])
      .reverse(),
    cut: states.length > maxBands,
    step,
    changes: changes.map(({ at, changes: count, unconfirmed }) => ({ at: toIso(at), changes: count, unconfirmed })),
    freshness,
  };
};

export const listRaftEvents: Handlers['listRaftEvents'] = async ({ params: { cluster }, query }, deps) => {
  const { cursor, limit } = query;
  const after = cursor === undefined ? null : decodeEventCursor(cursor);
  const [row, rows, simulated] = await Promise.all([
    readCluster(cluster, deps),
    selectRaftEvents(deps.sql, cluster, after, limit + 1),
    isSimulated(deps),
  ]);
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    events: page.map(toRaftEvent),
    next: last === undefined ? null : encodeEventCursor(last),
    freshness: raftFreshness([row], deps.clock.now(), simulated),
  };
};

async function readCluster(cluster: string, { sql, clock }: ApiDeps): Promise<RaftClusterRow> {
  const [row] = await selectRaftClusters(sql, new Date(clock.now()), cluster);
  if (row === undefined) throw notFound(`there is no Raft cluster ${cluster}; /api/v1/raft lists them`);
  return row;
}

async function isSimulated(deps: ApiDeps): Promise<boolean> {
  return (await readFreshnessRow(deps)).simulated;
}
