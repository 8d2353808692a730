-- Blocks and heads that JSON-RPC endpoints tell of, the blocks at which forks by time came, and how late heads are.

alter table block_facts add column endpoint text, add column block_time timestamptz;
comment on column block_facts.endpoint is 'For `rpc`: cluster and endpoint, as the operator names them.';
comment on column block_facts.block_time is 'Timestamp in the header of that block, where it came with a visit.';

alter table fork_watches add column heights numeric(20, 0)[] not null default '{}';
comment on column fork_watches.heights is 'Heights at which everybody is asked for his block, whoever asks.';

create table rpc_heads (
  network text not null,
  node text not null,
  endpoint text not null,
  number numeric(20, 0) not null,
  at timestamptz not null,
  constraint rpc_heads_pkey primary key (network, node),
  constraint rpc_heads_node_length check (octet_length(node) between 1 and 200)
);
comment on table rpc_heads is 'Newest block of each JSON-RPC endpoint of a network: members of permissioned chains tell nobody else.';
comment on column rpc_heads.network is 'Network.';
comment on column rpc_heads.node is 'Node ID in hex, or the name of the endpoint.';
comment on column rpc_heads.endpoint is 'Cluster and endpoint, as the operator names them.';
comment on column rpc_heads.number is 'Block number.';
comment on column rpc_heads.at is 'When it said so.';

create table fork_activations (
  network text not null,
  activation numeric(20, 0) not null,
  below numeric(20, 0) not null,
  block numeric(20, 0) not null,
  block_time timestamptz not null,
  constraint fork_activations_pkey primary key (network, activation),
  constraint fork_activations_network_fkey foreign key (network) references networks (slug) on delete cascade,
  constraint fork_activations_order check (below < block)
);
comment on table fork_activations is 'First blocks of forks, as headers show them that nodes sent: searched for by their timestamps where a schedule names a time.';
comment on column fork_activations.network is 'Network.';
comment on column fork_activations.activation is 'Activation of the fork as its schedule names it: block number, or seconds since 1970.';
comment on column fork_activations.below is 'A block before it.';
comment on column fork_activations.block is 'A block of it; its first one once that is below + 1.';
comment on column fork_activations.block_time is 'Timestamp of that block.';

alter table head_estimates add column age_median_s integer, add column age_late_s integer;
comment on column head_estimates.age_median_s is 'Age of the head block at the visit, seconds: median of the nodes that follow the network. Null where no header told.';
comment on column head_estimates.age_late_s is 'The same for the latest tenth of them: nine of ten were younger.';

create or replace function apply_retention(now_at timestamptz, visit_days integer, census_days integer, unproven_days integer)
returns table (what text, removed bigint)
language plpgsql
as $$
#variable_conflict use_column
declare
  rolled timestamptz;
  gone bigint;
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.retention'), 0) then
    return;
  end if;
  select count(*) into gone from drop_visit_partitions((now_at at time zone 'UTC')::date - visit_days);
  return query select 'visit_days', gone;

  -- Only what the hours have taken up, and never the newest census: the next one finds in it what has vanished.
  select least(max(p.at), (select max(r.at) from census_runs r)) into rolled from count_points p where p.resolution = 'hour';
  delete from count_points p
  where p.resolution = 'census' and p.at < least(now_at - make_interval(days => census_days), coalesce(rolled, '-infinity'));
  get diagnostics gone = row_count;
  return query select 'census_points', gone;

  delete from endpoints e
  where e.last_pong is null and e.last_handshake is null and e.last_seen < now_at - make_interval(days => unproven_days);
  get diagnostics gone = row_count;
  return query select 'endpoints', gone;

  -- Names that nothing ever stood behind. Their visits stay until their day goes.
  delete from nodes n
  where n.last_seen < now_at - make_interval(days => unproven_days)
    and n.last_alive is null and n.last_reachable is null and n.last_inbound is null;
  get diagnostics gone = row_count;
  return query select 'nodes', gone;

  -- Of old head estimates the last one of each hour stays for good, as of the counts.
  delete from head_estimates h
  where h.at < date_trunc('hour', now_at - make_interval(days => census_days), 'UTC')
    and exists (
      select from head_estimates later
      where later.network = h.network and later.at > h.at
        and later.at < date_trunc('hour', h.at, 'UTC') + interval '1 hour'
    );
  get diagnostics gone = row_count;
  return query select 'head_estimates', gone;

  -- The judges of a network that is watched clear up behind themselves; this is for those that nobody watches any more.
  delete from block_facts b where b.at < now_at - make_interval(days => visit_days);
  get diagnostics gone = row_count;
  return query select 'block_facts', gone;

  delete from rpc_heads r where r.at < now_at - make_interval(days => visit_days);
  get diagnostics gone = row_count;
  return query select 'rpc_heads', gone;
end
$$;
comment on function apply_retention(timestamptz, integer, integer, integer) is
  'Removes visits, census points, unproven nodes, and what was told of blocks and heads, older than so many days; says how many. No row: another process is at it.';
