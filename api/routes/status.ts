import { toIso } from '../../lib/time.ts';
import type { StatusResponse } from '../contract/networks.ts';
import { selectVantages, type VantageRow } from '../queries/selectVantages.ts';
import { toAdvice } from '../serialize/toAdvice.ts';
import { toBootnodeProblems } from '../serialize/toBootnodeProblems.ts';
import { toFreshness } from '../serialize/toFreshness.ts';
import { toHeld } from '../serialize/toHeld.ts';
import { readFreshnessRow } from './readFreshness.ts';
import type { Handlers } from './registerRoute.ts';

export const getStatus: Handlers['getStatus'] = async (_input, deps) => {
  const { sql, clock, config, version } = deps;
  const [vantages, row] = await Promise.all([selectVantages(sql), readFreshnessRow(deps)]);
  const now = clock.now();
  const given = { now, censusIntervalMs: config.censusIntervalMs };
  const census = toFreshness(row, { changes: 'census', ...given });
  return {
    version,
    crawlers: vantages.map(toCrawler),
    lastCensusAt: census.asOf,
    advice: toAdvice(vantages, census.stale, now),
    // What pages show stands on the census: a heartbeat makes no count younger.
    freshness: census,
  };
};

function toCrawler(row: VantageRow): StatusResponse['crawlers'][number] {
  return {
    vantage: row.vantage,
    startedAt: toIso(row.startedAt),
    lastBeatAt: toIso(row.lastBeat),
    bootnodesAnswered: row.bootnodesAnswered,
    bootnodesTried: row.bootnodesTried,
    bootnodesGiven: row.bootnodesGiven,
    bootnodesUsable: row.bootnodesUsable,
    bootnodeProblems: toBootnodeProblems(row.bootnodeProblems),
    frontierNodes: row.frontierNodes,
    visits: Number(row.visits),
    held: toHeld(row),
  };
}
