-- A restarted watcher goes on with a stall, and what is wrong with one node is a notice of its own.

alter table raft_clusters add column stall jsonb;
comment on column raft_clusters.stall is 'What is known of a stall: its head, since when it has not moved, since when transactions wait. Times in ms.';
alter table notices
  drop constraint notices_kind_shape,
  add constraint notices_kind_shape check (kind ~ '^[a-z][A-Za-z0-9]{0,39}(/[a-z0-9-]{1,40})?$');
comment on column notices.kind is 'What kind of trouble, for instance `raftLeadership`, `raftChurn`, or that of one node, `raftNode/<node>`.';
