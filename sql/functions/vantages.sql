-- What each vantage saw, and what bounds kept all of them from looking at.

create or replace function vantage_figures(census_at timestamptz)
returns table (network text, cut text, key text[], population text, time_window text, ids integer, ips integer)
language plpgsql stable
set work_mem = '128MB'
as $$
#variable_conflict use_column
declare
  d timestamptz := census_at - interval '24 hours';
begin
  return query
  with per_ip as materialized (
    -- Unique addresses by plain aggregations instead of count(distinct).
    select r.vantage, t.network, n.ip, count(*) filter (where r.last_alive > d) as alive,
      count(*) filter (where r.last_reachable > d) as reachable,
      count(*) filter (where r.last_inbound > d and coalesce(r.last_reachable <= d, true)) as inbound_only
    from reachability r join census_nodes n using (node_no) join census_rests t using (rest)
    where greatest(r.last_alive, r.last_reachable, r.last_inbound) > d and n.pattern & 256 > 0
    group by 1, 2, 3
  ), scoped as (
    select 'all' as scope, p.vantage, p.ip, sum(p.alive) as alive, sum(p.reachable) as reachable, sum(p.inbound_only) as inbound_only
    from per_ip p group by p.vantage, p.ip
    union all
    select p.network, p.vantage, p.ip, p.alive, p.reachable, p.inbound_only from per_ip p where p.network is not null
  ), sums as (
    select s.scope, s.vantage, sum(s.alive) as alive, count(s.ip) filter (where s.alive > 0) as alive_ips,
      sum(s.reachable) as reachable, count(s.ip) filter (where s.reachable > 0) as reachable_ips,
      sum(s.inbound_only) as inbound_only, count(s.ip) filter (where s.inbound_only > 0) as inbound_only_ips
    from scoped s group by s.scope, s.vantage
  )
  select s.scope, 'vantage', array[s.vantage], p.population, 'day', p.ids::integer, p.ips::integer
  from sums s
  cross join lateral (values
    ('alive', s.alive, s.alive_ips), ('reachable', s.reachable, s.reachable_ips),
    ('inboundOnly', s.inbound_only, s.inbound_only_ips)
  ) as p (population, ids, ips)
  where p.ids > 0;
end
$$;
comment on function vantage_figures(timestamptz) is 'Counts of a census by vantage, of the nodes that census_look has read.';

-- A host that several crawlers left nodes out at is one host; an ID that several left out is most likely one ID.
create or replace view left_out_hosts as
-- Of two relations, since PostgreSQL 15 and 18 print a view of one differently.
select l.ip, l.bound, max(f.ids) as ids, max(f.at) as at
from left_out l cross join lateral (values (l.ids, l.at)) as f (ids, at)
group by l.ip, l.bound;
comment on view left_out_hosts is 'IDs that bounds left out, by IP, as the crawler says that left out most.';
