import { toDate } from '../../lib/time.ts';
import { column, type Sql } from '../../sql/client.ts';
import type { LeftOutHost } from '../crawl/leftOut.ts';

/** Most IPs told of, those with most IDs. */
const maxHosts = 1_000;

/** Replaces the rows of this vantage, and removes those that no crawler has renewed for a day. */
export async function saveLeftOut(
  sql: Sql,
  vantage: string,
  hosts: readonly LeftOutHost[],
  now: number,
): Promise<void> {
  const told = hosts.slice(0, maxHosts);
  await sql`
    with given as (
      select * from unnest(
        ${column(
          'inet',
          told.map(({ host }) => host),
        )}::inet[],
        ${column(
          'text',
          told.map(({ bound }) => bound),
        )}::text[],
        ${column(
          'int4',
          told.map(({ ids }) => ids),
        )}::int4[]
      ) as g (ip, bound, ids)
    ), gone as (
      delete from left_out l
      where l.at < ${toDate(now)}::timestamptz - interval '24 hours'
        or l.vantage = ${vantage} and not exists (select from given g where g.ip = l.ip and g.bound = l.bound)
    )
    insert into left_out as l (vantage, ip, bound, ids, at)
    select ${vantage}, ip, bound, ids, ${toDate(now)} from given order by ip, bound
    on conflict (vantage, ip, bound) do update set ids = excluded.ids, at = excluded.at`;
}
