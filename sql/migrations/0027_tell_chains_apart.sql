-- What chain a node is on, as far as it can be told apart from its relatives, by what, and when it said so.

alter table nodes
  add column network_candidates text[],
  add column network_relative boolean not null default false,
  add column other_network_id boolean not null default false,
  add column crawler boolean not null default false,
  add column silent_since timestamptz,
  add column fork_source text,
  add column fork_at timestamptz,
  add column enr_base numeric(20, 0),
  add constraint nodes_network_candidates_count check (cardinality(network_candidates) between 1 and 200),
  add constraint nodes_fork_source_known check (fork_source in ('status', 'enr')),
  add constraint nodes_relative_is_on_none check (not network_relative or network is null),
  add constraint nodes_crawler_is_on_none check (not crawler or network is null);
comment on column nodes.network_candidates is 'Networks that an ambiguous node could be on, that an unknown relative shares its genesis with, or that a crawler claims; null for others.';
comment on column nodes.network_relative is 'An unknown relative: its Status has the genesis of its candidates, but neither the network id nor a fork hash of any.';
comment on column nodes.other_network_id is 'Its Status names another network id than its network has.';
comment on column nodes.crawler is 'It looks at the network and takes no part in it, by its client name or because it only ever dials and waits.';
comment on column nodes.silent_since is 'First session that it dialled in which it waited for our Status and sent none; null once it has sent one.';
comment on column nodes.fork_source is 'Where its fork ID is from: `status`, or `enr`, which is a hint.';
comment on column nodes.fork_at is 'When it told that fork ID: the start of the visit.';
comment on column nodes.enr_base is 'Sequence number of the ENR that came with its last Status, else of the first one after it: a later one is newer than the Status.';

alter table nodes drop constraint nodes_fork_class_known;
alter table nodes add constraint nodes_fork_class_known check (
  fork_class in ('current', 'ready', 'conflicting', 'atGenesis', 'behind', 'outdated', 'ahead', 'notYetKnown', 'unknown')
);

-- A fork ID that came with a Status is as old as the last one; others are as old as the last visit.
update nodes set
  fork_source = case when network_source = 'status' then 'status' else 'enr' end,
  fork_at = coalesce(case when network_source = 'status' then last_status end, last_visit)
where fork_no is not null;

create index nodes_candidates_idx on nodes using gin (network_candidates) where network_candidates is not null;

insert into cuts (cut, parts, description) values
  ('identity', '{identity,network_id}', 'By what says that a node is on the network. Members: `status`, `hint` (its record alone), `otherNetworkId`. Not members, shown beside: `atGenesis` and `ambiguous` (other networks fit as well), `relative` (a chain of its own with this genesis), `crawler`. Over all networks also `foreign`. The network id is given for `otherNetworkId` and `relative`, for the fifty most frequent.');

comment on table head_estimates is 'Head of a network over time: the highest block that more than a third of those reached who told theirs in the minutes before.';
