-- What is known of each node, where it was met, who reached it, and when to visit it next.

create table nodes (
  node_no bigint generated always as identity,
  id bytea not null,
  id_hash bytea not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  last_alive timestamptz,
  last_reachable timestamptz,
  last_inbound timestamptz,
  last_identified timestamptz,
  last_status timestamptz,
  last_visit timestamptz,
  last_stage_no smallint,
  last_code_no smallint,
  last_remote_reason smallint,
  ip inet,
  udp_port integer,
  tcp_port integer,
  country text,
  asn bigint,
  client_no integer,
  capabilities text[],
  network text,
  network_source text,
  network_ambiguous boolean not null default false,
  network_id numeric(20, 0),
  genesis_hash bytea,
  fork_no integer,
  fork_class text,
  eth_version smallint,
  head_number numeric(20, 0),
  head_hash bytea,
  head_at timestamptz,
  total_difficulty numeric(78, 0),
  earliest_block numeric(20, 0),
  synced boolean,
  enr text,
  enr_seq numeric(20, 0),
  constraint nodes_pkey primary key (node_no),
  constraint nodes_id_key unique (id),
  constraint nodes_id_length check (octet_length(id) = 64),
  constraint nodes_id_hash_length check (octet_length(id_hash) = 32),
  constraint nodes_last_stage_no_fkey foreign key (last_stage_no) references codes (code_no),
  constraint nodes_last_code_no_fkey foreign key (last_code_no) references codes (code_no),
  constraint nodes_client_no_fkey foreign key (client_no) references clients (client_no),
  constraint nodes_network_fkey foreign key (network) references networks (slug),
  constraint nodes_fork_no_fkey foreign key (fork_no) references fork_ids (fork_no),
  constraint nodes_ports_range check (udp_port between 0 and 65535 and tcp_port between 0 and 65535),
  constraint nodes_country_shape check (country ~ '^[A-Z]{2}$'),
  constraint nodes_capabilities_count check (cardinality(capabilities) <= 64),
  constraint nodes_network_source_known check (network_source in ('status', 'enr')),
  constraint nodes_network_has_source check (network is null or (network_source is not null and not network_ambiguous)),
  constraint nodes_ambiguous_has_source check (not network_ambiguous or network_source is not null),
  constraint nodes_genesis_hash_length check (octet_length(genesis_hash) = 32),
  constraint nodes_head_hash_length check (octet_length(head_hash) = 32),
  constraint nodes_fork_class_known check (
    fork_class in ('current', 'ready', 'conflicting', 'atGenesis', 'behind', 'outdated', 'ahead', 'unknown')
  ),
  constraint nodes_enr_length check (octet_length(enr) <= 512)
);
comment on table nodes is 'One row a node ID: what it is, by the newest proof of each fact. A failed visit never erases a known fact.';
comment on column nodes.node_no is 'Internal number, used by the tables that refer to a node. Never shown.';
comment on column nodes.id is 'Node ID: the uncompressed secp256k1 public key without its leading 04, 64 bytes.';
comment on column nodes.id_hash is 'keccak256 of id: the place of the node in the DHT, 32 bytes.';
comment on column nodes.first_seen is 'When another node, a list or the node itself first mentioned it.';
comment on column nodes.last_seen is 'When it was last mentioned or heard. Refreshed at most every ten minutes by mentions alone.';
comment on column nodes.last_alive is 'Last valid PONG to our PING from this key at the pinged address.';
comment on column nodes.last_reachable is 'Last completed RLPx handshake that we dialled, over all vantages.';
comment on column nodes.last_inbound is 'Last completed RLPx handshake that it dialled, over all vantages.';
comment on column nodes.last_identified is 'Last Hello read.';
comment on column nodes.last_status is 'Last eth Status read.';
comment on column nodes.last_visit is 'When the newest finished visit started.';
comment on column nodes.last_stage_no is 'Stage that it reached (codes).';
comment on column nodes.last_code_no is 'Its outcome code (codes).';
comment on column nodes.last_remote_reason is 'Reason of the Disconnect that the node sent in it, 0 to 255; null when it sent none.';
comment on column nodes.ip is 'Current address: the newest proven one; the first mentioned one while none is proven.';
comment on column nodes.udp_port is 'UDP port of the current address.';
comment on column nodes.tcp_port is 'TCP port of the current address; null when it announces none.';
comment on column nodes.country is 'Country of the current address, ISO 3166 alpha-2.';
comment on column nodes.asn is 'Autonomous system of the current address.';
comment on column nodes.client_no is 'Client of the last Hello.';
comment on column nodes.capabilities is 'Capabilities of the last Hello, each as `name/version`.';
comment on column nodes.network is 'Network it is on; null while nothing is known, when it is on none that we know, and while ambiguous.';
comment on column nodes.network_source is '`status`: by its Status. `enr`: a hint from its ENR. null: nothing is known.';
comment on column nodes.network_ambiguous is 'The evidence fits several known networks.';
comment on column nodes.network_id is 'Network id of its last Status. Unsigned 64 bits.';
comment on column nodes.genesis_hash is 'Genesis hash of its last Status, 32 bytes.';
comment on column nodes.fork_no is 'Fork ID last announced, by Status or else ENR.';
comment on column nodes.fork_class is 'Class of that fork ID on its network when it was judged.';
comment on column nodes.eth_version is 'eth version negotiated last.';
comment on column nodes.head_number is 'Number of the newest block it announced. Unsigned 64 bits.';
comment on column nodes.head_hash is 'Hash of that block, 32 bytes.';
comment on column nodes.head_at is 'Timestamp in the header of that block, when it was read.';
comment on column nodes.earliest_block is 'Oldest block it serves (eth/69 and later). Unsigned 64 bits.';
comment on column nodes.total_difficulty is 'Total difficulty of its last Status (up to eth/68).';
comment on column nodes.synced is 'Whether it was in sync at its last judged visit; null when that could not be told.';
comment on column nodes.enr is 'Newest ENR it signed, text form `enr:…`.';
comment on column nodes.enr_seq is 'Sequence number of that ENR. Unsigned 64 bits.';
create index nodes_alive_idx on nodes (last_alive desc, node_no desc) where last_alive is not null;
create index nodes_network_alive_idx on nodes (network, last_alive desc, node_no desc) where last_alive is not null;
create index nodes_client_alive_idx on nodes (client_no, last_alive desc, node_no desc) where last_alive is not null;
create index nodes_fork_alive_idx on nodes (fork_no, last_alive desc, node_no desc) where last_alive is not null;
create index nodes_country_alive_idx on nodes (country, last_alive desc, node_no desc) where last_alive is not null;
create index nodes_seen_idx on nodes (last_seen desc, node_no desc);
create index nodes_ip_idx on nodes (ip);
create index nodes_inbound_idx on nodes (last_inbound) where last_inbound is not null;

