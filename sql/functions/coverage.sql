-- How much a census stands on: what was due in each window, what of it was looked at, and whether anybody was there to look.
-- docs/TRUTH.md has the definitions in words. What nodes proved and when they were looked at comes from census_look.

create or replace function share_of_window(spans tstzmultirange, from_at timestamptz, until_at timestamptz)
returns double precision
language sql immutable
as $$
  select coalesce(sum(extract(epoch from upper(span) - lower(span))), 0) / extract(epoch from until_at - from_at)
  from unnest(spans * tstzmultirange(tstzrange(from_at, until_at))) as covered (span)
$$;
comment on function share_of_window(tstzmultirange, timestamptz, timestamptz) is 'Which share of a window lies in the spans, 0 to 1.';

-- After an outage the last that was heard of nodes is older than the windows: as much older as the outage is long.
create or replace function coverage_horizon(census_at timestamptz)
returns timestamptz
language sql stable
as $$
  select coalesce(
    (
      select lower(span) + make_interval(secs => worked - 86400)
      from (
        select span, sum(extract(epoch from upper(span) - lower(span))) over (order by span desc)::float8 as worked
        from unnest((
          select range_agg(tstzrange(from_at, least(until_at, census_at))) from crawl_spans where heard and from_at < census_at
        )) as spans (span)
      ) added
      where worked >= 86400
      order by span desc limit 1
    ),
    census_at - interval '30 days'
  )
$$;
comment on function coverage_horizon(timestamptz) is 'How far back a node may have been heard of last and still be due: a day of work, however long that took.';

create or replace function why_unwatched(watched float8, before float8, deaf float8, late float8)
returns text
language sql immutable
as $$
  select case
    when before >= greatest(deaf, late, away) then 'firstHours'
    when deaf >= greatest(late, away) then 'lineDown'
    when late >= away then 'starved'
    else 'crawlerAway'
  end
  from (select 1 - watched - deaf - before - late as away) rest
$$;
comment on function why_unwatched(float8, float8, float8, float8) is
  'What kept a window from being watched most, by shares of it: before the first crawler, hearing nobody, too late, or none at work.';

create or replace function with_chance(expected numeric)
returns numeric
language sql immutable
as $$
  select ceil(expected + 2 * sqrt(expected))
$$;
comment on function with_chance(numeric) is
  'A bound for what comes by chance and not by plan: as many as are expected, and twice their standard deviation.';

