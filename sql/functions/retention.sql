-- What is removed, and when.
-- One call is one transaction under one advisory lock that no lost connection can leave behind.

drop function if exists apply_retention(timestamptz, integer, integer, integer);
create or replace function apply_retention(
  now_at timestamptz, visit_days integer, census_days integer, unproven_days integer, unproven_nodes integer default 1000000
)
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

  delete from coverage_points c
  where c.resolution = 'census' and c.at < least(now_at - make_interval(days => census_days), coalesce(rolled, '-infinity'));
  get diagnostics gone = row_count;
  return query select 'coverage_points', gone;

  -- As long as the longest window of churn, and a day.
  delete from crawl_spans s where s.until_at < now_at - make_interval(days => greatest(visit_days, 31));
  get diagnostics gone = row_count;
  return query select 'crawl_spans', gone;

  delete from sessions s where s.until_at < now_at - interval '31 days';
  get diagnostics gone = row_count;
  return query select 'sessions', gone;

  delete from churn_points c
  where c.at < now_at - case c.cut when 'total' then interval '366 days' else interval '2 days' end;
  get diagnostics gone = row_count;
  return query select 'churn_points', gone;

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

  -- Of the others only so many: whoever names more pushes out those that were named longest ago.
  delete from nodes n
  where n.node_no in (
    select o.node_no from nodes o
    where o.last_alive is null and o.last_reachable is null and o.last_inbound is null
    order by o.last_seen desc, o.node_no desc offset unproven_nodes
  );
  get diagnostics gone = row_count;
  return query select 'crowded_nodes', gone;

  -- Of old head estimates the last one of each hour stays for good, as of the counts.
  delete from head_estimates h
  where h.at < date_trunc('hour', now_at - make_interval(days => census_days), 'UTC')
    and exists (
      select from head_estimates later
      where later.network = h.network and later.at > h.at
        and later.at < date_trunc('hour', h.at, 'UTC') + interval '1 hour'
    );
  get diagnostics gone = row_count;
  return query select 'head_estimates', gone;

  -- The judges of a network that is watched clear up behind themselves; this is for those that nobody watches any more.
  delete from block_facts b where b.at < now_at - make_interval(days => visit_days);
  get diagnostics gone = row_count;
  return query select 'block_facts', gone;

  delete from rpc_heads r where r.at < now_at - make_interval(days => visit_days);
  get diagnostics gone = row_count;
  return query select 'rpc_heads', gone;
end
$$;
comment on function apply_retention(timestamptz, integer, integer, integer, integer) is
  'Removes visits, census points, unproven nodes, and what was told of blocks and heads, older than so many days; says how many. No row: another process is at it.';
