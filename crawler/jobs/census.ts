import type { Sql } from '../../sql/client.ts';

export interface CensusReport {
  readonly points: number;
  /** Seen within the last 24 hours. */
  readonly nodes: number;
  readonly durationMs: number;
}

/**
 * Counts all nodes for the minute (or other span) of `now`. null = another process is doing it or has done it: any number
 * of crawlers may try within one span.
 */
export async function takeCensus(sql: Sql, now: number, source: string, spanMs = 60_000): Promise<CensusReport | null> {
  const at = new Date(Math.floor(now / spanMs) * spanMs);
  const [row] = await sql<{ points: number; nodes: number; duration_ms: number }[]>`
    select points, nodes, duration_ms from take_census(${at}, ${source}, ${new Date(now)})`;
  return row === undefined ? null : { points: row.points, nodes: row.nodes, durationMs: row.duration_ms };
}
