-- What each vantage saw, and what bounds kept all of them from looking at.

create or replace function vantage_figures(census_at timestamptz)
returns table (network text, cut text, key text[], population text, time_window text, ids integer, ips integer)
language sql stable
as $$
  select s.scope, 'vantage', array[r.vantage], p.population, 'day', count(*)::integer, count(distinct n.ip)::integer
  from reachability r join nodes n using (node_no)
  cross join lateral (values ('all'), (n.network)) as s (scope)
  cross join lateral (values
    ('alive', r.last_alive > census_at - interval '24 hours'),
    ('reachable', r.last_reachable > census_at - interval '24 hours'),
    ('inboundOnly', r.last_inbound > census_at - interval '24 hours'
      and coalesce(r.last_reachable <= census_at - interval '24 hours', true))
  ) as p (population, holds)
  where s.scope is not null and p.holds and n.last_seen > census_at - interval '24 hours'
  group by 1, 3, 4
$$;
comment on function vantage_figures(timestamptz) is 'Counts of one census by vantage.';

-- A host that several crawlers left nodes out at is one host; an ID that several left out is most likely one ID.
create or replace view left_out_hosts as
-- Of two relations, since PostgreSQL 15 and 18 print a view of one differently.
select l.ip, l.bound, max(f.ids) as ids, max(f.at) as at
from left_out l cross join lateral (values (l.ids, l.at)) as f (ids, at)
group by l.ip, l.bound;
comment on view left_out_hosts is 'IDs that bounds left out, by IP, as the crawler says that left out most.';
