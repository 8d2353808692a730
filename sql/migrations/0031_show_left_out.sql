-- What a vantage saw is counted by itself, and what bounds left out is told.

insert into cuts (cut, parts, description) values
  ('vantage', '{vantage}', 'By vantage that saw it: alive by a PONG to it, reachable by a dial from it, inbound only if it only dialled it. Over 24 hours only, since vantages look in turn.');

create table left_out (
  vantage text not null,
  ip inet not null,
  bound text not null,
  ids integer not null,
  at timestamptz not null,
  constraint left_out_pkey primary key (vantage, ip, bound),
  constraint left_out_bound_known check (bound in ('idsPerIp', 'idsPerSubnet', 'frontierFull')),
  constraint left_out_ids_positive check (ids > 0)
);
comment on table left_out is 'IDs that a bound kept a crawler from looking at within the last 24 hours, by IP. A crawler replaces its rows every minute.';
comment on column left_out.vantage is 'Vantage of the crawler.';
comment on column left_out.ip is 'IPv4 address, or IPv6 /64.';
comment on column left_out.bound is 'Which bound: `idsPerIp`, `idsPerSubnet` or `frontierFull`.';
comment on column left_out.ids is 'How many IDs; at least so many from 2,048 on.';
comment on column left_out.at is 'When the crawler said so.';
