import { toIso } from '../../lib/time.ts';
import type { Figures } from '../contract/common.ts';
import { badParameter } from '../http/errors.ts';
import { selectCountExtent } from '../queries/selectCountExtent.ts';
import { selectCensusInstants, selectCountPoints, selectTotalPoints } from '../queries/selectCountPoints.ts';
import { selectCoveragePoints, selectCurrentCoverage } from '../queries/selectCoverage.ts';
import { type CountRow, selectCurrentCounts } from '../queries/selectCurrentCounts.ts';
import { networkExists, selectForks } from '../queries/selectNetworks.ts';
import { countedInstants } from '../serialize/fillGaps.ts';
import { isUntold, nameKey, otherKey } from '../serialize/nameKey.ts';
import { toCoverage } from '../serialize/toCoverage.ts';
import { toSeries } from '../serialize/toSeries.ts';
import { chooseResolution, maxPoints } from './chooseResolution.ts';
import type { ApiDeps } from './deps.ts';
import { unknownNetwork } from './networks.ts';
import { readFreshness } from './readFreshness.ts';
import { readRange } from './readRange.ts';
import type { Handlers } from './registerRoute.ts';

/** Most rows of a distribution; the rest are summed. */
const maxRows = 500;

export const getCounts: Handlers['getCounts'] = async ({ params: { network }, query }, deps) => {
  const { sql } = deps;
  const { cut, population, window, top } = query;
  await requireCut(deps, network, cut, window);
  const { from, to } = readRange(query, deps.clock.now());
  const extent = await selectCountExtent(sql, { network, population, window }, from, to, maxPoints + 1);
  const resolution = chooseResolution({ from, to, extent, asked: query.resolution });
  const of = { network, cut, population, window, resolution, from, to };
  const [rows, totals, censuses, points, forks, freshness] = await Promise.all([
    selectCountPoints(sql, of, top),
    selectTotalPoints(sql, of),
    selectCensusInstants(sql, of),
    selectCoveragePoints(sql, of),
    selectForks(sql, network),
    readFreshness(deps, 'census'),
  ]);
  const series = toSeries(rows, countedInstants(totals, censuses, from), cut, forks);
  const coverage = points.flatMap((row) => {
    const found = toCoverage(row);
    return found === null ? [] : [{ at: toIso(row.at), ...found }];
  });
  return { ...of, from: toIso(from), to: toIso(to), series, coverage, freshness };
};

export const getDistribution: Handlers['getDistribution'] = async ({ params: { network }, query }, deps) => {
  const { sql } = deps;
  await requireCut(deps, network, query.cut, query.window);
  const [rows, current, forks, freshness] = await Promise.all([
    selectCurrentCounts(sql, { network, ...query }),
    selectCurrentCoverage(sql, network),
    selectForks(sql, network),
    readFreshness(deps, 'census'),
  ]);
  const told = rows.filter((row) => !isUntold(row.key));
  const shown = told.slice(0, maxRows).map(({ key, ids, ips }) => ({ ...nameKey(query.cut, key, forks), ids, ips }));
  const rest = told.slice(maxRows);
  const other = rest.length === 0 ? [] : [{ ...otherKey, ...sum(rest) }];
  return {
    network,
    ...query,
    rows: [...shown, ...other],
    unknown: sum(rows.filter((row) => isUntold(row.key))),
    coverage: toCoverage(current.find((row) => row.population === query.population && row.window === query.window)),
    freshness,
  };
};

async function requireCut({ sql }: ApiDeps, network: string, cut: string, window: string): Promise<void> {
  if (cut === 'vantage' && window !== 'day')
    throw badParameter('window', 'by vantage, nodes are counted over a day: vantages look at them in turn');
  if (!(await networkExists(sql, network))) throw unknownNetwork(network);
  if (cut === 'network' && network !== 'all')
    throw badParameter('cut', 'only the nodes of `all` are counted by network');
  if ((cut === 'synced' || cut === 'history') && network === 'all')
    throw badParameter('cut', `${cut} is counted for each network alone: heads of different chains cannot be compared`);
}

function sum(rows: readonly CountRow[]): Figures {
  const total = { ids: 0, ips: 0 };
  for (const row of rows) {
    total.ids += row.ids;
    total.ips += row.ips;
  }
  return total;
}
