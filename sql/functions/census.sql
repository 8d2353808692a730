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
-- A census groups hundreds of thousands of addresses: in memory rather than on disk.
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

  create temp table census_figures on commit drop as
  with told_ids as (
    -- A peer can name what it likes: only the network ids that most nodes name have a place of their own.
    select n.network_id from nodes n
    where (n.network_relative or n.other_network_id) and n.last_seen > census_at - interval '24 hours'
    group by 1 order by count(distinct n.ip) desc, 1 limit 50
  ), base as materialized (
    select n.ip, n.network, n.network_candidates as candidates,
      case
        when n.crawler then 'crawler'
        when n.network_relative then 'relative'
        when n.network_ambiguous then case n.fork_class when 'atGenesis' then 'atGenesis' else 'ambiguous' end
        when n.other_network_id then 'otherNetworkId'
        when n.network is not null then case coalesce(n.fork_source, n.network_source) when 'enr' then 'hint' else 'status' end
        when n.network_source = 'status' then 'foreign'
        else ''
      end as identity,
      case when n.network_relative or n.other_network_id
        then coalesce((select t.network_id::text from told_ids t where t.network_id = n.network_id), '') else ''
      end as told_id,
      coalesce(n.network, case when n.network_ambiguous then 'ambiguous' else '' end) as network_key,
      coalesce(c.name, '') as client, coalesce(c.version, '') as version,
      coalesce(encode(f.hash, 'hex'), '') as hash, coalesce(f.next::text, '') as next,
      coalesce(n.fork_class, '') as fork_class,
      case n.synced when true then 'synced' when false then 'lagging' else '' end as synced,
      case
        when n.earliest_block is null then ''
        when n.earliest_block <= 1 then 'genesis'
        when n.head_number is null or n.head_number < n.earliest_block then ''
        when n.head_number - n.earliest_block >= 1000000 then '1000000'
        when n.head_number - n.earliest_block >= 90000 then '90000'
        else '0'
      end as history,
      array(
        -- A peer can name what it likes: names without a place of their own are one.
        select distinct case when name ~ '^(eth|snap|les|wit|istanbul|bsc|diff|trust|bor)/[0-9]{1,3}$' then name else 'other' end
        from unnest(n.capabilities) as g (name)
      ) as capabilities,
      n.last_seen > census_at - interval '2 hours' as seen_now,
      coalesce(n.last_alive > census_at - interval '2 hours', false) as alive_now,
      coalesce(n.last_alive > census_at - interval '24 hours', false) as alive_day,
      coalesce(n.last_reachable > census_at - interval '2 hours', false) as reachable_now,
      coalesce(n.last_reachable > census_at - interval '24 hours', false) as reachable_day,
      coalesce(n.last_inbound > census_at - interval '2 hours', false) as inbound_now,
      coalesce(n.last_inbound > census_at - interval '24 hours', false) as inbound_day,
      coalesce(n.last_identified > census_at - interval '2 hours'
        and greatest(n.last_reachable, n.last_inbound) > census_at - interval '2 hours', false) as identified_now,
      coalesce(n.last_identified > census_at - interval '24 hours'
        and greatest(n.last_reachable, n.last_inbound) > census_at - interval '24 hours', false) as identified_day
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
      ('client_fork', array[b.client, b.version, b.fork_class], alive_day or reachable_day or inbound_day or identified_day),
      ('synced', array[b.synced], s.scope <> 'all' and (alive_day or reachable_day or inbound_day or identified_day)),
      ('history', array[b.history], s.scope <> 'all' and (alive_day or reachable_day or inbound_day or identified_day))
    ) as x (cut, key, wanted)
    where s.scope is not null and x.wanted
    union all
    select s.scope, 'capability', array[g.capability], b.*
    from base b
    cross join lateral (values ('all'), (b.network)) as s (scope)
    cross join lateral unnest(b.capabilities) as g (capability)
    where s.scope is not null and (alive_day or reachable_day or inbound_day or identified_day)
    union all
    -- Those that could be on a network, or claim it, stand beside its members.
    select s.scope, 'identity', array[b.identity, b.told_id], b.*
    from base b
    cross join lateral (select 'all' union all select b.network union all select unnest(b.candidates)) as s (scope)
    where s.scope is not null and (alive_day or reachable_day or inbound_day or identified_day)
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
      ('inboundOnly', 'now', inbound_now), ('inboundOnly', 'day', inbound_day),
      ('identified', 'now', identified_now), ('identified', 'day', identified_day)
    ) as p (population, time_window, ids)
    -- What was only mentioned has told nothing of itself.
    where p.ids > 0 and (p.population <> 'seen' or e.cut in ('total', 'network'))
    group by 1, 2, 3, 4, 5
  )
  select scope as network, cut, key, population, time_window, ids, ips from per_key
  union all
  select * from vantage_figures(census_at)
  union all
  -- Totals are always there: a chart must tell nothing found from not looked.
  select s.scope, 'total', '{}'::text[], p.population, w.time_window, 0, 0
  from (select 'all' as scope union all select slug from watched_networks) s
  cross join (values ('seen'), ('alive'), ('reachable'), ('inboundOnly'), ('identified')) as p (population)
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

  perform write_coverage(census_at);

  select coalesce(max(g.ids), 0) into node_count from census_figures g
  where g.network = 'all' and g.cut = 'total' and g.population = 'seen' and g.time_window = 'day';
  drop table census_figures;
  point_count := point_count + zero_count;
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
