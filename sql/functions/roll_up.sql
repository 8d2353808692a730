-- Hours and days from the counts of censuses, for good. All boundaries are UTC.
-- One call is one transaction under one advisory lock that no lost connection can leave behind.

create or replace function roll_up_counts(until_at timestamptz)
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
