import { column, type SqlRunner } from '../../sql/client.ts';
import type { ReachabilityUpdate } from './foldVisits.ts';

export async function writeReachability(
  sql: SqlRunner,
  vantage: string,
  updates: readonly ReachabilityUpdate[],
  nodes: ReadonlyMap<string, bigint>,
): Promise<void> {
  if (updates.length === 0) return;
  const time = (read: (update: ReachabilityUpdate) => number | null) =>
    column(
      sql,
      'timestamptz',
      updates.map((update) => toDate(read(update))),
    );
  await sql`
    insert into reachability as r (node_no, vantage, last_dialled, last_reachable, last_inbound)
    select node_no, ${vantage}, last_dialled, last_reachable, last_inbound
    from unnest(
      ${column(
        sql,
        'int8',
        updates.map(({ id }) => nodes.get(id) ?? null),
      )}::int8[],
      ${time(({ dialledAt }) => dialledAt)}::timestamptz[], ${time(({ reachableAt }) => reachableAt)}::timestamptz[],
      ${time(({ inboundAt }) => inboundAt)}::timestamptz[]
    ) as u (node_no, last_dialled, last_reachable, last_inbound)
    order by node_no
    on conflict (node_no, vantage) do update set
      last_dialled = greatest(r.last_dialled, excluded.last_dialled),
      last_reachable = greatest(r.last_reachable, excluded.last_reachable),
      last_inbound = greatest(r.last_inbound, excluded.last_inbound)`;
}

function toDate(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}
