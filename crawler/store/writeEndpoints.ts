import { toDate } from '../../lib/time.ts';
import { hexToBytes } from '../../p2p/wire/bytes.ts';
import { column, type Sql } from '../../sql/client.ts';
import type { EndpointUpdate } from './foldVisits.ts';

/** Notes addresses that were proven, of the nodes in `n`. */
export function endpointsStatement(sql: Sql, updates: readonly EndpointUpdate[]) {
  const time = (read: (update: EndpointUpdate) => number | null) =>
    column(
      'timestamptz',
      updates.map((update) => toDate(read(update))),
    );
  return sql`
    insert into endpoints as e (node_no, ip, udp_port, tcp_port, source, first_seen, last_seen, last_pong, last_handshake)
    select node_no, ip, udp_port, tcp_port, source, at, at, last_pong, last_handshake
    from unnest(
      ${column(
        'bytea',
        updates.map(({ id }) => hexToBytes(id)),
      )}::bytea[],
      ${column(
        'inet',
        updates.map(({ ip }) => ip),
      )}::inet[], ${column(
        'int4',
        updates.map(({ udp }) => udp),
      )}::int4[],
      ${column(
        'int4',
        updates.map(({ tcp }) => tcp),
      )}::int4[],
      ${column(
        'text',
        updates.map(({ source }) => source),
      )}::text[], ${time(({ at }) => at)}::timestamptz[],
      ${time(({ pongAt }) => pongAt)}::timestamptz[], ${time(({ handshakeAt }) => handshakeAt)}::timestamptz[]
    ) as u (id, ip, udp_port, tcp_port, source, at, last_pong, last_handshake)
    join n using (id)
    order by node_no, ip, udp_port
    on conflict (node_no, ip, udp_port) do update set
      tcp_port = coalesce(excluded.tcp_port, e.tcp_port),
      first_seen = least(e.first_seen, excluded.first_seen),
      last_seen = greatest(e.last_seen, excluded.last_seen),
      last_pong = greatest(e.last_pong, excluded.last_pong),
      last_handshake = greatest(e.last_handshake, excluded.last_handshake)`;
}
