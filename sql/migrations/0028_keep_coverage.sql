-- A count says how much of what was due was looked at, and a census what it could not know.

alter table nodes add column last_pinged timestamptz, add column last_dialled timestamptz;
comment on column nodes.last_pinged is 'Last visit that asked it for a PONG, answered or not, over all vantages.';
comment on column nodes.last_dialled is
  'Last visit that looked whether it can be reached, over all vantages: it was dialled, or was found silent, or without a TCP port, so that there was nothing to dial.';
update nodes n set
  last_pinged = greatest(n.last_alive, f.visited_at),
  last_dialled = greatest(n.last_reachable, r.last_dialled, case when f.failures > 0 or n.tcp_port is null then f.visited_at end)
from frontier f
left join (select node_no, max(last_dialled) as last_dialled from reachability group by node_no) r using (node_no)
where f.node_no = n.node_no and f.visited_at is not null;

create table crawl_spans (
  vantage text not null,
  from_at timestamptz not null,
  until_at timestamptz not null,
  heard boolean not null,
  networks text[] not null,
  constraint crawl_spans_pkey primary key (vantage, from_at),
  constraint crawl_spans_ends_after_it_began check (until_at >= from_at)
);
comment on table crawl_spans is 'When crawlers were at work. Where nothing stands, nobody looked.';
comment on column crawl_spans.vantage is 'Vantage.';
comment on column crawl_spans.from_at is 'When it began, by the clock of the crawler.';
comment on column crawl_spans.until_at is 'Its last sign of life, or when it heard somebody for the last time.';
comment on column crawl_spans.heard is 'False while nobody answered any more of many who had answered before: then it looked, and saw nothing.';
comment on column crawl_spans.networks is 'Slugs of the networks that it watched.';
-- What is known of earlier ones: the last start.
insert into crawl_spans (vantage, from_at, until_at, heard, networks)
select vantage, started_at, greatest(started_at, last_beat), true, networks from vantages;

alter table vantages
  add column unwritten_since timestamptz,
  add column ping_within_ms bigint,
  add column dial_within_ms bigint;
comment on column vantages.unwritten_since is 'Since when visits wait for the database, or on disk; null = none wait longer than usual.';
comment on column vantages.ping_within_ms is 'Longest time between two visits to a node that answers, by its settings, ms; null = it does not tell.';
comment on column vantages.dial_within_ms is 'Longest time between two dials of a node that is full, by its settings, ms; null = it does not tell.';

create table coverage_points (
  network text not null,
  population text not null,
  time_window text not null,
  resolution text not null,
  at timestamptz not null,
  due integer not null,
  looked integer not null,
  watched real not null,
  unknown_ids integer,
  unknown_ips integer,
  whole_ids integer,
  whole_ips integer,
  partial text,
  constraint coverage_points_pkey primary key (network, population, time_window, resolution, at),
  constraint coverage_points_looked_of_due check (0 <= looked and looked <= due),
  constraint coverage_points_watched_share check (watched between 0 and 1),
  constraint coverage_points_resolution_known check (resolution in ('census', 'hour', 'day')),
  constraint coverage_points_partial_known check (
    partial in ('firstHours', 'crawlerAway', 'lineDown', 'databaseAway', 'uncovered', 'starved')
  )
);
create index coverage_points_at_idx on coverage_points (resolution, at);
comment on table coverage_points is 'How much the counts of a census stand on. Censuses before migration 28 have none.';
comment on column coverage_points.network is 'Slug of the network; `all` for all nodes.';
comment on column coverage_points.population is 'As in count_series.';
comment on column coverage_points.time_window is 'As in count_series.';
comment on column coverage_points.resolution is 'As in count_points. `hour` and `day`: the last complete census in it, else the last.';
comment on column coverage_points.at is 'As in count_points.';
comment on column coverage_points.due is 'Nodes that should have been looked at within the window: those that answered before, and names that nobody has looked at yet.';
comment on column coverage_points.looked is 'Of those, how many were: by a PING for `alive`, by a dial for `reachable` and `identified`.';
comment on column coverage_points.watched is 'Share of the window in which a crawler was at work and heard nodes, 0 to 1.';
comment on column coverage_points.unknown_ids is 'Nodes that could belong here beyond those counted: due and not looked at, or come or come back since they were last looked at, by how many do so; null = cannot be known.';
comment on column coverage_points.unknown_ips is 'IP addresses of those.';
comment on column coverage_points.whole_ids is 'Nodes of which this population is a part: alive of seen, reachable of alive or reachable, identified of reachable or inbound; null for the others.';
comment on column coverage_points.whole_ips is 'IP addresses of those.';
comment on column coverage_points.partial is
  'Why the count is not to be trusted; null = it is complete. `firstHours`: the window begins before the first crawler. `crawlerAway`: none was at work. `lineDown`: it heard nobody. `databaseAway`: visits wait to be written. `uncovered`: its settings look less often than the window is long. `starved`: it does not keep up.';
