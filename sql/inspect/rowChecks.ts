import type { SqlRunner } from '../client.ts';
import type { Breach, Invariant } from './invariant.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** What holds of rows of several tables together, or of one row after another. */
export const rowChecks: readonly Invariant[] = [
  {
    name: 'nodeIds',
    says: 'No node ID is there twice.',
    async find(sql) {
      // By a pass over the table: the index is what may be broken.
      const rows = await sql<{ id: string; rows: number }[]>`
        select encode(id, 'hex') as id, count(*)::int4 as rows from (select id || ''::bytea as id from nodes) n
        group by 1 having count(*) > 1 order by 1 limit 100`;
      return rows.map(({ id, rows }) => ({ what: `${id} is there ${rows} times` }));
    },
  },
  {
    name: 'visitedNodes',
    says: 'Who answered a visit within 30 days is known.',
    async find(sql, now) {
      const [row] = await sql<{ rows: number }[]>`
        select count(*)::int4 as rows from looks l
        where l.answered and l.at > ${new Date(now.getTime() - 30 * dayMs)}
          and not exists (select from nodes n where n.node_no = l.node_no)`;
      return counted(row, 'visits that were answered name nodes that are not there');
    },
  },
  {
    name: 'visitWords',
    says: 'Codes, clients and fork IDs of visits and nodes are known.',
    async find(sql) {
      // Of the tables: the view leaves out what has no vantage.
      const [visits] = await sql<Record<string, number>[]>`
        select
          count(*) filter (where v.code_no not in (select code_no from codes)
            or v.stage_no not in (select code_no from codes)
            or v.wire_code_no not in (select code_no from codes)
            or v.vantage_no not in (select code_no from codes)
            or v.network_no not in (select code_no from codes)
            or v.fork_class_no not in (select code_no from codes))::int4 as codes,
          count(*) filter (where v.client_no is not null
            and not exists (select from clients c where c.client_no = v.client_no))::int4 as clients,
          count(*) filter (where v.fork_no is not null
            and not exists (select from fork_ids f where f.fork_no = v.fork_no))::int4 as forks
        from (
          select code_no, stage_no, wire_code_no, vantage_no, network_no, fork_class_no, client_no, fork_no from visit_log
          union all
          select code_no, stage_no, wire_code_no, null, null, null, client_no, fork_no from visits_before
        ) v`;
      // The codes of nodes are references.
      const [nodes] = await sql<Record<string, number>[]>`
        select
          count(*) filter (where n.client_no is not null
            and not exists (select from clients c where c.client_no = n.client_no))::int4 as clients,
          count(*) filter (where n.fork_no is not null
            and not exists (select from fork_ids f where f.fork_no = n.fork_no))::int4 as forks
        from nodes n`;
      return Object.entries({ visits, nodes }).flatMap(([who, row]) =>
        Object.entries(row ?? {}).flatMap(([what, rows]) =>
          counted({ rows }, `${who} name ${what} that are not there`),
        ),
      );
    },
  },
  {
    name: 'sessions',
    says: 'Sessions of one node follow each other, and only the last one is open.',
    async find(sql) {
      const [row] = await sql<{ rows: number }[]>`
        select count(*)::int4 as rows from (
          select until_at, lead(from_at) over (partition by node_no order by from_at) as next_at from sessions
        ) s where s.next_at is not null and (s.until_at is null or s.until_at > s.next_at)`;
      return counted(row, 'sessions overlap the next one of their node');
    },
  },
  {
    name: 'leases',
    says: 'Every known node is in the schedule, due within two years, and no lease is longer than a day.',
    async find(sql, now) {
      const [row] = await sql<{ leases: number; dues: number }[]>`
        select count(*) filter (where lease_until > ${new Date(now.getTime() + dayMs)})::int4 as leases,
          count(*) filter (where due_at > ${new Date(now.getTime() + 731 * dayMs)})::int4 as dues from frontier`;
      const [unscheduled] = await sql<{ rows: number }[]>`
        select count(*)::int4 as rows from nodes n
        where (n.last_alive is not null or n.last_reachable is not null)
          and not exists (select from frontier f where f.node_no = n.node_no)`;
      return [
        ...counted({ rows: row?.leases ?? 0 }, 'leases end more than a day from now'),
        ...counted({ rows: row?.dues ?? 0 }, 'nodes are due more than two years from now'),
        ...counted(unscheduled, 'nodes that answered are not in the schedule'),
      ];
    },
  },
  { name: 'sums', says: 'The parts of each cut of the newest census add up to its total.', find: findSums },
  {
    name: 'counts',
    says: 'Every count has its series, and what a series shows of the present is the newest census.',
    find: findStrayCounts,
  },
  {
    name: 'rollUps',
    says: 'Every hour with a census has its counts, between its lowest and its highest.',
    find: findRollUps,
  },
  {
    name: 'spans',
    says: 'Spans in which a vantage was at work do not overlap.',
    async find(sql) {
      const [row] = await sql<{ rows: number }[]>`
        select count(*)::int4 as rows from (
          select until_at, lead(from_at) over (partition by vantage order by from_at) as next_at from crawl_spans
        ) s where s.until_at > s.next_at`;
      return counted(row, 'spans overlap the next one of their vantage');
    },
  },
];

