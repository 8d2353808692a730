import { toDate } from '../../lib/time.ts';
import type { Sql } from '../../sql/client.ts';

/** Rows that were later than `now`, by table; those without any are left out. */
export async function repairFuture(sql: Sql, now: number, waitMs: number): Promise<Record<string, number>> {
  const rows = await sql<{ what: string; repaired: bigint | number }[]>`
    select what, repaired from repair_future(${toDate(now)}, ${waitMs}::float8 * interval '1 millisecond') where repaired > 0`;
  return Object.fromEntries(rows.map(({ what, repaired }) => [what, Number(repaired)]));
}
