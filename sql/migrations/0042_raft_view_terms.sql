-- Members of etcd say in which term they are: so that the page shows who is behind, or counts up alone.

alter table raft_views add column term bigint;
comment on column raft_views.term is 'The Raft term that it says it is in; null if it does not tell.';
