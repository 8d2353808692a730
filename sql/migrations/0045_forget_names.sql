-- The newest counts of all networks are a view (newest_counts). There is room on the pages of tables of which every visit
-- changes a row without changing an index: its new version stays on the page, and no index is written.
alter table reachability set (fillfactor = 80);
alter table endpoints set (fillfactor = 80);
-- A twentieth of these changes in minutes.
alter table nodes set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
alter table frontier set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
alter table count_series set (autovacuum_analyze_scale_factor = 0.02);

-- Names that nobody tells any more are forgotten: anybody can make them up.
alter table clients add column last_used timestamptz;
alter table fork_ids add column last_used timestamptz;
comment on column clients.last_used is 'Day on which it was last received, give or take one.';
comment on column fork_ids.last_used is 'Day on which it was last announced to us, give or take one.';
update clients set last_used = greatest(first_seen, (select max(last_visit) from nodes));
update fork_ids set last_used = greatest(first_seen, (select max(last_visit) from nodes));
-- To remove a name would be to search all nodes for it once for each. remove_old does so once for all, as visits have it.
alter table nodes drop constraint nodes_client_no_fkey, drop constraint nodes_fork_no_fkey;
