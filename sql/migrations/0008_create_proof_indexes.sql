-- Lists of nodes run by the proof that puts a node into the population asked for, each by an index of its own.

create index nodes_reachable_idx on nodes (last_reachable desc, node_no desc) where last_reachable is not null;
create index nodes_identified_idx on nodes (last_identified desc, node_no desc) where last_identified is not null;
create index nodes_network_seen_idx on nodes (network, last_seen desc, node_no desc) where network is not null;
drop index nodes_inbound_idx;
create index nodes_inbound_idx on nodes (last_inbound desc, node_no desc) where last_inbound is not null;
