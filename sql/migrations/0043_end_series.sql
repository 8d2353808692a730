-- Names that anybody can make up become `other` in the counts (census_names), and a series that has vanished costs nothing.

alter table count_series add column ended_at timestamptz;
comment on column count_series.ended_at is 'The census at which it had vanished; null while it is counted.';
-- Series are skipped by it from now on: those without a point, or with a zero, at the newest census have ended there.
update count_series s
set ended_at = coalesce((select max(p.at) from count_points p where p.series_no = s.series_no and p.resolution = 'census'), n.at)
from (select max(r.at) as at from census_runs r) n
where s.cut <> 'total' and n.at is not null and not exists (
  select from count_points p where p.series_no = s.series_no and p.resolution = 'census' and p.at = n.at and p.ids > 0
);
