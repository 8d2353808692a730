import { nonPublicCidrs } from '../../lib/ipAddress.ts';
import { disconnectCodes } from '../../p2p/wire/hello.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import { column, type Sql } from '../../sql/client.ts';
import { type DatabaseTime, presentTime } from '../../sql/databaseTime.ts';
import type { ClaimAnswer, ClaimWish, KnownNode, LeaseReach } from '../crawl/leaseStore.ts';
import type { VisitCode } from '../crawl/visit.ts';
import { graceOf, vantagesAtWork } from './vantageShare.ts';

interface KnownRow {
  id: Uint8Array;
  ip: string;
  udp: number | null;
  tcp: number | null;
  proven: boolean;
  visited: boolean;
  first_seen: Date;
  last_alive: Date | null;
  direct: boolean;
  failures: number;
  due_at: Date;
  full_at: Date | null;
}

/** Who holds leases, the name of the vantage, and the clock for leases. */
export interface LeaseHolder {
  readonly owner: string;
  readonly vantage: string;
  readonly time: DatabaseTime;
}

interface AnswerRow extends Omit<KnownRow, 'ip' | 'first_seen'> {
  ip: string | null;
  first_seen: Date | null;
  granted: boolean;
  wait_ms: number | null;
}

/** One statement: missing nodes are created and claimed at once. All processes lock rows in the same order. */
export async function claimNodes(
  sql: Sql,
  { owner, vantage, time }: LeaseHolder,
  wishes: readonly ClaimWish[],
  leaseMs: number,
): Promise<ClaimAnswer[]> {
  if (wishes.length === 0) return [];
  const now = presentTime(sql, time);
  const rows = await sql<AnswerRow[]>`
    with given as (
      select * from unnest(
        ${column(
          'bytea',
          wishes.map(({ contact }) => contact.id),
        )}::bytea[],
        ${column(
          'bytea',
          wishes.map(({ contact }) => keccak256(contact.id)),
        )}::bytea[],
        ${column(
          'timestamptz',
          wishes.map(({ firstSeenAt }) => new Date(firstSeenAt)),
        )}::timestamptz[],
        ${column(
          'inet',
          wishes.map(({ contact }) => contact.ip),
        )}::inet[],
        ${column(
          'int4',
          wishes.map(({ contact }) => contact.udp),
        )}::int4[],
        ${column(
          'int4',
          wishes.map(({ contact }) => (contact.tcp > 0 ? contact.tcp : null)),
        )}::int4[],
        ${column(
          'bool',
          wishes.map(({ early }) => early),
        )}::bool[],
        ${column(
          'bool',
          wishes.map(({ direct }) => direct),
        )}::bool[]
      ) as g (id, id_hash, at, ip, udp_port, tcp_port, early, direct)
    ), made as (
      insert into nodes (id, id_hash, first_seen, last_seen, ip, udp_port, tcp_port)
      select id, id_hash, at, at, ip, udp_port, tcp_port from given g
      where not exists (select from nodes o where o.id = g.id)
      order by id
      on conflict (id) do nothing
      returning id, node_no
    ), wanted as (
      select id, node_no from made union all select g.id, o.node_no from given g join nodes o using (id)
    ), first as (
      insert into frontier (node_no, due_at, direct, lease_owner, lease_until)
      select node_no, ${now}, direct, ${owner}, ${later(sql, now, leaseMs)} from wanted w join given g using (id)
      where not exists (select from frontier o where o.node_no = w.node_no)
      order by node_no
      on conflict (node_no) do nothing
      returning node_no
    ), free as (
      select f.node_no, g.direct from frontier f join wanted w using (node_no) join given g using (id)
        left join reachability r on r.node_no = f.node_no and r.vantage = ${vantage}
      where f.lease_owner = ${owner} or coalesce(f.lease_until, '-infinity') <= ${now}
        and (g.early or f.due_at <= ${now} and ${isOurs(sql, vantage, now)}
          or ${isLook(sql, sql`f`, vantage, now)} and r.look_at <= ${now} or ${isFirstLook(sql, vantage, now)})
      order by f.node_no
      for update of f skip locked
    ), again as (
      update frontier f
      set lease_owner = ${owner}, lease_until = ${later(sql, now, leaseMs)}, direct = f.direct or free.direct
      from free where f.node_no = free.node_no
      returning f.node_no
    )
    select ${known(sql, sql`o.direct`, isLook(sql, sql`o`, vantage, now))}, g.id, o.due_at, coalesce(o.failures, 0) as failures,
      first.node_no is not null or again.node_no is not null as granted,
      extract(epoch from greatest(case
        when coalesce(o.home, ${vantage}) = ${vantage} or o.home not in (${vantagesAtWork(sql, now)}) then o.due_at
        when r.last_visit >= o.due_at then r.look_at
        else least(r.look_at, o.due_at + ${graceOf(sql)}, case when r.last_visit is null then o.visited_at + interval '5 minutes' end)
        end, o.lease_until) - ${now})::float8 * 1000 as wait_ms
    from given g
      left join wanted w using (id)
      left join nodes n on n.node_no = w.node_no
      left join frontier o on o.node_no = w.node_no
      left join reachability r on r.node_no = w.node_no and r.vantage = ${vantage}
      left join first on first.node_no = w.node_no
      left join again on again.node_no = w.node_no`;
  return rows.map((row) => ({ id: row.id, granted: row.granted, waitMs: row.wait_ms, known: knownNode(row) }));
}

