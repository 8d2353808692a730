-- Time series. Pages read these and never aggregate raw rows.

create table cuts (
  cut text not null,
  parts text[] not null,
  description text not null,
  constraint cuts_pkey primary key (cut)
);
comment on table cuts is 'The fixed list of combinations that are counted. A cut is added by a migration.';
comment on column cuts.cut is 'Name of the combination.';
comment on column cuts.parts is 'Names of the parts of its keys, in order; empty for the total.';
comment on column cuts.description is 'What one count of it means.';
insert into cuts (cut, parts, description) values
  ('total', '{}', 'All nodes of the population.'),
  ('network', '{network}', 'By network; ambiguous is a key of its own. Counted over all nodes only.'),
  ('client', '{client}', 'By client name.'),
  ('client_version', '{client,version}', 'By client name and version.'),
  ('fork_id', '{hash,next}', 'By fork ID as announced: hash in hex, next in decimal.'),
  ('fork_class', '{fork_class}', 'By fork class.'),
  ('client_fork', '{client,version,fork_class}', 'By client name, version and fork class.');

create table count_series (
  series_no integer generated always as identity,
  network text not null,
  population text not null,
  time_window text not null,
  cut text not null,
  key text[] not null,
  constraint count_series_pkey primary key (series_no),
  constraint count_series_name_key unique (network, cut, population, time_window, key),
  constraint count_series_cut_fkey foreign key (cut) references cuts (cut),
  constraint count_series_population_known check (population in ('seen', 'alive', 'reachable', 'inbound_only', 'identified')),
  constraint count_series_time_window_known check (time_window in ('now', 'day')),
  constraint count_series_network_shape check (network ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  constraint count_series_key_size check (cardinality(key) <= 4)
);
comment on table count_series is 'Names of time series: which nodes were counted.';
comment on column count_series.series_no is 'Internal number.';
comment on column count_series.network is 'Slug of the network; `all` for all nodes whatever their network.';
comment on column count_series.population is '`seen`, `alive`, `reachable`, `inbound_only` or `identified`.';
comment on column count_series.time_window is '`now`: proof within the last 2 hours. `day`: within the last 24 hours.';
comment on column count_series.cut is 'Combination.';
comment on column count_series.key is 'Values of the parts of the cut, in their order; an empty string where a node did not tell.';

create table count_points (
  series_no integer not null,
  resolution text not null,
  at timestamptz not null,
  ids integer not null,
  ips integer not null,
  ids_low integer,
  ids_high integer,
  constraint count_points_pkey primary key (series_no, resolution, at),
  constraint count_points_series_no_fkey foreign key (series_no) references count_series (series_no) on delete cascade,
  constraint count_points_resolution_known check (resolution in ('census', 'hour', 'day')),
  constraint count_points_positive check (ids >= 0 and ips >= 0)
);
comment on table count_points is
  'Counts. A series that has a point at one census and nothing to count at the next gets a point of 0 there; after it, no point means still 0.';
comment on column count_points.series_no is 'Series.';
comment on column count_points.resolution is '`census`: as counted, kept for some days. `hour` and `day`: the last census of that UTC hour or day, kept for good.';
comment on column count_points.at is 'Time of the census; for hour and day the start of the hour or day.';
comment on column count_points.ids is 'Unique node IDs.';
comment on column count_points.ips is 'Unique IP addresses of those nodes.';
comment on column count_points.ids_low is 'Fewest IDs at a census of that hour or day; null for a census.';
comment on column count_points.ids_high is 'Most IDs at a census of that hour or day; null for a census.';
create index count_points_at_idx on count_points (resolution, at);

create table census_runs (
  at timestamptz not null,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  duration_ms integer not null,
  points integer not null,
  nodes integer not null,
  source text not null,
  constraint census_runs_pkey primary key (at)
);
comment on table census_runs is 'Finished censuses. Written in the transaction of their counts: the newest row is the newest complete set.';
comment on column census_runs.at is 'Time for which the nodes were counted.';
comment on column census_runs.started_at is 'When the work began.';
comment on column census_runs.finished_at is 'When it ended.';
comment on column census_runs.duration_ms is 'How long it took.';
comment on column census_runs.points is 'Points written, zeros included.';
comment on column census_runs.nodes is 'Nodes seen within the last 24 hours.';
comment on column census_runs.source is 'Vantage of the process that did it.';

create view counts as
select p.at, p.resolution, s.network, s.population, s.time_window, s.cut, s.key, p.ids, p.ips, p.ids_low, p.ids_high, s.series_no
from count_series s join count_points p using (series_no);
comment on view counts is 'Counts with their names. Filter by network, cut, population, time_window, resolution and a range of at.';

create view current_counts as
select c.at, s.network, s.population, s.time_window, s.cut, s.key, p.ids, p.ips, s.series_no
from (select at from census_runs order by at desc limit 1) c
cross join count_series s
join count_points p on p.series_no = s.series_no and p.resolution = 'census' and p.at = c.at
where p.ids > 0;
comment on view current_counts is 'Counts of the newest census, without zeros.';
