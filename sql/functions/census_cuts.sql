-- What a census adds up of the nodes that it has looked at: cut by cut, to numbers of words, and those to names at the end.

-- Clients and fork IDs with the words by which they are counted. Anybody can make them up: beyond so many of a network only
-- those have a place of their own that are told from at least four networks (/24, of IPv6 /48), a thousand at most.
create or replace function census_names(places integer default 50, version_places integer default 300, fork_places integer default 100)
returns void
language plpgsql
set work_mem = '128MB'
as $$
#variable_conflict use_column
declare
  names bigint;
  versions bigint;
  forks bigint;
begin
  create temp table census_clients on commit drop as
  select c.client_no, c.name, coalesce(c.version, '') as version
  from (select distinct client_no from census_groups) g join clients c using (client_no);
  create temp table census_forks on commit drop as
  select f.fork_no, encode(f.hash, 'hex') as hash, f.next::text as next
  from (select distinct fork_no from census_groups) g join fork_ids f using (fork_no);
  select count(distinct c.name), count(distinct (c.name, c.version)) into names, versions from census_clients c;
  select count(*) into forks from census_forks;

  if names > places or versions > version_places or forks > fork_places then
    create temp table census_told on commit drop as
    select r.network, n.client_no, n.fork_no, n.subnet from census_nodes n join census_rests r using (rest)
    where n.subnet is not null group by 1, 2, 3, 4;
    analyze census_told;
    with told as (
      select t.network, t.name, count(*) as subnets
      from (select distinct t.network, c.name, t.subnet from census_told t join census_clients c using (client_no)) t group by 1, 2
    ), ranked as (
      select t.*, row_number() over (partition by t.network order by t.subnets desc, t.name) as place from told t
    )
    update census_clients c set name = 'other', version = 'other'
    where c.name not in (
      select r.name from ranked r where r.place <= places or r.subnets >= 4 and r.place <= 1000
    );
    with told as (
      select t.network, t.name, count(*) as subnets
      from (select distinct t.network, c.name || ' ' || c.version as name, t.subnet from census_told t join census_clients c using (client_no)) t group by 1, 2
    ), ranked as (
      select t.*, row_number() over (partition by t.network order by t.subnets desc, t.name) as place from told t
    )
    update census_clients c set version = 'other'
    where c.name <> 'other' and c.name || ' ' || c.version not in (
      select r.name from ranked r where r.place <= version_places or r.subnets >= 4 and r.place <= 1000
    );
    with told as (
      select t.network, t.name, count(*) as subnets
      from (select distinct t.network, t.fork_no as name, t.subnet from census_told t where t.fork_no is not null) t group by 1, 2
    ), ranked as (
      select t.*, row_number() over (partition by t.network order by t.subnets desc, t.name) as place from told t
    )
    update census_forks f set hash = 'other', next = ''
    where f.fork_no not in (
      select r.name from ranked r where r.place <= fork_places or r.subnets >= 4 and r.place <= 1000
    );
    drop table census_told;
  end if;
end
$$;
comment on function census_names(integer, integer, integer) is
  'Says by which words a census counts clients and fork IDs: `other` for those without a place of their own.';

create or replace function census_add_up()
returns void
language plpgsql
set work_mem = '128MB'
as $$
declare
  of_cut record;
  scoped record;
