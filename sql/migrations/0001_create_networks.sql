-- What is watched, and by whom. The crawler writes these rows; the API reads them and nothing else about networks.

create table settings (
  key text not null,
  value jsonb not null,
  updated_at timestamptz not null default now(),
  constraint settings_pkey primary key (key)
);
comment on table settings is 'Facts about this database as a whole. `simulated` = true: every row comes from a simulation and every page must say so.';
comment on column settings.key is 'Name of the setting.';
comment on column settings.value is 'Its value.';
comment on column settings.updated_at is 'When it was last written.';

create table networks (
  slug text not null,
  name text not null,
  network_id numeric(20, 0) not null,
  genesis_hash bytea not null,
  consensus text,
  watched boolean not null default true,
  file jsonb not null,
  loaded_at timestamptz not null default now(),
  constraint networks_pkey primary key (slug),
  constraint networks_slug_shape check (slug ~ '^[a-z0-9][a-z0-9-]{0,39}$' and slug not in ('all', 'ambiguous')),
  constraint networks_network_id_unsigned check (network_id >= 0),
  constraint networks_genesis_hash_length check (octet_length(genesis_hash) = 32)
);
comment on table networks is 'Known networks, one row a network file. A network whose file is gone stays, with watched = false, because nodes and counts name it.';
comment on column networks.slug is 'Short name used in URLs and as the value of every `network` column.';
comment on column networks.name is 'Name for people.';
comment on column networks.network_id is 'The network id of the eth Status. Never identifies a network by itself.';
comment on column networks.genesis_hash is 'Hash of block 0, 32 bytes. Two networks may share it (mainnet and Ethereum Classic).';
comment on column networks.consensus is 'Consensus name from the network file; null when it does not say.';
comment on column networks.watched is 'False when no crawler has loaded this network any more.';
comment on column networks.file is 'The network file as loaded, format version 1.';
comment on column networks.loaded_at is 'When a crawler last loaded the file.';

create table network_forks (
  network text not null,
  position smallint not null,
  name text not null,
  activation_kind text not null,
  activation numeric(20, 0) not null,
  hash bytea not null,
  next numeric(20, 0) not null,
  constraint network_forks_pkey primary key (network, position),
  constraint network_forks_network_fkey foreign key (network) references networks (slug) on delete cascade,
  constraint network_forks_hash_key unique (network, hash),
  constraint network_forks_position_positive check (position >= 0),
  constraint network_forks_activation_kind_known check (activation_kind in ('genesis', 'block', 'time')),
  constraint network_forks_activation_unsigned check (activation >= 0 and next >= 0),
  constraint network_forks_genesis_first check ((position = 0) = (activation_kind = 'genesis')),
  constraint network_forks_hash_length check (octet_length(hash) = 4)
);
comment on table network_forks is 'Fork schedule of a network, one row a step of its EIP-2124 fork hash. Replaced as a whole when the network file changes.';
comment on column network_forks.network is 'Network.';
comment on column network_forks.position is '0 is genesis, then in order of activation.';
comment on column network_forks.name is 'Name of the fork; forks that share one activation are one row, names joined by " + ".';
comment on column network_forks.activation_kind is '`genesis`, `block` or `time`.';
comment on column network_forks.activation is 'Block number, or seconds since 1970, by activation_kind; 0 for genesis.';
comment on column network_forks.hash is 'Fork hash from this step on, 4 bytes.';
comment on column network_forks.next is 'Activation of the following step as the fork ID announces it; 0 when this is the last one.';

create table vantages (
  vantage text not null,
  version text not null,
  started_at timestamptz not null,
  last_beat timestamptz not null,
  bootnodes_tried integer not null default 0,
  bootnodes_answered integer not null default 0,
  frontier_nodes integer not null default 0,
  visits bigint not null default 0,
  facts jsonb not null default '{}',
  constraint vantages_pkey primary key (vantage),
  constraint vantages_vantage_shape check (vantage ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$')
);
comment on table vantages is 'Crawlers that write here, one row a vantage name: tells pages how fresh the data is.';
comment on column vantages.vantage is 'Name of the place from which a crawler looks.';
comment on column vantages.version is 'Version of Forkscope it runs.';
comment on column vantages.started_at is 'When its process started.';
comment on column vantages.last_beat is 'Last heartbeat of that process.';
comment on column vantages.bootnodes_tried is 'Bootnodes pinged since it started.';
comment on column vantages.bootnodes_answered is 'Those of them that answered.';
comment on column vantages.frontier_nodes is 'Nodes waiting for a visit at the last heartbeat.';
comment on column vantages.visits is 'Visits finished since it started.';
comment on column vantages.facts is 'What it says of itself (curve backend, identities, bound ports). For people, not for queries.';
