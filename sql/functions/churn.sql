-- Who came and went within a day, a week and a month, how long they stay, and which share of the time they are there.

create or replace function watched_before(t timestamptz, edges timestamptz[], sums float8[])
returns float8
language sql immutable
-- One expression, so that it is inlined: it is asked for every session.
as $$
  select coalesce(
    sums[width_bucket(t, edges)] + width_bucket(t, edges) % 2 * extract(epoch from t - edges[width_bucket(t, edges)])::float8, 0
  )
$$;
comment on function watched_before(timestamptz, timestamptz[], float8[]) is
  'Seconds before a moment in which somebody looked: `edges` are beginnings and ends of spans in turn, `sums` the seconds before each.';

-- For each scope, when a crawler that watches it was at work and heard nodes. A network that nobody watches is met on the way.
create or replace function watch_edges(until_at timestamptz)
returns table (scope text, edges timestamptz[], sums float8[], first_at timestamptz, deaf tstzmultirange)
language sql stable
as $$
  with spans as materialized (
    select c.networks, c.heard, c.from_at, tstzrange(c.from_at, least(c.until_at, watch_edges.until_at)) as span
    from crawl_spans c where c.from_at < watch_edges.until_at
  ), watches as (
    select s.scope, min(p.from_at) as first_at,
      coalesce(range_agg(p.span) filter (where p.heard), '{}') as heard,
      coalesce(range_agg(p.span) filter (where not p.heard), '{}') as deaf
    from (
      select 'all' as scope union all select n.slug from networks n
    ) s
    left join spans p on s.scope = 'all' or s.scope = any (p.networks)
      or not exists (select from spans o where s.scope = any (o.networks))
    group by s.scope
  )
  select w.scope, coalesce(e.edges, '{}'), coalesce(e.sums, '{}'), w.first_at, w.deaf - w.heard
  from watches w
  left join lateral (
    select array_agg(x.at order by x.span, x.place) as edges, array_agg(x.sum order by x.span, x.place) as sums
    from (
      select r.span, t.place, t.at, t.sum
      from (
        select h.span, sum(extract(epoch from upper(h.span) - lower(h.span))) over (order by h.span)::float8 as sum
        from unnest(w.heard) as h (span)
      ) r
      cross join lateral (values
        (1, lower(r.span), r.sum - extract(epoch from upper(r.span) - lower(r.span))::float8), (2, upper(r.span), r.sum)
      ) as t (place, at, sum)
    ) x
  ) e on true
$$;
comment on function watch_edges(timestamptz) is 'When each network was watched, as watched_before wants it.';

create or replace view session_times as
select s.node_no, s.from_at, s.begun, s.until_at is not null as ended, n.network, n.ip, n.client_no,
  -- One that goes on lasts until now if the node answered when it was looked at last, as often as it is looked at.
  coalesce(s.until_at, greatest(s.from_at, greatest(n.last_alive, n.last_reachable)
    + case when f.failures > 0 then interval '0'
        else coalesce((select max(v.ping_within_ms) from vantages v), 2520000) * interval '1 millisecond' end)) as until_at
from sessions s
join nodes n using (node_no)
left join frontier f using (node_no);
comment on view session_times is 'Sessions with an end in any case: of one that goes on, how long it is certain to last, which may be in the future.';

