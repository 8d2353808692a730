import { reasonOf } from '../../lib/errors.ts';
import { toDate } from '../../lib/time.ts';
import type { Clock, Logger } from '../../p2p/ports.ts';
import type { Sql } from '../../sql/client.ts';

const dayMs = 86_400_000;
/** Not while everything else starts. */
const firstAfterMs = 60_000;

/** What was removed, by kind; null if another process is doing it. */
export async function applyRaftRetention(
  sql: Sql,
  now: number,
  keepDays: number,
): Promise<Record<string, number> | null> {
  const rows = await sql<{ what: string; removed: bigint }[]>`
    select what, removed from apply_raft_retention(${toDate(now)}, ${keepDays})`;
  return rows.length === 0 ? null : Object.fromEntries(rows.map(({ what, removed }) => [what, Number(removed)]));
}

/** Removes old rows once a day until `signal` aborts. The watcher does this itself, because it may run without a crawler. */
export async function keepRaftTidy(
  deps: { readonly sql: Sql; readonly clock: Clock; readonly log: Logger },
  keepDays: number,
  signal: AbortSignal,
): Promise<void> {
  const { sql, clock, log } = deps;
  for (await clock.sleep(firstAfterMs, signal); !signal.aborted; await clock.sleep(dayMs, signal)) {
    try {
      const removed = await applyRaftRetention(sql, clock.now(), keepDays);
      if (removed !== null) log.info('old raft rows removed', removed);
    } catch (error) {
      log.warn('could not remove old raft rows; trying again tomorrow', { reason: reasonOf(error) });
    }
  }
}
