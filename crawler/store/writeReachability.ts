import { toDate } from '../../lib/time.ts';
import { hexToBytes } from '../../p2p/wire/bytes.ts';
import { column, type Sql } from '../../sql/client.ts';
import type { presentTime } from '../../sql/databaseTime.ts';
import type { NodeUpdate, ReachabilityUpdate } from './foldVisits.ts';
import { lookAfter, sightRank, unsaidCodes, vantagesAtWork } from './vantageShare.ts';

/** Notes what this vantage saw of the nodes in `n`, and when it is to look again if it is not their home. */
export function reachabilityStatement(sql: Sql, vantage: string, updates: readonly ReachabilityUpdate[]) {
  const time = (read: (update: ReachabilityUpdate) => number | null) =>
    column(
      'timestamptz',
      updates.map((update) => toDate(read(update))),
    );
  return sql`
    insert into reachability as r (node_no, vantage, last_visit, last_alive, last_dialled, last_reachable, last_inbound, look_at)
    select node_no, ${vantage}::text, visited, alive, dialled, reachable, inbound,
      visited + ${lookAfter(sql, sql`node_no`, 'next')}
    from unnest(
      ${column(
        'bytea',
        updates.map(({ id }) => hexToBytes(id)),
      )}::bytea[],
      ${time(({ visitedAt }) => visitedAt)}::timestamptz[], ${time(({ aliveAt }) => aliveAt)}::timestamptz[],
      ${time(({ dialledAt }) => dialledAt)}::timestamptz[], ${time(({ reachableAt }) => reachableAt)}::timestamptz[],
      ${time(({ inboundAt }) => inboundAt)}::timestamptz[]
    ) as u (id, visited, alive, dialled, reachable, inbound)
    join n using (id)
    order by node_no
    on conflict (node_no, vantage) do update set
      last_visit = greatest(r.last_visit, excluded.last_visit),
      last_alive = greatest(r.last_alive, excluded.last_alive),
      last_dialled = greatest(r.last_dialled, excluded.last_dialled),
      last_reachable = greatest(r.last_reachable, excluded.last_reachable),
      last_inbound = greatest(r.last_inbound, excluded.last_inbound),
      -- The home goes by its schedule: a look that nobody waits for would cost an index entry at every visit.
      look_at = case
        when excluded.last_visit is null or excluded.last_visit <= r.last_visit then r.look_at
        when exists (select from frontier f where f.node_no = r.node_no and f.home = ${vantage}) then null
        else excluded.look_at end`;
}

/**
 * Asks the other vantages to look at the nodes in `n`: at those that we saw for the first time, in an hour or so; at those
 * that their home, or we in place of one that is gone, saw no more, at once.
 */
export function looksStatement(
  sql: Sql,
  vantage: string,
  now: ReturnType<typeof presentTime>,
  updates: readonly NodeUpdate[],
) {
  const seen = updates.flatMap(({ outbound }) => {
    if (outbound === null) return [];
    const rank = sightRank(outbound);
    return rank > 0 || (outbound.failures === 1 && !unsaidCodes.has(outbound.code)) ? { visit: outbound, rank } : [];
  });
  return sql`
    insert into reachability as r (node_no, vantage, look_at)
    select n.node_no, v.vantage, case when u.lost then u.at else u.at + ${lookAfter(sql, sql`n.node_no`, 'first')} end
    from unnest(
      ${column(
        'bytea',
        seen.map(({ visit }) => hexToBytes(visit.id)),
      )}::bytea[],
      ${column(
        'timestamptz',
        seen.map(({ visit }) => toDate(visit.at)),
      )}::timestamptz[],
      ${column(
        'bool',
        seen.map(({ rank }) => rank === 0),
      )}::bool[]
    ) as u (id, at, lost)
    join n using (id)
    cross join lateral (
      ${vantagesAtWork(sql, now)} union select k.vantage from reachability k where k.node_no = n.node_no
    ) v
    left join frontier f using (node_no)
    left join reachability o on o.node_no = n.node_no and o.vantage = v.vantage
    where n.met and v.vantage <> ${vantage} and case
      when u.lost then f.home is null or f.home = ${vantage} or f.home not in (${vantagesAtWork(sql, now)})
      else o.look_at is null end
    order by n.node_no, v.vantage
    on conflict (node_no, vantage) do update set look_at = least(r.look_at, excluded.look_at)`;
}
