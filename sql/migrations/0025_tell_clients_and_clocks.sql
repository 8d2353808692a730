-- breaking
-- One string may come from two clients: BSC kept geth's name and is told by its capability. Clocks that are off, and
-- Hellos that were longer than what is kept, are marked.

alter table clients add column by_capability boolean not null default false;
alter table clients drop constraint clients_raw_key;
alter table clients add constraint clients_raw_by_capability_key unique (raw, by_capability);
comment on column clients.by_capability is 'Capabilities in the same Hello told the client, not the string.';

alter table nodes add column hello_shortened boolean not null default false;
comment on column nodes.hello_shortened is 'Its last Hello held a longer client string or more capabilities than are kept.';
alter table nodes add column clock_skew_s integer;
comment on column nodes.clock_skew_s is 'How far its clock was ahead of the crawler''s at its last PONG, seconds, negative if behind; null = right, as far as can be told.';

alter table visits add column clock_skew_s integer;
comment on column visits.clock_skew_s is 'The same at this visit.';

-- Nodes are looked for by both of their IDs, and by the beginning of their record.
create index nodes_id_hash_idx on nodes (id_hash);
create index nodes_enr_idx on nodes (enr text_pattern_ops) where enr is not null;
