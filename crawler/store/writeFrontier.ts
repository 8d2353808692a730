import { column, type Sql } from '../../sql/client.ts';
import { hexToBytes } from '../wire/bytes.ts';
import type { NodeUpdate } from './foldVisits.ts';
import type { Interned } from './writeNodes.ts';

/**
 * Sets when each node in `n` is due again and ends its lease; a visit older than the node's newest changes nothing.
 */
export function frontierStatement(sql: Sql, updates: readonly NodeUpdate[], { codes }: Interned) {
  return sql`
    insert into frontier as f (node_no, due_at, failures, last_code_no)
    select n.node_no, u.due_at, u.failures, u.code_no
    from unnest(
      ${column(
        'bytea',
        updates.map(({ id }) => hexToBytes(id)),
      )}::bytea[],
      ${column(
        'timestamptz',
        updates.map(({ newest }) => toDate(newest.dueAt)),
      )}::timestamptz[],
      ${column(
        'int4',
        updates.map(({ newest }) => newest.failures),
      )}::int4[],
      ${column(
        'int4',
        updates.map(({ newest }) => codes.get(newest.code) ?? null),
      )}::int2[],
      ${column(
        'timestamptz',
        updates.map(({ newest }) => new Date(newest.at)),
      )}::timestamptz[]
    ) as u (id, due_at, failures, code_no, at)
    join n on n.id = u.id and n.last_visit = u.at
    order by n.node_no
    on conflict (node_no) do update set
      due_at = excluded.due_at, failures = excluded.failures, last_code_no = excluded.last_code_no,
      lease_owner = null, lease_until = null`;
}

/** A single run has no next time: such a node is due a long way off, which a later run may bring forward. */
const farOff = Date.UTC(9999, 0, 1);

function toDate(ms: number): Date {
  return new Date(Math.min(ms, farOff));
}
