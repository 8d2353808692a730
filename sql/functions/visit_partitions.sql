-- A partition of visits for each UTC day, made before it is needed and dropped whole.
-- They run as the owner of the tables, so that a crawler that may not make or drop any can have its days.

create or replace function create_visit_partition(day date) returns boolean
language plpgsql
security definer
set search_path = public, pg_temp
as $$
declare
  part text := 'visit_log_' || to_char(day, 'YYYYMMDD');
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
  execute format('create table %I (like visit_log including defaults including constraints)', part);
  execute format(
    'alter table visit_log attach partition %I for values from (%L) to (%L)',
    part, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00'
  );
  return true;
exception
  -- Who waited for the lock still believes what was there before.
  when duplicate_table then
    return false;
end
$$;
revoke execute on function create_visit_partition(date) from public;
comment on function create_visit_partition(date) is 'Makes the partition of visits for a UTC day; false when it is there already.';

-- Readers and writers wait behind whoever waits for their table, so nobody waits for it for long: two short locks.
create or replace function retire_partition(of_table text, before_day date) returns text
language plpgsql
security definer
set search_path = public, pg_temp
set lock_timeout = '50ms'
as $$
declare
  part text;
begin
  if of_table not in ('visit_log', 'visits_before', 'census_counts') then
    raise exception 'partitions of % stay', of_table using errcode = 'invalid_parameter_value';
  end if;
  if not pg_try_advisory_xact_lock(hashtext('forkscope.retention'), 0) then
    return null;
  end if;
  select c.relname into part from pg_class c
  where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
    and c.relname ~ ('^gone_' || of_table || '_[0-9]{8}$') limit 1;
  if part is not null then
    -- It takes time to remove, and nobody can see it any more.
    execute format('drop table %I', part);
    return 'dropped';
  end if;
  select c.relname into part from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where i.inhparent = of_table::regclass and c.relname ~ ('^' || of_table || '_[0-9]{8}$')
    and to_date(right(c.relname, 8), 'YYYYMMDD') < before_day
  order by 1 limit 1;
  if part is null then
    return 'none';
  end if;
  execute format('alter table %I detach partition %I', of_table, part);
  -- Its name is free for visits that come late.
  execute format('alter table %I rename to %I', part, 'gone_' || part);
  return 'detached';
exception
  when lock_not_available then
    return 'busy';
end
$$;
revoke execute on function retire_partition(text, date) from public;
comment on function retire_partition(text, date) is
  'One step towards dropping the partitions by day of visit_log, visits_before or census_counts for days before this one: `detached`, `dropped`, `none` = nothing is left to do, `busy` = somebody has been reading for longer than others may wait; null = another process is at it.';
