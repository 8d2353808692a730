import type { SqlRunner } from './client.ts';

/**
 * Whose clock says what time it is where several processes must agree: about leases, and who is at work.
 * `server`: the database's, so that the clocks of crawlers on different machines need not agree. `caller`: that of a
 * simulated world, whose days pass in seconds. docs/adr/0003-time.md says why, and where times come from otherwise.
 */
export type DatabaseTime = { readonly at: 'server' } | { readonly at: 'caller'; readonly now: () => number };

export const serverTime: DatabaseTime = { at: 'server' };

/** The present moment, as a part of one statement. No other statement asks a clock of the database's own. */
export function presentTime(sql: SqlRunner, time: DatabaseTime) {
  return time.at === 'server' ? sql`now()` : sql`${new Date(time.now())}::timestamptz`;
}
