-- What a census reads of the nodes, once, into temporary tables that its later steps share:
--   census_nodes     a row a node: where it is, what it told (`kind`, of which `rest` is all but client and fork ID), and
--                    `pattern`, what it proved and when it was looked at, for both windows, a bit each
--   census_patterns  what each pattern means: `flags` for counts, `looks` for coverage
--   census_rests     what each rest means
--   census_groups    nodes added up by what they told and proved; `ips` only of addresses whose nodes all told the same
--   census_mixed     the other addresses, a row for each and each thing told there
-- To count an address once, all else would have to be grouped by address again for every cut.

create or replace function census_look(census_at timestamptz, horizon timestamptz)
returns void
language plpgsql
-- A census groups a million addresses: in memory rather than on disk.
set work_mem = '128MB'
as $$
#variable_conflict use_column
declare
  -- Of the windows `now` and `day`.
  h timestamptz := census_at - interval '2 hours';
  d timestamptz := census_at - interval '24 hours';
begin
  create temp table census_nodes on commit drop as
  select n.node_no, hashinetextended(n.ip, 0) as ip,
    case when x.client_no is not null or x.fork_no is not null
      then hashinetextended(set_masklen(n.ip, case family(n.ip) when 4 then 24 else 48 end), 0) end as subnet,
    x.client_no, x.fork_no, x.rest,
    hash_record_extended(row(x.rest, x.client_no, x.fork_no), 0) as kind,
    case when n.last_seen > h then 257 when n.last_seen > d then 256 else 0 end
    + case when n.last_alive > h then 514 when n.last_alive > d then 512 else 0 end
    + case when n.last_reachable > h then 1028 when n.last_reachable > d then 1024 else 0 end
    + case when n.last_inbound > h then 2056 when n.last_inbound > d then 2048 else 0 end
    + case when n.last_identified > h then 4112 when n.last_identified > d then 4096 else 0 end
    + case when n.first_seen > h then 8224 when n.first_seen > d then 8192 else 0 end
    + case when n.last_pinged > h then 16448 when n.last_pinged > d then 16384 else 0 end
    + case when n.last_dialled > h then 32896 when n.last_dialled > d then 32768 else 0 end
    + case when n.udp_port > 0 then 65536 else 0 end
    + case when n.tcp_port > 0 then 131072 else 0 end
    + case when n.last_pinged is null and n.last_dialled is null then 262144 else 0 end
    + case when n.last_alive is null and n.last_reachable is null and n.last_inbound is null then 0 else 524288
      + case when n.last_alive < n.last_pinged then 1048576 else 0 end
      + case when n.last_reachable < n.last_dialled then 2097152 else 0 end
      + case when n.last_identified < n.last_dialled then 4194304 else 0 end
      + case when n.last_alive >= n.last_pinged or n.last_reachable >= n.last_dialled then 8388608 else 0 end
    end as pattern
  from (
    select o.*, greatest(o.last_alive, o.last_reachable, o.last_inbound) > d as proved
    from nodes o where o.last_seen > least(horizon, d)
  ) n
  cross join lateral (
    -- What nobody proves today is counted by network alone.
    select case when n.proved then n.client_no end as client_no, case when n.proved then n.fork_no end as fork_no,
      case when n.proved then hash_record_extended(row(
        n.network, n.network_ambiguous, n.network_candidates, n.network_relative, n.other_network_id, n.network_source, n.crawler,
        n.fork_source, n.fork_class, n.synced, n.capabilities, census_history(n.earliest_block, n.head_number),
        case when n.network_relative or n.other_network_id then n.network_id end,
        n.last_discv4 > d, n.last_discv5 > d, n.last_alive > d, n.layer
      ), 0) else hash_record_extended(row(n.network, n.network_ambiguous), 0) end as rest
    offset 0
  ) x;

  create temp table census_sums on commit drop as
  select kind, pattern, count(*) as ids, min(rest) as rest, min(client_no) as client_no, min(fork_no) as fork_no,
    min(node_no) as node_no
  from census_nodes group by kind, pattern;

  create temp table census_patterns on commit drop as
  select p.pattern, census_flags(p.pattern) as flags, census_looks(p.pattern) + (census_looks(((p.pattern >> 8) & 255) | (p.pattern & -65536)) << 25) as looks
  from (select distinct pattern from census_sums) p;
  analyze census_patterns;

  create temp table census_ips on commit drop as
  select n.ip, min(n.kind) as kind, min(n.kind) <> max(n.kind) as mixed, bit_or(p.flags) as flags, bit_or(p.looks) as looks
  from census_nodes n join census_patterns p using (pattern)
  where n.ip is not null group by n.ip;

  -- By themselves they are few, and looked up rather than sorted beside all nodes.
  create temp table census_mixed_ips on commit drop as select i.ip from census_ips i where i.mixed;
  analyze census_mixed_ips;
  create temp table census_mixed on commit drop as
  select i.ip, n.kind, min(n.rest) as rest, min(n.client_no) as client_no, min(n.fork_no) as fork_no,
    bit_or(p.flags) as flags, bit_or(p.looks) as looks
  from census_nodes n join census_mixed_ips i using (ip) join census_patterns p using (pattern)
  group by i.ip, n.kind;

  create temp table census_groups on commit drop as
  with kinds as materialized (
    select kind, min(rest) as rest, min(client_no) as client_no, min(fork_no) as fork_no from census_sums group by kind
  )
  select g.rest, g.client_no, g.fork_no, g.flags, g.looks, sum(g.ids)::bigint as ids, sum(g.ips)::bigint as ips
  from (
    select s.rest, s.client_no, s.fork_no, p.flags, p.looks, s.ids, 0 as ips from census_sums s join census_patterns p using (pattern)
    union all
    select k.rest, k.client_no, k.fork_no, i.flags, i.looks, 0, i.ips
    from (select kind, flags, looks, count(*) as ips from census_ips where not mixed group by kind, flags, looks) i
    join kinds k using (kind)
  ) g
  group by g.rest, g.client_no, g.fork_no, g.flags, g.looks;

  create temp table census_rests on commit drop as
  with samples as (select rest, min(node_no) as node_no from census_sums group by rest)
  select s.rest, n.network,
    coalesce(n.network, case when n.network_ambiguous then 'ambiguous' else '' end) as network_key,
    -- Those that could be on a network, or claim it, stand beside its members.
    array(select n.network where n.network is not null union select unnest(n.network_candidates)) as scopes,
    case
      when n.crawler then 'crawler'
      when n.network_relative then 'relative'
      when n.network_ambiguous then case n.fork_class when 'atGenesis' then 'atGenesis' else 'ambiguous' end
      when n.other_network_id then 'otherNetworkId'
      when n.network is not null then case coalesce(n.fork_source, n.network_source) when 'enr' then 'hint' else 'status' end
      when n.network_source = 'status' then 'foreign'
      else ''
    end as identity,
    case when n.network_relative or n.other_network_id then n.network_id end as told_id,
    coalesce(n.fork_class, '') as fork_class,
    case n.synced when true then 'synced' when false then 'lagging' else '' end as synced,
    census_history(n.earliest_block, n.head_number) as history,
    -- Who speaks one protocol is asked by the other one every few hours, so what is told is of a day, whatever the window.
    case
      when n.last_discv5 > d then case when n.last_discv4 > d then 'both' else 'discv5' end
      when n.last_alive > d then 'discv4'
      else ''
    end as discovery,
    coalesce(n.layer, '') as layer,
    array(
      -- A peer can name what it likes: names without a place of their own are one.
      select distinct case when name ~ '^(eth|snap|les|wit|istanbul|bsc|diff|trust|bor)/[0-9]{1,3}$' then name else 'other' end
      from unnest(n.capabilities) as g (name)
    ) as capabilities
  from samples s join nodes n using (node_no);
  analyze census_rests;
  drop table census_sums, census_ips, census_mixed_ips;
