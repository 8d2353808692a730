import type { Sql } from '../../sql/client.ts';

/** Writes the points of finished UTC hours and days; resolves with their number, or null if another process does it. */
export async function rollUpCounts(sql: Sql, now: number): Promise<number | null> {
  const [row] = await sql<{ points: number | null }[]>`select roll_up_counts(${new Date(now)}) as points`;
  return row?.points ?? null;
}

/**
 * Carries hours and days that an earlier version kept to where they are kept now, a part at a time, until nothing is left or
 * the signal aborts; resolves with their number.
 */
export async function carryCounts(sql: Sql, signal?: AbortSignal): Promise<number> {
  let carried = 0;
  while (signal?.aborted !== true) {
    const [row] = await sql<{ points: number | null }[]>`select carry_counts() as points`;
    // While another process rolls up or carries, the next start of a crawler goes on.
    if (row === undefined || row.points === null || row.points === 0) break;
    carried += row.points;
  }
  return carried;
}
