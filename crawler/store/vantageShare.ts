import type { Sql } from '../../sql/client.ts';
import type { presentTime } from '../../sql/databaseTime.ts';
import type { VisitCode } from '../crawl/visit.ts';
import type { VisitRow } from './visitRow.ts';

/**
 * How vantages share the nodes. A node is revisited by its home, the vantage that sees it best; the others look at it in
 * turn, so that it is known from where it is reachable, and what they fail to see changes neither its schedule nor what
 * is known of it. A node that nobody has met yet goes round: each of them tries it in turn.
 */

type Now = ReturnType<typeof presentTime>;

/** Vantages at work: they gave a sign of life within a minute. */
export function vantagesAtWork(sql: Sql, now: Now) {
  return sql`select vantage from vantages where last_beat > ${now} - interval '1 minute'`;
}

/** After so long the others take over what a home that is at work does not get to. */
export function graceOf(sql: Sql) {
  return sql`interval '1 minute'`;
}

/** Between two looks of a vantage that is not the home, spread by a fifth either way; the first comes sooner. */
export function lookAfter(sql: Sql, nodeNo: Now, which: 'first' | 'next') {
  const hours = which === 'first' ? 1 : 12;
  return sql`interval '1 hour' * (${hours}::float8 * (0.8 + 0.4 * (${nodeNo} % 97) / 97.0))`;
}

/** What a visit of ours saw: 2 = a handshake that we dialled, 1 = an answer over UDP, 0 = nothing. */
export function sightRank({ stage, rttMs }: VisitRow): 0 | 1 | 2 {
  if (stage !== 'none' && stage !== 'pong' && stage !== 'tcp') return 2;
  return rttMs === null ? 0 : 1;
}

/** Visits in which the node was not dialled tell nothing of whether it can be. */
export const undialledCodes: readonly VisitCode[] = ['notDialled', 'dialPaused', 'dialThrottled', 'aborted'];
/** Visits that we ended or put off ourselves: without an answer they say nothing. */
export const unsaidCodes: ReadonlySet<VisitCode> = new Set(['aborted', 'dialThrottled', 'dialPaused']);
