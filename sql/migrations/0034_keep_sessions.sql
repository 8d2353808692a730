-- When nodes came and went, and what that makes over a day, a week and a month.

create table sessions (
  node_no bigint not null,
  from_at timestamptz not null,
  begun boolean not null,
  until_at timestamptz,
  proved_at timestamptz,
  constraint sessions_pkey primary key (node_no, from_at),
  constraint sessions_node_no_fkey foreign key (node_no) references nodes (node_no) on delete cascade,
  constraint sessions_ends_after_it_began check (until_at >= from_at),
  constraint sessions_end_whole check ((until_at is null) = (proved_at is null))
);
-- A node has one session that goes on, or none.
create unique index sessions_open_idx on sessions (node_no) where until_at is null;
create index sessions_until_idx on sessions (until_at);
comment on table sessions is 'Times in which a node was there: it answered when we looked, until two looks in a row found it silent. Times in which nobody looked, or nobody could hear, end none. Kept for 31 days after their end.';
comment on column sessions.node_no is 'Node.';
comment on column sessions.from_at is 'When it began: halfway between the last look that found it silent, or its first mention, and the first answer; the first answer where `begun` is false.';
comment on column sessions.begun is 'Whether its beginning was seen. False for what was there when the first crawler began to look: how long it had been there is not known.';
comment on column sessions.until_at is 'When it ended: halfway between the last answer and the first look that found it silent; null while it goes on.';
comment on column sessions.proved_at is 'The last answer before the end.';

create table churn_points (
  network text not null,
  cut text not null,
  key text not null,
  time_window text not null,
  at timestamptz not null,
  nodes integer not null,
  joined_ids integer not null,
  joined_ips integer not null,
  left_ids integer not null,
  left_ips integer not null,
  rotating_ids integer not null,
  sessions integer not null,
  median_s double precision,
  at_least_s double precision,
  uptime real,
  watched real not null,
  partial text,
  constraint churn_points_pkey primary key (network, cut, key, time_window, at),
  constraint churn_points_cut_known check (cut in ('total', 'client')),
  constraint churn_points_time_window_known check (time_window in ('day', 'week', 'month')),
  constraint churn_points_uptime_share check (uptime between 0 and 1),
  constraint churn_points_watched_share check (watched between 0 and 1),
  constraint churn_points_partial_known check (
    partial in ('firstHours', 'crawlerAway', 'lineDown', 'databaseAway', 'uncovered', 'starved')
  )
);
create index churn_points_at_idx on churn_points (at);
comment on table churn_points is 'Who came and went within a window, and for how long nodes stay. By client they are kept for two days, totals for 366.';
comment on column churn_points.network is 'Slug of the network; `all` for all nodes.';
comment on column churn_points.cut is '`total` or `client`.';
comment on column churn_points.key is 'Client name, empty = nobody read a Hello of it, `other` beyond the fifty most; empty for the total.';
comment on column churn_points.time_window is '`day`: 24 hours. `week`: 7 days. `month`: 30 days.';
comment on column churn_points.at is 'End of the window.';
comment on column churn_points.nodes is 'Node IDs that were there at any time in the window.';
comment on column churn_points.joined_ids is 'Of those, the ones that came within it, for the first time or after an absence.';
comment on column churn_points.joined_ips is 'IP addresses of those.';
comment on column churn_points.left_ids is 'Node IDs that left within it, whether they came back or not.';
comment on column churn_points.left_ips is 'IP addresses of those.';
comment on column churn_points.rotating_ids is 'Of the nodes, those at IPs that make up keys: they are in the figures before, and in none of those after.';
comment on column churn_points.sessions is 'Sessions that began within the window, in our sight.';
comment on column churn_points.median_s is 'Median length of those, seconds, by Kaplan and Meier: what still goes on counts for as long as it has lasted; null = more than half go on, or there are none.';
comment on column churn_points.at_least_s is 'Where the median is null: it is longer than this, seconds; null = there are none.';
comment on column churn_points.uptime is 'Share of the watched time since each node was there first, at most that of the window, in which it was there, over all nodes; null = no node.';
comment on column churn_points.watched is 'Share of the window in which a crawler was at work and heard nodes, 0 to 1.';
comment on column churn_points.partial is 'Why the figures are not to be trusted, as in coverage_points; null = they are complete.';
