-- Clusters of etcd are watched beside those of GoQuorum.

alter table raft_clusters
  add column kind text not null default 'goQuorum',
  add constraint raft_clusters_kind_known check (kind in ('goQuorum', 'etcd'));
comment on column raft_clusters.kind is 'What its members run: `goQuorum` (or any chain asked by JSON-RPC) or `etcd`.';
comment on column raft_clusters.changes_log is 'Changes between two polls, which only the members'' own count showed.';
comment on column raft_members.raft_id is 'Its number in the cluster; of etcd, the lower 31 bits of its ID.';
comment on column raft_members.node_id is 'Its public key; of etcd, its 64-bit ID with zeros before it.';
