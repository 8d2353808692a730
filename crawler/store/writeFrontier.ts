import { column, type SqlRunner } from '../../sql/client.ts';
import type { NodeUpdate } from './foldVisits.ts';
import type { Interned } from './writeNodes.ts';

/** Sets when each visited node is due again and ends its lease; a visit older than the node's newest changes nothing. */
export async function writeFrontier(
  sql: SqlRunner,
  updates: readonly NodeUpdate[],
  nodes: ReadonlyMap<string, bigint>,
  { codes }: Interned,
): Promise<void> {
  await sql`
    insert into frontier as f (node_no, due_at, failures, last_code_no)
    select u.node_no, u.due_at, u.failures, u.code_no
    from unnest(
      ${column(
        sql,
        'int8',
        updates.map(({ id }) => nodes.get(id) ?? null),
      )}::int8[],
      ${column(
        sql,
        'timestamptz',
        updates.map(({ newest }) => toDate(newest.dueAt)),
      )}::timestamptz[],
      ${column(
        sql,
        'int4',
        updates.map(({ newest }) => newest.failures),
      )}::int4[],
      ${column(
        sql,
        'int4',
        updates.map(({ newest }) => codes.get(newest.code) ?? null),
      )}::int2[],
      ${column(
        sql,
        'timestamptz',
        updates.map(({ newest }) => new Date(newest.at)),
      )}::timestamptz[]
    ) as u (node_no, due_at, failures, code_no, at)
    join nodes n on n.node_no = u.node_no and n.last_visit = u.at
    order by u.node_no
    on conflict (node_no) do update set
      due_at = excluded.due_at, failures = excluded.failures, last_code_no = excluded.last_code_no,
      lease_owner = null, lease_until = null`;
}

/** A single run has no next time: such a node is due a long way off, which a later run may bring forward. */
const farOff = Date.UTC(9999, 0, 1);

function toDate(ms: number): Date {
  return new Date(Math.min(ms, farOff));
}
