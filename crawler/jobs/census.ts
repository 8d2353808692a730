import type { Timetable } from '../../lib/timetable.ts';
import type { Sql } from '../../sql/client.ts';

export interface CensusReport {
  readonly points: number;
  /** Seen within the last 24 hours. */
  readonly nodes: number;
  readonly durationMs: number;
}

/** When a crawler takes censuses, and what it tells readers about the next one. */
export interface CensusSchedule {
  readonly timetable: Timetable;
  /** Longest time from one census to the next, ms; null = the crawler ends by itself, so no next census is certain. */
  readonly nextWithinMs: number | null;
}

export interface CensusPlan {
  /** At most one census is taken in each span. A schedule of seconds needs a short one. */
  readonly spanMs?: number;
  /** Longest time until the next census, ms; null = not known. */
  readonly nextWithinMs?: number | null;
}

/**
 * Counts all nodes for the minute (or other span) of `now`. null = another process is doing it or has done it: any number
 * of crawlers may try within one span.
 */
export async function takeCensus(
  sql: Sql,
  now: number,
  source: string,
  { spanMs = 60_000, nextWithinMs = null }: CensusPlan = {},
): Promise<CensusReport | null> {
  const at = new Date(Math.floor(now / spanMs) * spanMs);
  const [row] = await sql<{ points: number; nodes: number; duration_ms: number }[]>`
    select points, nodes, duration_ms from take_census(
      ${at}, ${source}, ${new Date(now)}, ${nextWithinMs === null ? null : BigInt(nextWithinMs)})`;
  return row === undefined ? null : { points: row.points, nodes: row.nodes, durationMs: row.duration_ms };
}
