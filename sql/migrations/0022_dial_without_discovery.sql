-- Nodes that are dialled over TCP without an answer over UDP: static nodes, nodes that hide from discovery, nodes that
-- dialled us.

alter table frontier add column direct boolean not null default false;
comment on column frontier.direct is
  'Dialled even without a PONG: the operator gave it, or it has dialled us. Others are dialled only after one.';
comment on column frontier.failures is 'Visits without an answer (a PONG or, where it is dialled without one, a handshake) in a row: sets the back-off.';

update frontier f set direct = true
from nodes n where n.node_no = f.node_no and n.last_inbound is not null and n.tcp_port > 0;

alter table endpoints drop constraint endpoints_source_known;
alter table endpoints add constraint endpoints_source_known check (
  source in ('bootnode', 'file', 'dns', 'neighbour', 'ping', 'pong', 'dial', 'enr', 'inbound')
);
