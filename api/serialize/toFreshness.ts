import { toIso } from '../../lib/time.ts';
import type { Freshness } from '../contract/common.ts';
import type { FreshnessRow } from '../queries/selectFreshness.ts';

/** Counts older than this many census intervals are stale. */
const staleAfter = 3;
/** Nodes are stale when the last heartbeat is older than this. By default a node that answers is visited as often. */
const liveStaleMs = 30 * 60_000;

/** How fresh the counts (`census`) or the nodes (`live`: by the crawlers' heartbeats) are. */
export function toFreshness(
  row: FreshnessRow,
  { changes, now, censusIntervalMs }: { changes: 'census' | 'live'; now: number; censusIntervalMs: number },
): Freshness {
  const at = changes === 'census' ? row.censusAt : row.beatAt;
  if (at === null) return { asOf: null, ageSeconds: null, stale: true, simulated: row.simulated };
  const ageMs = Math.max(0, now - at.getTime());
  const limitMs = changes === 'census' ? staleAfter * censusIntervalOf(row, censusIntervalMs) : liveStaleMs;
  return {
    asOf: toIso(at),
    ageSeconds: Math.floor(ageMs / 1_000),
    stale: ageMs > limitMs,
    simulated: row.simulated,
  };
}

/**
 * Longest time until the next census, ms, as crawlers tell it; `untoldMs` is used only while none does. After a change of
 * the setting, the longer of the old and the new interval is used until the next census, so that counts that were on time
 * stay so.
 */
export function censusIntervalOf(
  { censusIntervalMs, aliveIntervalMs }: Pick<FreshnessRow, 'censusIntervalMs' | 'aliveIntervalMs'>,
  untoldMs: number,
): number {
  const told = Math.max(censusIntervalMs ?? 0, aliveIntervalMs ?? 0);
  return told > 0 ? told : untoldMs;
}
