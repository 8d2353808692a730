-- A census groups hundreds of thousands of addresses: in memory rather than on disk.
alter function take_census(timestamptz, text) set work_mem = '128MB';

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
where p.ids > 0;
