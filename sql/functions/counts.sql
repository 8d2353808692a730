-- Counts as pages read them.

-- All points, for those who take their time. One series is read by series_points.
create or replace view count_points as
select p.series_no, 'census'::text as resolution, p.at, p.ids, p.ips, null::integer as ids_low, null::integer as ids_high
from census_counts p
union all
select p.series_no, 'hour', p.from_at + (u.n - 1) * interval '1 hour', u.ids, u.ips, u.ids_low, u.ids_high
from hour_counts p
cross join lateral unnest(p.ids, p.ips, p.ids_low, p.ids_high) with ordinality as u (ids, ips, ids_low, ids_high, n)
where u.ids is not null
union all
select p.series_no, 'day', p.from_at + (u.n - 1) * interval '24 hours', u.ids, u.ips, u.ids_low, u.ids_high
from day_counts p
cross join lateral unnest(p.ids, p.ips, p.ids_low, p.ids_high) with ordinality as u (ids, ips, ids_low, ids_high, n)
where u.ids is not null
union all
select p.series_no, p.resolution, p.at, p.ids, p.ips, p.ids_low, p.ids_high from count_points_before p;
comment on view count_points is 'Counts of censuses, hours and days, a row a point.';

create or replace function series_points(of_series integer, of_resolution text, since_at timestamptz, before_at timestamptz)
returns table (at timestamptz, ids integer, ips integer, ids_low integer, ids_high integer)
language sql stable
-- One query, so that it becomes a part of that which asks, with only what the resolution needs.
as $$
  select p.at, p.ids, p.ips, null::integer, null::integer from census_counts p
  where of_resolution = 'census' and p.series_no = of_series and p.at >= since_at and p.at < before_at
  union all
  select p.from_at + (u.n - 1) * interval '1 hour', u.ids, u.ips, u.ids_low, u.ids_high
  from hour_counts p
  cross join lateral unnest(p.ids, p.ips, p.ids_low, p.ids_high) with ordinality as u (ids, ips, ids_low, ids_high, n)
  where of_resolution = 'hour' and p.series_no = of_series
    and p.from_at > since_at - interval '24 hours' and p.from_at < before_at
    and p.from_at + (u.n - 1) * interval '1 hour' >= since_at and p.from_at + (u.n - 1) * interval '1 hour' < before_at
    and u.ids is not null
  union all
  select p.from_at + (u.n - 1) * interval '24 hours', u.ids, u.ips, u.ids_low, u.ids_high
  from day_counts p
  cross join lateral unnest(p.ids, p.ips, p.ids_low, p.ids_high) with ordinality as u (ids, ips, ids_low, ids_high, n)
  where of_resolution = 'day' and p.series_no = of_series
    and p.from_at > since_at - interval '31 days' and p.from_at < before_at
    and p.from_at + (u.n - 1) * interval '24 hours' >= since_at and p.from_at + (u.n - 1) * interval '24 hours' < before_at
    and u.ids is not null
  union all
  select p.at, p.ids, p.ips, p.ids_low, p.ids_high from count_points_before p
  where p.series_no = of_series and p.resolution = of_resolution and p.at >= since_at and p.at < before_at
$$;
comment on function series_points(integer, text, timestamptz, timestamptz) is
  'Points of one series at a resolution, from a moment until before another one; in no order.';

create or replace view counts as
select p.at, p.resolution, s.network, s.population, s.time_window, s.cut, s.key, p.ids, p.ips, p.ids_low, p.ids_high, s.series_no
from count_series s join count_points p using (series_no);
comment on view counts is 'Counts with their names. Filter by network, cut, population, time_window, resolution and a range of at.';

create or replace view current_counts as
select r.at, s.network, s.population, s.time_window, s.cut, s.key, s.ids, s.ips, s.series_no
from count_series s cross join (select max(at) as at from census_runs) r
where s.ids > 0;
comment on view current_counts is 'Counts of the newest census, without zeros.';

create or replace function series_oldest(of_series integer, of_resolution text)
returns timestamptz
language plpgsql stable
as $$
declare
  first_at timestamptz;
begin
  case of_resolution
  when 'census' then select min(p.at) into first_at from census_counts p where p.series_no = of_series;
  when 'hour' then select min(p.from_at) into first_at from hour_counts p where p.series_no = of_series;
  when 'day' then select min(p.from_at) into first_at from day_counts p where p.series_no = of_series;
  end case;
  if of_resolution <> 'census' then
    select min(p.at) into first_at from series_points(of_series, of_resolution, first_at, first_at + interval '31 days') p;
  end if;
  return least(
    first_at, (select min(p.at) from count_points_before p where p.series_no = of_series and p.resolution = of_resolution)
  );
end
$$;
comment on function series_oldest(integer, text) is 'First point of a series at a resolution; null where there is none.';

create or replace function counts_between(since_at timestamptz, before_at timestamptz)
returns table (
  at timestamptz, resolution text, network text, population text, time_window text, cut text, key text[], ids integer, ips integer,
  ids_low integer, ids_high integer
)
language sql stable
as $$
  select p.at, p.resolution, s.network, s.population, s.time_window, s.cut, s.key, p.ids, p.ips, p.ids_low, p.ids_high
  from (
    select c.series_no, 'census'::text as resolution, c.at, c.ids, c.ips, null::integer as ids_low, null::integer as ids_high
    from census_counts c where c.at >= since_at and c.at < before_at
    union all
    select h.series_no, 'hour', h.from_at + (u.n - 1) * interval '1 hour', u.ids, u.ips, u.ids_low, u.ids_high
    from hour_counts h
    cross join lateral unnest(h.ids, h.ips, h.ids_low, h.ids_high) with ordinality as u (ids, ips, ids_low, ids_high, n)
    where h.from_at > since_at - interval '24 hours' and h.from_at < before_at and u.ids is not null
    union all
    select d.series_no, 'day', d.from_at + (u.n - 1) * interval '24 hours', u.ids, u.ips, u.ids_low, u.ids_high
    from day_counts d
    cross join lateral unnest(d.ids, d.ips, d.ids_low, d.ids_high) with ordinality as u (ids, ips, ids_low, ids_high, n)
    where d.from_at > since_at - interval '31 days' and d.from_at < before_at and u.ids is not null
    union all
    select b.series_no, b.resolution, b.at, b.ids, b.ips, b.ids_low, b.ids_high from count_points_before b
    where b.at >= since_at and b.at < before_at
  ) p
  join count_series s using (series_no)
  where p.at >= since_at and p.at < before_at
$$;
comment on function counts_between(timestamptz, timestamptz) is 'All counts from a moment until before another one: the same as the view counts has, found by time.';
