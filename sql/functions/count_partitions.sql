-- Counts in their partitions: made when a point is the first of its day, month or year, and packed a row for each series
-- and day (hours) or month (days).

-- It runs as the owner of the tables, so that a crawler that may not make any can have its partitions.
create or replace function create_count_partition(of_table text, at timestamptz) returns boolean
language plpgsql
security definer
set search_path = public, pg_temp
as $$
declare
  unit text := case of_table when 'census_counts' then 'day' when 'hour_counts' then 'month' when 'day_counts' then 'year' end;
  from_at timestamptz := date_trunc(unit, at, 'UTC');
  until_at timestamptz := (from_at at time zone 'UTC' + ('1 ' || unit)::interval) at time zone 'UTC';
  part text := of_table || '_'
    || to_char(from_at at time zone 'UTC', case unit when 'day' then 'YYYYMMDD' when 'month' then 'YYYYMM' else 'YYYY' end);
begin
  if unit is null then
    raise exception 'there are no partitions of %', of_table using errcode = 'invalid_parameter_value';
  end if;
  if to_regclass(part) is not null then
    return false;
  end if;
  perform pg_advisory_xact_lock(hashtext('forkscope.counts'), 0);
  if to_regclass(part) is not null then
    return false;
  end if;
  -- Created apart and attached: that does not block readers.
  execute format('create table %I (like %I including defaults including constraints)', part, of_table);
  if of_table <> 'census_counts' then
    -- Rows of the day or month that is being filled grow with each point.
    execute format('alter table %I set (autovacuum_vacuum_scale_factor = 0.02, fillfactor = 90)', part);
  end if;
  execute format(
    'alter table %I attach partition %I for values from (%L) to (%L)', of_table, part, from_at::text, until_at::text
  );
  return true;
exception
  -- Who waited for the lock still believes what was there before.
  when duplicate_table then
    return false;
end
$$;
revoke execute on function create_count_partition(text, timestamptz) from public;
comment on function create_count_partition(text, timestamptz) is
  'Makes the partition of census_counts, hour_counts or day_counts for a moment; false when it is there already.';

create or replace function pack_points(resolution text) returns integer
language plpgsql
as $$
#variable_conflict use_column
declare
  packed text := case pack_points.resolution when 'hour' then 'hour_counts' else 'day_counts' end;
  span text := case pack_points.resolution when 'hour' then 'day' else 'month' end;
  step interval := case pack_points.resolution when 'hour' then interval '1 hour' else interval '24 hours' end;
  slot record;
  added integer;
  point_count integer := 0;
begin
  -- Instant by instant: nearly always there is one, and each series has a row for it to go into.
  for slot in
    select p.at, date_trunc(span, p.at, 'UTC') as from_at,
      1 + (extract(epoch from p.at - date_trunc(span, p.at, 'UTC')) / extract(epoch from step))::integer as n
    from (select distinct at from rolled_points) p order by p.at
  loop
    perform create_count_partition(packed, slot.at);
    execute format(
      $sql$
        insert into %1$I as old (from_at, series_no, ids, ips, ids_low, ids_high)
        select $1, p.series_no, array_fill(null::integer, array[%2$s - 1]) || p.ids, array_fill(null::integer, array[%2$s - 1]) || p.ips,
          array_fill(null::integer, array[%2$s - 1]) || p.ids_low, array_fill(null::integer, array[%2$s - 1]) || p.ids_high
        from rolled_points p where p.at = $2 order by p.series_no
        on conflict (series_no, from_at) do update set ids[%2$s] = excluded.ids[%2$s], ips[%2$s] = excluded.ips[%2$s],
          ids_low[%2$s] = excluded.ids_low[%2$s], ids_high[%2$s] = excluded.ids_high[%2$s]
      $sql$, packed, slot.n
    ) using slot.from_at, slot.at;
    get diagnostics added = row_count;
    point_count := point_count + added;
  end loop;
  return point_count;
end
$$;
comment on function pack_points(text) is
  'Puts the points in the temporary table rolled_points (series_no, at, ids, ips, ids_low, ids_high) to those of `hour` or `day`; returns their number.';

create or replace function carry_counts() returns integer
language plpgsql
set work_mem = '128MB'
as $$
#variable_conflict use_column
declare
  newest record;
  span text;
  step interval;
  from_at timestamptz;
  point_count integer;
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.rollup'), 0) then
    return null;
  end if;
  -- From the newest on: rows that are removed at the end of a table give their room back.
  select r.resolution, p.at into newest from (values ('day'), ('hour')) r (resolution)
  cross join lateral (
    select b.at from count_points_before b where b.resolution = r.resolution order by b.at desc limit 1
  ) p order by r.resolution limit 1;
  if not found then
    return 0;
  end if;
  span := case newest.resolution when 'hour' then 'day' else 'month' end;
  step := case newest.resolution when 'hour' then interval '1 hour' else interval '24 hours' end;
  from_at := date_trunc(span, newest.at, 'UTC');
  perform create_count_partition(newest.resolution || '_counts', from_at);
  create temp table carried_points on commit drop as
  with gone as (
    delete from count_points_before p
    where p.resolution = newest.resolution and p.at >= from_at and p.at <= newest.at
    returning p.series_no, p.at, p.ids, p.ips, p.ids_low, p.ids_high
  )
  select g.series_no, 1 + (extract(epoch from g.at - from_at) / extract(epoch from step))::integer as n, g.ids, g.ips,
    coalesce(g.ids_low, g.ids) as ids_low, coalesce(g.ids_high, g.ids) as ids_high
  from gone g;
  get diagnostics point_count = row_count;
  execute format(
    $sql$
      insert into %I as p (from_at, series_no, ids, ips, ids_low, ids_high)
      select $1, c.series_no, array_agg(o.ids order by g.n), array_agg(o.ips order by g.n),
        array_agg(o.ids_low order by g.n), array_agg(o.ids_high order by g.n)
      from (select series_no, max(n) as last from carried_points group by series_no) c
      cross join lateral generate_series(1, c.last) as g (n)
      left join carried_points o on o.series_no = c.series_no and o.n = g.n
      group by c.series_no order by c.series_no
      on conflict (series_no, from_at) do update set (ids, ips, ids_low, ids_high) = (
        -- What is there was counted later.
        select array_agg(coalesce(u.a, u.b) order by u.n), array_agg(coalesce(u.c, u.d) order by u.n),
          array_agg(coalesce(u.e, u.f) order by u.n), array_agg(coalesce(u.g, u.h) order by u.n)
        from unnest(p.ids, excluded.ids, p.ips, excluded.ips, p.ids_low, excluded.ids_low, p.ids_high, excluded.ids_high)
          with ordinality as u (a, b, c, d, e, f, g, h, n)
      )
    $sql$, newest.resolution || '_counts'
  ) using from_at;
  drop table carried_points;
  return point_count;
end
$$;
comment on function carry_counts() is
  'Carries one day of hours or one month of days from count_points_before to where they are now; returns the number of points, 0 = nothing is left, null: a roll-up is under way.';