create or replace function write_coverage(census_at timestamptz)
returns void
language plpgsql
set work_mem = '128MB'
as $$
#variable_conflict use_column
begin
  insert into coverage_points (
    network, population, time_window, resolution, at, due, looked, watched, unknown_ids, unknown_ips, whole_ids, whole_ips, partial
  )
  with windows (time_window, length, from_at, shift) as (
    select w.time_window, w.length, census_at - w.length, w.shift
    from (values ('now', interval '2 hours', 0), ('day', interval '24 hours', 25)) as w (time_window, length, shift)
  ), spans as materialized (
    select c.vantage, c.networks, c.heard, c.late_ms, c.from_at, tstzrange(c.from_at, least(c.until_at, census_at)) as span
    from crawl_spans c where c.from_at < census_at
  ), watches as (
    -- A network that nobody watches is met on the way by whoever is at work.
    select s.scope, min(p.from_at) as first_at,
      coalesce(range_agg(p.span) filter (where p.heard), '{}') as heard,
      -- By the window for which that is too late: a twentieth of it.
      coalesce(range_agg(p.span) filter (where p.heard and p.late_ms >= 360000), '{}') as late_now,
      coalesce(range_agg(p.span) filter (where p.heard and p.late_ms >= 4320000), '{}') as late_day,
      coalesce(range_agg(p.span) filter (where not p.heard), '{}') as deaf
    from (select distinct network as scope from count_series where cut = 'total') s
    left join spans p on s.scope = 'all' or s.scope = any (p.networks)
      or not exists (select from spans o where s.scope = any (o.networks))
    group by s.scope
  ), watched as (
    select h.scope, w.time_window, w.length, extract(epoch from w.length) as seconds, least(1, share_of_window(h.heard - l.late, w.from_at, census_at)) as watched,
      share_of_window(l.late, w.from_at, census_at) as late,
      share_of_window(h.deaf - h.heard, w.from_at, census_at) as deaf,
      -- What is before the first of them.
      share_of_window(tstzmultirange(tstzrange(null, coalesce(h.first_at, census_at))), w.from_at, census_at) as before
    from watches h cross join windows w
    cross join lateral (select case w.time_window when 'now' then h.late_now else h.late_day end) as l (late)
  ), crawlers as (
    select coalesce(bool_or(v.unwritten_since < census_at - interval '1 minute'), false) as behind,
      min(v.ping_within_ms) * interval '1 millisecond' as ping_within,
      min(v.dial_within_ms) * interval '1 millisecond' as dial_within
    from vantages v where v.last_beat > census_at - interval '5 minutes'
  ), joining as materialized (
    -- Those at work that were not for all of the window, where there is more than one: what only they can see is missing yet.
    select v.vantage, w.time_window
    from vantages v cross join windows w
    where v.last_beat > census_at - interval '5 minutes' and exists (
        -- A name that was at work before the window only may be an old one of the same crawler.
        select from vantages o where o.vantage <> v.vantage and o.last_beat > w.from_at
      )
      and share_of_window(
        coalesce((select range_agg(p.span) from spans p where p.vantage = v.vantage and p.heard), '{}'), w.from_at, census_at
      ) < 0.95
  ), told as (
    -- Bits of both windows, as census_looks says, with the nodes and addresses for which they hold together. A name on no
    -- network is unplaced, one on a network is not.
    select 'all' as scope, g.looks & case when r.network is null then -1 else ~(2048::bigint << 25 | 2048) end as looks, g.ids, g.ips
    from census_groups g join census_rests r using (rest)
    union all
    select r.network, g.looks, g.ids, g.ips from census_groups g join census_rests r using (rest) where r.network is not null
    union all
    select 'all', m.looks, 0, count(*) from (
      select m.ip, bit_or(m.looks & case when r.network is null then -1 else ~(2048::bigint << 25 | 2048) end) as looks
      from census_mixed m join census_rests r using (rest) group by m.ip
    ) m group by m.looks
    union all
    select m.network, m.looks, 0, count(*) from (
      select r.network, m.ip, bit_or(m.looks) as looks
      from census_mixed m join census_rests r using (rest) where r.network is not null group by r.network, m.ip
    ) m group by m.network, m.looks
  ), hidden as materialized (
    -- Whom one of those that join has not looked at yet, or saw when it looked last, before the window. Who is due and not
    -- looked at is unknown already.
    select s.scope, n.time_window,
      count(*) filter (where n.hidden_udp and n.looks & 2097152 = 0) as hidden_udp,
      count(*) filter (where n.hidden_tcp and n.looks & 4194304 = 0) as hidden_tcp,
      count(*) filter (where (n.hidden_udp or n.hidden_tcp) and n.looks & 4 = 0 and not n.met and n.network is null) as hidden_unplaced
    from (
      select n.node_no, t.network, w.time_window, (p.looks >> w.shift) & 33554431 as looks, n.pattern & 524288 > 0 as met,
        bool_or(case
          when r.last_visit is null then b.bits & 1 > 0
          else r.last_visit <= w.from_at and coalesce(r.last_alive >= r.last_visit, false)
        end) and b.bits & 2 = 0 and n.pattern & 65536 > 0 as hidden_udp,
        bool_or(case
          when r.last_visit is null then b.bits & 1 > 0
          when r.last_dialled is null then coalesce(r.last_alive >= r.last_visit, false) and n.pattern & 131072 > 0
          else r.last_visit <= w.from_at and coalesce(r.last_reachable >= r.last_dialled, false)
        end) and b.bits & 4 = 0 and n.pattern & 196608 > 0 as hidden_tcp
      from joining j
      join windows w using (time_window)
      cross join census_nodes n
      join census_patterns p using (pattern)
      join census_rests t using (rest)
      cross join lateral (select case w.shift when 0 then n.pattern else n.pattern >> 8 end as bits) b
      left join reachability r on r.node_no = n.node_no and r.vantage = j.vantage
      group by n.node_no, t.network, w.time_window, w.shift, p.looks, n.pattern, b.bits
    ) n
    cross join lateral (values ('all'), (n.network)) as s (scope)
    where s.scope is not null
    group by s.scope, n.time_window
  ), sums as (
    select b.*, coalesce(h.hidden_udp, 0) as hidden_udp, coalesce(h.hidden_tcp, 0) as hidden_tcp,
      coalesce(h.hidden_unplaced, 0) as hidden_unplaced
    from (
      select t.scope, w.time_window,
        coalesce(sum(t.ids) filter (where b.bits & 1 > 0), 0) as due_udp, coalesce(sum(t.ids) filter (where b.bits & 2 > 0), 0) as looked_udp,
        coalesce(sum(t.ids) filter (where b.bits & 4 > 0), 0) as due_tcp, coalesce(sum(t.ids) filter (where b.bits & 8 > 0), 0) as looked_tcp,
        coalesce(sum(t.ids) filter (where b.bits & 16 > 0), 0) as looked_told, coalesce(sum(t.ids) filter (where b.bits & 32 > 0), 0) as due_called,
        coalesce(sum(t.ids) filter (where b.bits & 64 > 0), 0) as looked_called, coalesce(sum(t.ids) filter (where b.bits & 128 > 0), 0) as seen_ids,
        coalesce(sum(t.ids) filter (where b.bits & 256 > 0), 0) as there_ids, coalesce(sum(t.ids) filter (where b.bits & 512 > 0), 0) as new_there,
        coalesce(sum(t.ids) filter (where b.bits & 1024 > 0), 0) as contacted_ids, coalesce(sum(t.ids) filter (where b.bits & 2048 > 0), 0) as unplaced_ids,
        coalesce(sum(t.ids) filter (where b.bits & 4096 > 0), 0) as gone_udp, coalesce(sum(t.ids) filter (where b.bits & 8192 > 0), 0) as away_udp,
        coalesce(sum(t.ids) filter (where b.bits & 16384 > 0), 0) as new_udp, coalesce(sum(t.ids) filter (where b.bits & 32768 > 0), 0) as gone_tcp,
        coalesce(sum(t.ids) filter (where b.bits & 65536 > 0), 0) as away_tcp, coalesce(sum(t.ids) filter (where b.bits & 131072 > 0), 0) as new_tcp,
        coalesce(sum(t.ids) filter (where b.bits & 262144 > 0), 0) as gone_told, coalesce(sum(t.ids) filter (where b.bits & 524288 > 0), 0) as away_told,
        coalesce(sum(t.ids) filter (where b.bits & 1048576 > 0), 0) as new_told, coalesce(sum(t.ips) filter (where b.bits & 128 > 0), 0) as seen_ips,
        coalesce(sum(t.ips) filter (where b.bits & 256 > 0), 0) as there_ips, coalesce(sum(t.ips) filter (where b.bits & 1024 > 0), 0) as contacted_ips,
        coalesce(sum(t.ips) filter (where b.bits & 2048 > 0), 0) as unplaced_ips, coalesce(sum(t.ips) filter (where b.bits & 2097152 > 0), 0) as unknown_udp_ips,
        coalesce(sum(t.ips) filter (where b.bits & 4194304 > 0), 0) as unknown_tcp_ips, coalesce(sum(t.ips) filter (where b.bits & 8388608 > 0), 0) as unknown_told_ips,
        coalesce(sum(t.ips) filter (where b.bits & 16777216 > 0), 0) as unknown_called_ips
      from told t cross join windows w
      cross join lateral (select t.looks >> w.shift as bits) b
      group by t.scope, w.time_window
    ) b
    left join hidden h using (scope, time_window)
  ), placed as (
    -- A name at which nobody has looked is on no network yet: each network gets its part of them, by what is known so far.
    select w.scope, w.time_window, s.due_udp, s.looked_udp, s.due_tcp, s.looked_tcp, s.looked_told, s.due_called, s.looked_called,
      s.unknown_udp_ips, s.unknown_tcp_ips, s.unknown_told_ips, s.unknown_called_ips, s.seen_ids, s.seen_ips,
      s.there_ids, s.there_ips, s.contacted_ids, s.contacted_ips,
      -- Who has gone may be back since he was looked at last, and as many as came lately may have come since: looks do not
      -- see either. A node that was silent is looked at again after 108 minutes at most, a new one within 42.
      coalesce(least(s.away_udp, with_chance(s.gone_udp * least(1, 6480 / w.seconds))) + with_chance(s.new_udp * 2520 / w.seconds), 0) as unseen_udp,
      coalesce(least(s.away_tcp, with_chance(s.gone_tcp * least(1, 6480 / w.seconds))) + with_chance(s.new_tcp * 2520 / w.seconds), 0) as unseen_tcp,
      coalesce(least(s.away_told, with_chance(s.gone_told * least(1, 6480 / w.seconds))) + with_chance(s.new_told * 2520 / w.seconds), 0) as unseen_told,
      -- Whom nobody has named yet. Who only was named is no measure of who comes: anybody can make up names.
      coalesce(with_chance(s.new_there * 2520 / w.seconds), 0) as unnamed,
      case when w.scope = 'all' then 0 else coalesce(round(a.unplaced_ids * p.part), 0) end as more_ids,
      case when w.scope = 'all' then 0 else coalesce(round(a.unplaced_ips * p.part), 0) end as more_ips,
      coalesce(s.hidden_udp, 0) + h.ids as hidden_udp, coalesce(s.hidden_tcp, 0) + h.ids as hidden_tcp, h.ids as hidden_seen
    from watched w
    left join sums s on s.scope = w.scope and s.time_window = w.time_window
    left join sums a on a.scope = 'all' and a.time_window = w.time_window
    cross join lateral (
      select case when a.looked_udp > 0 then coalesce(s.looked_udp, 0) / a.looked_udp else 1 end as part
    ) p
    cross join lateral (
      select case when w.scope = 'all' then 0 else coalesce(least(a.hidden_unplaced, with_chance(a.hidden_unplaced * p.part)), 0) end as ids
    ) h
  ), figures as (
    select w.scope, w.time_window, w.length, w.watched, w.deaf, w.before, w.late, f.*
    from watched w
    join placed p on p.scope = w.scope and p.time_window = w.time_window
    cross join lateral (values
      -- Whether a name was looked at changes nothing of its being seen, only of the network where it is.
      ('seen', coalesce(p.due_udp, 0) + p.more_ids, p.looked_udp, p.unnamed + p.more_ids + p.hidden_seen, p.unnamed + p.more_ips + p.hidden_seen, null::numeric, null::numeric, false),
      ('alive', coalesce(p.due_udp, 0) + p.more_ids, p.looked_udp, coalesce(p.due_udp, 0) + p.more_ids - coalesce(p.looked_udp, 0) + p.unseen_udp + p.hidden_udp, coalesce(p.unknown_udp_ips, 0) + p.more_ips + p.unseen_udp + p.hidden_udp, p.seen_ids, p.seen_ips, false),
      ('reachable', coalesce(p.due_tcp, 0) + p.more_ids, p.looked_tcp, coalesce(p.due_tcp, 0) + p.more_ids - coalesce(p.looked_tcp, 0) + p.unseen_tcp + p.hidden_tcp, coalesce(p.unknown_tcp_ips, 0) + p.more_ips + p.unseen_tcp + p.hidden_tcp, p.there_ids, p.there_ips, true),
      ('identified', coalesce(p.due_tcp, 0) + p.more_ids, p.looked_told, coalesce(p.due_tcp, 0) + p.more_ids - coalesce(p.looked_told, 0) + p.unseen_told + p.hidden_tcp, coalesce(p.unknown_told_ips, 0) + p.more_ips + p.unseen_told + p.hidden_tcp, p.contacted_ids, p.contacted_ips, true),
      ('inboundOnly', p.due_called, p.looked_called, coalesce(p.due_called, 0) - coalesce(p.looked_called, 0), p.unknown_called_ips, null, null, true)
    ) as f (population, due, looked, unknown_ids, unknown_ips, whole_ids, whole_ips, by_dial)
  )
  select f.scope, f.population, f.time_window, 'census', census_at, coalesce(f.due, 0), coalesce(f.looked, 0), f.watched,
    coalesce(f.unknown_ids, 0), coalesce(f.unknown_ips, 0),
    case when f.population in ('alive', 'reachable', 'identified') then coalesce(f.whole_ids, 0) end,
    case when f.population in ('alive', 'reachable', 'identified') then coalesce(f.whole_ips, 0) end,
    case
      when f.watched < 0.95 then
        why_unwatched(f.watched, f.before, f.deaf, f.late)
      when coalesce(f.looked, 0) < 0.95 * coalesce(f.due, 0) then
        case
          when c.behind then 'databaseAway'
          when case when f.by_dial then c.dial_within else c.ping_within end > f.length then 'uncovered'
          else 'starved'
        end
    end
  from figures f cross join crawlers c;
end
$$;
comment on function write_coverage(timestamptz) is
  'Writes for each network, population and window of a census what was due, what was looked at, and whether the count is partial.';
