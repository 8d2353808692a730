import type { Clock } from '../../p2p/ports.ts';
import type { Sql } from '../../sql/client.ts';

/** Between two parts, so that whoever waits for the same rows or the disk gets its turn. */
const betweenMs = 50;
/** Until the next try while another process rolls up or carries. */
const clashMs = 60_000;

/** Writes the points of finished UTC hours and days; resolves with their number, or null if another process does it. */
export async function rollUpCounts(sql: Sql, now: number): Promise<number | null> {
  const [row] = await sql<{ points: number | null }[]>`select roll_up_counts(${new Date(now)}) as points`;
  return row?.points ?? null;
}

/**
 * Carries hours and days that an earlier version kept to where they are kept now, a part at a time, until nothing is left
 * (`done`) or the signal aborts. While another process rolls up or carries, it waits.
 */
export async function carryCounts(
  sql: Sql,
  clock: Pick<Clock, 'sleep'>,
  signal?: AbortSignal,
): Promise<{ readonly done: boolean; readonly points: number }> {
  let carried = 0;
  while (signal?.aborted !== true) {
    const [row] = await sql<{ points: number | null }[]>`select carry_counts() as points`;
    const points = row?.points ?? null;
    if (points === 0) return { done: true, points: carried };
    carried += points ?? 0;
    await clock.sleep(points === null ? clashMs : betweenMs, signal);
  }
  return { done: false, points: carried };
}