export async function claimDue(
  sql: Sql,
  { owner, vantage, time }: LeaseHolder,
  { limit, leaseMs, aheadMs }: { readonly limit: number; readonly leaseMs: number; readonly aheadMs: number },
  reach: LeaseReach,
): Promise<KnownNode[]> {
  const now = presentTime(sql, time);
  const soon = later(sql, now, aheadMs);
  const reachable = sql`
    (n.udp_port > 0 or f.direct and n.tcp_port > 0) and n.id <> all(${column('bytea', reach.exceptIds)}::bytea[])
    and (n.ip <<= any(${column('inet', reach.allowedCidrs)}::inet[])
      or ${reach.publicUnicast} and not n.ip <<= any(${column('inet', nonPublicCidrs())}::inet[]))`;
  // What a dead crawler left behind has waited long enough: it comes first. Where times are equal, the number decides, so
  // that the order does not depend on where PostgreSQL keeps the rows.
  const rows = await sql<KnownRow[]>`
    with lapsed as (
      select f.node_no from frontier f join nodes n using (node_no)
      where f.lease_owner is not null and f.lease_until <= ${now} and f.due_at <= ${soon} and ${reachable}
      order by f.lease_until, f.node_no
      limit ${limit}
      for update of f skip locked
    ), due as (
      select f.node_no from frontier f join nodes n using (node_no)
        left join reachability r on r.node_no = f.node_no and r.vantage = ${vantage}
      where f.lease_owner is null and f.due_at <= ${soon} and ${reachable} and ${isOurs(sql, vantage, now)}
      order by f.due_at, f.node_no
      limit (select ${limit}::int8 - count(*) from lapsed)
      for update of f skip locked
    ), looks as (
      select f.node_no from reachability r join frontier f using (node_no) join nodes n using (node_no)
      where r.vantage = ${vantage} and r.look_at <= ${now} and ${isLook(sql, sql`f`, vantage, now)} and f.lease_owner is null and ${reachable}
        and f.node_no not in (select node_no from due)
      order by r.look_at, f.node_no
      limit (select ${limit}::int8 - (select count(*) from lapsed) - (select count(*) from due))
      for update of f skip locked
    ), claimed as (
      update frontier f set lease_owner = ${owner}, lease_until = ${later(sql, now, leaseMs)}
      from (
        select node_no, false as look from lapsed union all select node_no, false from due
        union all select node_no, true from looks
      ) d where f.node_no = d.node_no
      returning f.node_no, case when d.look then ${now} else f.due_at end as due_at, f.failures, f.direct, f.home
    )
    select ${known(sql, sql`c.direct`, isLook(sql, sql`c`, vantage, now))}, c.due_at, c.failures
    from claimed c join nodes n using (node_no)
    order by c.due_at, c.node_no`;
  return rows.map(toKnownNode);
}

/** A lapsed lease is renewed too, as long as nobody else has taken it. */
export async function renewLeases(
  sql: Sql,
  { owner, time }: LeaseHolder,
  ids: readonly Uint8Array[],
  leaseMs: number,
): Promise<Uint8Array[]> {
  const now = presentTime(sql, time);
  const rows = await sql<{ id: Uint8Array }[]>`
    with held as (
      select f.node_no, n.id from frontier f join nodes n using (node_no)
      where n.id = any(${column('bytea', ids)}::bytea[]) and f.lease_owner = ${owner}
      order by f.node_no
      for update of f
    )
    update frontier f set lease_until = ${later(sql, now, leaseMs)} from held where f.node_no = held.node_no
    returning held.id`;
  return rows.map(({ id }) => id);
}

export async function releaseLeases(
  sql: Sql,
  { owner }: LeaseHolder,
  exceptIds: readonly Uint8Array[],
): Promise<number> {
  const { count } = await sql`
    with held as (
      select f.node_no from frontier f join nodes n using (node_no)
      where f.lease_owner = ${owner} and n.id <> all(${column('bytea', exceptIds)}::bytea[])
      order by f.node_no
      for update of f
    )
    update frontier f set lease_owner = null, lease_until = null from held where f.node_no = held.node_no`;
  return count;
}

