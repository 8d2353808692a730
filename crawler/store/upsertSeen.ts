import { toDate } from '../../lib/time.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import { column, type Sql, textArrayLiteral } from '../../sql/client.ts';
import type { Sighting } from './store.ts';

/** Most unproven addresses taken in per node and day: anybody can name any number of them. */
export const maxUnprovenEndpoints = 8;

/** Mentions alone refresh a row at most this often: every node is named by hundreds of others. */
const refreshEvery = '10 minutes';

export async function upsertSeen(sql: Sql, sightings: readonly Sighting[]): Promise<void> {
  const list = unique(sightings);
  if (list.length === 0) return;
  const ids = column(
    'bytea',
    list.map(({ contact }) => contact.id),
  );
  const at = column(
    'timestamptz',
    list.map((sighting) => toDate(sighting.at)),
  );
  const ips = column(
    'inet',
    list.map(({ contact }) => contact.ip),
  );
  const udps = column(
    'int4',
    list.map(({ contact }) => contact.udp),
  );
  const tcps = column(
    'int4',
    list.map(({ contact }) => (contact.tcp > 0 ? contact.tcp : null)),
  );
  const tellers = tellersOf(sightings);
  // One statement, as for visits: all or nothing without a transaction.
  await sql`
    with given as (
      select * from unnest(${ids}::bytea[], ${column(
        'bytea',
        list.map(({ contact }) => keccak256(contact.id)),
      )}::bytea[],
        ${at}::timestamptz[], ${ips}::inet[], ${udps}::int4[], ${tcps}::int4[],
        ${column(
          'text',
          list.map(({ source }) => source),
        )}::text[],
        ${column(
          'timestamptz',
          list.map(({ dueAt }) => toDate(dueAt)),
        )}::timestamptz[],
        ${column(
          'bool',
          list.map(({ direct }) => direct ?? false),
        )}::bool[], ${column(
          'text',
          list.map(({ contact }) => textArrayLiteral(tellers.get(bytesToHex(contact.id)) ?? [])),
        )}::text[]
      ) as g (id, id_hash, at, ip, udp_port, tcp_port, source, due_at, direct, found_by)
    ), made as (
      insert into nodes as n (id, id_hash, first_seen, last_seen, ip, udp_port, tcp_port, found_by)
      select distinct on (id) id, id_hash, at, at, ip, udp_port, tcp_port, found_by::text[] from given order by id
      on conflict (id) do update set last_seen = greatest(n.last_seen, excluded.last_seen),
        found_by = case when n.found_by @> excluded.found_by then n.found_by
          else array(select distinct t from unnest(n.found_by || excluded.found_by) as u (t) order by t) end
        where n.last_seen < excluded.last_seen - ${refreshEvery}::interval or not n.found_by @> excluded.found_by
      returning id, node_no
    ), named as (
      select id, node_no from made union select id, n.node_no from given join nodes n using (id)
    ), scheduled as (
      insert into frontier as f (node_no, due_at, direct)
      select distinct on (node_no) node_no, due_at, direct from given g join named n using (id)
      where not exists (select from frontier o where o.node_no = n.node_no and (o.direct or not g.direct))
      order by node_no, direct desc
      on conflict (node_no) do update set direct = true where excluded.direct and not f.direct
    )
    insert into endpoints as e (node_no, ip, udp_port, tcp_port, source, first_seen, last_seen)
    select node_no, ip, udp_port, tcp_port, source, at, at from (
      select n.node_no, g.*, row_number() over (partition by n.node_no order by k.ip is null, g.at) as place,
        k.ip is not null as known, k.last_seen as known_at,
        (select count(*) from endpoints o
         where o.node_no = n.node_no and o.last_pong is null and o.last_handshake is null
             and o.last_seen > g.at - interval '1 day') as unproven
      from given g join named n using (id)
      left join endpoints k on k.node_no = n.node_no and k.ip = g.ip and k.udp_port = g.udp_port
    ) s
    where case when known then known_at < at - ${refreshEvery}::interval else unproven + place <= ${maxUnprovenEndpoints} end
    order by node_no, ip, udp_port
    on conflict (node_no, ip, udp_port) do update set last_seen = greatest(e.last_seen, excluded.last_seen)`;
}

/** By what each node was found, by its ID in hex. */
function tellersOf(sightings: readonly Sighting[]): Map<string, string[]> {
  const byId = new Map<string, string[]>();
  for (const { contact, source } of sightings) {
    const id = bytesToHex(contact.id);
    const by = source === 'neighbour' ? 'discv4' : source;
    const known = byId.get(id) ?? [];
    if (!known.includes(by)) byId.set(id, [...known, by].sort());
  }
  return byId;
}

/** One row per address, in the order of IDs, so that crawlers lock rows in the same order. */
function unique(sightings: readonly Sighting[]): Sighting[] {
  const byKey = new Map<string, Sighting>();
  for (const sighting of sightings) {
    const { id, ip, udp } = sighting.contact;
    const key = `${bytesToHex(id)} ${ip} ${udp}`;
    const first = byKey.get(key);
    if (first === undefined) byKey.set(key, sighting);
    else if (sighting.direct === true) byKey.set(key, { ...first, direct: true });
  }
  return [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sighting]) => sighting);
}
