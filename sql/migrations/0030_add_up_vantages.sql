-- Vantages add up: a node is revisited by the vantage that sees it best, and looked at by the others in turn.

alter table frontier add column home text;
alter table frontier add column home_rank smallint not null default 0;
alter table frontier add constraint frontier_home_rank_known check (home_rank between 0 and 2);
comment on column frontier.home is 'Vantage whose visits set the schedule: the one that sees the node best, or whose turn it is while nobody does; null = anybody.';
comment on column frontier.home_rank is 'What it saw of the node last: 0 nothing, 1 an answer over UDP, 2 a handshake that it dialled.';
comment on column frontier.due_at is 'Earliest time of the next visit by its home, or by anybody where that is not at work.';
comment on column frontier.failures is 'Visits of its home without an answer (a PONG or, where it is dialled without one, a handshake) in a row: sets the back-off.';

alter table reachability add column last_visit timestamptz;
alter table reachability add column last_alive timestamptz;
alter table reachability add column look_at timestamptz;
comment on column reachability.last_visit is 'Last visit from this vantage, whatever came of it.';
comment on column reachability.last_alive is 'Last valid PONG to a PING from this vantage.';
comment on column reachability.look_at is 'When this vantage is to look at the node again, if another one is its home; null = it never has been asked to.';
create index reachability_look_idx on reachability (vantage, look_at) where look_at is not null;

-- What each vantage reached is known of nodes that were dialled; the next visits tell the rest.
update frontier f set home = r.vantage, home_rank = 2
from (
  select distinct on (node_no) node_no, vantage from reachability
  where last_reachable is not null order by node_no, last_reachable desc, vantage
) r
where r.node_no = f.node_no;
