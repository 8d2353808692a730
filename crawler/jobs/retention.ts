import { column, type Sql } from '../../sql/client.ts';

export interface RetentionOptions {
  /** Days for which individual visits are kept. */
  readonly visitDays: number;
  /** Days for which the points of every census are kept; hours and days are kept forever. */
  readonly censusDays?: number;
  /** Days after its last mention at which a node that never answered is forgotten. */
  readonly unprovenDays?: number;
}

/** What was removed, by kind; null if another process is doing it. */
export async function applyRetention(
  sql: Sql,
  now: number,
  options: RetentionOptions,
): Promise<Record<string, number> | null> {
  const { visitDays, censusDays = 7, unprovenDays = 14 } = options;
  const rows = await sql<{ what: string; removed: bigint }[]>`
    select what, removed from apply_retention(${new Date(now)}, ${visitDays}, ${censusDays}, ${unprovenDays})`;
  return rows.length === 0 ? null : Object.fromEntries(rows.map(({ what, removed }) => [what, Number(removed)]));
}

/** Creates the partitions of visits for today and the next days, so that they exist before midnight. */
export async function createVisitPartitions(sql: Sql, now: number, days = 3): Promise<void> {
  const list = Array.from({ length: days }, (_, day) => new Date(now + day * 86_400_000).toISOString().slice(0, 10));
  await sql`select create_visit_partition(d) from unnest(${column('text', list)}::text[]::date[]) as g (d)`;
}
