-- What the pages ask for most, each by an index of its own.

-- Lists of nodes run by the proof that puts a node into the population asked for.
create index nodes_reachable_idx on nodes (last_reachable desc, node_no desc) where last_reachable is not null;
create index nodes_identified_idx on nodes (last_identified desc, node_no desc) where last_identified is not null;
create index nodes_network_seen_idx on nodes (network, last_seen desc, node_no desc) where network is not null;
drop index nodes_inbound_idx;
create index nodes_inbound_idx on nodes (last_inbound desc, node_no desc) where last_inbound is not null;

-- The points of a series lie scattered, a census apart; with their figures in the index they lie side by side.
alter table count_points
  drop constraint count_points_pkey,
  add constraint count_points_pkey primary key (series_no, resolution, at) include (ids, ips);
