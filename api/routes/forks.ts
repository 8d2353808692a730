import { toIso } from '../../lib/time.ts';
import { selectCountExtent } from '../queries/selectCountExtent.ts';
import { selectCensusInstants, selectCountPoints, selectTotalPoints } from '../queries/selectCountPoints.ts';
import { selectCurrentCounts } from '../queries/selectCurrentCounts.ts';
import { selectHead, selectHeads, selectLearnedForks, selectSplits } from '../queries/selectForkFacts.ts';
import { networkExists, selectForks } from '../queries/selectNetworks.ts';
import { selectReadinessPoints } from '../queries/selectReadinessPoints.ts';
import { countedInstants } from '../serialize/fillGaps.ts';
import {
  toClasses,
  toForksAhead,
  toLearned,
  toReadiness,
  toReadinessHistory,
  toReadinessSeries,
} from '../serialize/toReadiness.ts';
import { toSplit } from '../serialize/toSplit.ts';
import { chooseResolution, maxPoints } from './chooseResolution.ts';
import { unknownNetwork } from './networks.ts';
import { readFreshness } from './readFreshness.ts';
import { readRange } from './readRange.ts';
import type { Handlers } from './registerRoute.ts';

/** Readiness is about alive nodes, reachable or not. */
const counted = { population: 'alive', window: 'day' } as const;
const maxSplits = 50;

export const getReadiness: Handlers['getReadiness'] = async ({ params: { network }, query }, deps) => {
  const { sql } = deps;
  if (network === 'all' || !(await networkExists(sql, network))) throw unknownNetwork(network);
  const now = deps.clock.now();
  const { from, to } = readRange(query, now);
  const extent = await selectCountExtent(sql, { network, ...counted }, from, to, maxPoints + 1);
  const resolution = chooseResolution({ from, to, extent, asked: query.resolution });
  const of = { network, cut: 'fork_class', ...counted, resolution, from, to } as const;
  const [schedule, head, learned, clients, classes, points, totals, censuses, freshness] = await Promise.all([
    selectForks(sql, network),
    selectHead(sql, network),
    selectLearnedForks(sql, network),
    selectCurrentCounts(sql, { network, cut: 'client_fork', ...counted }),
    selectCurrentCounts(sql, { network, cut: 'fork_class', ...counted }),
    selectCountPoints(sql, of, 50),
    selectTotalPoints(sql, of),
    selectCensusInstants(sql, of),
    readFreshness(deps, 'census'),
  ]);
  return {
    network,
    ...toForksAhead(schedule, now, head),
    ...toReadiness(clients),
    learned: toLearned(learned),
    classes: toClasses(classes),
    history: {
      resolution,
      from: toIso(from),
      to: toIso(to),
      points: toReadinessHistory(points, countedInstants(totals, censuses, from)),
    },
    freshness,
  };
};

export const getReadinessSeries: Handlers['getReadinessSeries'] = async ({ params: { network }, query }, deps) => {
  const { sql } = deps;
  if (network === 'all' || !(await networkExists(sql, network))) throw unknownNetwork(network);
  const { from, to } = readRange(query, deps.clock.now());
  const extent = await selectCountExtent(sql, { network, ...counted }, from, to, maxPoints + 1);
  const resolution = chooseResolution({ from, to, extent, asked: query.resolution });
  const of = { network, cut: 'client_fork', ...counted, resolution, from, to } as const;
  const client = query.client ?? null;
  const [points, totals, censuses, freshness] = await Promise.all([
    selectReadinessPoints(sql, of, client, query.top),
    selectTotalPoints(sql, of),
    selectCensusInstants(sql, of),
    readFreshness(deps, 'census'),
  ]);
  const series = toReadinessSeries(points, countedInstants(totals, censuses, from));
  return { network, client, resolution, from: toIso(from), to: toIso(to), series, freshness };
};

export const getSplits: Handlers['getSplits'] = async ({ params: { network } }, deps) => {
  if (network === 'all' || !(await networkExists(deps.sql, network))) throw unknownNetwork(network);
  const [rows, freshness] = await Promise.all([
    selectSplits(deps.sql, network, maxSplits),
    readFreshness(deps, 'live'),
  ]);
  return { network, splits: rows.map(toSplit), freshness };
};

export const getHeads: Handlers['getHeads'] = async ({ params: { network }, query }, deps) => {
  if (network === 'all' || !(await networkExists(deps.sql, network))) throw unknownNetwork(network);
  const { from, to } = readRange(query, deps.clock.now());
  const [rows, freshness] = await Promise.all([
    selectHeads(deps.sql, network, from, to, maxPoints),
    readFreshness(deps, 'live'),
  ]);
  const points = rows.map(({ at, number, nodes, ageMedian, ageLate }) => ({
    at: toIso(at),
    number: String(number),
    nodes,
    ageMedianSeconds: ageMedian,
    ageLateSeconds: ageLate,
  }));
  return { network, from: toIso(from), to: toIso(to), points, freshness };
};