create or replace function take_churn(now_at timestamptz)
returns integer
language plpgsql
set work_mem = '128MB'
as $$
#variable_conflict use_column
declare
  point_count integer := 0;
  added integer;
  watch record;
  span record;
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.churn'), 0) then
    return null;
  end if;

  create temp table stays on commit drop as
  select t.node_no, t.network, coalesce(c.name, '') as client,
    case family(t.ip) when 6 then network(set_masklen(t.ip, 64))::inet else t.ip end as ip,
    t.from_at, t.begun, t.ended, least(t.until_at, now_at) as until_at, min(t.from_at) over (partition by t.node_no) as first_at
  from session_times t left join clients c using (client_no)
  where t.until_at > now_at - interval '30 days' and t.from_at < now_at;
  create index on stays (network);
  analyze stays;

  for watch in
    select w.* from watch_edges(now_at) w where w.scope = 'all' or exists (select from stays s where s.network = w.scope)
      or exists (select from watched_networks n where n.slug = w.scope)
  loop
    for span in
      select w.*, extract(epoch from w.length)::float8 as seconds, now_at - w.length as from_at,
        least(1, (watched_before(now_at, watch.edges, watch.sums) - watched_before(now_at - w.length, watch.edges, watch.sums))
          / extract(epoch from w.length)::float8) as watched
      from (values ('day', interval '24 hours'), ('week', interval '7 days'), ('month', interval '30 days')) as w (name, length)
    loop
      insert into churn_points (
        network, cut, key, time_window, at, nodes, joined_ids, joined_ips, left_ids, left_ips, rotating_ids, sessions,
        median_s, at_least_s, uptime, watched, partial
      )
      with here as materialized (
        select s.node_no, s.client, s.ip, s.first_at, s.begun, s.ended, s.until_at,
          s.begun and s.from_at > span.from_at as came, s.ended and s.until_at > span.from_at as went,
          extract(epoch from s.until_at - s.from_at)::float8 as lasted,
          watched_before(s.until_at, watch.edges, watch.sums)
            - watched_before(greatest(s.from_at, span.from_at), watch.edges, watch.sums) as up
        from stays s
        where (watch.scope = 'all' or s.network = watch.scope) and s.until_at > span.from_at
      ), members as (
        select h.node_no, h.client, h.ip, sum(h.up) as up, bool_or(h.came) as came, bool_or(h.went) as went,
          bool_or(not h.ended) as stays, bool_or(h.begun) and min(h.first_at) > span.from_at as fresh,
          watched_before(now_at, watch.edges, watch.sums)
            - watched_before(greatest(min(h.first_at), span.from_at), watch.edges, watch.sums) as member
        from here h group by h.node_no, h.client, h.ip
      ), rotating as materialized (
        -- As the page of a node says it of its IP: half of its IDs are new, and half are gone again.
        select m.ip from members m where m.ip is not null group by m.ip
        having count(*) >= 8 and count(*) filter (where m.fresh) * 2 >= count(*) and count(*) filter (where m.stays) * 2 <= count(*)
      ), ranked as (
        select m.client, case when row_number() over (order by count(*) desc, m.client) <= 50 then m.client else 'other' end as key
        from members m where m.client <> '' group by m.client
      ), per_ip as (
        -- Unique addresses by two plain aggregations instead of count(distinct).
        select k.cut, k.key, t.ip, count(*) as nodes, count(*) filter (where t.came) as came, count(*) filter (where t.went) as went,
          count(*) filter (where t.rotates) as rotating, sum(t.up) filter (where not t.rotates) as up,
          sum(t.member) filter (where not t.rotates) as member
        from (
          select m.*, coalesce(r.key, '') as key, coalesce(m.ip in (select ip from rotating), false) as rotates
          from members m left join ranked r using (client)
        ) t
        cross join lateral (values ('total', ''), ('client', t.key)) as k (cut, key)
        group by k.cut, k.key, t.ip
      ), sums as (
        select p.cut, p.key, sum(p.nodes) as nodes, sum(p.came) as joined_ids, count(p.ip) filter (where p.came > 0) as joined_ips,
          sum(p.went) as left_ids, count(p.ip) filter (where p.went > 0) as left_ips, sum(p.rotating) as rotating_ids,
          sum(p.up) as up, sum(p.member) as member
        from per_ip p group by p.cut, p.key
      ), survival as (
        -- Kaplan and Meier: of those that lasted as long or longer, which share lasts longer still. Ends come before those
        -- that go on and have lasted as long.
        select x.cut, x.key, x.lasted, x.ended,
          count(*) over (partition by x.cut, x.key) as sessions,
          sum(case when not x.ended then 0 when x.at_risk = 1 then -1e3 else ln(1 - 1.0::float8 / x.at_risk) end)
            over (partition by x.cut, x.key order by x.at_risk desc) as log_share
        from (
          select k.cut, k.key, h.lasted, h.ended,
            row_number() over (partition by k.cut, k.key order by h.lasted desc, h.ended, h.node_no) as at_risk
          from here h left join ranked r using (client)
          cross join lateral (values ('total', ''), ('client', coalesce(r.key, ''))) as k (cut, key)
          where h.came and (h.ip in (select ip from rotating)) is not true
        ) x
      ), lengths as (
        select v.cut, v.key, max(v.sessions) as sessions, min(v.lasted) filter (where v.ended and v.log_share <= ln(0.5::float8) + 1e-9) as median_s,
          max(v.lasted) as longest_s
        from survival v group by v.cut, v.key
      ), all_keys as (
        select s.cut, s.key from sums s union select 'total', ''
      )
      select watch.scope, a.cut, a.key, span.name, now_at, coalesce(s.nodes, 0), coalesce(s.joined_ids, 0), coalesce(s.joined_ips, 0),
        coalesce(s.left_ids, 0), coalesce(s.left_ips, 0), coalesce(s.rotating_ids, 0), coalesce(l.sessions, 0), l.median_s,
        case when l.median_s is null then l.longest_s end,
        case when s.member > 0 then least(1, greatest(0, s.up / s.member)) end, span.watched,
        case
          when span.watched < 0.95 then (
            select why_unwatched(span.watched, r.before, r.deaf, 0)
            from (select
              share_of_window(tstzmultirange(tstzrange(null, coalesce(watch.first_at, now_at))), span.from_at, now_at) as before,
              share_of_window(watch.deaf, span.from_at, now_at) as deaf
            ) r
          )
          else (
            select c.partial from coverage_points c
            where c.network = watch.scope and c.population = 'alive' and c.time_window = 'day' and c.resolution = 'census'
            order by c.at desc limit 1
          )
        end
      from all_keys a left join sums s using (cut, key) left join lengths l using (cut, key)
      on conflict do nothing;
      get diagnostics added = row_count;
      point_count := point_count + added;
    end loop;
  end loop;
  drop table stays;
  return point_count;
