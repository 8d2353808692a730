-- Visits as they are read and written.

create or replace view visits as
select l.at, l.visit_key, l.node_no, va.code as vantage, case when l.inbound then 'inbound' else 'outbound' end as direction, l.ip,
  l.udp_port + 32768 as udp_port, l.tcp_port + 32768 as tcp_port, l.stage_no, l.code_no, l.remote_reason, l.wire_code_no,
  l.client_no, nw.code as network, l.fork_no, fc.code as fork_class, l.eth_version, l.head_number, l.neighbours::integer as neighbours,
  l.rtt_ms::integer as rtt_ms, l.took_ms, l.clock_skew_s
from visit_log l
join codes va on va.code_no = l.vantage_no
left join codes nw on nw.code_no = l.network_no
left join codes fc on fc.code_no = l.fork_class_no
union all
select b.at, b.visit_key, b.node_no, b.vantage, b.direction, b.ip, b.udp_port, b.tcp_port, b.stage_no, b.code_no, b.remote_reason,
  b.wire_code_no, b.client_no, b.network, b.fork_no, b.fork_class, b.eth_version, b.head_number, b.neighbours, b.rtt_ms, b.took_ms,
  b.clock_skew_s
from visits_before b;
comment on view visits is 'Visits of ours and to us. Filter by node_no and at.';

create or replace view visit_rows as
select v.at, v.visit_key, v.node_no, v.vantage, v.direction, v.ip, v.udp_port, v.tcp_port,
       st.code as stage, co.code as code, v.remote_reason, wi.code as wire_code,
       v.client_no, c.raw as client_raw, c.name as client_name, c.version as client_version,
       v.network, f.hash as fork_hash, f.next as fork_next, v.fork_class,
       v.eth_version, v.head_number, v.neighbours, v.rtt_ms, v.took_ms, v.clock_skew_s
from visits v
join codes st on st.code_no = v.stage_no
join codes co on co.code_no = v.code_no
left join codes wi on wi.code_no = v.wire_code_no
left join clients c on c.client_no = v.client_no
left join fork_ids f on f.fork_no = v.fork_no;
comment on view visit_rows is 'Visits with stage, codes, client and fork ID spelled out. Filter by node_no and at.';

-- To be called when the rows of their nodes were written in the same transaction: two that bring one visit at once wait for
-- each other there, and this looks again for itself at what is there.
create or replace function keep_visits(given visit_log[]) returns integer
language plpgsql volatile
-- Each visit is looked up among those of its node on its day.
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  from_at timestamptz;
  until_at timestamptz;
  kept integer;
begin
  select min(g.at), max(g.at) into from_at, until_at from unnest(given) g;
  insert into visit_log
  select distinct on (g.visit_key) g.* from unnest(given) g
  where not exists (
    select from visit_log o
    where o.node_no = g.node_no and o.at = g.at and o.at between from_at and until_at and o.visit_key = g.visit_key
  ) and not exists (
    select from visits_before o
    where o.node_no = g.node_no and o.at = g.at and o.at between from_at and until_at and o.visit_key = g.visit_key
  );
  get diagnostics kept = row_count;
  return kept;
end
$$;
comment on function keep_visits(visit_log[]) is 'Appends those of the visits that are not there; returns their number.';

-- From its last visit on backwards, over ever more days: a plan of all days takes longer than to look.
create or replace function node_visits(of_node bigint, most integer) returns setof visit_rows
language plpgsql stable
as $$
#variable_conflict use_column
declare
  before_at timestamptz := 'infinity';
  since_at timestamptz;
  first_at timestamptz;
  days integer := 1;
  got integer;
  told integer := 0;
begin
  select date_trunc('day', greatest(n.last_visit, n.last_seen), 'UTC'), n.first_seen - interval '1 day' into since_at, first_at
  from nodes n where n.node_no = of_node;
  while told < most and before_at > first_at loop
    return query execute format(
      'select * from visit_rows v where v.node_no = $1 and v.at >= %L and v.at < %L order by v.at desc limit $2', since_at, before_at
    ) using of_node, most - told;
    get diagnostics got = row_count;
    told := told + got;
    before_at := since_at;
    since_at := since_at - days * interval '24 hours';
    days := days * 2;
  end loop;
end
$$;
comment on function node_visits(bigint, integer) is 'The newest visits of a node, the newest first.';