export async function othersCrawl(sql: Sql, { owner, vantage, time }: LeaseHolder): Promise<boolean> {
  const now = presentTime(sql, time);
  const [row] = await sql<{ others: boolean }[]>`
    select exists (select from frontier where lease_owner is not null and lease_owner <> ${owner} and lease_until > ${now})
      or exists (select from (${vantagesAtWork(sql, now)}) v where vantage <> ${vantage}) as others`;
  return row?.others ?? true;
}

/** Of more than `limit` nodes those that were met, and of the others those that were named last. */
export async function* loadResume(
  sql: Sql,
  { vantage, time }: LeaseHolder,
  limit: number,
): AsyncIterable<readonly KnownNode[]> {
  const now = presentTime(sql, time);
  const pages = sql<KnownRow[]>`
    select * from (
      select ${known(sql, sql`f.direct`, sql`false`)}, f.node_no, f.failures,
        case when ${isFirstLook(sql, vantage, now)} then least(f.due_at, ${now}) else f.due_at end as due_at
      from frontier f join nodes n using (node_no)
        left join reachability r on r.node_no = f.node_no and r.vantage = ${vantage}
      where n.ip is not null
      order by (n.last_alive is null and n.last_reachable is null and n.last_inbound is null), n.last_seen desc, f.node_no
      limit ${limit}
    ) k
    order by k.due_at, k.node_no`.cursor(5_000);
  for await (const page of pages) yield page.map(toKnownNode);
}

function later(sql: Sql, now: ReturnType<typeof presentTime>, ms: number) {
  return sql`${now} + ${ms}::float8 * interval '1 millisecond'`;
}

const dialPaused: VisitCode = 'dialPaused';

/** Of a node `f` that is due, with what we know of it (`r`): it is ours, or nobody's who is at work and gets to it. */
function isOurs(sql: Sql, vantage: string, now: ReturnType<typeof presentTime>) {
  return sql`(coalesce(f.home = ${vantage}, true) or f.home not in (${vantagesAtWork(sql, now)})
    or f.due_at <= ${now} - ${graceOf(sql)} and coalesce(r.last_visit < f.due_at, true))`;
}

/** Others have visited `f`, some minutes ago, and we never: what they found says nothing of what we shall see. */
function isFirstLook(sql: Sql, vantage: string, now: ReturnType<typeof presentTime>) {
  return sql`(r.last_visit is null and f.visited_at <= ${now} - interval '5 minutes'
    and (f.home <> ${vantage} or f.home_rank = 0))`;
}

/** Another vantage at work revisits it: to us it is only to be looked at, whatever that one found. */
function isLook(
  sql: Sql,
  frontier: ReturnType<typeof presentTime>,
  vantage: string,
  now: ReturnType<typeof presentTime>,
) {
  return sql`coalesce(${frontier}.home <> ${vantage} and ${frontier}.home in (${vantagesAtWork(sql, now)}), false)`;
}

function known(sql: Sql, direct: ReturnType<typeof presentTime>, look: ReturnType<typeof presentTime>) {
  return sql`
    n.id, n.ip, n.udp_port as udp, n.tcp_port as tcp, n.first_seen, coalesce(${direct}, false) as direct,
    case when ${direct} then greatest(n.last_alive, n.last_reachable) else n.last_alive end as last_alive,
    n.last_alive is not null or n.last_reachable is not null as proven, n.last_visit is not null as visited,
    case when not ${look} and (n.last_remote_reason = ${disconnectCodes.tooManyPeers} or n.last_code_no = (select code_no from codes where code = ${dialPaused}))
      then (select max(r.last_dialled) from reachability r where r.node_no = n.node_no) end as full_at`;
}

/** null for a node that the same statement has created. */
function knownNode({ ip, first_seen, ...row }: AnswerRow): KnownNode | null {
  return ip === null || first_seen === null || row.due_at === null ? null : toKnownNode({ ...row, ip, first_seen });
}

function toKnownNode(row: KnownRow): KnownNode {
  return {
    contact: { id: row.id, ip: row.ip, udp: row.udp ?? 0, tcp: row.tcp ?? 0 },
    proven: row.proven,
    visited: row.visited,
    firstSeenAt: row.first_seen.getTime(),
    lastAliveAt: row.last_alive?.getTime() ?? null,
    direct: row.direct,
    failures: row.failures,
    dueAt: row.due_at.getTime(),
    fullAt: row.full_at?.getTime() ?? null,
  };
}
