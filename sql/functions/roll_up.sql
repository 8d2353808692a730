-- Hours and days from the counts of censuses, for good. All boundaries are UTC.
-- One call is one transaction under one advisory lock that no lost connection can leave behind.

-- What is partial stands in for an hour or a day only where nothing complete does: else a restart would be a fall.
create or replace function roll_up_to(coarse text, until_at timestamptz)
returns integer
language plpgsql
as $$
#variable_conflict use_column
declare
  fine text := case coarse when 'hour' then 'census' else 'hour' end;
  end_at timestamptz := date_trunc(coarse, until_at, 'UTC');
  -- What census_runs.rolled says of those that are to be taken up.
  stage smallint := case coarse when 'hour' then 0 else 1 end;
  span record;
  point_count integer;
begin
  -- All of each span in which something is new, so that what came late changes what was there.
  create temp table rolled_instants on commit drop as
  with spans as (
    select distinct date_trunc(coarse, r.at, 'UTC') as span_at from census_runs r
    where r.rolled < 2 and r.rolled = stage and r.at < end_at
  )
  select distinct case coarse when 'hour' then r.at else date_trunc('hour', r.at, 'UTC') end as at, s.span_at
  from spans s join census_runs r on r.at >= s.span_at and r.at < s.span_at + ('1 ' || coarse)::interval and r.rolled >= stage
    and r.at < end_at;
  analyze rolled_instants;

  -- For each series the instants that stand for a span: the complete ones, or all where none is.
  create temp table rolled_looks on commit drop as
  with marked as (
    select c.network, c.population, c.time_window, c.at, i.span_at
    from coverage_points c join rolled_instants i on i.at = c.at
    where c.resolution = fine and c.partial is not null
  ), spans as (
    select span_at, count(*) as looks, max(at) as last_at from rolled_instants group by span_at
  ), complete as (
    select m.network, m.population, m.time_window, m.span_at, count(i.at) as looks, max(i.at) as last_at
    from (select distinct network, population, time_window, span_at from marked) m
    left join rolled_instants i on i.span_at = m.span_at and not exists (
      select from marked x
      where x.network = m.network and x.population = m.population and x.time_window = m.time_window and x.at = i.at
    )
    group by m.network, m.population, m.time_window, m.span_at
  )
  select s.network, s.population, s.time_window, h.span_at,
    case when k.looks > 0 then k.looks else h.looks end as looks,
    case when k.looks > 0 then k.last_at else h.last_at end as last_at,
    coalesce(k.looks, 0) > 0 as only_complete
  from (select distinct network, population, time_window from count_series) s
  cross join spans h
  left join complete k using (network, population, time_window, span_at);
  analyze rolled_looks;

  create temp table rolled_fine (series_no integer, at timestamptz, ids integer, ips integer, ids_low integer, ids_high integer) on commit drop;
  for span in select distinct i.span_at, i.span_at + ('1 ' || coarse)::interval as until_at from rolled_instants i loop
    if coarse = 'hour' then
      insert into rolled_fine
      select p.series_no, p.at, p.ids, p.ips, p.ids, p.ids from census_counts p
      where p.at >= span.span_at and p.at < span.until_at and p.at in (select i.at from rolled_instants i);
    else
      insert into rolled_fine
      select p.series_no, p.from_at + (u.n - 1) * interval '1 hour', u.ids, u.ips, u.ids_low, u.ids_high
      from hour_counts p
      cross join lateral unnest(p.ids, p.ips, p.ids_low, p.ids_high) with ordinality as u (ids, ips, ids_low, ids_high, n)
      where p.from_at = span.span_at and u.ids is not null;
    end if;
    insert into rolled_fine
    select p.series_no, p.at, p.ids, p.ips, coalesce(p.ids_low, p.ids), coalesce(p.ids_high, p.ids) from count_points_before p
    where p.resolution = fine and p.at >= span.span_at and p.at < span.until_at
      and (coarse <> 'hour' or p.at in (select i.at from rolled_instants i));
  end loop;
  analyze rolled_fine;

  create temp table rolled_points on commit drop as
  select p.series_no, l.span_at as at, coalesce(max(p.ids) filter (where p.at = l.last_at), 0) as ids,
    coalesce(max(p.ips) filter (where p.at = l.last_at), 0) as ips,
    case when count(*) < l.looks then 0 else min(p.ids_low) end as ids_low, max(p.ids_high) as ids_high
  from rolled_looks l
  join count_series s using (network, population, time_window)
  join rolled_fine p on p.series_no = s.series_no and date_trunc(coarse, p.at, 'UTC') = l.span_at
  where not l.only_complete or not exists (
    select from coverage_points c
    where c.network = l.network and c.population = l.population and c.time_window = l.time_window
      and c.resolution = fine and c.at = p.at and c.partial is not null
  )
  group by p.series_no, l.span_at, l.looks, l.last_at;
  point_count := pack_points(coarse);
  -- From here on they are there, and no longer among those of before.
  delete from count_points_before p using (select distinct span_at from rolled_looks) l
  where p.resolution = coarse and p.at = l.span_at;

  insert into coverage_points as old (
    network, population, time_window, resolution, at, due, looked, watched, unknown_ids, unknown_ips, whole_ids, whole_ips, partial
  )
  select c.network, c.population, c.time_window, coarse, l.span_at, c.due, c.looked, c.watched, c.unknown_ids, c.unknown_ips,
    c.whole_ids, c.whole_ips, c.partial
  from rolled_looks l
  join coverage_points c using (network, population, time_window)
  where c.resolution = fine and c.at = l.last_at
  on conflict (network, population, time_window, resolution, at) do update
    set due = excluded.due, looked = excluded.looked, watched = excluded.watched, unknown_ids = excluded.unknown_ids,
      unknown_ips = excluded.unknown_ips, whole_ids = excluded.whole_ids, whole_ips = excluded.whole_ips,
      partial = excluded.partial;
  -- What was read, and no census that came since: the next roll-up takes that up.
  update census_runs r set rolled = stage + 1 from rolled_instants i
  where i.at = case coarse when 'hour' then r.at else date_trunc('hour', r.at, 'UTC') end and r.rolled >= stage and r.at < end_at;
  drop table rolled_instants, rolled_looks, rolled_fine, rolled_points;
  return point_count;
end
$$;
comment on function roll_up_to(text, timestamptz) is
  'Writes the points of every finished `hour` or `day` in which a census is not taken up yet; returns their number.';

create or replace function roll_up_counts(until_at timestamptz)
returns integer
language plpgsql
as $$
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.rollup'), 0) then
    return null;
  end if;
  return roll_up_to('hour', until_at) + roll_up_to('day', until_at);
end
$$;
comment on function roll_up_counts(timestamptz) is
  'Writes the points of every finished UTC hour and day since the last time; returns their number, null when another process is at it.';
