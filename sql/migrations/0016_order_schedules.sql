-- Which visit set a node's schedule: visits are written in any order, and those that a node makes to us set none.

alter table frontier add column visited_at timestamptz;
comment on column frontier.visited_at is 'Start of the visit of ours that set due_at; null before the first. An older one that is written late changes nothing.';
comment on column frontier.lease_owner is 'Process that has claimed the visit: its vantage, a slash, and what tells it from others of that name.';
comment on column frontier.lease_until is 'When the claim lapses if its owner neither renews it nor reports, by the clock of the database.';

update frontier f set visited_at = n.last_visit from nodes n where n.node_no = f.node_no and n.last_visit is not null;

-- Claims take first what a crawler held that died, then what is due the longest.
drop index frontier_claimable_idx;
create index frontier_due_idx on frontier (due_at) where lease_owner is null;
create index frontier_lapsed_idx on frontier (lease_until) where lease_owner is not null;
