-- Crawlers tell how often they take a census, so that readers know when one is late. Older builds do not tell it.

alter table vantages add column census_interval_ms bigint;
comment on column vantages.census_interval_ms is 'Longest time between two censuses of this crawler by its present setting, ms; null = it ends by itself, or does not tell.';
alter table census_runs add column interval_ms bigint;
comment on column census_runs.interval_ms is 'Longest time until the next census by the schedule of the crawler that took this one, ms; null = it was about to end, or did not tell.';
