import { toDate } from '../../lib/time.ts';
import { hexToBytes } from '../../p2p/wire/bytes.ts';
import { column, type Sql } from '../../sql/client.ts';
import { minPort } from '../crawl/frontier.ts';
import type { NodeUpdate } from './foldVisits.ts';
import type { Interned } from './writeNodes.ts';

/**
 * Sets when each node in `n` is due again and ends its lease. A visit older than the one that set the schedule changes
 * nothing. One that the node made to us shows that it may be dialled without a PONG, and sets the schedule only of a new
 * node.
 */
export function frontierStatement(sql: Sql, updates: readonly NodeUpdate[], { codes }: Interned) {
  const scheduled = updates.flatMap(({ outbound, newest, inboundAt }) => {
    const direct = inboundAt !== null;
    if (outbound !== null) return { visit: outbound, at: toDate(outbound.at), direct };
    return newest.tcp >= minPort ? { visit: newest, at: null, direct } : [];
  });
  const newer = sql`coalesce(excluded.visited_at >= coalesce(f.visited_at, '-infinity'), false)`;
  return sql`
    insert into frontier as f (node_no, due_at, failures, last_code_no, visited_at, direct)
    select n.node_no, u.due_at, u.failures, u.code_no, u.at, u.direct
    from unnest(
      ${column(
        'bytea',
        scheduled.map(({ visit }) => hexToBytes(visit.id)),
      )}::bytea[],
      ${column(
        'timestamptz',
        scheduled.map(({ visit }) => dueDate(visit.dueAt)),
      )}::timestamptz[],
      ${column(
        'int4',
        scheduled.map(({ visit }) => visit.failures),
      )}::int4[],
      ${column(
        'int4',
        scheduled.map(({ visit }) => codes.get(visit.code) ?? null),
      )}::int2[],
      ${column(
        'timestamptz',
        scheduled.map(({ at }) => at),
      )}::timestamptz[],
      ${column(
        'bool',
        scheduled.map(({ direct }) => direct),
      )}::bool[]
    ) as u (id, due_at, failures, code_no, at, direct)
    join n using (id)
    order by n.node_no
    on conflict (node_no) do update set
      due_at = case when ${newer} then excluded.due_at else f.due_at end,
      failures = case when ${newer} then excluded.failures else f.failures end,
      last_code_no = case when ${newer} then excluded.last_code_no else f.last_code_no end,
      visited_at = greatest(f.visited_at, excluded.visited_at),
      lease_owner = case when ${newer} then null else f.lease_owner end,
      lease_until = case when ${newer} then null else f.lease_until end,
      direct = f.direct or excluded.direct
    where ${newer} or excluded.direct and not f.direct`;
}

/** A single run has no next visit: such a node is due far in the future, which a later run may bring forward. */
const farOff = Date.UTC(9999, 0, 1);

function dueDate(ms: number): Date {
  return toDate(Math.min(ms, farOff));
}
