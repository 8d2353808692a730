-- Forks that an endpoint of the operator is configured with (eth_config) and that the network file lacks.

alter table learned_forks add column endpoint text;
comment on column learned_forks.endpoint is '`cluster/endpoint` that is configured with it; null if none was heard to be. Then the network file is older than the network, whatever others announce.';
