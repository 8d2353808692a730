import type { Sql } from '../sql/client.ts';

/**
 * So many nodes heard of within the day before `now`: 60 % alive, 36 % reachable, 30 % identified, half on one of four
 * networks, two fifths at addresses of eight nodes; and what else a month leaves behind.
 */
export async function fillHistory(sql: Sql, nodes: number, versions: number, now: number): Promise<void> {
  const at = new Date(now);
  await sql`
    insert into networks (slug, name, network_id, genesis_hash, file)
    select n, n, 1, sha256(n::bytea), '{}' from unnest('{mainnet,sepolia,hoodi,gnosis}'::text[]) n`;
  await sql`
    insert into vantages (vantage, version, started_at, last_beat, networks, ping_within_ms, dial_within_ms)
    values ('bench', '1', ${at}, ${at}, '{mainnet,sepolia,hoodi,gnosis}', 2520000, 6960000)`;
  await sql`
    insert into crawl_spans (vantage, from_at, until_at, heard, networks)
    values ('bench', ${at}::timestamptz - interval '40 days', ${at}::timestamptz + interval '1 hour', true, '{mainnet,sepolia,hoodi,gnosis}')`;
  await sql`
    insert into clients (raw, name, version)
    select 'client' || g % 30 || '/1.' || g / 30, 'client' || g % 30, '1.' || g / 30 from generate_series(1, ${versions}::int4) g`;
  await sql`insert into fork_ids (hash, next) select decode(lpad(to_hex(g), 8, '0'), 'hex'), 0 from generate_series(1, 60) g`;
  await sql`insert into codes (code) values ('pong'), ('ok')`;
  await sql`
    insert into nodes (id, id_hash, first_seen, last_seen, last_alive, last_reachable, last_identified, last_status, last_visit,
      last_pinged, last_dialled, ip, udp_port, tcp_port, client_no, capabilities, network, network_source, fork_no, fork_source,
      fork_class, synced, enr)
    select sha512(int4send(g)), sha256(int4send(g)), seen - random() * interval '40 days', seen, case when r < 0.6 then seen end,
      case when r < 0.36 then seen end, case when r < 0.3 then seen end, case when r < 0.25 then seen end,
      case when r < 0.6 then seen end, seen, seen,
      '11.0.0.0'::inet + case when g % 5 < 3 then g * 7 else g / 20 * 3 end, 30303, 30303,
      case when r < 0.3 then 1 + least(${versions}::int4 - 1, floor(${versions}::int4 * power(random(), 3)))::int end,
      case when r < 0.3 then (array['{eth/68,snap/1}', '{eth/68,eth/69,snap/1}'])[1 + g % 2]::text[] end,
      case when r < 0.5 then (array['mainnet', 'mainnet', 'mainnet', 'sepolia', 'hoodi', 'gnosis'])[1 + g % 6] end,
      case when r < 0.25 then 'status' when r < 0.5 then 'enr' end,
      case when r < 0.5 then 1 + least(59, floor(60 * power(random(), 3)))::int end,
      case when r < 0.25 then 'status' when r < 0.5 then 'enr' end,
      case when r < 0.5 then (array['current', 'current', 'ready', 'behind', 'outdated'])[1 + g % 5] end,
      case when r < 0.25 then g % 9 > 0 end,
      case when r < 0.6 then 'enr:-' || encode(sha512(int4send(g)), 'hex') || encode(sha256(int4send(g)), 'hex') end
    from (
      select g, random() as r, ${at}::timestamptz
        - random() * case when random() < 0.5 then interval '40 minutes' else interval '23 hours 50 minutes' end as seen
      from generate_series(1, ${nodes}::int4) g
    ) g`;
  await sql`
    insert into frontier (node_no, due_at, visited_at, failures, home, home_rank)
    select node_no, last_seen + interval '30 minutes', last_seen, case when last_alive is null then 3 else 0 end, 'bench', 1 from nodes`;
  await sql`
    insert into reachability (node_no, vantage, last_visit, last_alive, last_dialled, last_reachable)
    select node_no, 'bench', last_seen, last_alive, last_dialled, last_reachable from nodes`;
  await sql`
    insert into sessions (node_no, from_at, begun, until_at, proved_at)
    select node_no, first_seen, true, null::timestamptz, null::timestamptz from nodes where last_alive is not null
    union all select node_no, first_seen - interval '3 days', true, first_seen - interval '1 day', first_seen - interval '1 day'
    from nodes where last_alive is not null and node_no % 2 = 0`;
  await sql`
    insert into head_estimates (network, at, number, nodes)
    select n, ${at}::timestamptz - g * interval '1 minute', 24000000 - g, 100
    from unnest('{mainnet,sepolia,hoodi,gnosis}'::text[]) n, generate_series(1, 43200) g`;
  await sql`insert into codes (code) values ('bench')`;
  await sql`
    insert into visit_log (at, visit_key, node_no, vantage_no, inbound, stage_no, code_no, took_ms, rtt_ms, ip)
    select ${at}::timestamptz - random() * interval '32 days', gen_random_uuid(), 1 + g % ${nodes}::int4, 3, false, 1, 2, 5, 9,
      '11.0.0.0'::inet from generate_series(1, ${nodes}::int4) g`;
  await sql`vacuum analyze`;
}
