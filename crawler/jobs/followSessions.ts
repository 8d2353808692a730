import type { Sql } from '../../sql/client.ts';

/** Nodes that came or came back, and that left. */
export interface SessionReport {
  readonly came: number;
  readonly went: number;
}

/** Opens and ends the sessions of nodes by what visits have told until now; null if another process is doing it. */
export async function followSessions(sql: Sql, now: number): Promise<SessionReport | null> {
  const [row] = await sql<{ came: number; went: number }[]>`select came, went from follow_sessions(${new Date(now)})`;
  return row === undefined ? null : { came: row.came, went: row.went };
}

/**
 * Writes who came and went within a day, a week and a month, by network and client; resolves with the number of rows, or
 * null if another process is doing it.
 */
export async function takeChurn(sql: Sql, now: number): Promise<number | null> {
  const [row] = await sql<{ points: number | null }[]>`select take_churn(${new Date(now)}) as points`;
  return row?.points ?? null;
}
