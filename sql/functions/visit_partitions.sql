-- A partition of visits for each UTC day, made before it is needed and dropped whole.

create or replace function create_visit_partition(day date) returns boolean
language plpgsql
as $$
declare
  part text := 'visits_' || to_char(day, 'YYYYMMDD');
begin
  if to_regclass(part) is not null then
    return false;
  end if;
  -- Two crawlers may meet a new day at once.
  perform pg_advisory_xact_lock(hashtext('forkscope.visits'), 0);
  if to_regclass(part) is not null then
    return false;
  end if;
  -- Created apart and attached: that does not block writers and readers of the other days.
  execute format('create table %I (like visits including defaults including constraints)', part);
  execute format(
    'alter table visits attach partition %I for values from (%L) to (%L)',
    part, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00'
  );
  return true;
end
$$;
comment on function create_visit_partition(date) is 'Makes the partition of visits for a UTC day; false when it is there already.';

create or replace function drop_visit_partitions(before_day date) returns setof date
language plpgsql
as $$
declare
  part record;
begin
  perform pg_advisory_xact_lock(hashtext('forkscope.visits'), 0);
  for part in
    select c.relname, to_date(right(c.relname, 8), 'YYYYMMDD') as day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'visits'::regclass and c.relname ~ '^visits_[0-9]{8}$'
    order by 1
  loop
    if part.day < before_day then
      execute format('drop table %I', part.relname);
      return next part.day;
    end if;
  end loop;
end
$$;
comment on function drop_visit_partitions(date) is 'Drops the partitions of visits for days before this one and returns those days.';
