import { toDate } from '../../lib/time.ts';
import { hexToBytes } from '../../p2p/wire/bytes.ts';
import { column, type Sql } from '../../sql/client.ts';
import type { ReachabilityUpdate } from './foldVisits.ts';

/** Notes which of the nodes in `n` this vantage reached, and which reached it. */
export function reachabilityStatement(sql: Sql, vantage: string, updates: readonly ReachabilityUpdate[]) {
  const time = (read: (update: ReachabilityUpdate) => number | null) =>
    column(
      'timestamptz',
      updates.map((update) => toDate(read(update))),
    );
  return sql`
    insert into reachability as r (node_no, vantage, last_dialled, last_reachable, last_inbound)
    select node_no, ${vantage}::text, last_dialled, last_reachable, last_inbound
    from unnest(
      ${column(
        'bytea',
        updates.map(({ id }) => hexToBytes(id)),
      )}::bytea[],
      ${time(({ dialledAt }) => dialledAt)}::timestamptz[], ${time(({ reachableAt }) => reachableAt)}::timestamptz[],
      ${time(({ inboundAt }) => inboundAt)}::timestamptz[]
    ) as u (id, last_dialled, last_reachable, last_inbound)
    join n using (id)
    order by node_no
    on conflict (node_no, vantage) do update set
      last_dialled = greatest(r.last_dialled, excluded.last_dialled),
      last_reachable = greatest(r.last_reachable, excluded.last_reachable),
      last_inbound = greatest(r.last_inbound, excluded.last_inbound)`;
}
