import { toDate } from '../../lib/time.ts';
import { hexToBytes } from '../../p2p/wire/bytes.ts';
import { column, type Sql } from '../../sql/client.ts';
import type { NodeUpdate } from './foldVisits.ts';
import type { Interned } from './writeNodes.ts';

/**
 * Sets when each node in `n` is due again and ends its lease. A visit older than the one that set the schedule changes
 * nothing; nor does one that the node made to us, unless the node is new and can be pinged.
 */
export function frontierStatement(sql: Sql, updates: readonly NodeUpdate[], { codes }: Interned) {
  const scheduled = updates.flatMap(({ outbound, newest }) => {
    if (outbound !== null) return { visit: outbound, at: toDate(outbound.at) };
    return newest.udp > 0 ? { visit: newest, at: null } : [];
  });
  return sql`
    insert into frontier as f (node_no, due_at, failures, last_code_no, visited_at)
    select n.node_no, u.due_at, u.failures, u.code_no, u.at
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
      )}::timestamptz[]
    ) as u (id, due_at, failures, code_no, at)
    join n using (id)
    order by n.node_no
    on conflict (node_no) do update set
      due_at = excluded.due_at, failures = excluded.failures, last_code_no = excluded.last_code_no,
      visited_at = excluded.visited_at, lease_owner = null, lease_until = null
    where excluded.visited_at >= coalesce(f.visited_at, '-infinity')`;
}

/** A single run has no next visit: such a node is due far in the future, which a later run may bring forward. */
const farOff = Date.UTC(9999, 0, 1);

function dueDate(ms: number): Date {
  return toDate(Math.min(ms, farOff));
}
