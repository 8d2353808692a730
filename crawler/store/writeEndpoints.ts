import { column, type SqlRunner } from '../../sql/client.ts';
import type { EndpointUpdate } from './foldVisits.ts';

/** Notes addresses that were proven. */
export async function writeEndpoints(
  sql: SqlRunner,
  updates: readonly EndpointUpdate[],
  nodes: ReadonlyMap<string, bigint>,
): Promise<void> {
  if (updates.length === 0) return;
  const time = (read: (update: EndpointUpdate) => number | null) =>
    column(
      sql,
      'timestamptz',
      updates.map((update) => toDate(read(update))),
    );
  await sql`
    insert into endpoints as e (node_no, ip, udp_port, tcp_port, source, first_seen, last_seen, last_pong, last_handshake)
    select node_no, ip, udp_port, tcp_port, source, at, at, last_pong, last_handshake
    from unnest(
      ${column(
        sql,
        'int8',
        updates.map(({ id }) => nodes.get(id) ?? null),
      )}::int8[],
      ${column(
        sql,
        'inet',
        updates.map(({ ip }) => ip),
      )}::inet[], ${column(
        sql,
        'int4',
        updates.map(({ udp }) => udp),
      )}::int4[],
      ${column(
        sql,
        'int4',
        updates.map(({ tcp }) => tcp),
      )}::int4[],
      ${column(
        sql,
        'text',
        updates.map(({ source }) => source),
      )}::text[], ${time(({ at }) => at)}::timestamptz[],
      ${time(({ pongAt }) => pongAt)}::timestamptz[], ${time(({ handshakeAt }) => handshakeAt)}::timestamptz[]
    ) as u (node_no, ip, udp_port, tcp_port, source, at, last_pong, last_handshake)
    order by node_no, ip, udp_port
    on conflict (node_no, ip, udp_port) do update set
      tcp_port = coalesce(excluded.tcp_port, e.tcp_port),
      first_seen = least(e.first_seen, excluded.first_seen),
      last_seen = greatest(e.last_seen, excluded.last_seen),
      last_pong = greatest(e.last_pong, excluded.last_pong),
      last_handshake = greatest(e.last_handshake, excluded.last_handshake)`;
}

function toDate(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}
