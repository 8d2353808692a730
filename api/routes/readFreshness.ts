import type { Freshness } from '../contract/common.ts';
import { selectFreshness } from '../queries/selectFreshness.ts';
import { toFreshness } from '../serialize/toFreshness.ts';
import type { ApiDeps } from './deps.ts';

export async function readFreshness({ sql, clock, config }: ApiDeps, changes: 'census' | 'live'): Promise<Freshness> {
  const row = await selectFreshness(sql);
  return toFreshness(row, { changes, now: clock.now(), censusIntervalMs: config.censusIntervalMs });
}
