-- Blocks that nodes hold, heads, forks that no file names, and what the judges of splits remember between their rounds.

create table block_facts (
  network text not null,
  height numeric(20, 0) not null,
  node text not null,
  voter text not null,
  hash bytea not null,
  forged boolean not null,
  source text not null,
  at timestamptz not null,
  constraint block_facts_pkey primary key (network, height, node),
  constraint block_facts_node_length check (octet_length(node) between 1 and 200),
  constraint block_facts_voter_length check (octet_length(voter) between 1 and 200),
  constraint block_facts_hash_length check (octet_length(hash) = 32),
  constraint block_facts_source_known check (source in ('eth', 'rpc'))
);
comment on table block_facts is 'Which block a node held at a height when it was asked last. Rows that nobody asks about any more are removed.';
comment on column block_facts.network is 'Network.';
comment on column block_facts.height is 'Height.';
comment on column block_facts.node is 'Node ID in hex, or the name of an RPC endpoint.';
comment on column block_facts.voter is 'What a side counts: the /24 (v6 /48) of the node, on private networks its ID.';
comment on column block_facts.hash is 'Hash of its block, as the header after it names it, 32 bytes.';
comment on column block_facts.forged is 'Its own headers contradict each other: listed, counts for no side.';
comment on column block_facts.source is '`eth`: its answer to a visit. `rpc`: its JSON-RPC.';
comment on column block_facts.at is 'When it said so.';
create index block_facts_at_idx on block_facts (at);

create table head_estimates (
  network text not null,
  at timestamptz not null,
  number numeric(20, 0) not null,
  nodes integer not null,
  constraint head_estimates_pkey primary key (network, at),
  constraint head_estimates_nodes_positive check (nodes > 0)
);
comment on table head_estimates is 'Head of a network over time: the median of what current and ready nodes announced in the minutes before.';
comment on column head_estimates.network is 'Network.';
comment on column head_estimates.at is 'Minute of the estimate.';
comment on column head_estimates.number is 'Block number.';
comment on column head_estimates.nodes is 'Nodes behind it.';

create table learned_forks (
  network text not null,
  hash bytea not null,
  base bytea not null,
  activation_kind text not null,
  activation numeric(20, 0) not null,
  subnets integer not null,
  seen_at timestamptz not null,
  constraint learned_forks_pkey primary key (network, hash),
  constraint learned_forks_network_fkey foreign key (network) references networks (slug) on delete cascade,
  constraint learned_forks_hash_length check (octet_length(hash) = 4 and octet_length(base) = 4),
  constraint learned_forks_kind_known check (activation_kind in ('block', 'time'))
);
comment on table learned_forks is 'Forks that no network file names, announced from many networks (/24, v6 /48). Never shown as configured.';
comment on column learned_forks.network is 'Network.';
comment on column learned_forks.hash is 'Fork hash once it has passed, 4 bytes.';
comment on column learned_forks.base is 'Fork hash of the nodes that announce it.';
comment on column learned_forks.activation_kind is '`block` or `time`.';
comment on column learned_forks.activation is 'Block number, or seconds since 1970.';
comment on column learned_forks.subnets is 'Distinct /24s (v6 /48) that announced it at the last look.';
comment on column learned_forks.seen_at is 'Last look at which enough of them did.';

create table fork_watches (
  network text not null,
  revision integer not null default 1,
  state jsonb not null,
  judged_at timestamptz not null,
  constraint fork_watches_pkey primary key (network),
  constraint fork_watches_network_fkey foreign key (network) references networks (slug) on delete cascade
);
comment on table fork_watches is 'What the judges of fork and chain splits remember of a network. Whoever writes names the revision that he read, so that of many crawlers one judges a round.';
comment on column fork_watches.network is 'Network.';
comment on column fork_watches.revision is 'Counts its writes.';
comment on column fork_watches.state is 'Suspicions, open splits, heights to ask for, the search for a common ancestor.';
comment on column fork_watches.judged_at is 'When it was judged last.';

