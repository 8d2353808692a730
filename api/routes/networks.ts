import { toDate } from '../../lib/time.ts';
import { countWindows, type Figures, populations } from '../contract/common.ts';
import { notFound } from '../http/errors.ts';
import { selectCurrentCoverage } from '../queries/selectCoverage.ts';
import { selectCurrentCounts, selectCurrentTotals } from '../queries/selectCurrentCounts.ts';
import { learnedForMs, selectFirstBlocks, selectMissingForks, selectNewestHeads } from '../queries/selectForkFacts.ts';
import { selectCapped } from '../queries/selectHost.ts';
import { networkExists, selectForks, selectNetworks } from '../queries/selectNetworks.ts';
import { isUntold } from '../serialize/nameKey.ts';
import { toCoverage, toWhole } from '../serialize/toCoverage.ts';
import { toNetwork } from '../serialize/toNetwork.ts';
import { watchedOf } from '../serialize/watchedOf.ts';
import { readFreshness } from './readFreshness.ts';
import type { Handlers } from './registerRoute.ts';

export const listNetworks: Handlers['listNetworks'] = async (_input, deps) => {
  const now = deps.clock.now();
  const [rows, forks, heads, firstBlocks, missing, freshness] = await Promise.all([
    selectNetworks(deps.sql),
    selectForks(deps.sql, 'all'),
    selectNewestHeads(deps.sql),
    selectFirstBlocks(deps.sql),
    selectMissingForks(deps.sql, toDate(now - learnedForMs)),
    readFreshness(deps, 'census'),
  ]);
  const networks = rows.map((row) => {
    const isOwn = ({ network }: { readonly network: string }) => network === row.slug;
    const head = heads.find(isOwn)?.number ?? null;
    const fileIsOlder = missing.has(row.slug);
    return toNetwork(row, forks.filter(isOwn), { now, head, firstBlocks: firstBlocks.filter(isOwn), fileIsOlder });
  });
  return { networks, watched: watchedOf(rows), freshness };
};

export const getNetworkSummary: Handlers['getNetworkSummary'] = async ({ params: { network } }, deps) => {
  const { sql, clock } = deps;
  const [exists, totals, current, clients, capped, freshness] = await Promise.all([
    networkExists(sql, network),
    selectCurrentTotals(sql, network),
    selectCurrentCoverage(sql, network),
    selectCurrentCounts(sql, { network, cut: 'client', population: 'reachable', window: 'day' }),
    selectCapped(sql, network, clock.now()),
    readFreshness(deps, 'census'),
  ]);
  if (!exists) throw unknownNetwork(network);
  const figures = (population: string, window: string): Figures =>
    pick(totals.find((row) => row.population === population && row.window === window));
  const [now, day] = countWindows;
  const base = (population: string, window: string) =>
    current.find((row) => row.population === population && row.window === window);
  return {
    network,
    populations: populations.map((population) => ({
      population,
      now: figures(population, now),
      day: figures(population, day),
      coverage: { now: toCoverage(base(population, now)), day: toCoverage(base(population, day)) },
      whole: { now: toWhole(base(population, now)), day: toWhole(base(population, day)) },
    })),
    clientUnknown: pick(clients.find((row) => isUntold(row.key))),
    capped,
    freshness,
  };
};

export function unknownNetwork(slug: string) {
  return notFound(`there is no network ${slug}; /api/v1/networks lists them, and \`all\` is every node`);
}

function pick(row: Figures | undefined): Figures {
  return { ids: row?.ids ?? 0, ips: row?.ips ?? 0 };
}