create table endpoints (
  node_no bigint not null,
  ip inet not null,
  udp_port integer not null,
  tcp_port integer,
  source text not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  last_pong timestamptz,
  last_handshake timestamptz,
  country text,
  asn bigint,
  constraint endpoints_pkey primary key (node_no, ip, udp_port),
  constraint endpoints_node_no_fkey foreign key (node_no) references nodes (node_no) on delete cascade,
  constraint endpoints_single_address check (masklen(ip) = case family(ip) when 4 then 32 else 128 end),
  constraint endpoints_ports_range check (udp_port between 0 and 65535 and tcp_port between 0 and 65535),
  constraint endpoints_source_known check (source in ('bootnode', 'file', 'dns', 'neighbour', 'ping', 'pong', 'enr', 'inbound')),
  constraint endpoints_country_shape check (country ~ '^[A-Z]{2}$')
);
comment on table endpoints is 'Addresses at which a node was mentioned or met. A row with neither last_pong nor last_handshake is unproven and counts for nothing.';
comment on column endpoints.node_no is 'Node.';
comment on column endpoints.ip is 'Address, IPv4 or IPv6.';
comment on column endpoints.udp_port is 'UDP port; 0 when unknown (met by TCP only).';
comment on column endpoints.tcp_port is 'TCP port; null when unknown or none.';
comment on column endpoints.source is 'Where this address was first learned.';
comment on column endpoints.first_seen is 'When it was first learned.';
comment on column endpoints.last_seen is 'When it was last mentioned or met.';
comment on column endpoints.last_pong is 'Last valid PONG of this node from here.';
comment on column endpoints.last_handshake is 'Last completed RLPx handshake here, in either direction.';
comment on column endpoints.country is 'Country of the address, ISO 3166 alpha-2.';
comment on column endpoints.asn is 'Autonomous system of the address.';
create index endpoints_ip_idx on endpoints (ip);

create table reachability (
  node_no bigint not null,
  vantage text not null,
  last_dialled timestamptz,
  last_reachable timestamptz,
  last_inbound timestamptz,
  inbound_only boolean generated always as (last_inbound is not null and last_reachable is null) stored,
  constraint reachability_pkey primary key (node_no, vantage),
  constraint reachability_node_no_fkey foreign key (node_no) references nodes (node_no) on delete cascade
);
comment on table reachability is 'Who can reach whom: a node may be open to one vantage and closed to another.';
comment on column reachability.node_no is 'Node.';
comment on column reachability.vantage is 'Vantage that looked.';
comment on column reachability.last_dialled is 'Last TCP dial from this vantage, whatever came of it.';
comment on column reachability.last_reachable is 'Last RLPx handshake completed by a dial from this vantage.';
comment on column reachability.last_inbound is 'Last RLPx handshake completed after the node dialled this vantage.';
comment on column reachability.inbound_only is 'It proved its key by dialling this vantage, and no dial from it ever succeeded.';

create table frontier (
  node_no bigint not null,
  due_at timestamptz not null,
  lease_owner text,
  lease_until timestamptz,
  failures integer not null default 0,
  last_code_no smallint,
  constraint frontier_pkey primary key (node_no),
  constraint frontier_node_no_fkey foreign key (node_no) references nodes (node_no) on delete cascade,
  constraint frontier_lease_whole check ((lease_owner is null) = (lease_until is null)),
  constraint frontier_failures_positive check (failures >= 0)
) with (fillfactor = 80);
comment on table frontier is 'When each node is to be visited next. Apart from nodes because every visit writes it, and claims must stay cheap.';
comment on column frontier.node_no is 'Node.';
comment on column frontier.due_at is 'Earliest time of the next visit.';
comment on column frontier.lease_owner is 'Vantage that has claimed the visit.';
comment on column frontier.lease_until is 'When the claim lapses if its owner does not report.';
comment on column frontier.failures is 'Visits without a PONG in a row: sets the back-off.';
comment on column frontier.last_code_no is 'Outcome code of the last visit.';
-- A claimed row is claimable again when both its time and its lease have passed; greatest() ignores a null lease.
create index frontier_claimable_idx on frontier ((greatest(due_at, lease_until)));
create index frontier_lease_idx on frontier (lease_owner) where lease_owner is not null;
