-- Visits of a node by its home no longer change an index of reachability, and no page asks for nodes by country.
comment on column reachability.look_at is 'When this vantage is to look at the node again, if another one is its home; null = it is its home, or has never been asked to.';
drop index nodes_country_alive_idx;
