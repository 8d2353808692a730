import type { Freshness } from '../contract/common.ts';
import { type FreshnessRow, selectFreshness } from '../queries/selectFreshness.ts';
import { silentAfterMs } from '../serialize/silentAfter.ts';
import { censusIntervalOf, toFreshness } from '../serialize/toFreshness.ts';
import type { ApiDeps } from './deps.ts';

export async function readFreshness(deps: ApiDeps, changes: 'census' | 'live'): Promise<Freshness> {
  const { clock, config } = deps;
  const row = await readFreshnessRow(deps);
  return toFreshness(row, { changes, now: clock.now(), censusIntervalMs: config.censusIntervalMs });
}

/** Longest time until the next census, ms. */
export async function readCensusInterval(deps: ApiDeps): Promise<number> {
  return censusIntervalOf(await readFreshnessRow(deps), deps.config.censusIntervalMs);
}

export function readFreshnessRow({ sql, clock }: ApiDeps): Promise<FreshnessRow> {
  return selectFreshness(sql, new Date(clock.now() - silentAfterMs));
}
