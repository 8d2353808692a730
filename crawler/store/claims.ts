import type { Sql } from '../../sql/client.ts';
import type { KnownNode } from './store.ts';

interface KnownRow {
  id: Uint8Array;
  ip: string;
  udp: number | null;
  tcp: number | null;
  proven: boolean;
  visited: boolean;
  first_seen: Date;
  last_alive: Date | null;
  failures: number;
  due_at: Date;
}

export async function claimDue(
  sql: Sql,
  vantage: string,
  limit: number,
  leaseMs: number,
  now: number,
): Promise<KnownNode[]> {
  const at = new Date(now);
  const rows = await sql<KnownRow[]>`
    with due as (
      select node_no from frontier
      where greatest(due_at, lease_until) <= ${at}
      order by greatest(due_at, lease_until)
      limit ${limit}
      for update skip locked
    ), claimed as (
      update frontier f set lease_owner = ${vantage}, lease_until = ${new Date(now + leaseMs)}
      from due where f.node_no = due.node_no
      returning f.node_no, f.due_at, f.failures
    )
    select ${known(sql)}, c.due_at, c.failures
    from claimed c join nodes n using (node_no)
    where n.ip is not null
    order by c.due_at`;
  return rows.map(toKnownNode);
}

export async function releaseLeases(sql: Sql, vantage: string): Promise<number> {
  const { count } = await sql`
    update frontier set lease_owner = null, lease_until = null where lease_owner = ${vantage}`;
  return count;
}

export async function* loadResume(sql: Sql, limit: number): AsyncIterable<readonly KnownNode[]> {
  const pages = sql<KnownRow[]>`
    select ${known(sql)}, f.due_at, f.failures
    from frontier f join nodes n using (node_no)
    where n.ip is not null
    order by f.due_at
    limit ${limit}`.cursor(5_000);
  for await (const page of pages) yield page.map(toKnownNode);
}

function known(sql: Sql) {
  return sql`
    n.id, n.ip, n.udp_port as udp, n.tcp_port as tcp, n.first_seen, n.last_alive,
    n.last_alive is not null or n.last_reachable is not null as proven, n.last_visit is not null as visited`;
}

function toKnownNode(row: KnownRow): KnownNode {
  return {
    target: { id: row.id, ip: row.ip, udp: row.udp ?? 0, tcp: row.tcp ?? 0 },
    proven: row.proven,
    visited: row.visited,
    firstSeenAt: row.first_seen.getTime(),
    lastAliveAt: row.last_alive?.getTime() ?? null,
    failures: row.failures,
    dueAt: row.due_at.getTime(),
  };
}
