-- Visits take half their room: what is said over and over is a number of codes, and one index of node numbers is all that
-- reads need. Each is there once because keep_visits looks, while it holds the row of the node. Those of before stay
-- where they are, are read beside the new ones, and go with their days.

drop view if exists visit_rows;
drop view if exists looks;
alter table visits rename to visits_before;
do $$
declare
  part text;
begin
  for part in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'visits_before'::regclass
  loop
    execute format('alter table %I rename to %I', part, replace(part, 'visits_', 'visits_before_'));
  end loop;
  for part in
    select c.relname from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relname ~ '^gone_visits_[0-9]{8}$'
  loop
    execute format('alter table %I rename to %I', part, replace(part, 'visits_', 'visits_before_'));
  end loop;
end
$$;
comment on table visits_before is 'Visits as they were kept before migration 51: each day goes when it is old.';

create table visit_log (
  at timestamptz not null,
  node_no bigint not null,
  visit_key uuid not null,
  took_ms integer not null,
  client_no integer,
  fork_no integer,
  clock_skew_s integer,
  vantage_no smallint not null,
  stage_no smallint not null,
  code_no smallint not null,
  wire_code_no smallint,
  network_no smallint,
  fork_class_no smallint,
  remote_reason smallint,
  eth_version smallint,
  neighbours smallint,
  rtt_ms smallint,
  udp_port smallint,
  tcp_port smallint,
  inbound boolean not null,
  ip inet,
  head_number numeric(20, 0),
  constraint visit_log_duration_positive check (took_ms >= 0)
) partition by range (at);
-- Of one number many rows: each costs six bytes there.
create index visit_log_node_idx on visit_log (node_no);
comment on table visit_log is 'Visits, append-only, partitioned by UTC day, in as little room as they can be: read them by the view visits. No foreign keys: rows outlive the nodes and are written in bulk.';
comment on column visit_log.at is 'When the visit started, by the clock of its vantage. Fixed with the key: writing a visit again changes nothing.';
comment on column visit_log.node_no is 'Node.';
comment on column visit_log.visit_key is 'Immutable name of the visit, a UUIDv7 made by the crawler before it starts.';
comment on column visit_log.took_ms is 'From start to end, milliseconds.';
comment on column visit_log.client_no is 'Client that it named.';
comment on column visit_log.fork_no is 'Fork ID that it announced.';
comment on column visit_log.clock_skew_s is 'Seconds by which its clock was ahead of ours, at this visit.';
comment on column visit_log.vantage_no is 'Vantage that made it (codes).';
comment on column visit_log.stage_no is 'Last stage completed (codes).';
comment on column visit_log.code_no is 'Outcome code (codes).';
comment on column visit_log.wire_code_no is 'Code of the malformed thing that ended it (codes).';
comment on column visit_log.network_no is 'Network it was judged to be on (codes).';
comment on column visit_log.fork_class_no is 'Class of that fork ID (codes).';
comment on column visit_log.remote_reason is 'Reason of the Disconnect that the node sent, 0 to 255.';
comment on column visit_log.eth_version is 'eth version negotiated.';
comment on column visit_log.neighbours is 'Neighbour records accepted; null when none were asked for.';
comment on column visit_log.rtt_ms is 'Round trip from PING to PONG, milliseconds, at most 32767.';
comment on column visit_log.udp_port is 'UDP port used, less 32768; null when the visit was TCP only.';
comment on column visit_log.tcp_port is 'TCP port used, less 32768; null when nothing was dialled.';
comment on column visit_log.inbound is 'The node dialled us.';
comment on column visit_log.ip is 'Address used.';
comment on column visit_log.head_number is 'Head that it announced.';

comment on table codes is 'Words that rows name by number: stages, outcome codes and wire error codes, the same strings as the error codes and the metric labels, and vantages, networks and fork classes of visits.';
