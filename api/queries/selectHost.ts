import type { Sql } from '../../sql/client.ts';

/** What is known of the IP (of IPv6 the /64) of a node. */
export interface HostRow {
  /** IDs that were met there within a day, those of them met within two hours, and those first heard of within the day. */
  readonly ids: number;
  readonly answering: number;
  readonly fresh: number;
  readonly capped: number;
}

/** What one vantage saw of a node. */
export interface SightRow {
  readonly vantage: string;
  readonly lastVisit: Date | null;
  readonly lastAlive: Date | null;
  readonly lastReachable: Date | null;
  readonly lastInbound: Date | null;
}

/** Most IDs of one IP that are counted. */
const maxIds = 5_000;
const dayMs = 24 * 3_600_000;

export async function selectHost(sql: Sql, ip: string, now: number): Promise<HostRow> {
  const [day, recent] = [new Date(now - dayMs), new Date(now - 2 * 3_600_000)];
  const [row] = await sql<HostRow[]>`
    with host as (
      select h.net, set_masklen(h.net::inet, h.bits) as first, set_masklen(broadcast(h.net), h.bits) as last
      from (
        select network(set_masklen(${ip}::inet, case family(${ip}::inet) when 4 then 32 else 64 end)) as net,
          case family(${ip}::inet) when 4 then 32 else 128 end as bits
      ) h
    )
    select count(*)::int4 as ids, count(*) filter (where met > ${recent})::int4 as answering,
      count(*) filter (where first_seen > ${day})::int4 as fresh,
      coalesce((select sum(l.ids) from left_out_hosts l join host on l.ip <<= host.net::inet where l.at > ${day}), 0)::int4 as capped
    from (
      select n.first_seen, greatest(n.last_alive, n.last_reachable, n.last_inbound) as met
      from host join nodes n on n.ip between host.first and host.last
      where greatest(n.last_alive, n.last_reachable, n.last_inbound) > ${day}
      limit ${maxIds}
    ) m`;
  return row ?? { ids: 0, answering: 0, fresh: 0, capped: 0 };
}

/** By vantage, those that reached it last first. */
export function selectSights(sql: Sql, nodeNo: bigint): Promise<SightRow[]> {
  return sql<SightRow[]>`
    select vantage, last_visit as "lastVisit", last_alive as "lastAlive", last_reachable as "lastReachable",
      last_inbound as "lastInbound"
    from reachability
    where node_no = ${nodeNo} and greatest(last_visit, last_dialled, last_reachable, last_inbound) is not null
    order by last_reachable desc nulls last, last_alive desc nulls last, vantage limit 50`;
}

/** IDs, and IPs, that bounds left out where nodes of the network are: an upper bound of what its counts lack. */
export async function selectCapped(sql: Sql, network: string, now: number): Promise<{ ids: number; ips: number }> {
  const [row] = await sql<{ ids: number; ips: number }[]>`
    select coalesce(sum(l.ids), 0)::int4 as ids, count(distinct l.ip)::int4 as ips
    from left_out_hosts l
    where l.at > ${new Date(now - dayMs)}
      and (${network} = 'all' or exists (select from nodes n where n.network = ${network} and ${isAt(sql)}))`;
  return row ?? { ids: 0, ips: 0 };
}

/** The same IDs for each network that has any. */
export async function selectCappedByNetwork(sql: Sql, now: number): Promise<ReadonlyMap<string, number>> {
  const rows = await sql<{ network: string; ids: number }[]>`
    select s.network, sum(l.ids)::int4 as ids
    from left_out_hosts l cross join lateral (
      select distinct n.network from nodes n where n.network is not null and ${isAt(sql)}
    ) s
    where l.at > ${new Date(now - dayMs)} group by 1`;
  return new Map(rows.map(({ network, ids }) => [network, ids]));
}

/** Node `n` is at the IP of `l`, which may be an IPv6 /64. */
function isAt(sql: Sql) {
  return sql`n.ip between set_masklen(l.ip, case family(l.ip) when 4 then 32 else 128 end)
    and set_masklen(broadcast(l.ip), case family(l.ip) when 4 then 32 else 128 end)`;
}
