-- How far a crawler got with its bootnodes, and which of them cannot be used.

alter table vantages
  add column bootnodes_given integer,
  add column bootnodes_usable integer,
  add column bootnodes_waiting integer not null default 0,
  add column bootnodes_pinged integer not null default 0,
  add column bootnodes_alive integer not null default 0,
  add column bootnode_problems jsonb not null default '[]';
comment on column vantages.bootnodes_given is 'Bootnodes in its network files and settings; null = its version does not tell.';
comment on column vantages.bootnodes_usable is 'Those of them with an address that may be contacted; null = its version does not tell.';
comment on column vantages.bootnodes_waiting is 'Those of them with a host name that nobody has looked up yet.';
comment on column vantages.bootnodes_tried is 'Bootnodes visited since it started.';
comment on column vantages.bootnodes_answered is 'Those of them that answered, by a PONG or a handshake.';
comment on column vantages.bootnodes_pinged is 'Bootnodes pinged since it started: those with a UDP port.';
comment on column vantages.bootnodes_alive is 'Those of them that answered with a PONG.';
comment on column vantages.bootnode_problems is
  'Bootnodes that cannot be used, at most 50: [{bootnode, network, code, about}], as lib/bootnodeProblem.ts reads them.';
