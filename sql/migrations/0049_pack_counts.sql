-- Counts take a fraction of their room: censuses as narrow rows by day, hours a row a day, days a row a month, each in
-- partitions that retention takes off whole. Rows of before stay where they are, are read beside the new ones, and are
-- carried over a day or a month at a time by the crawler (carry_counts), so that nothing stands still for it.

alter table count_points rename to count_points_before;
-- No series with points ever goes (db check looks): a look at it for each point would cost more than the point.
alter table count_points_before drop constraint count_points_series_no_fkey;
comment on table count_points_before is 'Counts as they were kept before migration 49. The crawler carries hours and days over to hour_counts and day_counts; those of censuses go when they are old.';

create table census_counts (
  at timestamptz not null,
  series_no integer not null,
  ids integer not null,
  ips integer not null,
  constraint census_counts_positive check (ids >= 0 and ips >= 0)
) partition by range (at);
-- Of one number many rows: each costs six bytes there. By time the rows lie in order as they come.
create index census_counts_series_idx on census_counts (series_no);
create index census_counts_at_idx on census_counts using brin (at) with (autosummarize = on);
comment on table census_counts is 'Counts of each census, kept for some days, partitioned by UTC day. A series that has a point at one census and nothing to count at the next gets a point of 0 there; after it, no point means still 0.';
comment on column census_counts.at is 'Time of the census.';
comment on column census_counts.series_no is 'Series.';
comment on column census_counts.ids is 'Unique node IDs.';
comment on column census_counts.ips is 'Unique IP addresses of those nodes.';

create table hour_counts (
  from_at timestamptz not null,
  series_no integer not null,
  ids integer[] not null,
  ips integer[] not null,
  ids_low integer[] not null,
  ids_high integer[] not null,
  constraint hour_counts_pkey primary key (series_no, from_at)
) partition by range (from_at);
create index hour_counts_from_idx on hour_counts (from_at);
comment on table hour_counts is 'Counts of the hours of a UTC day, kept for good, partitioned by month. No point means as in census_counts.';
comment on column hour_counts.from_at is 'Start of the day.';
comment on column hour_counts.series_no is 'Series.';
comment on column hour_counts.ids is 'Unique node IDs at the last census of each hour, from 00:00 on; null = no point.';
comment on column hour_counts.ips is 'Unique IP addresses of those nodes.';
comment on column hour_counts.ids_low is 'Fewest IDs at a census of that hour.';
comment on column hour_counts.ids_high is 'Most IDs at a census of that hour.';

create table day_counts (
  from_at timestamptz not null,
  series_no integer not null,
  ids integer[] not null,
  ips integer[] not null,
  ids_low integer[] not null,
  ids_high integer[] not null,
  constraint day_counts_pkey primary key (series_no, from_at)
) partition by range (from_at);
create index day_counts_from_idx on day_counts (from_at);
comment on table day_counts is 'Counts of the days of a month, as in hour_counts, partitioned by year.';
comment on column day_counts.from_at is 'Start of the month, UTC.';
comment on column day_counts.series_no is 'Series.';
comment on column day_counts.ids is 'Unique node IDs at the last census of each day, from the first on; null = no point.';
comment on column day_counts.ips is 'Unique IP addresses of those nodes.';
comment on column day_counts.ids_low is 'Fewest IDs at a census of that day.';
comment on column day_counts.ids_high is 'Most IDs at a census of that day.';

-- Pages that show the present read it here: what all networks have at once is the same view.
drop view if exists newest_counts;
alter table count_series
  add column ids integer not null default 0,
  add column ips integer not null default 0,
  set (fillfactor = 80);
comment on column count_series.ids is 'Unique node IDs at the newest census.';
comment on column count_series.ips is 'Unique IP addresses at the newest census.';
update count_series s set ids = p.ids, ips = p.ips from count_points_before p
where p.series_no = s.series_no and p.resolution = 'census' and p.at = (select max(at) from census_runs) and p.ids > 0;

-- A roll-up takes what no roll-up has taken up, however late it came.
alter table census_runs
  add column rolled smallint not null default 0,
  add constraint census_runs_rolled_known check (rolled between 0 and 2);
comment on column census_runs.rolled is 'Whether it is in the counts of its hour (1) and of its day (2).';
update census_runs r set rolled = case
  when r.at < (select max(p.at) from count_points_before p where p.resolution = 'day') then 2
  when r.at < (select max(p.at) from count_points_before p where p.resolution = 'hour') then 1
  else 0 end;
create index census_runs_unrolled_idx on census_runs (at) where rolled < 2;

-- Partitions of visits and of census_counts retire by one function (retire_partition).
drop function if exists retire_visit_partition(date);