end
$$;
comment on function census_look(timestamptz, timestamptz) is
  'Reads all nodes heard of within 24 hours or since the horizon into the temporary tables of a census.';

create or replace function census_history(earliest numeric, head numeric)
returns text
language sql immutable
as $$
  select case
    when earliest is null then ''
    when earliest <= 1 then 'genesis'
    when head is null or head < earliest then ''
    when head - earliest >= 1000000 then '1000000'
    when head - earliest >= 90000 then '90000'
    else '0'
  end
$$;
comment on function census_history(numeric, numeric) is 'How far back a node serves blocks, as the cut `history` names it.';

-- Bits of a pattern: 1 seen, 2 alive, 4 reached, 8 called, 16 told, 32 new, 64 pinged, 128 dialled, of the window `now`, and
-- 256 times that of `day`; then those without a window, from 65536 on, as census_look adds them up.
create or replace function census_flags(pattern integer)
returns integer
language sql immutable
as $$
  select case when pattern & 256 = 0 then 0 else
    pattern & 1
    | case when pattern & 2 > 0 then 2 else 0 end | case when pattern & 512 > 0 then 4 else 0 end
    | case when pattern & 4 > 0 then 8 else 0 end | case when pattern & 1024 > 0 then 16 else 0 end
    | case when pattern & 12 = 8 then 32 else 0 end | case when pattern & 3072 = 2048 then 64 else 0 end
    | case when pattern & 16 > 0 and pattern & 12 > 0 then 128 else 0 end
    | case when pattern & 4096 > 0 and pattern & 3072 > 0 then 256 else 0 end
    | 512
  end
