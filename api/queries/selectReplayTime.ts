import type { Sql } from '../../sql/client.ts';

/** When the newest change was made that a standby has replayed; null on a primary. */
export async function selectReplayTime(sql: Sql): Promise<Date | null> {
  const [row] = await sql<{ at: Date | null }[]>`
    select pg_last_xact_replay_timestamp() as at where pg_is_in_recovery()`;
  return row?.at ?? null;
}
