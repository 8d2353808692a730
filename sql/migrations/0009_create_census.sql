-- The jobs that must run once however many crawlers there are. Each is one function call, so that it is one transaction
-- under one advisory lock that no lost connection can leave behind. All boundaries are UTC.

create function take_census(census_at timestamptz, taken_by text)
returns table (points integer, nodes integer, duration_ms integer)
language plpgsql
as $$
#variable_conflict use_column
declare
  began timestamptz := clock_timestamp();
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

  create temp table census_figures on commit drop as
  with base as materialized (
    select n.ip, n.network,
      coalesce(n.network, case when n.network_ambiguous then 'ambiguous' else '' end) as network_key,
      coalesce(c.name, '') as client, coalesce(c.version, '') as version,
      coalesce(encode(f.hash, 'hex'), '') as hash, coalesce(f.next::text, '') as next,
      coalesce(n.fork_class, '') as fork_class,
      n.last_seen > census_at - interval '2 hours' as seen_now,
      coalesce(n.last_alive > census_at - interval '2 hours', false) as alive_now,
      coalesce(n.last_alive > census_at - interval '24 hours', false) as alive_day,
      coalesce(n.last_reachable > census_at - interval '2 hours', false) as reachable_now,
      coalesce(n.last_reachable > census_at - interval '24 hours', false) as reachable_day,
      coalesce(n.last_inbound > census_at - interval '2 hours', false) as inbound_now,
      coalesce(n.last_inbound > census_at - interval '24 hours', false) as inbound_day,
      coalesce(n.last_identified > census_at - interval '2 hours', false) as identified_now,
      coalesce(n.last_identified > census_at - interval '24 hours', false) as identified_day
    from nodes n
    left join clients c on c.client_no = n.client_no
    left join fork_ids f on f.fork_no = n.fork_no
    where n.last_seen > census_at - interval '24 hours'
  ), expanded as (
    select s.scope, x.cut, x.key, b.*
    from base b
    cross join lateral (values ('all'), (b.network)) as s (scope)
    cross join lateral (values
      ('total', '{}'::text[], true),
      ('network', array[b.network_key], s.scope = 'all'),
      ('client', array[b.client], alive_day or reachable_day or inbound_day or identified_day),
      ('client_version', array[b.client, b.version], alive_day or reachable_day or inbound_day or identified_day),
      ('fork_id', array[b.hash, b.next], alive_day or reachable_day or inbound_day or identified_day),
      ('fork_class', array[b.fork_class], alive_day or reachable_day or inbound_day or identified_day),
      ('client_fork', array[b.client, b.version, b.fork_class], alive_day or reachable_day or inbound_day or identified_day)
    ) as x (cut, key, wanted)
    where s.scope is not null and x.wanted
  ), per_ip as (
    -- Unique addresses by two plain aggregations instead of ten count(distinct).
    select scope, cut, key, ip,
      count(*) filter (where seen_now) as seen_now, count(*) as seen_day,
      count(*) filter (where alive_now) as alive_now, count(*) filter (where alive_day) as alive_day,
      count(*) filter (where reachable_now) as reachable_now, count(*) filter (where reachable_day) as reachable_day,
      count(*) filter (where inbound_now and not reachable_now) as inbound_now,
      count(*) filter (where inbound_day and not reachable_day) as inbound_day,
      count(*) filter (where identified_now) as identified_now, count(*) filter (where identified_day) as identified_day
    from expanded group by scope, cut, key, ip
  ), per_key as (
    select e.scope, e.cut, e.key, p.population, p.time_window, sum(p.ids)::integer as ids,
      count(*) filter (where p.ids > 0 and e.ip is not null)::integer as ips
    from per_ip e
    cross join lateral (values
      ('seen', 'now', seen_now), ('seen', 'day', seen_day), ('alive', 'now', alive_now), ('alive', 'day', alive_day),
      ('reachable', 'now', reachable_now), ('reachable', 'day', reachable_day),
      ('inbound_only', 'now', inbound_now), ('inbound_only', 'day', inbound_day),
      ('identified', 'now', identified_now), ('identified', 'day', identified_day)
    ) as p (population, time_window, ids)
    -- What was only mentioned has told nothing of itself.
    where p.ids > 0 and (p.population <> 'seen' or e.cut in ('total', 'network'))
    group by 1, 2, 3, 4, 5
  )
  select scope as network, cut, key, population, time_window, ids, ips from per_key
  union all
  -- Totals are always there: a chart must tell nothing found from not looked.
  select s.scope, 'total', '{}'::text[], p.population, w.time_window, 0, 0
  from (select 'all' as scope union all select slug from networks where watched) s
  cross join (values ('seen'), ('alive'), ('reachable'), ('inbound_only'), ('identified')) as p (population)
  cross join (values ('now'), ('day')) as w (time_window)
  where not exists (
    select from per_key k
    where k.cut = 'total' and k.scope = s.scope and k.population = p.population and k.time_window = w.time_window
  );

  insert into count_series (network, population, time_window, cut, key)
  select g.network, g.population, g.time_window, g.cut, g.key from census_figures g
  where not exists (
    select from count_series s
    where s.network = g.network and s.cut = g.cut and s.population = g.population
      and s.time_window = g.time_window and s.key = g.key
  );

  insert into count_points (series_no, resolution, at, ids, ips)
  select s.series_no, 'census', census_at, g.ids, g.ips
  from census_figures g join count_series s using (network, cut, population, time_window, key);
  get diagnostics point_count = row_count;

  -- What has vanished since its last point.
  insert into count_points (series_no, resolution, at, ids, ips)
  select s.series_no, 'census', census_at, 0, 0
  from count_series s
  cross join lateral (
    select p.at, p.ids from count_points p
    where p.series_no = s.series_no and p.resolution = 'census' order by p.at desc limit 1
  ) last
  where last.at < census_at and last.ids > 0;
  get diagnostics zero_count = row_count;

  select coalesce(max(g.ids), 0) into node_count from census_figures g
  where g.network = 'all' and g.cut = 'total' and g.population = 'seen' and g.time_window = 'day';
  drop table census_figures;
  point_count := point_count + zero_count;
  insert into census_runs (at, started_at, finished_at, duration_ms, points, nodes, source)
  values (
    census_at, began, clock_timestamp(), (extract(epoch from clock_timestamp() - began) * 1000)::integer,
    point_count, node_count, taken_by
  );
  return query select point_count, node_count, (extract(epoch from clock_timestamp() - began) * 1000)::integer;
