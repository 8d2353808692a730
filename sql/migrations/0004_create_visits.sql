-- Every visit, as it happened. Append-only; a partition a UTC day, dropped whole when its time has come.

create table visits (
  at timestamptz not null,
  visit_key uuid not null,
  node_no bigint not null,
  vantage text not null,
  direction text not null,
  ip inet,
  udp_port integer,
  tcp_port integer,
  stage_no smallint not null,
  code_no smallint not null,
  remote_reason smallint,
  wire_code_no smallint,
  client_no integer,
  network text,
  fork_no integer,
  fork_class text,
  eth_version smallint,
  head_number numeric(20, 0),
  neighbours integer,
  rtt_ms integer,
  took_ms integer not null,
  constraint visits_pkey primary key (at, visit_key),
  constraint visits_direction_known check (direction in ('outbound', 'inbound')),
  constraint visits_duration_positive check (took_ms >= 0)
) partition by range (at);
comment on table visits is 'Visits, append-only, partitioned by UTC day. No foreign keys: rows outlive the nodes and are written in bulk.';
comment on column visits.at is 'When the visit started, by the clock of its vantage. Fixed with the key: writing a visit again changes nothing.';
comment on column visits.visit_key is 'Immutable name of the visit, a UUIDv7 made by the crawler before it starts.';
comment on column visits.node_no is 'Node.';
comment on column visits.vantage is 'Vantage that made it.';
comment on column visits.direction is '`outbound`: we went to the node. `inbound`: it dialled us.';
comment on column visits.ip is 'Address used.';
comment on column visits.udp_port is 'UDP port used; null when the visit was TCP only.';
comment on column visits.tcp_port is 'TCP port used; null when nothing was dialled.';
comment on column visits.stage_no is 'Last stage completed (codes).';
comment on column visits.code_no is 'Outcome code (codes).';
comment on column visits.remote_reason is 'Reason of the Disconnect that the node sent, 0 to 255.';
comment on column visits.wire_code_no is 'Code of the malformed thing that ended it (codes).';
comment on column visits.client_no is 'Client that it named.';
comment on column visits.network is 'Network it was judged to be on.';
comment on column visits.fork_no is 'Fork ID that it announced.';
comment on column visits.fork_class is 'Class of that fork ID.';
comment on column visits.eth_version is 'eth version negotiated.';
comment on column visits.head_number is 'Head that it announced.';
comment on column visits.neighbours is 'Neighbour records accepted; null when none were asked for.';
comment on column visits.rtt_ms is 'Round trip from PING to PONG, milliseconds.';
comment on column visits.took_ms is 'From start to end, milliseconds.';
create index visits_node_idx on visits (node_no, at desc);

create function create_visit_partition(day date) returns boolean
language plpgsql
as $$
declare
  part text := 'visits_' || to_char(day, 'YYYYMMDD');
begin
  if to_regclass(part) is not null then
    return false;
  end if;
  -- Two crawlers may meet a new day at once.
  perform pg_advisory_xact_lock(hashtext('forkscope.visits'), 0);
  if to_regclass(part) is not null then
    return false;
  end if;
  -- Created apart and attached: that does not block writers and readers of the other days.
  execute format('create table %I (like visits including defaults including constraints)', part);
  execute format(
    'alter table visits attach partition %I for values from (%L) to (%L)',
    part, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00'
  );
  return true;
end
$$;
comment on function create_visit_partition(date) is 'Makes the partition of visits for a UTC day; false when it is there already.';

create function drop_visit_partitions(before_day date) returns setof date
language plpgsql
as $$
declare
  part record;
begin
  perform pg_advisory_xact_lock(hashtext('forkscope.visits'), 0);
  for part in
    select c.relname, to_date(right(c.relname, 8), 'YYYYMMDD') as day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'visits'::regclass and c.relname ~ '^visits_[0-9]{8}$'
    order by 1
  loop
    if part.day < before_day then
      execute format('drop table %I', part.relname);
      return next part.day;
    end if;
  end loop;
end
$$;
comment on function drop_visit_partitions(date) is 'Drops the partitions of visits for days before this one and returns those days.';
