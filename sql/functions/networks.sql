-- Which of the known networks are watched.

create or replace view watched_networks as
select n.slug, row_number() over (order by w.vantage collate "C", w.place)::integer as place
from networks n
join (
  select distinct on (g.slug) g.slug, v.vantage, g.place
  from vantages v
  cross join lateral unnest(v.networks) with ordinality as g (slug, place)
  where v.last_beat >= (select max(o.last_beat) from vantages o) - interval '5 minutes'
  order by g.slug, v.vantage collate "C", g.place
) w on w.slug = n.slug
where n.known;
comment on view watched_networks is
  'Networks that crawlers look for, in the order of their configurations, crawlers by name. While none is alive those of the last ones count, so that pages do not change when crawlers are down.';