$$;
comment on function census_flags(integer) is
  'Populations of a node: 1 and 512 seen now and in the day, 2 and 4 alive, 8 and 16 reachable, 32 and 64 inboundOnly, 128 and 256 identified.';

create or replace function census_looks(pattern integer)
returns bigint
language sql immutable
as $$
  select (
    j.due_udp::int + (j.due_udp and j.looked_udp)::int * 2 + j.due::int * 4 + (j.due and j.looked_tcp)::int * 8
    + (j.due and (j.looked_tcp or b.told and b.called))::int * 16 + b.called::int * 32 + (b.called and j.looked_tcp)::int * 64
    + b.seen::int * 128 + (b.alive or b.reached)::int * 256 + ((b.alive or b.reached) and b.new)::int * 512
    + (b.reached or b.called)::int * 1024 + (j.due and not b.met)::int * 2048
    -- Who was there, and was not at the last look; who might be of them and counts no more; who came.
    + (b.alive and b.silent)::int * 4096 + (j.due_udp and j.looked_udp and not b.alive)::int * 8192 + (b.alive and b.new)::int * 16384
    + (b.reached and b.shut)::int * 32768 + (j.due and j.looked_tcp and not b.reached)::int * 65536 + (b.reached and b.new)::int * 131072
    + (b.told and b.mute)::int * 262144 + (j.due and j.looked_tcp and not b.told)::int * 524288 + (b.told and b.new)::int * 1048576
    -- Not looked at in the way that a population wants.
    + (j.due_udp and not j.looked_udp)::int * 2097152 + (j.due and not j.looked_tcp)::int * 4194304
    + (j.due and not (j.looked_tcp or b.told and b.called))::int * 8388608 + (b.called and not j.looked_tcp)::int * 16777216
  )::bigint
  from (
    select pattern & 1 > 0 as seen, pattern & 2 > 0 as alive, pattern & 4 > 0 as reached, pattern & 8 > 0 as called,
      pattern & 16 > 0 as told, pattern & 32 > 0 as new, pattern & 64 > 0 as pinged, pattern & 128 > 0 as dialled,
      pattern & 65536 > 0 as has_udp, pattern & 196608 > 0 as has_port, pattern & 262144 > 0 as unlooked,
      pattern & 524288 > 0 as met, pattern & 1048576 > 0 as silent, pattern & 2097152 > 0 as shut, pattern & 4194304 > 0 as mute,
      pattern & 8388608 > 0 as answered
  ) b
  cross join lateral (
    -- Who was ever met is due while he is named, and in any case if his last look was answered. Of those who never
    -- answered only those are due at whom nobody has looked: the others are taken for what they seem to be.
    select case when b.met then b.seen or b.answered else b.seen and b.unlooked end as due,
      b.has_udp and case when b.met then b.seen or b.answered else b.seen and b.unlooked end as due_udp,
      b.pinged or b.alive as looked_udp, b.dialled or b.reached or not b.has_port as looked_tcp
  ) j
$$;
comment on function census_looks(integer) is
  'What the lower bits of a pattern say of coverage in that window, a bit each: write_coverage names them.';
