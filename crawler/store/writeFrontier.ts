import { toDate } from '../../lib/time.ts';
import { hexToBytes } from '../../p2p/wire/bytes.ts';
import { column, type Sql } from '../../sql/client.ts';
import type { presentTime } from '../../sql/databaseTime.ts';
import { minPort } from '../crawl/frontier.ts';
import type { NodeUpdate } from './foldVisits.ts';
import { graceOf, sightRank, undialledCodes, unsaidCodes, vantagesAtWork } from './vantageShare.ts';
import type { Interned } from './writeNodes.ts';

/**
 * Sets when each node in `n` is due again and ends our lease of it. A visit older than the one that set the schedule
 * changes nothing; nor does one from another vantage than the node's home, unless it saw more, or the home is not there.
 * One that the node made to us shows that it may be dialled without a PONG, and sets the schedule only of a new node.
 */
export function frontierStatement(
  sql: Sql,
  vantage: string,
  now: ReturnType<typeof presentTime>,
  updates: readonly NodeUpdate[],
  { codes }: Interned,
) {
  const scheduled = updates.flatMap(({ outbound, newest, inboundAt }) => {
    const direct = inboundAt !== null;
    if (outbound !== null) return { visit: outbound, at: toDate(outbound.at), direct, rank: sightRank(outbound) };
    return newest.tcp >= minPort ? { visit: newest, at: null, direct, rank: 0 } : [];
  });
  const codesOf = (list: Iterable<string>) =>
    sql`array(select code_no from codes where code = any(${column('text', [...list])}::text[]))`;
  const newer = sql`coalesce(excluded.visited_at >= coalesce(f.visited_at, '-infinity'), false)`;
  const unsaid = sql`excluded.home_rank = 0 and coalesce(excluded.last_code_no = any(${codesOf(unsaidCodes)}), false)`;
  const isHome = sql`coalesce(f.home = ${vantage}, true)`;
  const isNew = sql`not exists (
    select from nodes o where o.node_no = f.node_no
      and (o.last_alive is not null or o.last_reachable is not null or o.last_inbound is not null))`;
  const counts = sql`(${newer} and (
    ${isHome} or f.home not in (${vantagesAtWork(sql, now)}) or excluded.home_rank > f.home_rank
    or excluded.home_rank > 0 and excluded.home_rank = f.home_rank and f.due_at <= excluded.visited_at - ${graceOf(sql)}
    or ${isNew}))`;
  const owned = sql`${newer} and starts_with(f.lease_owner, ${`${vantage}/`})`;
  return sql`
    insert into frontier as f (node_no, due_at, failures, last_code_no, visited_at, direct, home, home_rank)
    select n.node_no, u.due_at, u.failures, u.code_no, u.at, u.direct,
      case when u.at is null then null when u.rank > 0 or n.met then ${vantage}
        else (${vantagesAtWork(sql, now)} order by vantage <= ${vantage}, vantage limit 1) end,
      u.rank
    from unnest(
      ${column(
        'bytea',
        scheduled.map(({ visit }) => hexToBytes(visit.id)),
      )}::bytea[],
      ${column(
        'timestamptz',
        scheduled.map(({ visit }) => toDate(visit.dueAt)),
      )}::timestamptz[],
      ${column(
        'int4',
        scheduled.map(({ visit }) => visit.failures),
      )}::int4[],
      ${column(
        'int4',
        scheduled.map(({ visit }) => codes.get(visit.code) ?? null),
      )}::int2[],
      ${column(
        'timestamptz',
        scheduled.map(({ at }) => at),
      )}::timestamptz[],
      ${column(
        'bool',
        scheduled.map(({ direct }) => direct),
      )}::bool[],
      ${column(
        'int4',
        scheduled.map(({ rank }) => rank),
      )}::int2[]
    ) as u (id, due_at, failures, code_no, at, direct, rank)
    join n using (id)
    order by n.node_no
    on conflict (node_no) do update set
      due_at = case when ${counts} then excluded.due_at else f.due_at end,
      failures = case when ${counts} then excluded.failures else f.failures end,
      last_code_no = case when ${counts} then excluded.last_code_no else f.last_code_no end,
      visited_at = case when ${counts} then excluded.visited_at else f.visited_at end,
      home = case when ${counts} and not (${unsaid}) then excluded.home else f.home end,
      home_rank = case
        when not ${counts} or ${unsaid} then f.home_rank
        -- It was not dialled: whether it can be is what it was.
        when excluded.home_rank = 1 and ${isHome} and excluded.last_code_no = any(${codesOf(undialledCodes)})
          then greatest(f.home_rank, 1)
        else excluded.home_rank end,
      lease_owner = case when ${owned} then null else f.lease_owner end,
      lease_until = case when ${owned} then null else f.lease_until end,
      direct = f.direct or excluded.direct
    where ${newer} or excluded.direct and not f.direct`;
}
