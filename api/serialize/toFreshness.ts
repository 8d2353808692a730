import { toIso } from '../../lib/time.ts';
import type { Freshness } from '../contract/common.ts';
import type { FreshnessRow } from '../queries/selectFreshness.ts';

/** Data older than this many census intervals is stale. */
const staleAfter = 3;

/** How fresh the counts (`census`) or the nodes (`live`: by the crawlers' heartbeats) are. */
export function toFreshness(
  row: FreshnessRow,
  { changes, now, censusIntervalMs }: { changes: 'census' | 'live'; now: number; censusIntervalMs: number },
): Freshness {
  const at = changes === 'census' ? row.censusAt : row.beatAt;
  if (at === null) return { asOf: null, ageSeconds: null, stale: true, simulated: row.simulated };
  const ageMs = Math.max(0, now - at.getTime());
  return {
    asOf: toIso(at),
    ageSeconds: Math.floor(ageMs / 1_000),
    stale: ageMs > staleAfter * censusIntervalMs,
    simulated: row.simulated,
  };
}