insert into cuts (cut, parts, description) values
  ('synced', '{synced}', 'By whether its head was at the network''s at the last judged visit: `synced` or `lagging`. Not over all networks.'),
  ('history', '{history}', 'By blocks of history that it serves (eth/69 and later): `genesis` for all, else at least so many below its head. Not over all networks.'),
  ('capability', '{capability}', 'By capability of its Hello, as name/version; a node counts once for each. Names without a place of their own are `other`.');

create index nodes_status_idx on nodes (network, last_status) where last_status is not null;

create or replace function take_census(census_at timestamptz, taken_by text)
returns table (points integer, nodes integer, duration_ms integer)
language plpgsql
-- A census groups hundreds of thousands of addresses: in memory rather than on disk.
set work_mem = '128MB'
as $$
#variable_conflict use_column
declare
  began timestamptz := clock_timestamp();
  point_count integer;
  zero_count integer;
  node_count integer;
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.census'), 0) then
    return;
  end if;
  if exists (select from census_runs r where r.at >= census_at) then
    return;
  end if;

  create temp table census_figures on commit drop as
  with base as materialized (
    select n.ip, n.network,
      coalesce(n.network, case when n.network_ambiguous then 'ambiguous' else '' end) as network_key,
      coalesce(c.name, '') as client, coalesce(c.version, '') as version,
      coalesce(encode(f.hash, 'hex'), '') as hash, coalesce(f.next::text, '') as next,
      coalesce(n.fork_class, '') as fork_class,
      case n.synced when true then 'synced' when false then 'lagging' else '' end as synced,
      case
        when n.earliest_block is null then ''
        when n.earliest_block <= 1 then 'genesis'
        when n.head_number is null or n.head_number < n.earliest_block then ''
        when n.head_number - n.earliest_block >= 1000000 then '1000000'
        when n.head_number - n.earliest_block >= 90000 then '90000'
        else '0'
      end as history,
      array(
        -- A peer can name what it likes: names without a place of their own are one.
        select distinct case when name ~ '^(eth|snap|les|wit|istanbul|bsc|diff|trust|bor)/[0-9]{1,3}$' then name else 'other' end
        from unnest(n.capabilities) as g (name)
      ) as capabilities,
      n.last_seen > census_at - interval '2 hours' as seen_now,
      coalesce(n.last_alive > census_at - interval '2 hours', false) as alive_now,
      coalesce(n.last_alive > census_at - interval '24 hours', false) as alive_day,
      coalesce(n.last_reachable > census_at - interval '2 hours', false) as reachable_now,
      coalesce(n.last_reachable > census_at - interval '24 hours', false) as reachable_day,
      coalesce(n.last_inbound > census_at - interval '2 hours', false) as inbound_now,
      coalesce(n.last_inbound > census_at - interval '24 hours', false) as inbound_day,
      coalesce(n.last_identified > census_at - interval '2 hours', false) as identified_now,
      coalesce(n.last_identified > census_at - interval '24 hours', false) as identified_day
    from nodes n
    left join clients c on c.client_no = n.client_no
    left join fork_ids f on f.fork_no = n.fork_no
    where n.last_seen > census_at - interval '24 hours'
  ), expanded as (
    select s.scope, x.cut, x.key, b.*
    from base b
    cross join lateral (values ('all'), (b.network)) as s (scope)
    cross join lateral (values
      ('total', '{}'::text[], true),
      ('network', array[b.network_key], s.scope = 'all'),
      ('client', array[b.client], alive_day or reachable_day or inbound_day or identified_day),
      ('client_version', array[b.client, b.version], alive_day or reachable_day or inbound_day or identified_day),
      ('fork_id', array[b.hash, b.next], alive_day or reachable_day or inbound_day or identified_day),
      ('fork_class', array[b.fork_class], alive_day or reachable_day or inbound_day or identified_day),
      ('client_fork', array[b.client, b.version, b.fork_class], alive_day or reachable_day or inbound_day or identified_day),
      ('synced', array[b.synced], s.scope <> 'all' and (alive_day or reachable_day or inbound_day or identified_day)),
      ('history', array[b.history], s.scope <> 'all' and (alive_day or reachable_day or inbound_day or identified_day))
    ) as x (cut, key, wanted)
    where s.scope is not null and x.wanted
    union all
    select s.scope, 'capability', array[g.capability], b.*
    from base b
    cross join lateral (values ('all'), (b.network)) as s (scope)
    cross join lateral unnest(b.capabilities) as g (capability)
    where s.scope is not null and (alive_day or reachable_day or inbound_day or identified_day)
  ), per_ip as (
    -- Unique addresses by two plain aggregations instead of ten count(distinct).
    select scope, cut, key, ip,
      count(*) filter (where seen_now) as seen_now, count(*) as seen_day,
      count(*) filter (where alive_now) as alive_now, count(*) filter (where alive_day) as alive_day,
      count(*) filter (where reachable_now) as reachable_now, count(*) filter (where reachable_day) as reachable_day,
      count(*) filter (where inbound_now and not reachable_now) as inbound_now,
      count(*) filter (where inbound_day and not reachable_day) as inbound_day,
      count(*) filter (where identified_now) as identified_now, count(*) filter (where identified_day) as identified_day
    from expanded group by scope, cut, key, ip
  ), per_key as (
    select e.scope, e.cut, e.key, p.population, p.time_window, sum(p.ids)::integer as ids,
      count(*) filter (where p.ids > 0 and e.ip is not null)::integer as ips
    from per_ip e
    cross join lateral (values
      ('seen', 'now', seen_now), ('seen', 'day', seen_day), ('alive', 'now', alive_now), ('alive', 'day', alive_day),
      ('reachable', 'now', reachable_now), ('reachable', 'day', reachable_day),
      ('inbound_only', 'now', inbound_now), ('inbound_only', 'day', inbound_day),
      ('identified', 'now', identified_now), ('identified', 'day', identified_day)
    ) as p (population, time_window, ids)
    -- What was only mentioned has told nothing of itself.
    where p.ids > 0 and (p.population <> 'seen' or e.cut in ('total', 'network'))
    group by 1, 2, 3, 4, 5
  )
  select scope as network, cut, key, population, time_window, ids, ips from per_key
  union all
  -- Totals are always there: a chart must tell nothing found from not looked.
  select s.scope, 'total', '{}'::text[], p.population, w.time_window, 0, 0
  from (select 'all' as scope union all select slug from networks where watched) s
  cross join (values ('seen'), ('alive'), ('reachable'), ('inbound_only'), ('identified')) as p (population)
  cross join (values ('now'), ('day')) as w (time_window)
  where not exists (
    select from per_key k
    where k.cut = 'total' and k.scope = s.scope and k.population = p.population and k.time_window = w.time_window
  );

  insert into count_series (network, population, time_window, cut, key)
  select g.network, g.population, g.time_window, g.cut, g.key from census_figures g
  where not exists (
    select from count_series s
    where s.network = g.network and s.cut = g.cut and s.population = g.population
      and s.time_window = g.time_window and s.key = g.key
  );

  insert into count_points (series_no, resolution, at, ids, ips)
  select s.series_no, 'census', census_at, g.ids, g.ips
  from census_figures g join count_series s using (network, cut, population, time_window, key);
  get diagnostics point_count = row_count;

  -- What has vanished since its last point.
  insert into count_points (series_no, resolution, at, ids, ips)
  select s.series_no, 'census', census_at, 0, 0
  from count_series s
  cross join lateral (
    select p.at, p.ids from count_points p
    where p.series_no = s.series_no and p.resolution = 'census' order by p.at desc limit 1
  ) last
  where last.at < census_at and last.ids > 0;
  get diagnostics zero_count = row_count;

  select coalesce(max(g.ids), 0) into node_count from census_figures g
  where g.network = 'all' and g.cut = 'total' and g.population = 'seen' and g.time_window = 'day';
  drop table census_figures;
  point_count := point_count + zero_count;
  insert into census_runs (at, started_at, finished_at, duration_ms, points, nodes, source)
  values (
    census_at, began, clock_timestamp(), (extract(epoch from clock_timestamp() - began) * 1000)::integer,
    point_count, node_count, taken_by
  );
  return query select point_count, node_count, (extract(epoch from clock_timestamp() - began) * 1000)::integer;
end
$$;
