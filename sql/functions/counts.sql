-- Counts as pages read them.

create or replace view counts as
select p.at, p.resolution, s.network, s.population, s.time_window, s.cut, s.key, p.ids, p.ips, p.ids_low, p.ids_high, s.series_no
from count_series s join count_points p using (series_no);
comment on view counts is 'Counts with their names. Filter by network, cut, population, time_window, resolution and a range of at.';

-- `offset 0` keeps the planner from joining the other way round, over every point of the census: it does so while its
-- statistics are older than the last thousands of points, which is always.
create or replace view current_counts as
select p.at, s.network, s.population, s.time_window, s.cut, s.key, p.ids, p.ips, s.series_no
from count_series s
cross join lateral (
  select p.at, p.ids, p.ips from count_points p
  where p.series_no = s.series_no and p.resolution = 'census' and p.at = (select max(r.at) from census_runs r)
  offset 0
) p
where p.ids > 0 and s.ended_at is null;
comment on view current_counts is 'Counts of the newest census, without zeros.';

-- From the points to the names: over all series this takes the same time whether the planner knows the tables or not.
create or replace view newest_counts as
select p.at, s.network, s.population, s.time_window, s.cut, s.key, p.ids, p.ips, s.series_no
from (
  select c.series_no, c.at, c.ids, c.ips from count_points c
  where c.resolution = 'census' and c.at = (select max(r.at) from census_runs r) and c.ids > 0
  offset 0
) p
join count_series s using (series_no);
comment on view newest_counts is 'The same rows as current_counts, for those who want all networks at once.';
