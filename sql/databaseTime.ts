import type { SqlRunner } from './client.ts';

/**
 * Which clock tells the time where several processes must agree: on leases, and on who is at work. `server`: that of the
 * database, because clocks of crawlers on different machines may differ. `caller`: that of a simulated world. The reasons
 * are in docs/adr/0003-time.md.
 */
export type DatabaseTime = { readonly at: 'server' } | { readonly at: 'caller'; readonly now: () => number };

export const serverTime: DatabaseTime = { at: 'server' };

/** The present moment, as a part of one statement. The only place where a statement asks the server's clock to decide. */
export function presentTime(sql: SqlRunner, time: DatabaseTime) {
  return time.at === 'server' ? sql`now()` : sql`${new Date(time.now())}::timestamptz`;
}

/** The present moment, ms since the epoch. */
export async function readPresent(sql: SqlRunner, time: DatabaseTime): Promise<number> {
  if (time.at === 'caller') return time.now();
  const [row] = await sql<{ now: Date }[]>`select ${presentTime(sql, time)} as now`;
  if (row === undefined) throw new Error('the database told no time');
  return row.now.getTime();
}
