-- Strings and pairs that repeat in millions of rows, stored once.

create table clients (
  client_no integer generated always as identity,
  raw text not null,
  name text not null,
  version text,
  os text,
  arch text,
  language text,
  classified_by smallint not null default 0,
  first_seen timestamptz not null default now(),
  constraint clients_pkey primary key (client_no),
  constraint clients_raw_key unique (raw),
  constraint clients_raw_length check (octet_length(raw) <= 1024),
  constraint clients_name_length check (octet_length(name) between 1 and 64)
);
comment on table clients is 'Client strings as peers sent them in Hello, each with what it was read as.';
comment on column clients.client_no is 'Internal number.';
comment on column clients.raw is 'The string as received, at most 1 KiB of UTF-8; escape it before showing it.';
comment on column clients.name is 'Client name in lower case, for instance `geth`; `unknown` when it could not be read.';
comment on column clients.version is 'Version numbers without commit or build, for instance `1.16.4`.';
comment on column clients.os is 'Operating system; null when not told.';
comment on column clients.arch is 'Processor architecture; null when not told.';
comment on column clients.language is 'Language or runtime with its version; null when not told.';
comment on column clients.classified_by is 'Version of the rules that read the string; rows with an older one are read again.';
comment on column clients.first_seen is 'When this string was first received.';
create index clients_name_idx on clients (name, version);

create table fork_ids (
  fork_no integer generated always as identity,
  hash bytea not null,
  next numeric(20, 0) not null,
  first_seen timestamptz not null default now(),
  constraint fork_ids_pkey primary key (fork_no),
  constraint fork_ids_hash_next_key unique (hash, next),
  constraint fork_ids_hash_length check (octet_length(hash) = 4),
  constraint fork_ids_next_unsigned check (next >= 0)
);
comment on table fork_ids is 'Fork IDs (EIP-2124) as announced, known or not.';
comment on column fork_ids.fork_no is 'Internal number.';
comment on column fork_ids.hash is 'Fork hash, 4 bytes.';
comment on column fork_ids.next is 'Next fork as announced: a block number or a time; 0 for none. Unsigned 64 bits.';
comment on column fork_ids.first_seen is 'When this pair was first announced to us.';

create table codes (
  code_no smallint generated always as identity,
  code text not null,
  constraint codes_pkey primary key (code_no),
  constraint codes_code_key unique (code),
  constraint codes_code_shape check (code ~ '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$')
);
comment on table codes is 'Stages, outcome codes and wire error codes: the same strings as the error codes and the metric labels.';
comment on column codes.code_no is 'Internal number.';
comment on column codes.code is 'The code.';

create table asns (
  asn bigint not null,
  name text not null,
  constraint asns_pkey primary key (asn),
  constraint asns_asn_range check (asn between 0 and 4294967295)
);
comment on table asns is 'Autonomous systems that hold node addresses.';
comment on column asns.asn is 'AS number.';
comment on column asns.name is 'Its name.';
