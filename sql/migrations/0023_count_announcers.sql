-- What share of a network a learned fork stands for: from a twentieth on, the network's file is older than the network.

alter table learned_forks add column of_subnets integer not null default 0;
alter table learned_forks add column outdates boolean not null default false;
comment on column learned_forks.outdates is 'They were a twentieth or more: the network file is older than the network.';
comment on column learned_forks.of_subnets is 'Distinct /24s (v6 /48) that announced any fork ID at that look.';
comment on column learned_forks.subnets is 'Distinct /24s (v6 /48) that announced it, or had passed it, at the last look.';
comment on table learned_forks is 'Forks that no network file names, announced from many networks (/24, v6 /48) or passed by them. Never shown as configured.';
