-- When nodes come and go, by the looks that were taken. docs/TRUTH.md has the definitions in words.

-- What each look of ours told. A visit that we ended or put off ourselves tells nothing, nor does silence while we heard nobody.
create or replace view looks as
select v.node_no, v.at, v.vantage, v.rtt_ms is not null or s.code not in ('none', 'pong', 'tcp') as answered
from visits v
join codes s on s.code_no = v.stage_no
join codes c on c.code_no = v.code_no
where v.direction = 'outbound'
  and (v.rtt_ms is not null or s.code not in ('none', 'pong', 'tcp') or (
    c.code not in ('aborted', 'addressRefused', 'dialThrottled', 'dialPaused')
    and not exists (
      select from crawl_spans d where d.vantage = v.vantage and not d.heard and v.at between d.from_at and d.until_at
    )
  ));
comment on view looks is 'Visits of ours that tell whether the node was there. Filter by node_no and at.';

create or replace function follow_sessions(now_at timestamptz)
returns table (came integer, went integer)
language plpgsql
set work_mem = '128MB'
as $$
#variable_conflict use_column
declare
  is_first boolean;
  came_count integer := 0;
  back_count integer := 0;
  went_count integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.sessions'), 0) then
    return;
  end if;
  is_first := not exists (select from sessions);

  -- Silent twice in a row. While we hear nobody, nobody leaves.
  if exists (select from crawl_spans where heard and until_at > now_at - interval '10 minutes') then
    update sessions s
    set until_at = greatest(s.from_at, g.proved_at + (g.silent_at - g.proved_at) / 2), proved_at = g.proved_at
    from (
      select o.node_no, p.proved_at, q.silent_at
      from sessions o
      join frontier f using (node_no)
      join nodes n using (node_no)
      cross join lateral (select greatest(n.last_alive, n.last_reachable) as proved_at) p
      cross join lateral (
        select min(l.at) as silent_at, count(*) as looks
        from (
          select l.at from looks l
          where l.node_no = n.node_no and l.at > p.proved_at and l.at <= f.visited_at and not l.answered
            and (f.home is null or l.vantage = f.home)
          order by l.at limit 2
        ) l
      ) q
      where o.until_at is null and f.failures >= 2 and f.visited_at > p.proved_at and q.looks = 2
    ) g
    where s.node_no = g.node_no and s.until_at is null;
    get diagnostics went_count = row_count;
  end if;

  create temp table arrivals on commit drop as
  select n.node_no, n.network, a.lower_at, b.first_at, l.from_at as last_from, l.proved_at as last_proved,
    -- Whoever was silent only while we were away or heard nobody, as far as is known now, has not been away.
    l.until_at > now_at - interval '2 days' and b.silent < 2 as stayed
  from frontier f
  join nodes n using (node_no)
  cross join lateral (select greatest(n.last_alive, n.last_reachable) as proved_at) p
  left join lateral (
    select s.from_at, s.until_at, s.proved_at from sessions s where s.node_no = n.node_no order by s.from_at desc limit 1
  ) l on true
  cross join lateral (
    select greatest(coalesce(l.proved_at, n.first_seen), max(k.at)) as lower_at, count(*) as silent
    from looks k
    where k.node_no = n.node_no and k.at > coalesce(l.proved_at, n.first_seen - interval '1 second') and k.at < p.proved_at
      and not k.answered
  ) a
  cross join lateral (
    select least(p.proved_at, min(k.at)) as first_at, a.silent
    from looks k where k.node_no = n.node_no and k.at >= a.lower_at and k.answered
  ) b
  where f.failures = 0 and f.visited_at > now_at - interval '1 day'
    and not exists (select from sessions o where o.node_no = f.node_no and o.until_at is null)
    and p.proved_at > now_at - interval '1 day' and (l.proved_at is null or p.proved_at > l.proved_at)
    and not n.crawler
    -- Whom nobody can reach is heard when he calls, and is not gone in between.
    and not coalesce(n.last_inbound > now_at - interval '1 day'
      and coalesce(n.last_reachable <= now_at - interval '1 day', true), false);

  update sessions s set until_at = null, proved_at = null
  from arrivals a where a.stayed and s.node_no = a.node_no and s.from_at = a.last_from;
  get diagnostics back_count = row_count;

  insert into sessions (node_no, from_at, begun)
  select a.node_no, case when b.begun then a.lower_at + (a.first_at - a.lower_at) / 2 else a.first_at end, b.begun
  from arrivals a
  cross join lateral (
    -- What was there before anybody looked is found in the first two hours.
    select a.last_from is not null or not is_first and a.lower_at >= interval '2 hours' + coalesce(
      (select min(c.from_at) from crawl_spans c where c.heard and a.network = any (c.networks)),
      (select min(c.from_at) from crawl_spans c where c.heard),
      'infinity'
    ) as begun
  ) b
  where a.stayed is not true
  on conflict do nothing;
  get diagnostics came_count = row_count;
  drop table arrivals;
  return query select came_count + back_count, went_count;
end
$$;
comment on function follow_sessions(timestamptz) is
  'Opens and ends the sessions of nodes by what looks have told until now. No row: another process is at it.';
