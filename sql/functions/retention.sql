-- What is removed, and when: one step a call, each a transaction of its own, so that nobody waits behind one.
-- A call takes an advisory lock that no lost connection can leave behind.

create or replace function census_cutoff(now_at timestamptz, census_days integer)
returns timestamptz
language sql stable
as $$
  -- Only what the hours have taken up, and never the newest census.
  select least(
    now_at - make_interval(days => census_days),
    coalesce((select min(date_trunc('hour', r.at, 'UTC')) from census_runs r where r.rolled < 2 and r.rolled = 0), 'infinity'),
    coalesce((select max(r.at) from census_runs r), '-infinity')
  )
$$;
comment on function census_cutoff(timestamptz, integer) is 'Before this moment the counts of each census may go.';

create or replace function remove_old(
  what text, now_at timestamptz, visit_days integer, census_days integer, unproven_days integer,
  unproven_nodes integer default 1000000, most integer default 20000
)
returns bigint
language plpgsql
set work_mem = '64MB'
as $$
#variable_conflict use_variable
declare
  census_cutoff timestamptz;
  gone bigint;
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.retention'), 0) then
    return null;
  end if;
  if what in ('census_points', 'coverage_points') then
    census_cutoff := census_cutoff(now_at, census_days);
  end if;

  case what
  when 'census_points' then
    -- Of those before migration 49; now their day goes whole.
    delete from count_points_before p where p.ctid = any (array(
      select o.ctid from count_points_before o where o.resolution = 'census' and o.at < census_cutoff limit most
    ));
  when 'coverage_points' then
    delete from coverage_points p where p.ctid = any (array(
      select o.ctid from coverage_points o where o.resolution = 'census' and o.at < census_cutoff limit most
    ));
  when 'crawl_spans' then
    -- As long as the longest window of churn, and a day.
    delete from crawl_spans s where s.ctid = any (array(
      select o.ctid from crawl_spans o where o.until_at < now_at - make_interval(days => greatest(visit_days, 31)) limit most
    ));
  when 'sessions' then
    delete from sessions s where s.ctid = any (array(
      select o.ctid from sessions o where o.until_at < now_at - interval '31 days' limit most
    ));
  when 'churn_points' then
    delete from churn_points c where c.ctid = any (array(
      select o.ctid from churn_points o
      where o.at < now_at - case o.cut when 'total' then interval '366 days' else interval '2 days' end
      limit most
    ));
  when 'endpoints' then
    delete from endpoints e where e.ctid = any (array(
      select o.ctid from endpoints o
      where o.last_pong is null and o.last_handshake is null and o.last_seen < now_at - make_interval(days => unproven_days)
      limit most
    ));
  when 'nodes' then
    -- Names that nothing ever stood behind. Their visits stay until their day goes.
    delete from nodes n where n.node_no = any (array(
      select o.node_no from nodes o
      where o.last_seen < now_at - make_interval(days => unproven_days)
        and o.last_alive is null and o.last_reachable is null and o.last_inbound is null
      limit most
    ));
  when 'gone_nodes' then
    -- Who was there is remembered for as long as he was there, at least for a month and at most for a year: an IP that
    -- makes up keys must not fill the database. What was counted of them stays.
    delete from nodes n where n.node_no = any (array(
      select o.node_no from nodes o
      cross join lateral (select greatest(o.last_alive, o.last_reachable, o.last_inbound) as proved_at) p
      where o.last_seen < now_at - interval '31 days'
        and p.proved_at < now_at - least(interval '366 days', greatest(interval '31 days', p.proved_at - o.first_seen))
      limit most
    ));
  when 'crowded_nodes' then
    -- Of names without proof only so many: whoever names more pushes out those that were named longest ago.
    delete from nodes n where n.node_no = any (array(
      select o.node_no from nodes o
      where o.last_alive is null and o.last_reachable is null and o.last_inbound is null
      order by o.last_seen desc, o.node_no desc offset unproven_nodes limit most
    ));
  when 'clients' then
    -- Neither a node nor a visit names it any more, and whoever hears it again looks it up at least once a day.
    delete from clients c where c.client_no = any (array(
      select o.client_no from clients o
      where coalesce(o.last_used, o.first_seen) < now_at - make_interval(days => visit_days + 2)
        and not exists (select from nodes n where n.client_no = o.client_no)
      limit most
    ));
  when 'fork_ids' then
    delete from fork_ids f where f.fork_no = any (array(
      select o.fork_no from fork_ids o
      where coalesce(o.last_used, o.first_seen) < now_at - make_interval(days => visit_days + 2)
        and not exists (select from nodes n where n.fork_no = o.fork_no)
      limit most
    ));
  when 'head_estimates' then
    -- Of old ones the last of each hour stays for good, as of the counts.
    delete from head_estimates h where h.ctid = any (array(
      select o.ctid from (
        select e.ctid, e.at, lead(e.at) over (partition by e.network order by e.at) as next_at
        from head_estimates e where e.at < date_trunc('hour', now_at - make_interval(days => census_days), 'UTC')
      ) o
      where o.next_at < date_trunc('hour', o.at, 'UTC') + interval '1 hour'
      limit most
    ));
  when 'block_facts' then
    -- The judges of a network that is watched clear up behind themselves; this is for those that nobody watches any more.
    delete from block_facts b where b.ctid = any (array(
      select o.ctid from block_facts o where o.at < now_at - make_interval(days => visit_days) limit most
    ));
  when 'rpc_heads' then
    delete from rpc_heads r where r.ctid = any (array(
      select o.ctid from rpc_heads o where o.at < now_at - make_interval(days => visit_days) limit most
    ));
  end case;
  get diagnostics gone = row_count;
  return gone;
end
$$;
comment on function remove_old(text, timestamptz, integer, integer, integer, integer, integer) is
  'Removes at most so many rows of one kind that are older than so many days; returns their number. null: another process is at it.';
