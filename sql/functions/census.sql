-- The census: the state of all nodes as counts for one moment.
-- One call is one transaction under one advisory lock that no lost connection can leave behind.

-- Builds before migration 0019 name no time at which they ask.
drop function if exists take_census(timestamptz, text);
-- Builds before migration 0020 do not tell when the next census is due.
drop function if exists take_census(timestamptz, text, timestamptz);

create or replace function take_census(
  census_at timestamptz, taken_by text, asked_at timestamptz default clock_timestamp(), next_within_ms bigint default null
)
returns table (points integer, nodes integer, duration_ms integer)
language plpgsql
-- A census groups a million addresses: in memory rather than on disk.
set work_mem = '128MB'
as $$
#variable_conflict use_column
declare
  -- A stopwatch, which decides nothing: what was counted follows from census_at.
  began timestamptz := clock_timestamp();
  took interval;
  point_count integer;
  zero_count integer;
  node_count integer;
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.census'), 0) then
    return;
  end if;
  if exists (select from census_runs r where r.at >= census_at) then
    return;
  end if;

  perform census_look(census_at, coverage_horizon(census_at));
  perform census_names();
  perform census_add_up();

  create temp table census_figures on commit drop as
  select g.network, g.cut, g.key, g.population, g.time_window, g.ids, g.ips from census_figures() g
  union all
  select v.* from vantage_figures(census_at) v;
  -- Totals are always there: a chart must tell nothing found from not looked.
  insert into census_figures
  select s.scope, 'total', '{}'::text[], p.population, w.time_window, 0, 0
  from (select 'all' as scope union all select slug from watched_networks) s
  cross join (values ('seen'), ('alive'), ('reachable'), ('inboundOnly'), ('identified')) as p (population)
  cross join (values ('now'), ('day')) as w (time_window)
  where not exists (
    select from census_figures k
    where k.cut = 'total' and k.network = s.scope and k.population = p.population and k.time_window = w.time_window
  );
  -- How many they are is all that the planner needs.
  analyze census_figures (cut);

  select w.points, w.zeros into point_count, zero_count from census_write(census_at) w;
  perform write_coverage(census_at);

  select coalesce(max(g.ids), 0) into node_count from census_figures g
  where g.network = 'all' and g.cut = 'total' and g.population = 'seen' and g.time_window = 'day';
  point_count := point_count + zero_count;
  drop table census_nodes, census_patterns, census_mixed, census_groups, census_rests, census_clients, census_forks, census_words,
    census_client_words, census_fork_words, census_rest_words, census_rest_groups, census_rest_mixed, census_cells, census_figures, census_points;
  took := clock_timestamp() - began;
  insert into census_runs (at, started_at, finished_at, duration_ms, points, nodes, source, interval_ms)
  values (
    census_at, asked_at, asked_at + took, (extract(epoch from took) * 1000)::integer, point_count, node_count, taken_by,
    next_within_ms
  );
  return query select point_count, node_count, (extract(epoch from took) * 1000)::integer;
end
$$;
comment on function take_census(timestamptz, text, timestamptz, bigint) is
  'Turns the state of all nodes into counts for one moment. No row: another process is at it, or this moment is counted already.';

create or replace function census_write(census_at timestamptz, out points integer, out zeros integer)
language plpgsql
set work_mem = '128MB'
-- While the planner does not know the tables it would look up row by row, among rows that are being written.
set enable_nestloop = off
as $$
#variable_conflict use_column
begin
  create temp table census_points on commit drop as
  select s.series_no, g.ids, g.ips, g.network, g.population, g.time_window, g.cut, g.key
  from census_figures g left join count_series s using (network, cut, population, time_window, key);
  get diagnostics points = row_count;
  if exists (select from census_points where series_no is null) then
    with new as (
      insert into count_series (network, population, time_window, cut, key)
      select p.network, p.population, p.time_window, p.cut, p.key from census_points p where p.series_no is null
      returning series_no, network, population, time_window, cut, key
    )
    update census_points p set series_no = n.series_no from new n
    where p.series_no is null and p.network = n.network and p.cut = n.cut and p.population = n.population
      and p.time_window = n.time_window and p.key = n.key;
  end if;
  -- What has vanished since the census before gets one zero. Its series has ended until it comes back.
  insert into census_points (series_no, ids, ips)
  select s.series_no, 0, 0 from count_series s
  where s.ids > 0 and not exists (select from census_points c where c.series_no = s.series_no);
  get diagnostics zeros = row_count;
  perform create_count_partition('census_counts', census_at);
  insert into census_counts (at, series_no, ids, ips)
  select census_at, series_no, ids, ips from census_points order by series_no;
  update count_series s
  set ids = c.ids, ips = c.ips, ended_at = case when c.ids > 0 or s.cut = 'total' then null when s.ids > 0 then census_at else s.ended_at end
  from census_points c
  where s.series_no = c.series_no
    and (s.ids <> c.ids or s.ips <> c.ips or (s.ended_at is null) = (c.ids = 0 and s.cut <> 'total'));
end
$$;
comment on function census_write(timestamptz) is 'Writes the figures of a census as points, and a zero for each series that has vanished since the one before.';