begin
  create temp table census_words on commit drop as
  select row_number() over (order by w.word) as no, w.word from (
    select name from census_clients union select version from census_clients
    union select hash from census_forks union select next from census_forks
    union select unnest(
      array[network, network_key, identity, told_id::text, fork_class, synced, history, discovery, layer] || scopes || capabilities
    )
    from census_rests
  ) w (word) where w.word is not null;
  create unique index on census_words (word);
  analyze census_words;

  create temp table census_client_words on commit drop as
  select c.client_no, n.no as name, v.no as version from census_clients c
  join census_words n on n.word = c.name join census_words v on v.word = c.version;
  create temp table census_fork_words on commit drop as
  select f.fork_no, h.no as hash, x.no as next from census_forks f
  join census_words h on h.word = f.hash join census_words x on x.word = f.next;
  -- A peer can name what it likes: only the network ids that most nodes name have a place of their own.
  create temp table census_rest_words on commit drop as
  with told as (
    select r.told_id from census_rests r join census_nodes n using (rest)
    where r.told_id is not null and n.pattern & 256 > 0
    group by 1 order by count(distinct n.ip) desc, 1 limit 50
  )
  select r.rest, n.no as network, k.no as network_key, i.no as identity, d.no as told_id, f.no as fork_class, y.no as synced,
    h.no as history, p.no as discovery, l.no as layer,
    array(select w.no from unnest(r.scopes) as g (word) join census_words w using (word)) as scopes,
    array(select w.no from unnest(r.capabilities) as g (word) join census_words w using (word)) as capabilities
  from census_rests r left join told t using (told_id)
  left join census_words n on n.word = r.network
  join census_words k on k.word = r.network_key
  join census_words i on i.word = r.identity
  left join census_words d on d.word = t.told_id::text
  join census_words f on f.word = r.fork_class
  join census_words y on y.word = r.synced
  join census_words h on h.word = r.history
  join census_words p on p.word = r.discovery
  join census_words l on l.word = r.layer;
  create index on census_rest_words (rest);
  analyze census_rest_words;
  analyze census_client_words;
  analyze census_fork_words;

  -- Most cuts ask neither for the client nor for the fork ID: without those there is far less to add up.
  create temp table census_rest_groups on commit drop as
  select rest, flags, sum(ids)::bigint as ids, sum(ips)::bigint as ips from census_groups group by rest, flags;
  create temp table census_rest_mixed on commit drop as
  select ip, rest, bit_or(flags) as flags from census_mixed group by ip, rest;
  analyze census_rest_groups;
  analyze census_rest_mixed;

  create temp table census_cells (
    scope bigint, cut text, k1 bigint, k2 bigint, k3 bigint, flags integer, ids bigint, ips bigint
  ) on commit drop;
  for of_cut in
    select * from (values
      ('total', '', 'null', 'null', 'null', true, true),
      ('network', '', 'r.network_key', 'null', 'null', true, false),
      ('client', 'client', 'c.name', 'null', 'null', true, true),
      ('client_version', 'client', 'c.name', 'c.version', 'null', true, true),
      ('client_fork', 'client', 'c.name', 'c.version', 'r.fork_class', true, true),
      ('fork_id', 'fork', 'f.hash', 'f.next', 'null', true, true),
      ('fork_class', '', 'r.fork_class', 'null', 'null', true, true),
      ('synced', '', 'r.synced', 'null', 'null', false, true),
      ('history', '', 'r.history', 'null', 'null', false, true),
      ('capability', 'capability', 'g.no', 'null', 'null', true, true),
      ('identity', '', 'r.identity', 'r.told_id', 'null', true, true),
      ('discovery', '', 'r.discovery', 'null', 'null', true, true),
      ('layer', '', 'r.layer', 'null', 'null', true, true)
    ) as v (cut, part, k1, k2, k3, of_all, of_networks)
  loop
    -- Once by network, and from that over all; `identity` counts a node on each network that it claims, so twice.
    for scoped in
      select 'r.network' as scope, '' as source, of_cut.of_all as adds_up where of_cut.cut <> 'identity'
      union all
      select s.scope, s.source, false from (values
        ('null::bigint', ''), ('s.no', 'cross join lateral unnest(r.scopes) as s (no)')
      ) as s (scope, source) where of_cut.cut = 'identity'
    loop
      execute format(
        $sql$
          insert into census_cells
          with alone as materialized (
            select %2$s as scope, %3$s::bigint as k1, %4$s::bigint as k2, %5$s::bigint as k3, t.flags, sum(t.ids) as ids, sum(t.ips) as ips
            from %11$I t join census_rest_words r using (rest) %6$s %7$s where %8$s
            group by 1, 2, 3, 4, 5
          ), mixed as materialized (
            select %2$s as scope, %3$s::bigint as k1, %4$s::bigint as k2, %5$s::bigint as k3, t.ip, bit_or(t.flags) as flags
            from %12$I t join census_rest_words r using (rest) %6$s %7$s where %8$s
            group by 1, 2, 3, 4, 5
          )
          select a.scope, %1$L, a.k1, a.k2, a.k3, a.flags, a.ids, a.ips from alone a where %9$s
          union all
          select m.scope, %1$L, m.k1, m.k2, m.k3, m.flags, 0, count(*) from mixed m where %9$s
          group by m.scope, m.k1, m.k2, m.k3, m.flags
          union all
          select null, %1$L, a.k1, a.k2, a.k3, a.flags, a.ids, a.ips from alone a where %10$L::boolean
          union all
          select null, %1$L, m.k1, m.k2, m.k3, m.flags, 0, count(*) from (
            select m.k1, m.k2, m.k3, m.ip, bit_or(m.flags) as flags from mixed m where %10$L::boolean group by m.k1, m.k2, m.k3, m.ip
          ) m group by m.k1, m.k2, m.k3, m.flags
        $sql$,
        of_cut.cut, scoped.scope, of_cut.k1, of_cut.k2, of_cut.k3,
        case of_cut.part
          when 'client' then 'left join census_client_words c using (client_no)'
          when 'fork' then 'left join census_fork_words f using (fork_no)'
          when 'capability' then 'cross join lateral unnest(r.capabilities) as g (no)'
          else ''
        end,
        scoped.source,
        -- What was only mentioned has told nothing of itself.
        case when of_cut.cut in ('total', 'network') then 'true' else 't.flags & 340 <> 0' end,
        case
          when of_cut.cut = 'identity' then 'true'
          when of_cut.of_networks then 'scope is not null'
          else 'false'
        end,
        scoped.adds_up,
        case when of_cut.part in ('client', 'fork') then 'census_groups' else 'census_rest_groups' end,
        case when of_cut.part in ('client', 'fork') then 'census_mixed' else 'census_rest_mixed' end
      );
    end loop;
  end loop;
