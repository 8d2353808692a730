-- What a clock that was ahead leaves behind.

create or replace function repair_future(now_at timestamptz, longest_wait interval)
returns table (what text, repaired bigint)
language plpgsql
as $$
#variable_conflict use_column
declare
  -- Clocks that are apart by less count as equal.
  latest constant timestamptz := now_at + interval '5 seconds';
  gone bigint;
begin
  -- Such a clock marks all that it touches, so that it shows in what is small or has an index. Else of the large
  -- tables only frontier is read whole.
  if coalesce(greatest(
    (select max(n.last_seen) from nodes n),
    (select greatest(max(f.visited_at), max(f.due_at) - longest_wait, max(f.lease_until) - interval '1 hour') from frontier f),
    (select max(s.until_at) from crawl_spans s),
    (select max(greatest(v.last_beat, v.started_at, v.unwritten_since)) from vantages v),
    (select max(c.at) from census_runs c),
    (select max(p.at) from churn_points p),
    (select max(s.until_at) from sessions s),
    (select max(w.judged_at) from fork_watches w),
    (select max(s.ended_at) from count_series s),
    (select max(greatest(c.first_seen, c.last_used)) from clients c),
    (select max(greatest(f.first_seen, f.last_used)) from fork_ids f)
  ) <= latest, true) then
    return;
  end if;

  -- How long the next visit is after the last stays as it was: rows come as they went, not all at once.
  update frontier f set
    due_at = least(case when f.visited_at > latest then now_at + (f.due_at - f.visited_at) else f.due_at end, now_at + longest_wait),
    visited_at = case when f.visited_at > now_at then now_at else f.visited_at end,
    lease_until = case when f.lease_until > now_at + interval '1 hour' then now_at + interval '1 hour' else f.lease_until end
  where f.visited_at > latest or f.due_at > latest + longest_wait or f.lease_until > latest + interval '1 hour';
  get diagnostics repaired = row_count;
  what := 'frontier';
  return next;

  update nodes n set
    first_seen = least(n.first_seen, now_at), last_seen = least(n.last_seen, now_at),
    last_alive = case when n.last_alive > now_at then now_at else n.last_alive end,
    last_discv4 = case when n.last_discv4 > now_at then now_at else n.last_discv4 end,
    last_discv5 = case when n.last_discv5 > now_at then now_at else n.last_discv5 end,
    last_reachable = case when n.last_reachable > now_at then now_at else n.last_reachable end,
    last_inbound = case when n.last_inbound > now_at then now_at else n.last_inbound end,
    last_identified = case when n.last_identified > now_at then now_at else n.last_identified end,
    last_status = case when n.last_status > now_at then now_at else n.last_status end,
    last_visit = case when n.last_visit > now_at then now_at else n.last_visit end,
    last_pinged = case when n.last_pinged > now_at then now_at else n.last_pinged end,
    last_dialled = case when n.last_dialled > now_at then now_at else n.last_dialled end,
    head_at = case when n.head_at > now_at then now_at else n.head_at end,
    silent_since = case when n.silent_since > now_at then now_at else n.silent_since end,
    fork_at = case when n.fork_at > now_at then now_at else n.fork_at end
  where greatest(n.last_seen, n.last_visit, n.last_alive, n.last_reachable, n.last_inbound, n.last_identified, n.last_status,
    n.last_pinged, n.last_dialled, n.head_at, n.silent_since, n.fork_at, n.first_seen, n.last_discv4, n.last_discv5) > latest;
  get diagnostics repaired = row_count;
  what := 'nodes';
  return next;

  update reachability r set
    last_visit = case when r.last_visit > now_at then now_at else r.last_visit end,
    last_alive = case when r.last_alive > now_at then now_at else r.last_alive end,
    last_dialled = case when r.last_dialled > now_at then now_at else r.last_dialled end,
    last_reachable = case when r.last_reachable > now_at then now_at else r.last_reachable end,
    last_inbound = case when r.last_inbound > now_at then now_at else r.last_inbound end,
    look_at = case when r.last_visit > latest then now_at + (r.look_at - r.last_visit) else r.look_at end
  where greatest(r.last_visit, r.last_alive, r.last_dialled, r.last_reachable, r.last_inbound) > latest;
  get diagnostics repaired = row_count;
  what := 'reachability';
  return next;

  update endpoints e set
    first_seen = least(e.first_seen, now_at), last_seen = least(e.last_seen, now_at),
    last_pong = case when e.last_pong > now_at then now_at else e.last_pong end,
    last_handshake = case when e.last_handshake > now_at then now_at else e.last_handshake end
  where greatest(e.last_seen, e.last_pong, e.last_handshake) > latest;
  get diagnostics repaired = row_count;
  what := 'endpoints';
  return next;

  update clients c set first_seen = least(c.first_seen, now_at), last_used = case when c.last_used > now_at then now_at else c.last_used end
  where greatest(c.first_seen, c.last_used) > latest;
  get diagnostics repaired = row_count;
  what := 'clients';
  return next;

  update fork_ids f set first_seen = least(f.first_seen, now_at), last_used = case when f.last_used > now_at then now_at else f.last_used end
  where greatest(f.first_seen, f.last_used) > latest;
  get diagnostics repaired = row_count;
  what := 'fork_ids';
  return next;

  -- Who was at work at a time that has not come was not.
  delete from crawl_spans s where s.from_at > latest;
  get diagnostics gone = row_count;
  update crawl_spans s set until_at = now_at where s.until_at > latest;
  get diagnostics repaired = row_count;
  repaired := repaired + gone;
  what := 'crawl_spans';
  return next;

  update vantages v set
    last_beat = least(v.last_beat, now_at), started_at = least(v.started_at, now_at),
    unwritten_since = case when v.unwritten_since > now_at then now_at else v.unwritten_since end
  where greatest(v.last_beat, v.started_at, v.unwritten_since) > latest;
  get diagnostics repaired = row_count;
  what := 'vantages';
  return next;

  -- A census of a time to come would be the newest until then, and keep others from being taken.
  delete from census_runs c where c.at > latest;
  get diagnostics repaired = row_count;
  what := 'census_runs';
  return next;

  delete from census_counts p where p.at > latest;
  get diagnostics repaired = row_count;
  delete from count_points_before p where p.resolution in ('census', 'hour', 'day') and p.at > latest;
  get diagnostics gone = row_count;
  repaired := repaired + gone;
  delete from hour_counts p where p.from_at > latest;
  get diagnostics gone = row_count;
  repaired := repaired + gone;
  delete from day_counts p where p.from_at > latest;
  get diagnostics gone = row_count;
  repaired := repaired + gone;
  -- Of the day and the month that are under way what has begun stays.
  update hour_counts p set ids = p.ids[:begun], ips = p.ips[:begun], ids_low = p.ids_low[:begun], ids_high = p.ids_high[:begun]
  from (select 1 + extract(hour from latest at time zone 'UTC')::integer as begun) b
  where p.from_at = date_trunc('day', latest, 'UTC') and cardinality(p.ids) > begun;
  get diagnostics gone = row_count;
  repaired := repaired + gone;
  update day_counts p set ids = p.ids[:begun], ips = p.ips[:begun], ids_low = p.ids_low[:begun], ids_high = p.ids_high[:begun]
  from (select extract(day from latest at time zone 'UTC')::integer as begun) b
  where p.from_at = date_trunc('month', latest, 'UTC') and cardinality(p.ids) > begun;
  get diagnostics gone = row_count;
  repaired := repaired + gone;
  what := 'count_points';
  return next;

  -- What ended with such a census was counted by the newest that is left, and shows that.
  update count_series s
  set ended_at = case when s.ended_at > latest then null else s.ended_at end, ids = o.ids, ips = o.ips
  from (
    select a.series_no, coalesce(n.ids, 0) as ids, coalesce(n.ips, 0) as ips
    from count_series a left join (
      select p.series_no, p.ids, p.ips from count_points p
      where p.resolution = 'census' and p.at = (select max(r.at) from census_runs r)
    ) n using (series_no)
  ) o
  where s.series_no = o.series_no and (s.ended_at > latest or s.ids <> o.ids or s.ips <> o.ips);
  get diagnostics repaired = row_count;
  what := 'count_series';
  return next;

  delete from coverage_points p where p.at > latest;
  get diagnostics repaired = row_count;
  what := 'coverage_points';
  return next;

  delete from churn_points p where p.at > latest;
  get diagnostics repaired = row_count;
  what := 'churn_points';
  return next;

  -- What was told of chains holds; when it was told is at the latest now.
  delete from head_estimates h where h.at > latest;
  get diagnostics repaired = row_count;
  what := 'head_estimates';
  return next;

  update block_facts b set at = now_at where b.at > latest;
  get diagnostics repaired = row_count;
  what := 'block_facts';
  return next;

  update learned_forks l set seen_at = now_at where l.seen_at > latest;
  get diagnostics repaired = row_count;
  what := 'learned_forks';
  return next;

  update fork_watches w set judged_at = now_at where w.judged_at > latest;
  get diagnostics repaired = row_count;
  what := 'fork_watches';
  return next;

  delete from sessions s where s.from_at > latest;
  get diagnostics gone = row_count;
  update sessions s set until_at = greatest(s.from_at, now_at), proved_at = least(s.proved_at, now_at) where s.until_at > latest;
  get diagnostics repaired = row_count;
  repaired := repaired + gone;
  what := 'sessions';
  return next;
end
$$;
comment on function repair_future is 'Brings back what is stored with times later than now_at, as a clock that was ahead leaves behind: a node so marked would not be visited, and nothing newer be taken for true, until then. Visits keep their times.';