end
$$;
comment on function take_census(timestamptz, text) is
  'Turns the state of all nodes into counts for one moment. No row: another process is at it, or this moment is counted already.';

create function roll_up_counts(until_at timestamptz)
returns integer
language plpgsql
as $$
#variable_conflict use_column
declare
  this_hour timestamptz := date_trunc('hour', until_at, 'UTC');
  this_day timestamptz := date_trunc('day', until_at, 'UTC');
  first_hour timestamptz;
  first_day timestamptz;
  hour_count integer;
  day_count integer;
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.rollup'), 0) then
    return null;
  end if;
  -- From the newest one there is, which may lack a census that came late.
  select max(p.at) into first_hour from count_points p where p.resolution = 'hour';
  select max(p.at) into first_day from count_points p where p.resolution = 'day';

  insert into count_points as old (series_no, resolution, at, ids, ips, ids_low, ids_high)
  select p.series_no, 'hour', h.at, (array_agg(p.ids order by p.at desc))[1], (array_agg(p.ips order by p.at desc))[1],
    case when count(*) < h.runs then 0 else min(p.ids) end, max(p.ids)
  from (
    select date_trunc('hour', r.at, 'UTC') as at, count(*) as runs from census_runs r
    where r.at >= coalesce(first_hour, '-infinity') and r.at < this_hour group by 1
  ) h
  join count_points p on p.resolution = 'census' and p.at >= h.at and p.at < h.at + interval '1 hour'
  group by p.series_no, h.at, h.runs
  on conflict (series_no, resolution, at) do update
    set ids = excluded.ids, ips = excluded.ips, ids_low = excluded.ids_low, ids_high = excluded.ids_high;
  get diagnostics hour_count = row_count;

  insert into count_points as old (series_no, resolution, at, ids, ips, ids_low, ids_high)
  select p.series_no, 'day', d.at, (array_agg(p.ids order by p.at desc))[1], (array_agg(p.ips order by p.at desc))[1],
    case when count(*) < d.hours then 0 else min(p.ids_low) end, max(p.ids_high)
  from (
    select date_trunc('day', r.at, 'UTC') as at, count(distinct date_trunc('hour', r.at, 'UTC')) as hours from census_runs r
    where r.at >= coalesce(first_day, '-infinity') and r.at < this_day group by 1
  ) d
  join count_points p on p.resolution = 'hour' and p.at >= d.at and p.at < d.at + interval '1 day'
  group by p.series_no, d.at, d.hours
  on conflict (series_no, resolution, at) do update
    set ids = excluded.ids, ips = excluded.ips, ids_low = excluded.ids_low, ids_high = excluded.ids_high;
  get diagnostics day_count = row_count;
  return hour_count + day_count;
end
$$;
comment on function roll_up_counts(timestamptz) is
  'Writes the points of every finished UTC hour and day since the last time; returns their number, null when another process is at it.';

create function apply_retention(now_at timestamptz, visit_days integer, census_days integer, unproven_days integer)
returns table (what text, removed bigint)
language plpgsql
as $$
#variable_conflict use_column
declare
  rolled timestamptz;
  gone bigint;
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.retention'), 0) then
    return;
  end if;
  select count(*) into gone from drop_visit_partitions((now_at at time zone 'UTC')::date - visit_days);
  return query select 'visit_days', gone;

  -- Only what the hours have taken up, and never the newest census: the next one finds in it what has vanished.
  select least(max(p.at), (select max(r.at) from census_runs r)) into rolled from count_points p where p.resolution = 'hour';
  delete from count_points p
  where p.resolution = 'census' and p.at < least(now_at - make_interval(days => census_days), coalesce(rolled, '-infinity'));
  get diagnostics gone = row_count;
  return query select 'census_points', gone;

  delete from endpoints e
  where e.last_pong is null and e.last_handshake is null and e.last_seen < now_at - make_interval(days => unproven_days);
  get diagnostics gone = row_count;
  return query select 'endpoints', gone;

  -- Names that nothing ever stood behind. Their visits stay until their day goes.
  delete from nodes n
  where n.last_seen < now_at - make_interval(days => unproven_days)
    and n.last_alive is null and n.last_reachable is null and n.last_inbound is null;
  get diagnostics gone = row_count;
  return query select 'nodes', gone;
end
$$;
comment on function apply_retention(timestamptz, integer, integer, integer) is
  'Removes visits, census points and unproven nodes older than so many days; says how many. No row: another process is at it.';
