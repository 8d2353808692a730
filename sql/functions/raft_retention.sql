-- What is removed of Raft clusters, and when.
-- One call is one transaction under one advisory lock that no lost connection can leave behind.

create or replace function apply_raft_retention(now_at timestamptz, keep_days integer)
returns table (what text, removed bigint)
language plpgsql
as $$
#variable_conflict use_column
declare
  cutoff constant timestamptz := now_at - make_interval(days => keep_days);
  gone bigint;
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.retention'), 1) then
    return;
  end if;
  -- A reign that reaches into the kept time stays whole.
  delete from raft_states s where s.until_at < cutoff;
  get diagnostics gone = row_count;
  return query select 'raft_states', gone;

  delete from raft_polls p where p.hour < cutoff;
  get diagnostics gone = row_count;
  return query select 'raft_polls', gone;

  delete from raft_members m where not m.present and m.last_seen < cutoff;
  get diagnostics gone = row_count;
  return query select 'raft_members', gone;

  -- Of a cluster that goes as a whole, also those that nobody saw the end of.
  delete from events e using raft_clusters c
  where e.subject = 'raft/' || c.cluster and (e.closed_at < cutoff or c.last_round < cutoff);
  get diagnostics gone = row_count;
  return query select 'raft_events', gone;

  delete from notices n using raft_clusters c
  where n.subject = 'raft/' || c.cluster and (n.closed_at < cutoff or c.last_round < cutoff);
  get diagnostics gone = row_count;
  return query select 'raft_notices', gone;

  -- Clusters that nobody watches any more, with all that hangs on them.
  delete from raft_clusters c where c.last_round < cutoff;
  get diagnostics gone = row_count;
  return query select 'raft_clusters', gone;
end
$$;
comment on function apply_raft_retention(timestamptz, integer) is
  'Removes what Raft clusters did more than so many days ago, and clusters not watched since; says how many. No row: another process is at it.';
