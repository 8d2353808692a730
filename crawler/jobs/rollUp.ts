import type { Sql } from '../../sql/client.ts';

/** Writes the points of finished UTC hours and days; resolves with their number, or null if another process does it. */
export async function rollUpCounts(sql: Sql, now: number): Promise<number | null> {
  const [row] = await sql<{ points: number | null }[]>`select roll_up_counts(${new Date(now)}) as points`;
  return row?.points ?? null;
}
