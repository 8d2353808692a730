-- Raft clusters as the watcher sees them. What happens to them stands in events, with the subject `raft/<cluster>`.

create table raft_clusters (
  cluster text not null,
  genesis_hash bytea,
  network_id numeric(20, 0),
  interval_ms integer not null,
  first_watched timestamptz not null,
  watched_since timestamptz not null,
  last_round timestamptz not null,
  state text,
  state_since timestamptz,
  leader_raft_id integer,
  leader_node_id bytea,
  votes smallint not null,
  voters smallint not null,
  voters_active smallint not null,
  learners smallint not null,
  claims smallint not null,
  leader_views smallint not null,
  head_number bigint,
  pending bigint,
  stalled boolean not null,
  churning boolean not null,
  resume_raft_id integer,
  resume_node_id bytea,
  chain_block bigint,
  chain_raft_id integer,
  changes_rpc bigint not null default 0,
  changes_chain bigint not null default 0,
  changes_log bigint not null default 0,
  changes_unconfirmed bigint not null default 0,
  reelections bigint not null default 0,
  losses bigint not null default 0,
  sealers jsonb,
  constraint raft_clusters_pkey primary key (cluster),
  constraint raft_clusters_name_shape check (cluster ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  constraint raft_clusters_genesis_length check (octet_length(genesis_hash) = 32),
  constraint raft_clusters_leader_whole check ((leader_raft_id is null) = (leader_node_id is null)),
  constraint raft_clusters_resume_whole check ((resume_raft_id is null) = (resume_node_id is null)),
  constraint raft_clusters_state_whole check ((state is null) = (state_since is null))
);
comment on table raft_clusters is 'One row a watched cluster: its present state, and where a restarted watcher goes on.';
comment on column raft_clusters.cluster is 'The operator''s name for it.';
comment on column raft_clusters.genesis_hash is 'With network_id what the cluster is, whatever it is called; null until a member told.';
comment on column raft_clusters.network_id is 'What net_version says.';
comment on column raft_clusters.interval_ms is 'Pause between two rounds of polls.';
comment on column raft_clusters.first_watched is 'The first round ever.';
comment on column raft_clusters.watched_since is 'The first round since the watcher was last started, or took the cluster over.';
comment on column raft_clusters.last_round is 'The round that this row shows.';
comment on column raft_clusters.state is '`confirmed`, `electing`, `no_leader`, `no_quorum` or `unconfirmed`; null until two rounds agreed.';
comment on column raft_clusters.state_since is 'Since when it is in this state.';
comment on column raft_clusters.leader_raft_id is 'The leader of this state; null for none.';
comment on column raft_clusters.leader_node_id is 'Its public key.';
comment on column raft_clusters.votes is 'Voters whose own view names the leader; without one, the most that any candidate has.';
comment on column raft_clusters.voters is 'Members that vote.';
comment on column raft_clusters.voters_active is 'The most voters that any one view shows active.';
comment on column raft_clusters.learners is 'Members that do not vote.';
comment on column raft_clusters.claims is 'Voters that say they are the minter.';
comment on column raft_clusters.leader_views is 'Distinct leaders that voters name.';
comment on column raft_clusters.head_number is 'Newest block of the nodes that follow the leader.';
comment on column raft_clusters.pending is 'Transactions that wait in the fullest pool.';
comment on column raft_clusters.stalled is 'Transactions wait and the head stands still.';
comment on column raft_clusters.churning is 'The leader changes too often.';
comment on column raft_clusters.resume_raft_id is 'The last leader that was ever confirmed: what a restarted watcher compares with.';
comment on column raft_clusters.resume_node_id is 'Its public key.';
comment on column raft_clusters.chain_block is 'Up to here the minters are known from block headers.';
comment on column raft_clusters.chain_raft_id is 'Who minted it.';
comment on column raft_clusters.changes_rpc is 'Confirmed leader changes seen by polls, since the first round ever.';
comment on column raft_clusters.changes_chain is 'Changes of the minter seen in block headers.';
comment on column raft_clusters.changes_log is 'Changes seen in logs.';
comment on column raft_clusters.changes_unconfirmed is 'Changes reported by too few nodes to be confirmed.';
comment on column raft_clusters.reelections is 'Times a leader was lost and came back.';
comment on column raft_clusters.losses is 'Times a confirmed leader was lost.';
comment on column raft_clusters.sealers is 'For IBFT, QBFT and Clique: who should seal and who does; null for Raft.';

create table raft_members (
  cluster text not null,
  raft_id integer not null,
  node_id bytea not null,
  learner boolean not null,
  present boolean not null,
  role text,
  active boolean,
  hostname text,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  last_active timestamptz,
  constraint raft_members_pkey primary key (cluster, raft_id, node_id),
  constraint raft_members_cluster_fkey foreign key (cluster) references raft_clusters on delete cascade,
  constraint raft_members_id_length check (octet_length(node_id) = 64)
);
comment on table raft_members is 'Members that clusters have or had. A Raft ID is given once and never reused.';
comment on column raft_members.cluster is 'Its cluster.';
comment on column raft_members.raft_id is 'Its number in the cluster.';
comment on column raft_members.node_id is 'Its public key.';
comment on column raft_members.learner is 'It follows without a vote.';
comment on column raft_members.present is 'False once it was removed.';
comment on column raft_members.role is '`minter`, `verifier` or `learner` as most views have it; empty while no leader is known.';
comment on column raft_members.active is 'Whether any other member has a Raft stream to it; null where no release tells.';
comment on column raft_members.hostname is 'Address or name under which the others know it.';
comment on column raft_members.first_seen is 'When it was first listed.';
comment on column raft_members.last_seen is 'When it was last listed.';
comment on column raft_members.last_active is 'When it was last shown active.';

create table raft_views (
  cluster text not null,
  node text not null,
  at timestamptz not null,
  result text not null,
  result_since timestamptz not null,
  last_view timestamptz,
  raft_id integer,
  node_id bytea,
  role text,
  leader_at text,
  leader_raft_id integer,
  head_number bigint,
  pending bigint,
  peer_count bigint,
  sees jsonb not null default '[]',
  constraint raft_views_pkey primary key (cluster, node),
  constraint raft_views_cluster_fkey foreign key (cluster) references raft_clusters on delete cascade,
  constraint raft_views_view_whole check ((result = 'ok') = (leader_at is not null))
);
comment on table raft_views is 'The newest answer of each endpoint: its own view of the cluster, or why there is none.';
comment on column raft_views.cluster is 'Its cluster.';
comment on column raft_views.node is 'The operator''s name for the endpoint. Its URL may hold credentials and is never stored.';
comment on column raft_views.at is 'When it was asked.';
comment on column raft_views.result is '`ok` = it gave a view; all else says why not: `timeout`, `html`, `unauthorized`, …';
comment on column raft_views.result_since is 'Since when it answers so.';
comment on column raft_views.last_view is 'When it last gave a view.';
comment on column raft_views.raft_id is 'Which member it proved to be when it last gave a view.';
comment on column raft_views.node_id is 'Its public key.';
comment on column raft_views.role is 'What it says it is itself.';
comment on column raft_views.leader_at is '`named`, `none` (it follows nobody) or `unknown` (its release cannot name whom); null without a view.';
comment on column raft_views.leader_raft_id is 'Whom it names.';
comment on column raft_views.head_number is 'Its newest block.';
comment on column raft_views.pending is 'Transactions waiting in its pool.';
comment on column raft_views.peer_count is 'Its devp2p peers.';
comment on column raft_views.sees is 'Members as it lists them: [{raftId, role, active}].';

create table raft_states (
  cluster text not null,
  from_at timestamptz not null,
  until_at timestamptz,
  state text not null,
  raft_id integer,
  node_id bytea,
  votes smallint not null,
  voters smallint not null,
  voters_active smallint not null,
  constraint raft_states_pkey primary key (cluster, from_at),
  constraint raft_states_cluster_fkey foreign key (cluster) references raft_clusters on delete cascade,
  constraint raft_states_ends_after_it_began check (until_at >= from_at)
);
comment on table raft_states is 'Who led from when to when. Where nothing stands, nobody watched.';
comment on column raft_states.cluster is 'Its cluster.';
comment on column raft_states.from_at is 'When the state began.';
comment on column raft_states.until_at is 'When the next one began, or the watcher left; null for the present one.';
comment on column raft_states.state is 'As in raft_clusters.';
comment on column raft_states.raft_id is 'The leader; null for none. In `unconfirmed`, whom the reachable nodes name.';
comment on column raft_states.node_id is 'Its public key.';
comment on column raft_states.votes is 'Votes when it began.';
comment on column raft_states.voters is 'Voters when it began.';
comment on column raft_states.voters_active is 'Active voters when it began.';
create index raft_states_open_idx on raft_states (cluster) where until_at is null;

create table raft_polls (
  cluster text not null,
  node text not null,
  hour timestamptz not null,
  result text not null,
  polls integer not null,
  constraint raft_polls_pkey primary key (cluster, hour, node, result),
  constraint raft_polls_cluster_fkey foreign key (cluster) references raft_clusters on delete cascade
);
comment on table raft_polls is 'What came of the polls of each hour.';
comment on column raft_polls.cluster is 'Its cluster.';
comment on column raft_polls.node is 'The endpoint.';
comment on column raft_polls.hour is 'Start of the hour, UTC.';
comment on column raft_polls.result is 'As in raft_views.';
comment on column raft_polls.polls is 'How often.';
