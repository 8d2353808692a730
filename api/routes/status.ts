import { toIso } from '../../lib/time.ts';
import type { StatusResponse } from '../contract/networks.ts';
import { selectVantages, type VantageRow } from '../queries/selectVantages.ts';
import { toFreshness } from '../serialize/toFreshness.ts';
import { silentAfterMs } from '../serialize/toWatched.ts';
import { readFreshnessRow } from './readFreshness.ts';
import type { Handlers } from './registerRoute.ts';

type Advice = StatusResponse['advice'][number];

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
    advice: advise(vantages, census.stale, now),
    freshness: toFreshness(row, { changes: 'live', ...given }),
  };
};

/** What is wrong with the crawl, in plain words, and what to try. */
function advise(vantages: readonly VantageRow[], censusLate: boolean, now: number): Advice[] {
  const live = vantages.filter((vantage) => now - vantage.lastBeat.getTime() <= silentAfterMs);
  const advice: Advice[] = [];
  if (live.length === 0) {
    const message =
      'No crawler is running, so these numbers only get older. Start one with `forkscope start` or `forkscope crawl` on this database.';
    advice.push({ code: 'noCrawler', message });
  } else if (live.every((vantage) => vantage.bootnodesTried > 0 && vantage.bootnodesAnswered === 0)) {
    const message =
      'No bootnode has answered. Check that this machine can reach the internet and that its firewall lets UDP out and the answers in. For a private chain, put your own bootnodes into the network file.';
    advice.push({ code: 'noBootnodeAnswered', message });
  }
  if (censusLate && live.length > 0) {
    const message =
      'The census that makes these counts is late. After a fresh start it takes one interval. Otherwise look for census errors in the log of the crawler, and check whether the database is slow or full.';
    advice.push({ code: 'censusLate', message });
  }
  return advice;
}

function toCrawler(row: VantageRow): StatusResponse['crawlers'][number] {
  return {
    vantage: row.vantage,
    startedAt: toIso(row.startedAt),
    lastBeatAt: toIso(row.lastBeat),
    bootnodesAnswered: row.bootnodesAnswered,
    bootnodesTried: row.bootnodesTried,
    frontierNodes: row.frontierNodes,
    visits: Number(row.visits),
  };
}