end
$$;
comment on function take_churn(timestamptz) is
  'Writes who came and went within a day, a week and a month before a moment, by network and client. null: another process is at it.';

create or replace function node_presence(of_node bigint, now_at timestamptz)
returns table (time_window text, up_s float8, watched_s float8, sessions integer)
language sql stable
as $$
  with watch as (
    select w.edges, w.sums from watch_edges(now_at) w
    where w.scope = coalesce((select n.network from nodes n where n.node_no = of_node), 'all')
  ), own as (
    select t.from_at, least(t.until_at, now_at) as until_at from session_times t where t.node_no = of_node and t.from_at < now_at
  )
  select s.name,
    coalesce(sum(watched_before(o.until_at, w.edges, w.sums) - watched_before(greatest(o.from_at, now_at - s.length), w.edges, w.sums))
      filter (where o.until_at > now_at - s.length), 0),
    watched_before(now_at, w.edges, w.sums)
      - watched_before(greatest(now_at - s.length, min(o.from_at)), w.edges, w.sums),
    (count(*) filter (where o.until_at > now_at - s.length))::integer
  from (values ('day', interval '24 hours'), ('week', interval '7 days'), ('month', interval '30 days')) as s (name, length)
  cross join watch w cross join own o
  group by s.name, s.length, w.edges, w.sums
$$;
comment on function node_presence(bigint, timestamptz) is
  'For how long a node was there within a day, a week and a month, and for how long somebody looked since it was there first; no row: it was never met.';