end
$$;
comment on function census_add_up() is 'Adds up, for each cut, what census_look has read and census_names has named.';

create or replace function census_figures()
returns table (network text, cut text, key text[], population text, time_window text, ids integer, ips integer)
language plpgsql stable
set work_mem = '128MB'
as $$
#variable_conflict use_column
begin
  return query
  select coalesce(n.word, 'all'), f.cut,
    case p.parts
      when 0 then '{}'::text[]
      when 1 then array[coalesce(a.word, '')]
      when 2 then array[coalesce(a.word, ''), coalesce(b.word, '')]
      else array[coalesce(a.word, ''), coalesce(b.word, ''), coalesce(c.word, '')]
    end,
    f.population, f.time_window, f.ids::integer, f.ips::integer
  from (
    select e.scope, e.cut, e.k1, e.k2, e.k3, p.population, p.time_window, sum(e.ids) as ids, sum(e.ips) as ips
    from census_cells e
    join (values
      ('seen', 'now', 1), ('seen', 'day', 512), ('alive', 'now', 2), ('alive', 'day', 4),
      ('reachable', 'now', 8), ('reachable', 'day', 16), ('inboundOnly', 'now', 32), ('inboundOnly', 'day', 64),
      ('identified', 'now', 128), ('identified', 'day', 256)
    ) as p (population, time_window, flag) on e.flags & p.flag > 0
    where p.population <> 'seen' or e.cut in ('total', 'network')
    group by e.scope, e.cut, e.k1, e.k2, e.k3, p.population, p.time_window
  ) f
  join (select cut, cardinality(parts) as parts from cuts) p using (cut)
  left join census_words n on n.no = f.scope
  left join census_words a on a.no = f.k1
  left join census_words b on b.no = f.k2
  left join census_words c on c.no = f.k3;
end
$$;
comment on function census_figures() is 'What census_add_up has added up, by population and window, in words.';