/** Cuts in which each node has exactly one place. Of `seen` only totals and networks are counted. */
const wholeCuts = [
  'network',
  'client',
  'client_version',
  'fork_id',
  'fork_class',
  'client_fork',
  'synced',
  'history',
  'discovery',
  'layer',
] as const;

async function findSums(sql: SqlRunner): Promise<readonly Breach[]> {
  const rows = await sql<{ place: string; sum: number; total: number }[]>`
    with newest as (
      select network, population, time_window, cut, sum(ids)::int4 as ids from current_counts
      where cut = 'total' or cut = any(${[...wholeCuts]}::text[])
      group by 1, 2, 3, 4
    )
    select concat_ws('/', p.network, p.population, p.time_window, p.cut) as place, p.ids as sum, coalesce(t.ids, 0) as total
    from newest p
    left join newest t on t.cut = 'total' and t.network = p.network and t.population = p.population
      and t.time_window = p.time_window
    where p.cut <> 'total' and p.ids <> coalesce(t.ids, 0) order by 1 limit 100`;
  return rows.map(({ place, sum, total }) => ({ what: `${place} adds up to ${sum}, and the total is ${total}` }));
}

async function findStrayCounts(sql: SqlRunner): Promise<readonly Breach[]> {
  const [stray] = await sql<{ rows: number }[]>`
    select count(*)::int4 as rows from (
      select distinct series_no from census_counts
      union select distinct series_no from hour_counts
      union select distinct series_no from day_counts
      union select distinct series_no from count_points_before
    ) c where not exists (select from count_series s where s.series_no = c.series_no)`;
  const [other] = await sql<{ rows: number }[]>`
    with newest as (
      select series_no, ids, ips from count_points
      where resolution = 'census' and at = (select max(at) from census_runs) and ids > 0
    )
    select count(*)::int4 as rows from (select series_no, ids, ips from count_series where ids > 0) s
    full join newest n using (series_no) where s.ids is distinct from n.ids or s.ips is distinct from n.ips`;
  return [
    ...counted(stray, 'counts are of series that are not there'),
    ...counted(other, 'series show other counts than those of the newest census'),
  ];
}

async function findRollUps(sql: SqlRunner, now: Date): Promise<readonly Breach[]> {
  const [row] = await sql<{ outside: number }[]>`
    select count(*)::int4 as outside from counts
    where resolution <> 'census' and (ids < ids_low or ids > ids_high) and at > ${new Date(now.getTime() - 30 * dayMs)}`;
  const missing = await sql<{ hour: Date }[]>`
    with hours as (
      select at from counts
      where network = 'all' and cut = 'total' and population = 'seen' and time_window = 'day' and resolution = 'hour'
        and at > ${new Date(now.getTime() - 3 * dayMs)}
    )
    select distinct date_trunc('hour', r.at, 'UTC') as hour from census_runs r
    where r.at > ${new Date(now.getTime() - 2 * dayMs)} and r.at >= (select min(at) from hours)
      and r.at < (select max(at) from hours) and date_trunc('hour', r.at, 'UTC') not in (select at from hours)
    order by 1 limit 100`;
  return [
    ...counted({ rows: row?.outside ?? 0 }, 'counts of hours and days are not between their lowest and highest'),
    ...missing.map(({ hour }) => ({ what: `the hour of ${hour.toISOString()} had a census and has no counts` })),
  ];
}

function counted(row: { readonly rows: number } | undefined, what: string): readonly Breach[] {
  return row === undefined || row.rows === 0 ? [] : [{ what, rows: row.rows }];
}
