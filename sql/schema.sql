-- Generated from the migrations and functions by `npm run schema`. Do not edit.

create table applied_functions (
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone not null,
  constraint applied_functions_pkey PRIMARY KEY (name)
);
comment on table applied_functions is 'Files of sql/functions as they were applied last: one whose checksum has not changed is not applied again.';
comment on column applied_functions.name is 'The file, for instance `functions/census.sql`.';
comment on column applied_functions.checksum is 'sha256 of its text, hex.';
comment on column applied_functions.applied_at is 'When it was applied, by the clock of the database.';

create table asns (
  asn bigint not null,
  name text not null,
  constraint asns_asn_range CHECK (((asn >= 0) AND (asn <= '4294967295'::bigint))),
  constraint asns_pkey PRIMARY KEY (asn)
);
comment on table asns is 'Autonomous systems that hold node addresses.';
comment on column asns.asn is 'AS number.';
comment on column asns.name is 'Its name.';

create table block_facts (
  network text not null,
  height numeric(20,0) not null,
  node text not null,
  voter text not null,
  hash bytea not null,
  forged boolean not null,
  source text not null,
  at timestamp with time zone not null,
  endpoint text,
  block_time timestamp with time zone,
  constraint block_facts_hash_length CHECK ((octet_length(hash) = 32)),
  constraint block_facts_node_length CHECK (((octet_length(node) >= 1) AND (octet_length(node) <= 200))),
  constraint block_facts_source_known CHECK ((source = ANY (ARRAY['eth'::text, 'rpc'::text]))),
  constraint block_facts_voter_length CHECK (((octet_length(voter) >= 1) AND (octet_length(voter) <= 200))),
  constraint block_facts_pkey PRIMARY KEY (network, height, node)
);
CREATE INDEX block_facts_at_idx ON public.block_facts USING btree (at);
comment on table block_facts is 'Which block a node held at a height when it was asked last. Rows that nobody asks about any more are removed.';
comment on column block_facts.network is 'Network.';
comment on column block_facts.height is 'Height.';
comment on column block_facts.node is 'Node ID in hex, or the name of an RPC endpoint.';
comment on column block_facts.voter is 'What a side counts: the /24 (v6 /48) of the node, on private networks its ID.';
comment on column block_facts.hash is 'Hash of its block, as the header after it names it, 32 bytes.';
comment on column block_facts.forged is 'Its own headers contradict each other: listed, counts for no side.';
comment on column block_facts.source is '`eth`: its answer to a visit. `rpc`: its JSON-RPC.';
comment on column block_facts.at is 'When it said so.';
comment on column block_facts.endpoint is 'For `rpc`: cluster and endpoint, as the operator names them.';
comment on column block_facts.block_time is 'Timestamp in the header of that block, where it came with a visit.';

create table census_counts (
  at timestamp with time zone not null,
  series_no integer not null,
  ids integer not null,
  ips integer not null,
  constraint census_counts_positive CHECK (((ids >= 0) AND (ips >= 0)))
) partition by RANGE (at);
CREATE INDEX census_counts_at_idx ON ONLY public.census_counts USING brin (at) WITH (autosummarize='on');
CREATE INDEX census_counts_series_idx ON ONLY public.census_counts USING btree (series_no);
comment on table census_counts is 'Counts of each census, kept for some days, partitioned by UTC day. A series that has a point at one census and nothing to count at the next gets a point of 0 there; after it, no point means still 0.';
comment on column census_counts.at is 'Time of the census.';
comment on column census_counts.series_no is 'Series.';
comment on column census_counts.ids is 'Unique node IDs.';
comment on column census_counts.ips is 'Unique IP addresses of those nodes.';

create table census_runs (
  at timestamp with time zone not null,
  started_at timestamp with time zone not null,
  finished_at timestamp with time zone not null,
  duration_ms integer not null,
  points integer not null,
  nodes integer not null,
  source text not null,
  interval_ms bigint,
  rolled smallint not null default 0,
  constraint census_runs_rolled_known CHECK (((rolled >= 0) AND (rolled <= 2))),
  constraint census_runs_pkey PRIMARY KEY (at)
);
CREATE INDEX census_runs_unrolled_idx ON public.census_runs USING btree (at) WHERE (rolled < 2);
comment on table census_runs is 'Finished censuses. Written in the transaction of their counts: the newest row is the newest complete set.';
comment on column census_runs.at is 'Time for which the nodes were counted.';
comment on column census_runs.started_at is 'When the work was asked for, by the clock of the process that asked.';
comment on column census_runs.finished_at is 'started_at and the time that the work took.';
comment on column census_runs.duration_ms is 'How long it took.';
comment on column census_runs.points is 'Points written, zeros included.';
comment on column census_runs.nodes is 'Nodes seen within the last 24 hours.';
comment on column census_runs.source is 'Vantage of the process that did it.';
comment on column census_runs.interval_ms is 'Longest time until the next census by the schedule of the crawler that took this one, ms; null = it was about to end, or did not tell.';
comment on column census_runs.rolled is 'Whether it is in the counts of its hour (1) and of its day (2).';

create table churn_points (
  network text not null,
  cut text not null,
  key text not null,
  time_window text not null,
  at timestamp with time zone not null,
  nodes integer not null,
  joined_ids integer not null,
  joined_ips integer not null,
  left_ids integer not null,
  left_ips integer not null,
  rotating_ids integer not null,
  sessions integer not null,
  median_s double precision,
  at_least_s double precision,
  uptime real,
  watched real not null,
  partial text,
  constraint churn_points_cut_known CHECK ((cut = ANY (ARRAY['total'::text, 'client'::text]))),
  constraint churn_points_partial_known CHECK ((partial = ANY (ARRAY['firstHours'::text, 'crawlerAway'::text, 'lineDown'::text, 'databaseAway'::text, 'uncovered'::text, 'starved'::text]))),
  constraint churn_points_time_window_known CHECK ((time_window = ANY (ARRAY['day'::text, 'week'::text, 'month'::text]))),
  constraint churn_points_uptime_share CHECK (((uptime >= (0)::double precision) AND (uptime <= (1)::double precision))),
  constraint churn_points_watched_share CHECK (((watched >= (0)::double precision) AND (watched <= (1)::double precision))),
  constraint churn_points_pkey PRIMARY KEY (network, cut, key, time_window, at)
);
CREATE INDEX churn_points_at_idx ON public.churn_points USING btree (at);
comment on table churn_points is 'Who came and went within a window, and for how long nodes stay. By client they are kept for two days, totals for 366.';
comment on column churn_points.network is 'Slug of the network; `all` for all nodes.';
comment on column churn_points.cut is '`total` or `client`.';
comment on column churn_points.key is 'Client name, empty = nobody read a Hello of it, `other` beyond the fifty most; empty for the total.';
comment on column churn_points.time_window is '`day`: 24 hours. `week`: 7 days. `month`: 30 days.';
comment on column churn_points.at is 'End of the window.';
comment on column churn_points.nodes is 'Node IDs that were there at any time in the window.';
comment on column churn_points.joined_ids is 'Of those, the ones that came within it, for the first time or after an absence.';
comment on column churn_points.joined_ips is 'IP addresses (of IPv6 the /64) of those.';
comment on column churn_points.left_ids is 'Node IDs that left within it, whether they came back or not.';
comment on column churn_points.left_ips is 'IP addresses (of IPv6 the /64) of those.';
comment on column churn_points.rotating_ids is 'Of the nodes, those at IPs that make up keys: they are in the figures before, and in none of those after.';
comment on column churn_points.sessions is 'Sessions that began within the window, in our sight.';
comment on column churn_points.median_s is 'Median length of those, seconds, by Kaplan and Meier: what still goes on counts for as long as it has lasted; null = more than half go on, or there are none.';
comment on column churn_points.at_least_s is 'Where the median is null: it is longer than this, seconds; null = there are none.';
comment on column churn_points.uptime is 'Share of the watched time since each node was there first, at most that of the window, in which it was there, over all nodes; null = no node.';
comment on column churn_points.watched is 'Share of the window in which a crawler was at work and heard nodes, 0 to 1.';
comment on column churn_points.partial is 'Why the figures are not to be trusted, as in coverage_points, and by the same rule; null = they are complete.';

create table clients (
  client_no integer not null generated always as identity,
  raw text not null,
  name text not null,
  version text,
  os text,
  arch text,
  language text,
  classified_by smallint not null default 0,
  first_seen timestamp with time zone not null default now(),
  by_capability boolean not null default false,
  last_used timestamp with time zone,
  constraint clients_name_length CHECK (((octet_length(name) >= 1) AND (octet_length(name) <= 64))),
  constraint clients_raw_length CHECK ((octet_length(raw) <= 1024)),
  constraint clients_pkey PRIMARY KEY (client_no),
  constraint clients_raw_by_capability_key UNIQUE (raw, by_capability)
);
CREATE INDEX clients_name_idx ON public.clients USING btree (name, version);
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
comment on column clients.by_capability is 'Capabilities in the same Hello told the client, not the string.';
comment on column clients.last_used is 'Day on which it was last received, give or take one.';

create table codes (
  code_no smallint not null generated always as identity,
  code text not null,
  constraint codes_code_shape CHECK ((code ~ '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$'::text)),
  constraint codes_pkey PRIMARY KEY (code_no),
  constraint codes_code_key UNIQUE (code)
);
comment on table codes is 'Words that rows name by number: stages, outcome codes and wire error codes, the same strings as the error codes and the metric labels, and vantages, networks and fork classes of visits.';
comment on column codes.code_no is 'Internal number.';
comment on column codes.code is 'The code.';

create table count_points_before (
  series_no integer not null,
  resolution text not null,
  at timestamp with time zone not null,
  ids integer not null,
  ips integer not null,
  ids_low integer,
  ids_high integer,
  constraint count_points_positive CHECK (((ids >= 0) AND (ips >= 0))),
  constraint count_points_resolution_known CHECK ((resolution = ANY (ARRAY['census'::text, 'hour'::text, 'day'::text]))),
  constraint count_points_pkey PRIMARY KEY (series_no, resolution, at) INCLUDE (ids, ips)
);
CREATE INDEX count_points_at_idx ON public.count_points_before USING btree (resolution, at);
comment on table count_points_before is 'Counts as they were kept before migration 49. The crawler carries hours and days over to hour_counts and day_counts, the newest first; those of censuses go when they are old.';
comment on column count_points_before.series_no is 'Series.';
comment on column count_points_before.resolution is '`census`: as counted, kept for some days. `hour` and `day`: the last census of that UTC hour or day, kept for good.';
comment on column count_points_before.at is 'Time of the census; for hour and day the start of the hour or day.';
comment on column count_points_before.ids is 'Unique node IDs.';
comment on column count_points_before.ips is 'Unique IP addresses of those nodes.';
comment on column count_points_before.ids_low is 'Fewest IDs at a census of that hour or day; null for a census.';
comment on column count_points_before.ids_high is 'Most IDs at a census of that hour or day; null for a census.';

create table count_series (
  series_no integer not null generated always as identity,
  network text not null,
  population text not null,
  time_window text not null,
  cut text not null,
  key text[] not null,
  ended_at timestamp with time zone,
  ids integer not null default 0,
  ips integer not null default 0,
  constraint count_series_key_size CHECK ((cardinality(key) <= 4)),
  constraint count_series_network_shape CHECK ((network ~ '^[a-z0-9][a-z0-9-]{0,39}$'::text)),
  constraint count_series_population_known CHECK ((population = ANY (ARRAY['seen'::text, 'alive'::text, 'reachable'::text, 'inboundOnly'::text, 'identified'::text]))),
  constraint count_series_time_window_known CHECK ((time_window = ANY (ARRAY['now'::text, 'day'::text]))),
  constraint count_series_cut_fkey FOREIGN KEY (cut) REFERENCES cuts(cut),
  constraint count_series_pkey PRIMARY KEY (series_no),
  constraint count_series_name_key UNIQUE (network, cut, population, time_window, key)
);
comment on table count_series is 'Names of time series: which nodes were counted.';
comment on column count_series.series_no is 'Internal number.';
comment on column count_series.network is 'Slug of the network; `all` for all nodes whatever their network.';
comment on column count_series.population is '`seen`, `alive`, `reachable`, `inboundOnly` or `identified`.';
comment on column count_series.time_window is '`now`: proof within the last 2 hours. `day`: within the last 24 hours.';
comment on column count_series.cut is 'Combination.';
comment on column count_series.key is 'Values of the parts of the cut, in their order; an empty string where a node did not tell.';
comment on column count_series.ended_at is 'The census at which it had vanished, one that is kept; null while it is counted.';
comment on column count_series.ids is 'Unique node IDs at the newest census.';
comment on column count_series.ips is 'Unique IP addresses at the newest census.';

create table coverage_points (
  network text not null,
  population text not null,
  time_window text not null,
  resolution text not null,
  at timestamp with time zone not null,
  due integer not null,
  looked integer not null,
  watched real not null,
  unknown_ids integer,
  unknown_ips integer,
  whole_ids integer,
  whole_ips integer,
  partial text,
  constraint coverage_points_looked_of_due CHECK (((0 <= looked) AND (looked <= due))),
  constraint coverage_points_partial_known CHECK ((partial = ANY (ARRAY['firstHours'::text, 'crawlerAway'::text, 'lineDown'::text, 'databaseAway'::text, 'uncovered'::text, 'starved'::text]))),
  constraint coverage_points_resolution_known CHECK ((resolution = ANY (ARRAY['census'::text, 'hour'::text, 'day'::text]))),
  constraint coverage_points_watched_share CHECK (((watched >= (0)::double precision) AND (watched <= (1)::double precision))),
  constraint coverage_points_pkey PRIMARY KEY (network, population, time_window, resolution, at)
);
CREATE INDEX coverage_points_at_idx ON public.coverage_points USING btree (resolution, at);
comment on table coverage_points is 'How much the counts of a census stand on. Censuses before migration 28 have none.';
comment on column coverage_points.network is 'Slug of the network; `all` for all nodes.';
comment on column coverage_points.population is 'As in count_series.';
comment on column coverage_points.time_window is 'As in count_series.';
comment on column coverage_points.resolution is 'As in count_points. `hour` and `day`: the last complete census in it, else the last.';
comment on column coverage_points.at is 'As in count_points.';
comment on column coverage_points.due is 'Nodes that should have been looked at within the window: those that answered before, and names that nobody has looked at yet.';
comment on column coverage_points.looked is 'Of those, how many were: by a PING for `alive`, by a dial for `reachable` and `identified`.';
comment on column coverage_points.watched is 'Share of the window in which a crawler was at work and heard nodes, 0 to 1.';
comment on column coverage_points.unknown_ids is 'Nodes that could belong here beyond those counted: due and not looked at, or come or come back since they were last looked at, by how many do so; null = cannot be known.';
comment on column coverage_points.unknown_ips is 'IP addresses of those.';
comment on column coverage_points.whole_ids is 'Nodes of which this population is a part: alive of seen, reachable of alive or reachable, identified of reachable or inbound; null for the others.';
comment on column coverage_points.whole_ips is 'IP addresses of those.';
comment on column coverage_points.partial is 'Why the count is not to be trusted; null = it is complete. `firstHours`: the window begins before the first crawler. `crawlerAway`: none was at work. `lineDown`: it heard nobody. `databaseAway`: visits wait to be written. `uncovered`: its settings look less often than the window is long. `starved`: it does not keep up.';

create table crawl_spans (
  vantage text not null,
  from_at timestamp with time zone not null,
  until_at timestamp with time zone not null,
  heard boolean not null,
  networks text[] not null,
  late_ms bigint not null default 0,
  constraint crawl_spans_ends_after_it_began CHECK ((until_at >= from_at)),
  constraint crawl_spans_late_ms_check CHECK ((late_ms >= 0)),
  constraint crawl_spans_pkey PRIMARY KEY (vantage, from_at)
);
comment on table crawl_spans is 'When crawlers were at work. Where nothing stands, nobody looked.';
comment on column crawl_spans.vantage is 'Vantage.';
comment on column crawl_spans.from_at is 'When it began, by the clock of the crawler.';
comment on column crawl_spans.until_at is 'Its last sign of life, or when it heard somebody for the last time.';
comment on column crawl_spans.heard is 'False while nobody answered any more of many who had answered before: then it looked, and saw nothing.';
comment on column crawl_spans.networks is 'Slugs of the networks that it watched.';
comment on column crawl_spans.late_ms is 'Visits came later than planned by more than this, ms: a twentieth of a window for which that is too late, or 0.';

create table cuts (
  cut text not null,
  parts text[] not null,
  description text not null,
  constraint cuts_pkey PRIMARY KEY (cut)
);
comment on table cuts is 'The fixed list of combinations that are counted. A cut is added by a migration.';
comment on column cuts.cut is 'Name of the combination.';
comment on column cuts.parts is 'Names of the parts of its keys, in order; empty for the total.';
comment on column cuts.description is 'What one count of it means.';

create table day_counts (
  from_at timestamp with time zone not null,
  series_no integer not null,
  ids integer[] not null,
  ips integer[] not null,
  ids_low integer[] not null,
  ids_high integer[] not null,
  constraint day_counts_pkey PRIMARY KEY (series_no, from_at)
) partition by RANGE (from_at);
CREATE INDEX day_counts_from_idx ON ONLY public.day_counts USING btree (from_at);
comment on table day_counts is 'Counts of the days of a month, as in hour_counts, partitioned by year.';
comment on column day_counts.from_at is 'Start of the month, UTC.';
comment on column day_counts.series_no is 'Series.';
comment on column day_counts.ids is 'Unique node IDs at the last census of each day, from the first on; null = no point.';
comment on column day_counts.ips is 'Unique IP addresses of those nodes.';
comment on column day_counts.ids_low is 'Fewest IDs at a census of that day.';
comment on column day_counts.ids_high is 'Most IDs at a census of that day.';

create table endpoints (
  node_no bigint not null,
  ip inet not null,
  udp_port integer not null,
  tcp_port integer,
  source text not null,
  first_seen timestamp with time zone not null,
  last_seen timestamp with time zone not null,
  last_pong timestamp with time zone,
  last_handshake timestamp with time zone,
  country text,
  asn bigint,
  constraint endpoints_country_shape CHECK ((country ~ '^[A-Z]{2}$'::text)),
  constraint endpoints_ports_range CHECK ((((udp_port >= 0) AND (udp_port <= 65535)) AND ((tcp_port >= 0) AND (tcp_port <= 65535)))),
  constraint endpoints_single_address CHECK ((masklen(ip) =
CASE family(ip)
    WHEN 4 THEN 32
    ELSE 128
END)),
  constraint endpoints_source_known CHECK ((source = ANY (ARRAY['bootnode'::text, 'file'::text, 'dns'::text, 'neighbour'::text, 'discv5'::text, 'ping'::text, 'pong'::text, 'dial'::text, 'enr'::text, 'inbound'::text]))),
  constraint endpoints_node_no_fkey FOREIGN KEY (node_no) REFERENCES nodes(node_no) ON DELETE CASCADE,
  constraint endpoints_pkey PRIMARY KEY (node_no, ip, udp_port)
);
CREATE INDEX endpoints_ip_idx ON public.endpoints USING btree (ip);
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

create table events (
  event_no bigint not null generated always as identity,
  kind text not null,
  subject text not null,
  opened_at timestamp with time zone not null,
  closed_at timestamp with time zone,
  confirmed boolean not null default true,
  data jsonb not null default '{}'::jsonb,
  updated_at timestamp with time zone not null default now(),
  constraint events_closed_after_opened CHECK ((closed_at >= opened_at)),
  constraint events_kind_shape CHECK ((kind ~ '^[a-z][A-Za-z0-9]{0,39}$'::text)),
  constraint events_subject_length CHECK (((octet_length(subject) >= 1) AND (octet_length(subject) <= 200))),
  constraint events_pkey PRIMARY KEY (event_no),
  constraint events_identity_key UNIQUE (kind, subject, opened_at)
);
CREATE INDEX events_open_idx ON public.events USING btree (kind, subject) WHERE (closed_at IS NULL);
CREATE INDEX events_opened_idx ON public.events USING btree (opened_at DESC, event_no DESC);
CREATE INDEX events_subject_idx ON public.events USING btree (subject, opened_at DESC);
comment on table events is 'Events with a beginning and, once over, an end. An event of a moment (a leader change) has closed_at = opened_at.';
comment on column events.event_no is 'Internal number; also the order in which events were written.';
comment on column events.kind is 'What happened, for instance `forkSplit`, `chainSplit`, `leaderChange`, `noLeader`.';
comment on column events.subject is 'What it happened to: `network/<slug>` or `raft/<cluster>`.';
comment on column events.opened_at is 'When it began.';
comment on column events.closed_at is 'When it ended; null while it lasts.';
comment on column events.confirmed is 'False when fewer witnesses than a majority could be asked.';
comment on column events.data is 'Its particulars, by kind.';
comment on column events.updated_at is 'When this row was last written, by the clock of its writer.';

create table fork_activations (
  network text not null,
  activation numeric(20,0) not null,
  below numeric(20,0) not null,
  block numeric(20,0) not null,
  block_time timestamp with time zone not null,
  constraint fork_activations_order CHECK ((below < block)),
  constraint fork_activations_network_fkey FOREIGN KEY (network) REFERENCES networks(slug) ON DELETE CASCADE,
  constraint fork_activations_pkey PRIMARY KEY (network, activation)
);
comment on table fork_activations is 'First blocks of forks, as headers show them that nodes sent: searched for by their timestamps where a schedule names a time.';
comment on column fork_activations.network is 'Network.';
comment on column fork_activations.activation is 'Activation of the fork as its schedule names it: block number, or seconds since 1970.';
comment on column fork_activations.below is 'A block before it.';
comment on column fork_activations.block is 'A block of it; its first one once that is below + 1.';
comment on column fork_activations.block_time is 'Timestamp of that block.';

create table fork_ids (
  fork_no integer not null generated always as identity,
  hash bytea not null,
  next numeric(20,0) not null,
  first_seen timestamp with time zone not null default now(),
  last_used timestamp with time zone,
  constraint fork_ids_hash_length CHECK ((octet_length(hash) = 4)),
  constraint fork_ids_next_unsigned CHECK ((next >= (0)::numeric)),
  constraint fork_ids_pkey PRIMARY KEY (fork_no),
  constraint fork_ids_hash_next_key UNIQUE (hash, next)
);
comment on table fork_ids is 'Fork IDs (EIP-2124) as announced, known or not.';
comment on column fork_ids.fork_no is 'Internal number.';
comment on column fork_ids.hash is 'Fork hash, 4 bytes.';
comment on column fork_ids.next is 'Next fork as announced: a block number or a time; 0 for none. Unsigned 64 bits.';
comment on column fork_ids.first_seen is 'When this pair was first announced to us.';
comment on column fork_ids.last_used is 'Day on which it was last announced to us, give or take one.';

create table fork_watches (
  network text not null,
  revision integer not null default 1,
  state jsonb not null,
  judged_at timestamp with time zone not null,
  heights numeric(20,0)[] not null default '{}'::numeric[],
  constraint fork_watches_network_fkey FOREIGN KEY (network) REFERENCES networks(slug) ON DELETE CASCADE,
  constraint fork_watches_pkey PRIMARY KEY (network)
);
comment on table fork_watches is 'What the judges of fork and chain splits remember of a network. Whoever writes names the revision that he read, so that of many crawlers one judges a round.';
comment on column fork_watches.network is 'Network.';
comment on column fork_watches.revision is 'Counts its writes.';
comment on column fork_watches.state is 'Suspicions, open splits, heights to ask for, the search for a common ancestor.';
comment on column fork_watches.judged_at is 'When it was judged last.';
comment on column fork_watches.heights is 'Heights at which everybody is asked for his block, whoever asks.';

create table frontier (
  node_no bigint not null,
  due_at timestamp with time zone not null,
  lease_owner text,
  lease_until timestamp with time zone,
  failures integer not null default 0,
  last_code_no smallint,
  visited_at timestamp with time zone,
  direct boolean not null default false,
  home text,
  home_rank smallint not null default 0,
  constraint frontier_failures_positive CHECK ((failures >= 0)),
  constraint frontier_home_rank_known CHECK (((home_rank >= 0) AND (home_rank <= 2))),
  constraint frontier_lease_whole CHECK (((lease_owner IS NULL) = (lease_until IS NULL))),
  constraint frontier_node_no_fkey FOREIGN KEY (node_no) REFERENCES nodes(node_no) ON DELETE CASCADE,
  constraint frontier_pkey PRIMARY KEY (node_no)
);
CREATE INDEX frontier_due_idx ON public.frontier USING btree (due_at) WHERE (lease_owner IS NULL);
CREATE INDEX frontier_lapsed_idx ON public.frontier USING btree (lease_until) WHERE (lease_owner IS NOT NULL);
CREATE INDEX frontier_lease_idx ON public.frontier USING btree (lease_owner) WHERE (lease_owner IS NOT NULL);
comment on table frontier is 'When each node is to be visited next. Apart from nodes because every visit writes it, and claims must stay cheap.';
comment on column frontier.node_no is 'Node.';
comment on column frontier.due_at is 'Earliest time of the next visit by its home, or by anybody where that is not at work.';
comment on column frontier.lease_owner is 'Process that has claimed the visit: its vantage, a slash, and what tells it from others of that name.';
comment on column frontier.lease_until is 'When the claim lapses if its owner neither renews it nor reports, by the clock of the database.';
comment on column frontier.failures is 'Visits of its home without an answer (a PONG or, where it is dialled without one, a handshake) in a row: sets the back-off.';
comment on column frontier.last_code_no is 'Outcome code of the last visit.';
comment on column frontier.visited_at is 'Start of the visit of ours that set due_at, never later than the clock of the database; null before the first. An older one that is written late changes nothing.';
comment on column frontier.direct is 'Dialled even without a PONG: the operator gave it, or it has dialled us. Others are dialled only after one.';
comment on column frontier.home is 'Vantage whose visits set the schedule: the one that sees the node best, or whose turn it is while nobody does; null = anybody.';
comment on column frontier.home_rank is 'What it saw of the node last: 0 nothing, 1 an answer over UDP, 2 a handshake that it dialled.';

create table head_estimates (
  network text not null,
  at timestamp with time zone not null,
  number numeric(20,0) not null,
  nodes integer not null,
  age_median_s integer,
  age_late_s integer,
  constraint head_estimates_nodes_positive CHECK ((nodes > 0)),
  constraint head_estimates_pkey PRIMARY KEY (network, at)
);
comment on table head_estimates is 'Head of a network over time: the highest block that more than a third of those reached who told theirs in the minutes before.';
comment on column head_estimates.network is 'Network.';
comment on column head_estimates.at is 'Minute of the estimate.';
comment on column head_estimates.number is 'Block number.';
comment on column head_estimates.nodes is 'Nodes behind it.';
comment on column head_estimates.age_median_s is 'Age of the head block at the visit, seconds: median of the nodes that follow the network. Null where no header told.';
comment on column head_estimates.age_late_s is 'The same for the latest tenth of them: nine of ten were younger.';

create table hour_counts (
  from_at timestamp with time zone not null,
  series_no integer not null,
  ids integer[] not null,
  ips integer[] not null,
  ids_low integer[] not null,
  ids_high integer[] not null,
  constraint hour_counts_pkey PRIMARY KEY (series_no, from_at)
) partition by RANGE (from_at);
CREATE INDEX hour_counts_from_idx ON ONLY public.hour_counts USING btree (from_at);
comment on table hour_counts is 'Counts of the hours of a UTC day, kept for good, partitioned by month. No point means as in census_counts.';
comment on column hour_counts.from_at is 'Start of the day.';
comment on column hour_counts.series_no is 'Series.';
comment on column hour_counts.ids is 'Unique node IDs at the last census of each hour, from 00:00 on; null = no point.';
comment on column hour_counts.ips is 'Unique IP addresses of those nodes.';
comment on column hour_counts.ids_low is 'Fewest IDs at a census of that hour.';
comment on column hour_counts.ids_high is 'Most IDs at a census of that hour.';

create table learned_forks (
  network text not null,
  hash bytea not null,
  base bytea not null,
  activation_kind text not null,
  activation numeric(20,0) not null,
  subnets integer not null,
  seen_at timestamp with time zone not null,
  of_subnets integer not null default 0,
  outdates boolean not null default false,
  endpoint text,
  constraint learned_forks_hash_length CHECK (((octet_length(hash) = 4) AND (octet_length(base) = 4))),
  constraint learned_forks_kind_known CHECK ((activation_kind = ANY (ARRAY['block'::text, 'time'::text]))),
  constraint learned_forks_network_fkey FOREIGN KEY (network) REFERENCES networks(slug) ON DELETE CASCADE,
  constraint learned_forks_pkey PRIMARY KEY (network, hash)
);
comment on table learned_forks is 'Forks that no network file names, announced from many networks (/24, v6 /48) or passed by them. Never shown as configured.';
comment on column learned_forks.network is 'Network.';
comment on column learned_forks.hash is 'Fork hash once it has passed, 4 bytes.';
comment on column learned_forks.base is 'Fork hash of the nodes that announce it.';
comment on column learned_forks.activation_kind is '`block` or `time`.';
comment on column learned_forks.activation is 'Block number, or seconds since 1970.';
comment on column learned_forks.subnets is 'Distinct /24s (v6 /48) that announced it, or had passed it, at the last look.';
comment on column learned_forks.seen_at is 'Last look at which enough of them did.';
comment on column learned_forks.of_subnets is 'Distinct /24s (v6 /48) that announced any fork ID at that look.';
comment on column learned_forks.outdates is 'They were a twentieth or more: the network file is older than the network.';
comment on column learned_forks.endpoint is '`cluster/endpoint` that is configured with it; null if none was heard to be. Then the network file is older than the network, whatever others announce.';

create table left_out (
  vantage text not null,
  ip inet not null,
  bound text not null,
  ids integer not null,
  at timestamp with time zone not null,
  constraint left_out_bound_known CHECK ((bound = ANY (ARRAY['idsPerIp'::text, 'idsPerSubnet'::text, 'frontierFull'::text]))),
  constraint left_out_ids_positive CHECK ((ids > 0)),
  constraint left_out_pkey PRIMARY KEY (vantage, ip, bound)
);
comment on table left_out is 'IDs that a bound kept a crawler from looking at within the last 24 hours, by IP. A crawler replaces its rows every minute.';
comment on column left_out.vantage is 'Vantage of the crawler.';
comment on column left_out.ip is 'IPv4 address, or IPv6 /64.';
comment on column left_out.bound is 'Which bound: `idsPerIp`, `idsPerSubnet` or `frontierFull`.';
comment on column left_out.ids is 'How many IDs; at least so many from 2,048 on.';
comment on column left_out.at is 'When the crawler said so.';

create table network_forks (
  network text not null,
  position smallint not null,
  name text not null,
  activation_kind text not null,
  activation numeric(20,0) not null,
  hash bytea not null,
  next numeric(20,0) not null,
  constraint network_forks_activation_kind_known CHECK ((activation_kind = ANY (ARRAY['genesis'::text, 'block'::text, 'time'::text]))),
  constraint network_forks_activation_unsigned CHECK (((activation >= (0)::numeric) AND (next >= (0)::numeric))),
  constraint network_forks_genesis_first CHECK ((("position" = 0) = (activation_kind = 'genesis'::text))),
  constraint network_forks_hash_length CHECK ((octet_length(hash) = 4)),
  constraint network_forks_position_positive CHECK (("position" >= 0)),
  constraint network_forks_network_fkey FOREIGN KEY (network) REFERENCES networks(slug) ON DELETE CASCADE,
  constraint network_forks_pkey PRIMARY KEY (network, "position"),
  constraint network_forks_hash_key UNIQUE (network, hash)
);
comment on table network_forks is 'Fork schedule of a network, one row a step of its EIP-2124 fork hash. Replaced as a whole when the network file changes.';
comment on column network_forks.network is 'Network.';
comment on column network_forks.position is '0 is genesis, then in order of activation.';
comment on column network_forks.name is 'Name of the fork; forks that share one activation are one row, names joined by " + ".';
comment on column network_forks.activation_kind is '`genesis`, `block` or `time`.';
comment on column network_forks.activation is 'Block number, or seconds since 1970, by activation_kind; 0 for genesis.';
comment on column network_forks.hash is 'Fork hash from this step on, 4 bytes.';
comment on column network_forks.next is 'Activation of the following step as the fork ID announces it; 0 when this is the last one.';

create table networks (
  slug text not null,
  name text not null,
  network_id numeric(20,0) not null,
  genesis_hash bytea not null,
  consensus text,
  known boolean not null default true,
  file jsonb not null,
  loaded_at timestamp with time zone not null default now(),
  constraint networks_genesis_hash_length CHECK ((octet_length(genesis_hash) = 32)),
  constraint networks_network_id_unsigned CHECK ((network_id >= (0)::numeric)),
  constraint networks_slug_shape CHECK (((slug ~ '^[a-z0-9][a-z0-9-]{0,39}$'::text) AND (slug <> ALL (ARRAY['all'::text, 'ambiguous'::text])))),
  constraint networks_pkey PRIMARY KEY (slug)
);
comment on table networks is 'Networks, one row a network file. One whose file is gone stays, with known = false, because nodes and counts name it. Which are watched says the view watched_networks.';
comment on column networks.slug is 'Short name used in URLs and as the value of every `network` column.';
comment on column networks.name is 'Name for people.';
comment on column networks.network_id is 'The network id of the eth Status. Never identifies a network by itself.';
comment on column networks.genesis_hash is 'Hash of block 0, 32 bytes. Two networks may share it (mainnet and Ethereum Classic).';
comment on column networks.consensus is 'Consensus name from the network file; null when it does not say.';
comment on column networks.known is 'False when no crawler has loaded the file of this network any more.';
comment on column networks.file is 'The network file as loaded, format version 1.';
comment on column networks.loaded_at is 'When a crawler last loaded the file.';

create table nodes (
  node_no bigint not null generated always as identity,
  id bytea not null,
  id_hash bytea not null,
  first_seen timestamp with time zone not null,
  last_seen timestamp with time zone not null,
  last_alive timestamp with time zone,
  last_reachable timestamp with time zone,
  last_inbound timestamp with time zone,
  last_identified timestamp with time zone,
  last_status timestamp with time zone,
  last_visit timestamp with time zone,
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
  network_id numeric(20,0),
  genesis_hash bytea,
  fork_no integer,
  fork_class text,
  eth_version smallint,
  head_number numeric(20,0),
  head_hash bytea,
  head_at timestamp with time zone,
  total_difficulty numeric(78,0),
  earliest_block numeric(20,0),
  synced boolean,
  enr text,
  enr_seq numeric(20,0),
  hello_shortened boolean not null default false,
  clock_skew_s integer,
  network_candidates text[],
  network_relative boolean not null default false,
  other_network_id boolean not null default false,
  crawler boolean not null default false,
  silent_since timestamp with time zone,
  fork_source text,
  fork_at timestamp with time zone,
  enr_base numeric(20,0),
  last_pinged timestamp with time zone,
  last_dialled timestamp with time zone,
  last_discv4 timestamp with time zone,
  last_discv5 timestamp with time zone,
  found_by text[] not null default '{}'::text[],
  layer text,
  consensus_network text,
  consensus_digest bytea,
  consensus_readiness text,
  record_client text,
  constraint nodes_ambiguous_has_source CHECK (((NOT network_ambiguous) OR (network_source IS NOT NULL))),
  constraint nodes_capabilities_count CHECK ((cardinality(capabilities) <= 64)),
  constraint nodes_consensus_digest_shape CHECK ((octet_length(consensus_digest) = 4)),
  constraint nodes_country_shape CHECK ((country ~ '^[A-Z]{2}$'::text)),
  constraint nodes_crawler_is_on_none CHECK (((NOT crawler) OR (network IS NULL))),
  constraint nodes_enr_length CHECK ((octet_length(enr) <= 512)),
  constraint nodes_fork_class_known CHECK ((fork_class = ANY (ARRAY['current'::text, 'ready'::text, 'conflicting'::text, 'atGenesis'::text, 'behind'::text, 'outdated'::text, 'ahead'::text, 'notYetKnown'::text, 'unknown'::text]))),
  constraint nodes_fork_source_known CHECK ((fork_source = ANY (ARRAY['status'::text, 'enr'::text]))),
  constraint nodes_found_by_known CHECK ((found_by <@ '{bootnode,discv4,discv5,dns,file,ping}'::text[])),
  constraint nodes_genesis_hash_length CHECK ((octet_length(genesis_hash) = 32)),
  constraint nodes_head_hash_length CHECK ((octet_length(head_hash) = 32)),
  constraint nodes_id_hash_length CHECK ((octet_length(id_hash) = 32)),
  constraint nodes_id_length CHECK ((octet_length(id) = 64)),
  constraint nodes_layer_known CHECK ((layer = ANY (ARRAY['execution'::text, 'consensus'::text, 'both'::text, 'relative'::text]))),
  constraint nodes_network_candidates_count CHECK (((cardinality(network_candidates) >= 1) AND (cardinality(network_candidates) <= 200))),
  constraint nodes_network_has_source CHECK (((network IS NULL) OR ((network_source IS NOT NULL) AND (NOT network_ambiguous)))),
  constraint nodes_network_source_known CHECK ((network_source = ANY (ARRAY['status'::text, 'enr'::text]))),
  constraint nodes_ports_range CHECK ((((udp_port >= 0) AND (udp_port <= 65535)) AND ((tcp_port >= 0) AND (tcp_port <= 65535)))),
  constraint nodes_relative_is_on_none CHECK (((NOT network_relative) OR (network IS NULL))),
  constraint nodes_last_code_no_fkey FOREIGN KEY (last_code_no) REFERENCES codes(code_no),
  constraint nodes_last_stage_no_fkey FOREIGN KEY (last_stage_no) REFERENCES codes(code_no),
  constraint nodes_network_fkey FOREIGN KEY (network) REFERENCES networks(slug),
  constraint nodes_pkey PRIMARY KEY (node_no),
  constraint nodes_id_key UNIQUE (id)
);
CREATE INDEX nodes_alive_idx ON public.nodes USING btree (last_alive DESC, node_no DESC) WHERE (last_alive IS NOT NULL);
CREATE INDEX nodes_candidates_idx ON public.nodes USING gin (network_candidates) WHERE (network_candidates IS NOT NULL);
CREATE INDEX nodes_client_alive_idx ON public.nodes USING btree (client_no, last_alive DESC, node_no DESC) WHERE (last_alive IS NOT NULL);
CREATE INDEX nodes_enr_idx ON public.nodes USING btree (enr text_pattern_ops) WHERE (enr IS NOT NULL);
CREATE INDEX nodes_fork_alive_idx ON public.nodes USING btree (fork_no, last_alive DESC, node_no DESC) WHERE (last_alive IS NOT NULL);
CREATE INDEX nodes_id_hash_idx ON public.nodes USING btree (id_hash);
CREATE INDEX nodes_identified_idx ON public.nodes USING btree (last_identified DESC, node_no DESC) WHERE (last_identified IS NOT NULL);
CREATE INDEX nodes_inbound_idx ON public.nodes USING btree (last_inbound DESC, node_no DESC) WHERE (last_inbound IS NOT NULL);
CREATE INDEX nodes_ip_idx ON public.nodes USING btree (ip);
CREATE INDEX nodes_network_alive_idx ON public.nodes USING btree (network, last_alive DESC, node_no DESC) WHERE (last_alive IS NOT NULL);
CREATE INDEX nodes_network_seen_idx ON public.nodes USING btree (network, last_seen DESC, node_no DESC) WHERE (network IS NOT NULL);
CREATE INDEX nodes_reachable_idx ON public.nodes USING btree (last_reachable DESC, node_no DESC) WHERE (last_reachable IS NOT NULL);
CREATE INDEX nodes_seen_idx ON public.nodes USING btree (last_seen DESC, node_no DESC);
CREATE INDEX nodes_status_idx ON public.nodes USING btree (network, last_status) WHERE (last_status IS NOT NULL);
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
comment on column nodes.total_difficulty is 'Total difficulty of its last Status (up to eth/68).';
comment on column nodes.earliest_block is 'Oldest block it serves (eth/69 and later). Unsigned 64 bits.';
comment on column nodes.synced is 'Whether it was in sync at its last judged visit; null when that could not be told.';
comment on column nodes.enr is 'Newest ENR it signed, text form `enr:…`.';
comment on column nodes.enr_seq is 'Sequence number of that ENR. Unsigned 64 bits.';
comment on column nodes.hello_shortened is 'Its last Hello held a longer client string or more capabilities than are kept.';
comment on column nodes.clock_skew_s is 'How far its clock was ahead of the crawler''s at its last PONG, seconds, negative if behind; null = right, as far as can be told.';
comment on column nodes.network_candidates is 'Networks that an ambiguous node could be on, that an unknown relative shares its genesis with, or that a crawler claims; null for others.';
comment on column nodes.network_relative is 'An unknown relative: its Status has the genesis of its candidates, but neither the network id nor a fork hash of any.';
comment on column nodes.other_network_id is 'Its Status names another network id than its network has.';
comment on column nodes.crawler is 'It looks at the network and takes no part in it, by its client name or because it only ever dials and waits.';
comment on column nodes.silent_since is 'First session that it dialled in which it waited for our Status and sent none; null once it has sent one.';
comment on column nodes.fork_source is 'Where its fork ID is from: `status`, or `enr`, which is a hint.';
comment on column nodes.fork_at is 'When it told that fork ID: the start of the visit.';
comment on column nodes.enr_base is 'Sequence number of the ENR that came with its last Status, else of the first one after it: a later one is newer than the Status.';
comment on column nodes.last_pinged is 'Last visit that asked it for a PONG, answered or not, over all vantages.';
comment on column nodes.last_dialled is 'Last visit that looked whether it can be reached, over all vantages: it was dialled, or was found silent, or without a TCP port, so that there was nothing to dial.';
comment on column nodes.last_discv4 is 'Last PONG by discv4, from any vantage; null for one that answered last before Forkscope spoke discv5.';
comment on column nodes.last_discv5 is 'Last PONG by discv5, from any vantage.';
comment on column nodes.found_by is 'How it became known, as far as it was told: discv4, discv5 = another node named it by this protocol; ping = it sent us one itself; bootnode, file, dns = a list.';
comment on column nodes.layer is 'Layer by its record or its Status: execution, consensus, both, or relative = of another family of chains, without eth; null = it told nothing of that.';
comment on column nodes.consensus_network is 'Network whose beacon chain has the fork digest of its record; null = none, or none that we know.';
comment on column nodes.consensus_digest is 'Fork digest in the entry eth2 of its record, 4 bytes.';
comment on column nodes.consensus_readiness is 'Whether it knows the next step of its beacon chain, judged when its record was read.';
comment on column nodes.record_client is 'Client that its record names (EIP-7636), as it wrote it: name/version, at most 200 characters.';

create table notice_targets (
  notice_no bigint not null,
  target text not null,
  sent_version integer not null default 0,
  sent_at timestamp with time zone,
  constraint notice_targets_notice_fkey FOREIGN KEY (notice_no) REFERENCES notices(notice_no) ON DELETE CASCADE,
  constraint notice_targets_pkey PRIMARY KEY (notice_no, target)
);
comment on table notice_targets is 'Who is to be told of a notice, and what each was told last.';
comment on column notice_targets.notice_no is 'The notice.';
comment on column notice_targets.target is 'The operator''s name for the target.';
comment on column notice_targets.sent_version is 'The newest version that was delivered; 0: none yet. Less than that of the notice: still to be sent.';
comment on column notice_targets.sent_at is 'When it was delivered; null while none was.';

create table notices (
  notice_no bigint not null generated always as identity,
  kind text not null,
  subject text not null,
  opened_at timestamp with time zone not null,
  closed_at timestamp with time zone,
  version integer not null,
  data jsonb not null,
  changed_at timestamp with time zone not null,
  constraint notices_closed_after_opened CHECK ((closed_at >= opened_at)),
  constraint notices_kind_shape CHECK ((kind ~ '^[a-z][A-Za-z0-9]{0,39}(/[a-z0-9-]{1,40})?$'::text)),
  constraint notices_subject_length CHECK (((octet_length(subject) >= 1) AND (octet_length(subject) <= 200))),
  constraint notices_version_positive CHECK ((version > 0)),
  constraint notices_pkey PRIMARY KEY (notice_no),
  constraint notices_identity_key UNIQUE (kind, subject, opened_at)
);
CREATE INDEX notices_subject_idx ON public.notices USING btree (subject, opened_at DESC);
comment on table notices is 'Incidents that somebody is told of: each is one row, with all its parts, from its beginning to its end.';
comment on column notices.notice_no is 'Internal number.';
comment on column notices.kind is 'What kind of trouble, for instance `raftLeadership`, `raftChurn`, or that of one node, `raftNode/<node>`.';
comment on column notices.subject is 'What it is about, as in events: `network/<slug>` or `raft/<cluster>`.';
comment on column notices.opened_at is 'When it began.';
comment on column notices.closed_at is 'When it ended; null while it lasts.';
comment on column notices.version is 'Counts what targets are told of it: that it began, that it is graver, that it is over.';
comment on column notices.data is 'Its texts and parts.';
comment on column notices.changed_at is 'When it was last written.';

create table raft_clusters (
  cluster text not null,
  genesis_hash bytea,
  network_id numeric(20,0),
  interval_ms integer not null,
  first_watched timestamp with time zone not null,
  watched_since timestamp with time zone not null,
  last_round timestamp with time zone not null,
  state text,
  state_since timestamp with time zone,
  leader_raft_id integer,
  leader_node_id bytea,
  votes smallint not null,
  voters smallint not null,
  voters_active smallint not null,
  learners smallint not null,
  claims smallint not null,
  leader_views smallint not null,
  head_number bigint,
  pending bigint,
  stalled boolean not null,
  churning boolean not null,
  resume_raft_id integer,
  resume_node_id bytea,
  chain_block bigint,
  chain_raft_id integer,
  changes_rpc bigint not null default 0,
  changes_chain bigint not null default 0,
  changes_log bigint not null default 0,
  changes_unconfirmed bigint not null default 0,
  reelections bigint not null default 0,
  losses bigint not null default 0,
  sealers jsonb,
  sealer_book jsonb,
  kind text not null default 'goQuorum'::text,
  stall jsonb,
  constraint raft_clusters_genesis_length CHECK ((octet_length(genesis_hash) = 32)),
  constraint raft_clusters_kind_known CHECK ((kind = ANY (ARRAY['goQuorum'::text, 'etcd'::text]))),
  constraint raft_clusters_leader_whole CHECK (((leader_raft_id IS NULL) = (leader_node_id IS NULL))),
  constraint raft_clusters_name_shape CHECK ((cluster ~ '^[a-z0-9][a-z0-9-]{0,39}$'::text)),
  constraint raft_clusters_resume_whole CHECK (((resume_raft_id IS NULL) = (resume_node_id IS NULL))),
  constraint raft_clusters_state_whole CHECK (((state IS NULL) = (state_since IS NULL))),
  constraint raft_clusters_pkey PRIMARY KEY (cluster)
);
comment on table raft_clusters is 'One row a watched cluster: its present state, and where a restarted watcher goes on.';
comment on column raft_clusters.cluster is 'The operator''s name for it.';
comment on column raft_clusters.genesis_hash is 'With network_id what the cluster is, whatever it is called; null until a member told.';
comment on column raft_clusters.network_id is 'What net_version says.';
comment on column raft_clusters.interval_ms is 'Pause between two rounds of polls.';
comment on column raft_clusters.first_watched is 'The first round ever.';
comment on column raft_clusters.watched_since is 'The first round since the watcher was last started, or took the cluster over.';
comment on column raft_clusters.last_round is 'The round that this row shows.';
comment on column raft_clusters.state is '`confirmed`, `electing`, `noLeader`, `noQuorum` or `unconfirmed`; null until two rounds agreed.';
comment on column raft_clusters.state_since is 'Since when it is in this state.';
comment on column raft_clusters.leader_raft_id is 'The leader of this state; null for none.';
comment on column raft_clusters.leader_node_id is 'Its public key.';
comment on column raft_clusters.votes is 'Voters whose own view names the leader; without one, the most that any candidate has.';
comment on column raft_clusters.voters is 'Members that vote.';
comment on column raft_clusters.voters_active is 'The most voters that any one view shows active.';
comment on column raft_clusters.learners is 'Members that do not vote.';
comment on column raft_clusters.claims is 'Voters that say they are the minter.';
comment on column raft_clusters.leader_views is 'Distinct leaders that voters name.';
comment on column raft_clusters.head_number is 'Newest block of the nodes that follow the leader.';
comment on column raft_clusters.pending is 'Transactions that wait in the fullest pool.';
comment on column raft_clusters.stalled is 'Transactions wait and the head stands still.';
comment on column raft_clusters.churning is 'The leader changes too often.';
comment on column raft_clusters.resume_raft_id is 'The last leader that was ever confirmed: what a restarted watcher compares with.';
comment on column raft_clusters.resume_node_id is 'Its public key.';
comment on column raft_clusters.chain_block is 'Up to here the minters are known from block headers.';
comment on column raft_clusters.chain_raft_id is 'Who minted it.';
comment on column raft_clusters.changes_rpc is 'Confirmed leader changes seen by polls, since the first round ever.';
comment on column raft_clusters.changes_chain is 'Changes of the minter seen in block headers.';
comment on column raft_clusters.changes_log is 'Changes between two polls, which only the members'' own count showed.';
comment on column raft_clusters.changes_unconfirmed is 'Changes reported by too few nodes to be confirmed.';
comment on column raft_clusters.reelections is 'Times a leader was lost and came back.';
comment on column raft_clusters.losses is 'Times a confirmed leader was lost.';
comment on column raft_clusters.sealers is 'For IBFT, QBFT and Clique: the state of the chain, who should seal and who does, votes, newest blocks; null for Raft.';
comment on column raft_clusters.sealer_book is 'What a restarted watcher goes on from: the newest block and since when, the rule of blocks, who is silent since when; null for Raft.';
comment on column raft_clusters.kind is 'What its members run: `goQuorum` (or any chain asked by JSON-RPC) or `etcd`.';
comment on column raft_clusters.stall is 'What is known of a stall: its head, since when it has not moved, since when transactions wait. Times in ms.';

create table raft_members (
  cluster text not null,
  raft_id integer not null,
  node_id bytea not null,
  learner boolean not null,
  present boolean not null,
  role text,
  active boolean,
  hostname text,
  first_seen timestamp with time zone not null,
  last_seen timestamp with time zone not null,
  last_active timestamp with time zone,
  constraint raft_members_id_length CHECK ((octet_length(node_id) = 64)),
  constraint raft_members_cluster_fkey FOREIGN KEY (cluster) REFERENCES raft_clusters(cluster) ON DELETE CASCADE,
  constraint raft_members_pkey PRIMARY KEY (cluster, raft_id, node_id)
);
comment on table raft_members is 'Members that clusters have or had. A Raft ID is given once and never reused.';
comment on column raft_members.cluster is 'Its cluster.';
comment on column raft_members.raft_id is 'Its number in the cluster; of etcd, the lower 31 bits of its ID.';
comment on column raft_members.node_id is 'Its public key; of etcd, its 64-bit ID with zeros before it.';
comment on column raft_members.learner is 'It follows without a vote.';
comment on column raft_members.present is 'False once it was removed.';
comment on column raft_members.role is '`minter`, `verifier` or `learner` as most views have it; empty while no leader is known.';
comment on column raft_members.active is 'Whether any other member has a Raft stream to it; null where no release tells.';
comment on column raft_members.hostname is 'Address or name under which the others know it.';
comment on column raft_members.first_seen is 'When it was first listed.';
comment on column raft_members.last_seen is 'When it was last listed.';
comment on column raft_members.last_active is 'When it was last shown active.';

create table raft_polls (
  cluster text not null,
  node text not null,
  hour timestamp with time zone not null,
  result text not null,
  polls integer not null,
  constraint raft_polls_cluster_fkey FOREIGN KEY (cluster) REFERENCES raft_clusters(cluster) ON DELETE CASCADE,
  constraint raft_polls_pkey PRIMARY KEY (cluster, hour, node, result)
);
comment on table raft_polls is 'What came of the polls of each hour.';
comment on column raft_polls.cluster is 'Its cluster.';
comment on column raft_polls.node is 'The endpoint.';
comment on column raft_polls.hour is 'Start of the hour, UTC.';
comment on column raft_polls.result is 'As in raft_views.';
comment on column raft_polls.polls is 'How often.';

create table raft_states (
  cluster text not null,
  from_at timestamp with time zone not null,
  until_at timestamp with time zone,
  state text not null,
  raft_id integer,
  node_id bytea,
  votes smallint not null,
  voters smallint not null,
  voters_active smallint not null,
  constraint raft_states_ends_after_it_began CHECK ((until_at >= from_at)),
  constraint raft_states_cluster_fkey FOREIGN KEY (cluster) REFERENCES raft_clusters(cluster) ON DELETE CASCADE,
  constraint raft_states_pkey PRIMARY KEY (cluster, from_at)
);
CREATE INDEX raft_states_open_idx ON public.raft_states USING btree (cluster) WHERE (until_at IS NULL);
comment on table raft_states is 'Who led from when to when. Where nothing stands, nobody watched.';
comment on column raft_states.cluster is 'Its cluster.';
comment on column raft_states.from_at is 'When the state began.';
comment on column raft_states.until_at is 'When the next one began, or the watcher left; null for the present one.';
comment on column raft_states.state is 'As in raft_clusters.';
comment on column raft_states.raft_id is 'The leader; null for none. In `unconfirmed`, whom the reachable nodes name.';
comment on column raft_states.node_id is 'Its public key.';
comment on column raft_states.votes is 'Votes when it began.';
comment on column raft_states.voters is 'Voters when it began.';
comment on column raft_states.voters_active is 'Active voters when it began.';

create table raft_views (
  cluster text not null,
  node text not null,
  at timestamp with time zone not null,
  result text not null,
  result_since timestamp with time zone not null,
  last_view timestamp with time zone,
  raft_id integer,
  node_id bytea,
  role text,
  leader_at text,
  leader_raft_id integer,
  head_number bigint,
  pending bigint,
  peer_count bigint,
  sees jsonb not null default '[]'::jsonb,
  raft_port_up boolean,
  clock_offset_ms integer,
  term bigint,
  constraint raft_views_view_whole CHECK (((result = 'ok'::text) = (leader_at IS NOT NULL))),
  constraint raft_views_cluster_fkey FOREIGN KEY (cluster) REFERENCES raft_clusters(cluster) ON DELETE CASCADE,
  constraint raft_views_pkey PRIMARY KEY (cluster, node)
);
comment on table raft_views is 'The newest answer of each endpoint: its own view of the cluster, or why there is none.';
comment on column raft_views.cluster is 'Its cluster.';
comment on column raft_views.node is 'The operator''s name for the endpoint. Its URL may hold credentials and is never stored.';
comment on column raft_views.at is 'When it was asked.';
comment on column raft_views.result is '`ok` = it gave a view; all else says why not: `timeout`, `html`, `unauthorized`, …';
comment on column raft_views.result_since is 'Since when it answers so.';
comment on column raft_views.last_view is 'When it last gave a view.';
comment on column raft_views.raft_id is 'Which member it proved to be when it last gave a view.';
comment on column raft_views.node_id is 'Its public key.';
comment on column raft_views.role is 'What it says it is itself.';
comment on column raft_views.leader_at is '`named`, `none` (it follows nobody) or `unknown` (its release cannot name whom); null without a view.';
comment on column raft_views.leader_raft_id is 'Whom it names.';
comment on column raft_views.head_number is 'Its newest block.';
comment on column raft_views.pending is 'Transactions waiting in its pool.';
comment on column raft_views.peer_count is 'Its devp2p peers.';
comment on column raft_views.sees is 'Members as it lists them: [{raftId, role, active}].';
comment on column raft_views.raft_port_up is 'Whether its Raft port answered the last GET /raft/probing; null when it is not probed.';
comment on column raft_views.clock_offset_ms is 'Its clock minus ours, by its Raft port; null when that did not answer.';
comment on column raft_views.term is 'The Raft term that it says it is in; null if it does not tell.';

create table reachability (
  node_no bigint not null,
  vantage text not null,
  last_dialled timestamp with time zone,
  last_reachable timestamp with time zone,
  last_inbound timestamp with time zone,
  inbound_only boolean generated always as (((last_inbound IS NOT NULL) AND (last_reachable IS NULL))) stored,
  last_visit timestamp with time zone,
  last_alive timestamp with time zone,
  look_at timestamp with time zone,
  constraint reachability_node_no_fkey FOREIGN KEY (node_no) REFERENCES nodes(node_no) ON DELETE CASCADE,
  constraint reachability_pkey PRIMARY KEY (node_no, vantage)
);
CREATE INDEX reachability_look_idx ON public.reachability USING btree (vantage, look_at) WHERE (look_at IS NOT NULL);
comment on table reachability is 'Who can reach whom: a node may be open to one vantage and closed to another.';
comment on column reachability.node_no is 'Node.';
comment on column reachability.vantage is 'Vantage that looked.';
comment on column reachability.last_dialled is 'Last TCP dial from this vantage, whatever came of it.';
comment on column reachability.last_reachable is 'Last RLPx handshake completed by a dial from this vantage.';
comment on column reachability.last_inbound is 'Last RLPx handshake completed after the node dialled this vantage.';
comment on column reachability.inbound_only is 'It proved its key by dialling this vantage, and no dial from it ever succeeded.';
comment on column reachability.last_visit is 'Last visit from this vantage, whatever came of it.';
comment on column reachability.last_alive is 'Last valid PONG to a PING from this vantage.';
comment on column reachability.look_at is 'When this vantage is to look at the node again, if another one is its home; null = it is its home, or has never been asked to.';

create table rpc_heads (
  network text not null,
  node text not null,
  endpoint text not null,
  number numeric(20,0) not null,
  at timestamp with time zone not null,
  constraint rpc_heads_node_length CHECK (((octet_length(node) >= 1) AND (octet_length(node) <= 200))),
  constraint rpc_heads_pkey PRIMARY KEY (network, node)
);
comment on table rpc_heads is 'Newest block of each JSON-RPC endpoint of a network: members of permissioned chains tell nobody else.';
comment on column rpc_heads.network is 'Network.';
comment on column rpc_heads.node is 'Node ID in hex, or the name of the endpoint.';
comment on column rpc_heads.endpoint is 'Cluster and endpoint, as the operator names them.';
comment on column rpc_heads.number is 'Block number.';
comment on column rpc_heads.at is 'When it said so.';

create table schema_migrations (
  version integer not null,
  name text not null,
  checksum text not null,
  breaking boolean not null,
  applied_at timestamp with time zone not null default now(),
  constraint schema_migrations_pkey PRIMARY KEY (version)
);

create table sessions (
  node_no bigint not null,
  from_at timestamp with time zone not null,
  begun boolean not null,
  until_at timestamp with time zone,
  proved_at timestamp with time zone,
  constraint sessions_end_whole CHECK (((until_at IS NULL) = (proved_at IS NULL))),
  constraint sessions_ends_after_it_began CHECK ((until_at >= from_at)),
  constraint sessions_node_no_fkey FOREIGN KEY (node_no) REFERENCES nodes(node_no) ON DELETE CASCADE,
  constraint sessions_pkey PRIMARY KEY (node_no, from_at)
);
CREATE UNIQUE INDEX sessions_open_idx ON public.sessions USING btree (node_no) WHERE (until_at IS NULL);
CREATE INDEX sessions_until_idx ON public.sessions USING btree (until_at);
comment on table sessions is 'Times in which a node was there: it answered when we looked, until two looks in a row found it silent. Times in which nobody looked, or nobody could hear, end none. Kept for 31 days after their end.';
comment on column sessions.node_no is 'Node.';
comment on column sessions.from_at is 'When it began: halfway between the last look that found it silent, or its first mention, and the first answer; the first answer where `begun` is false.';
comment on column sessions.begun is 'Whether its beginning was seen. False for what was there when the first crawler began to look: how long it had been there is not known.';
comment on column sessions.until_at is 'When it ended: halfway between the last answer and the first look that found it silent; null while it goes on.';
comment on column sessions.proved_at is 'The last answer before the end.';

create table settings (
  key text not null,
  value jsonb not null,
  updated_at timestamp with time zone not null default now(),
  constraint settings_pkey PRIMARY KEY (key)
);
comment on table settings is 'Facts about this database as a whole. `simulated` = true: every row comes from a simulation and every page must say so.';
comment on column settings.key is 'Name of the setting.';
comment on column settings.value is 'Its value.';
comment on column settings.updated_at is 'When it was last written.';

create table vantages (
  vantage text not null,
  version text not null,
  started_at timestamp with time zone not null,
  last_beat timestamp with time zone not null,
  bootnodes_tried integer not null default 0,
  bootnodes_answered integer not null default 0,
  frontier_nodes integer not null default 0,
  visits bigint not null default 0,
  facts jsonb not null default '{}'::jsonb,
  networks text[] not null default '{}'::text[],
  census_interval_ms bigint,
  bootnodes_given integer,
  bootnodes_usable integer,
  bootnodes_waiting integer not null default 0,
  bootnodes_pinged integer not null default 0,
  bootnodes_alive integer not null default 0,
  bootnode_problems jsonb not null default '[]'::jsonb,
  unwritten_since timestamp with time zone,
  ping_within_ms bigint,
  dial_within_ms bigint,
  constraint vantages_vantage_shape CHECK ((vantage ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'::text)),
  constraint vantages_pkey PRIMARY KEY (vantage)
);
comment on table vantages is 'Crawlers that write here, one row a vantage name: tells pages how fresh the data is.';
comment on column vantages.vantage is 'Name of the place from which a crawler looks.';
comment on column vantages.version is 'Version of Forkscope it runs.';
comment on column vantages.started_at is 'When its process started.';
comment on column vantages.last_beat is 'Last heartbeat of that process.';
comment on column vantages.bootnodes_tried is 'Bootnodes visited since it started.';
comment on column vantages.bootnodes_answered is 'Those of them that answered, by a PONG or a handshake.';
comment on column vantages.frontier_nodes is 'Nodes waiting for a visit at the last heartbeat.';
comment on column vantages.visits is 'Visits finished since it started.';
comment on column vantages.facts is 'What it says of itself (curve backend, identities, bound ports). For people, not for queries.';
comment on column vantages.networks is 'Slugs of the networks that it watches, in the order of its configuration: the view watched_networks is made of them.';
comment on column vantages.census_interval_ms is 'Longest time between two censuses of this crawler by its present setting, ms; null = it ends by itself, or does not tell.';
comment on column vantages.bootnodes_given is 'Bootnodes in its network files and settings; null = its version does not tell.';
comment on column vantages.bootnodes_usable is 'Those of them with an address that may be contacted; null = its version does not tell.';
comment on column vantages.bootnodes_waiting is 'Those of them with a host name that nobody has looked up yet.';
comment on column vantages.bootnodes_pinged is 'Bootnodes pinged since it started: those with a UDP port.';
comment on column vantages.bootnodes_alive is 'Those of them that answered with a PONG.';
comment on column vantages.bootnode_problems is 'Bootnodes that cannot be used, at most 50: [{bootnode, network, code, about}], as lib/bootnodeProblem.ts reads them.';
comment on column vantages.unwritten_since is 'Since when visits wait for the database, or on disk; null = none wait longer than usual.';
comment on column vantages.ping_within_ms is 'Longest time between two visits to a node that answers, by its settings, ms; null = it does not tell.';
comment on column vantages.dial_within_ms is 'Longest time between two dials of a node that is full, by its settings, ms; null = it does not tell.';

create table visit_log (
  at timestamp with time zone not null,
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
  head_number numeric(20,0),
  constraint visit_log_duration_positive CHECK ((took_ms >= 0))
) partition by RANGE (at);
CREATE INDEX visit_log_node_idx ON ONLY public.visit_log USING btree (node_no);
comment on table visit_log is 'Visits, append-only, partitioned by UTC day, in as little room as they can be: written by keep_visits, read by the view visits. No foreign keys: rows outlive the nodes and are written in bulk.';
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

create table visits_before (
  at timestamp with time zone not null,
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
  head_number numeric(20,0),
  neighbours integer,
  rtt_ms integer,
  took_ms integer not null,
  clock_skew_s integer,
  constraint visits_direction_known CHECK ((direction = ANY (ARRAY['outbound'::text, 'inbound'::text]))),
  constraint visits_duration_positive CHECK ((took_ms >= 0)),
  constraint visits_pkey PRIMARY KEY (at, visit_key)
) partition by RANGE (at);
CREATE INDEX visits_node_idx ON ONLY public.visits_before USING btree (node_no, at DESC);
comment on table visits_before is 'Visits as they were kept before migration 51: each day goes when it is old.';
comment on column visits_before.at is 'When the visit started, by the clock of its vantage. Fixed with the key: writing a visit again changes nothing.';
comment on column visits_before.visit_key is 'Immutable name of the visit, a UUIDv7 made by the crawler before it starts.';
comment on column visits_before.node_no is 'Node.';
comment on column visits_before.vantage is 'Vantage that made it.';
comment on column visits_before.direction is '`outbound`: we went to the node. `inbound`: it dialled us.';
comment on column visits_before.ip is 'Address used.';
comment on column visits_before.udp_port is 'UDP port used; null when the visit was TCP only.';
comment on column visits_before.tcp_port is 'TCP port used; null when nothing was dialled.';
comment on column visits_before.stage_no is 'Last stage completed (codes).';
comment on column visits_before.code_no is 'Outcome code (codes).';
comment on column visits_before.remote_reason is 'Reason of the Disconnect that the node sent, 0 to 255.';
comment on column visits_before.wire_code_no is 'Code of the malformed thing that ended it (codes).';
comment on column visits_before.client_no is 'Client that it named.';
comment on column visits_before.network is 'Network it was judged to be on.';
comment on column visits_before.fork_no is 'Fork ID that it announced.';
comment on column visits_before.fork_class is 'Class of that fork ID.';
comment on column visits_before.eth_version is 'eth version negotiated.';
comment on column visits_before.head_number is 'Head that it announced.';
comment on column visits_before.neighbours is 'Neighbour records accepted; null when none were asked for.';
comment on column visits_before.rtt_ms is 'Round trip from PING to PONG, milliseconds.';
comment on column visits_before.took_ms is 'From start to end, milliseconds.';
comment on column visits_before.clock_skew_s is 'The same at this visit.';

create view count_points as
 SELECT p.series_no,
    'census'::text AS resolution,
    p.at,
    p.ids,
    p.ips,
    NULL::integer AS ids_low,
    NULL::integer AS ids_high
   FROM census_counts p
UNION ALL
 SELECT p.series_no,
    'hour'::text AS resolution,
    p.from_at + (u.n - 1)::double precision * '01:00:00'::interval AS at,
    u.ids,
    u.ips,
    u.ids_low,
    u.ids_high
   FROM hour_counts p
     CROSS JOIN LATERAL UNNEST(p.ids, p.ips, p.ids_low, p.ids_high) WITH ORDINALITY u(ids, ips, ids_low, ids_high, n)
  WHERE u.ids IS NOT NULL
UNION ALL
 SELECT p.series_no,
    'day'::text AS resolution,
    p.from_at + (u.n - 1)::double precision * '24:00:00'::interval AS at,
    u.ids,
    u.ips,
    u.ids_low,
    u.ids_high
   FROM day_counts p
     CROSS JOIN LATERAL UNNEST(p.ids, p.ips, p.ids_low, p.ids_high) WITH ORDINALITY u(ids, ips, ids_low, ids_high, n)
  WHERE u.ids IS NOT NULL
UNION ALL
 SELECT p.series_no,
    p.resolution,
    p.at,
    p.ids,
    p.ips,
    p.ids_low,
    p.ids_high
   FROM count_points_before p;
comment on view count_points is 'Counts of censuses, hours and days, a row a point.';

create view counts as
 SELECT p.at,
    p.resolution,
    s.network,
    s.population,
    s.time_window,
    s.cut,
    s.key,
    p.ids,
    p.ips,
    p.ids_low,
    p.ids_high,
    s.series_no
   FROM count_series s
     JOIN count_points p USING (series_no);
comment on view counts is 'Counts with their names. Filter by network, cut, population, time_window, resolution and a range of at.';

create view current_counts as
 SELECT r.at,
    s.network,
    s.population,
    s.time_window,
    s.cut,
    s.key,
    s.ids,
    s.ips,
    s.series_no
   FROM count_series s
     CROSS JOIN ( SELECT max(census_runs.at) AS at
           FROM census_runs) r
  WHERE s.ids > 0;
comment on view current_counts is 'Counts of the newest census, without zeros.';

create view left_out_hosts as
 SELECT l.ip,
    l.bound,
    max(f.ids) AS ids,
    max(f.at) AS at
   FROM left_out l
     CROSS JOIN LATERAL ( VALUES (l.ids,l.at)) f(ids, at)
  GROUP BY l.ip, l.bound;
comment on view left_out_hosts is 'IDs that bounds left out, by IP, as the crawler says that left out most.';

create view looks as
 SELECT v.node_no,
    v.at,
    v.vantage,
    v.rtt_ms IS NOT NULL OR (s.code <> ALL (ARRAY['none'::text, 'pong'::text, 'tcp'::text])) AS answered
   FROM visits v
     JOIN codes s ON s.code_no = v.stage_no
     JOIN codes c ON c.code_no = v.code_no
  WHERE v.direction = 'outbound'::text AND (v.rtt_ms IS NOT NULL OR (s.code <> ALL (ARRAY['none'::text, 'pong'::text, 'tcp'::text])) OR (c.code <> ALL (ARRAY['aborted'::text, 'addressRefused'::text, 'dialThrottled'::text, 'dialPaused'::text])) AND NOT (EXISTS ( SELECT
           FROM crawl_spans d
          WHERE d.vantage = v.vantage AND NOT d.heard AND v.at >= d.from_at AND v.at <= d.until_at)));
comment on view looks is 'Visits of ours that tell whether the node was there. Filter by node_no and at.';

create view node_rows as
 SELECT n.node_no,
    n.id,
    n.id_hash,
    n.first_seen,
    n.last_seen,
    n.last_alive,
    n.last_reachable,
    n.last_inbound,
    n.last_identified,
    n.last_status,
    n.last_visit,
    ls.code AS last_stage,
    lc.code AS last_code,
    n.last_remote_reason,
    n.ip,
    n.udp_port,
    n.tcp_port,
    n.country,
    n.asn,
    a.name AS asn_name,
    n.client_no,
    c.raw AS client_raw,
    c.name AS client_name,
    c.version AS client_version,
    c.os AS client_os,
    c.arch AS client_arch,
    c.language AS client_language,
    n.capabilities,
    n.network,
    n.network_source,
    n.network_ambiguous,
    n.network_candidates,
    n.network_relative,
    n.other_network_id,
    n.crawler,
    n.network_id,
    n.genesis_hash,
    n.fork_no,
    f.hash AS fork_hash,
    f.next AS fork_next,
    n.fork_class,
    n.fork_source,
    n.fork_at,
    n.eth_version,
    n.head_number,
    n.head_hash,
    n.head_at,
    n.total_difficulty,
    n.earliest_block,
    n.synced,
    n.enr,
    n.enr_seq,
    n.hello_shortened,
    n.clock_skew_s,
    n.found_by,
    n.last_discv4,
    n.last_discv5,
    n.layer,
    n.consensus_network,
    n.consensus_digest,
    n.consensus_readiness,
    n.record_client
   FROM nodes n
     LEFT JOIN codes ls ON ls.code_no = n.last_stage_no
     LEFT JOIN codes lc ON lc.code_no = n.last_code_no
     LEFT JOIN clients c ON c.client_no = n.client_no
     LEFT JOIN fork_ids f ON f.fork_no = n.fork_no
     LEFT JOIN asns a ON a.asn = n.asn;
comment on view node_rows is 'Nodes with client, fork ID and codes spelled out.';

create view session_times as
 SELECT s.node_no,
    s.from_at,
    s.begun,
    s.until_at IS NOT NULL AS ended,
    n.network,
    n.ip,
    n.client_no,
    COALESCE(s.until_at, GREATEST(s.from_at, GREATEST(n.last_alive, n.last_reachable) +
        CASE
            WHEN f.failures > 0 THEN '00:00:00'::interval
            ELSE COALESCE(( SELECT max(v.ping_within_ms) AS max
               FROM vantages v), 2520000::bigint)::double precision * '00:00:00.001'::interval
        END)) AS until_at
   FROM sessions s
     JOIN nodes n USING (node_no)
     LEFT JOIN frontier f USING (node_no);
comment on view session_times is 'Sessions with an end in any case: of one that goes on, how long it is certain to last, which may be in the future.';

create view visit_rows as
 SELECT v.at,
    v.visit_key,
    v.node_no,
    v.vantage,
    v.direction,
    v.ip,
    v.udp_port,
    v.tcp_port,
    st.code AS stage,
    co.code,
    v.remote_reason,
    wi.code AS wire_code,
    v.client_no,
    c.raw AS client_raw,
    c.name AS client_name,
    c.version AS client_version,
    v.network,
    f.hash AS fork_hash,
    f.next AS fork_next,
    v.fork_class,
    v.eth_version,
    v.head_number,
    v.neighbours,
    v.rtt_ms,
    v.took_ms,
    v.clock_skew_s
   FROM visits v
     JOIN codes st ON st.code_no = v.stage_no
     JOIN codes co ON co.code_no = v.code_no
     LEFT JOIN codes wi ON wi.code_no = v.wire_code_no
     LEFT JOIN clients c ON c.client_no = v.client_no
     LEFT JOIN fork_ids f ON f.fork_no = v.fork_no;
comment on view visit_rows is 'Visits with stage, codes, client and fork ID spelled out. Filter by node_no and at.';

create view visits as
 SELECT l.at,
    l.visit_key,
    l.node_no,
    va.code AS vantage,
        CASE
            WHEN l.inbound THEN 'inbound'::text
            ELSE 'outbound'::text
        END AS direction,
    l.ip,
    l.udp_port + 32768 AS udp_port,
    l.tcp_port + 32768 AS tcp_port,
    l.stage_no,
    l.code_no,
    l.remote_reason,
    l.wire_code_no,
    l.client_no,
    nw.code AS network,
    l.fork_no,
    fc.code AS fork_class,
    l.eth_version,
    l.head_number,
    l.neighbours::integer AS neighbours,
    l.rtt_ms::integer AS rtt_ms,
    l.took_ms,
    l.clock_skew_s
   FROM visit_log l
     JOIN codes va ON va.code_no = l.vantage_no
     LEFT JOIN codes nw ON nw.code_no = l.network_no
     LEFT JOIN codes fc ON fc.code_no = l.fork_class_no
UNION ALL
 SELECT b.at,
    b.visit_key,
    b.node_no,
    b.vantage,
    b.direction,
    b.ip,
    b.udp_port,
    b.tcp_port,
    b.stage_no,
    b.code_no,
    b.remote_reason,
    b.wire_code_no,
    b.client_no,
    b.network,
    b.fork_no,
    b.fork_class,
    b.eth_version,
    b.head_number,
    b.neighbours,
    b.rtt_ms,
    b.took_ms,
    b.clock_skew_s
   FROM visits_before b;
comment on view visits is 'Visits of ours and to us. Filter by node_no and at.';

create view watched_networks as
 SELECT n.slug,
    row_number() OVER (ORDER BY (w.vantage COLLATE "C"), w.place)::integer AS place
   FROM networks n
     JOIN ( SELECT DISTINCT ON (g.slug) g.slug,
            v.vantage,
            g.place
           FROM vantages v
             CROSS JOIN LATERAL unnest(v.networks) WITH ORDINALITY g(slug, place)
          WHERE v.last_beat >= ((( SELECT max(o.last_beat) AS max
                   FROM vantages o)) - '00:05:00'::interval)
          ORDER BY g.slug, (v.vantage COLLATE "C"), g.place) w ON w.slug = n.slug
  WHERE n.known;
comment on view watched_networks is 'Networks that crawlers look for, in the order of their configurations, crawlers by name. While none is alive those of the last ones count, so that pages do not change when crawlers are down.';

CREATE OR REPLACE FUNCTION public.apply_raft_retention(now_at timestamp with time zone, keep_days integer)
 RETURNS TABLE(what text, removed bigint)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  cutoff constant timestamptz := now_at - make_interval(days => keep_days);
  gone bigint;
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.retention'), 1) then
    return;
  end if;
  -- A reign that reaches into the kept time stays whole.
  delete from raft_states s where s.until_at < cutoff;
  get diagnostics gone = row_count;
  return query select 'raft_states', gone;

  delete from raft_polls p where p.hour < cutoff;
  get diagnostics gone = row_count;
  return query select 'raft_polls', gone;

  delete from raft_members m where not m.present and m.last_seen < cutoff;
  get diagnostics gone = row_count;
  return query select 'raft_members', gone;

  -- Of a cluster that goes as a whole, also those that nobody saw the end of.
  delete from events e using raft_clusters c
  where e.subject = 'raft/' || c.cluster and (e.closed_at < cutoff or c.last_round < cutoff);
  get diagnostics gone = row_count;
  return query select 'raft_events', gone;

  delete from notices n using raft_clusters c
  where n.subject = 'raft/' || c.cluster and (n.closed_at < cutoff or c.last_round < cutoff);
  get diagnostics gone = row_count;
  return query select 'raft_notices', gone;

  -- Clusters that nobody watches any more, with all that hangs on them.
  delete from raft_clusters c where c.last_round < cutoff;
  get diagnostics gone = row_count;
  return query select 'raft_clusters', gone;
end
$function$
;

CREATE OR REPLACE FUNCTION public.carry_counts()
 RETURNS integer
 LANGUAGE plpgsql
 SET work_mem TO '128MB'
AS $function$
#variable_conflict use_column
declare
  newest record;
  span text;
  step interval;
  from_at timestamptz;
  point_count integer;
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.rollup'), 0) then
    return null;
  end if;
  -- From the newest on: rows that are removed at the end of a table give their room back.
  select r.resolution, p.at into newest from (values ('day'), ('hour')) r (resolution)
  cross join lateral (
    select b.at from count_points_before b where b.resolution = r.resolution order by b.at desc limit 1
  ) p order by r.resolution limit 1;
  if not found then
    return 0;
  end if;
  span := case newest.resolution when 'hour' then 'day' else 'month' end;
  step := case newest.resolution when 'hour' then interval '1 hour' else interval '24 hours' end;
  from_at := date_trunc(span, newest.at, 'UTC');
  perform create_count_partition(newest.resolution || '_counts', from_at);
  create temp table carried_points on commit drop as
  with gone as (
    delete from count_points_before p
    where p.resolution = newest.resolution and p.at >= from_at and p.at <= newest.at
    returning p.series_no, p.at, p.ids, p.ips, p.ids_low, p.ids_high
  )
  select g.series_no, 1 + (extract(epoch from g.at - from_at) / extract(epoch from step))::integer as n, g.ids, g.ips,
    coalesce(g.ids_low, g.ids) as ids_low, coalesce(g.ids_high, g.ids) as ids_high
  from gone g;
  get diagnostics point_count = row_count;
  execute format(
    $sql$
      insert into %I as p (from_at, series_no, ids, ips, ids_low, ids_high)
      select $1, c.series_no, array_agg(o.ids order by g.n), array_agg(o.ips order by g.n),
        array_agg(o.ids_low order by g.n), array_agg(o.ids_high order by g.n)
      from (select series_no, max(n) as last from carried_points group by series_no) c
      cross join lateral generate_series(1, c.last) as g (n)
      left join carried_points o on o.series_no = c.series_no and o.n = g.n
      group by c.series_no order by c.series_no
      on conflict (series_no, from_at) do update set (ids, ips, ids_low, ids_high) = (
        -- What is there was counted later.
        select array_agg(coalesce(u.a, u.b) order by u.n), array_agg(coalesce(u.c, u.d) order by u.n),
          array_agg(coalesce(u.e, u.f) order by u.n), array_agg(coalesce(u.g, u.h) order by u.n)
        from unnest(p.ids, excluded.ids, p.ips, excluded.ips, p.ids_low, excluded.ids_low, p.ids_high, excluded.ids_high)
          with ordinality as u (a, b, c, d, e, f, g, h, n)
      )
    $sql$, newest.resolution || '_counts'
  ) using from_at;
  drop table carried_points;
  return point_count;
end
$function$
;

CREATE OR REPLACE FUNCTION public.census_add_up()
 RETURNS void
 LANGUAGE plpgsql
 SET work_mem TO '128MB'
AS $function$
declare
  of_cut record;
  scoped record;
begin
  create temp table census_words on commit drop as
  select row_number() over (order by w.word) as no, w.word from (
    select name from census_clients union select version from census_clients
    union select hash from census_forks union select next from census_forks
    union select unnest(
      array[network, network_key, identity, told_id::text, fork_class, synced, history, discovery, layer] || scopes || capabilities
    )
    from census_rests
  ) w (word) where w.word is not null;
  create unique index on census_words (word);
  analyze census_words;

  create temp table census_client_words on commit drop as
  select c.client_no, n.no as name, v.no as version from census_clients c
  join census_words n on n.word = c.name join census_words v on v.word = c.version;
  create temp table census_fork_words on commit drop as
  select f.fork_no, h.no as hash, x.no as next from census_forks f
  join census_words h on h.word = f.hash join census_words x on x.word = f.next;
  -- A peer can name what it likes: only the network ids that most nodes name have a place of their own.
  create temp table census_rest_words on commit drop as
  with told as (
    select r.told_id from census_rests r join census_nodes n using (rest)
    where r.told_id is not null and n.pattern & 256 > 0
    group by 1 order by count(distinct n.ip) desc, 1 limit 50
  )
  select r.rest, n.no as network, k.no as network_key, i.no as identity, d.no as told_id, f.no as fork_class, y.no as synced,
    h.no as history, p.no as discovery, l.no as layer,
    array(select w.no from unnest(r.scopes) as g (word) join census_words w using (word)) as scopes,
    array(select w.no from unnest(r.capabilities) as g (word) join census_words w using (word)) as capabilities
  from census_rests r left join told t using (told_id)
  left join census_words n on n.word = r.network
  join census_words k on k.word = r.network_key
  join census_words i on i.word = r.identity
  left join census_words d on d.word = t.told_id::text
  join census_words f on f.word = r.fork_class
  join census_words y on y.word = r.synced
  join census_words h on h.word = r.history
  join census_words p on p.word = r.discovery
  join census_words l on l.word = r.layer;
  create index on census_rest_words (rest);
  analyze census_rest_words;
  analyze census_client_words;
  analyze census_fork_words;

  -- Most cuts ask neither for the client nor for the fork ID: without those there is far less to add up.
  create temp table census_rest_groups on commit drop as
  select rest, flags, sum(ids)::bigint as ids, sum(ips)::bigint as ips from census_groups group by rest, flags;
  create temp table census_rest_mixed on commit drop as
  select ip, rest, bit_or(flags) as flags from census_mixed group by ip, rest;
  analyze census_rest_groups;
  analyze census_rest_mixed;

  create temp table census_cells (
    scope bigint, cut text, k1 bigint, k2 bigint, k3 bigint, flags integer, ids bigint, ips bigint
  ) on commit drop;
  for of_cut in
    select * from (values
      ('total', '', 'null', 'null', 'null', true, true),
      ('network', '', 'r.network_key', 'null', 'null', true, false),
      ('client', 'client', 'c.name', 'null', 'null', true, true),
      ('client_version', 'client', 'c.name', 'c.version', 'null', true, true),
      ('client_fork', 'client', 'c.name', 'c.version', 'r.fork_class', true, true),
      ('fork_id', 'fork', 'f.hash', 'f.next', 'null', true, true),
      ('fork_class', '', 'r.fork_class', 'null', 'null', true, true),
      ('synced', '', 'r.synced', 'null', 'null', false, true),
      ('history', '', 'r.history', 'null', 'null', false, true),
      ('capability', 'capability', 'g.no', 'null', 'null', true, true),
      ('identity', '', 'r.identity', 'r.told_id', 'null', true, true),
      ('discovery', '', 'r.discovery', 'null', 'null', true, true),
      ('layer', '', 'r.layer', 'null', 'null', true, true)
    ) as v (cut, part, k1, k2, k3, of_all, of_networks)
  loop
    -- Once by network, and from that over all; `identity` counts a node on each network that it claims, so twice.
    for scoped in
      select 'r.network' as scope, '' as source, of_cut.of_all as adds_up where of_cut.cut <> 'identity'
      union all
      select s.scope, s.source, false from (values
        ('null::bigint', ''), ('s.no', 'cross join lateral unnest(r.scopes) as s (no)')
      ) as s (scope, source) where of_cut.cut = 'identity'
    loop
      execute format(
        $sql$
          insert into census_cells
          with alone as materialized (
            select %2$s as scope, %3$s::bigint as k1, %4$s::bigint as k2, %5$s::bigint as k3, t.flags, sum(t.ids) as ids, sum(t.ips) as ips
            from %11$I t join census_rest_words r using (rest) %6$s %7$s where %8$s
            group by 1, 2, 3, 4, 5
          ), mixed as materialized (
            select %2$s as scope, %3$s::bigint as k1, %4$s::bigint as k2, %5$s::bigint as k3, t.ip, bit_or(t.flags) as flags
            from %12$I t join census_rest_words r using (rest) %6$s %7$s where %8$s
            group by 1, 2, 3, 4, 5
          )
          select a.scope, %1$L, a.k1, a.k2, a.k3, a.flags, a.ids, a.ips from alone a where %9$s
          union all
          select m.scope, %1$L, m.k1, m.k2, m.k3, m.flags, 0, count(*) from mixed m where %9$s
          group by m.scope, m.k1, m.k2, m.k3, m.flags
          union all
          select null, %1$L, a.k1, a.k2, a.k3, a.flags, a.ids, a.ips from alone a where %10$L::boolean
          union all
          select null, %1$L, m.k1, m.k2, m.k3, m.flags, 0, count(*) from (
            select m.k1, m.k2, m.k3, m.ip, bit_or(m.flags) as flags from mixed m where %10$L::boolean group by m.k1, m.k2, m.k3, m.ip
          ) m group by m.k1, m.k2, m.k3, m.flags
        $sql$,
        of_cut.cut, scoped.scope, of_cut.k1, of_cut.k2, of_cut.k3,
        case of_cut.part
          when 'client' then 'left join census_client_words c using (client_no)'
          when 'fork' then 'left join census_fork_words f using (fork_no)'
          when 'capability' then 'cross join lateral unnest(r.capabilities) as g (no)'
          else ''
        end,
        scoped.source,
        -- What was only mentioned has told nothing of itself.
        case when of_cut.cut in ('total', 'network') then 'true' else 't.flags & 340 <> 0' end,
        case
          when of_cut.cut = 'identity' then 'true'
          when of_cut.of_networks then 'scope is not null'
          else 'false'
        end,
        scoped.adds_up,
        case when of_cut.part in ('client', 'fork') then 'census_groups' else 'census_rest_groups' end,
        case when of_cut.part in ('client', 'fork') then 'census_mixed' else 'census_rest_mixed' end
      );
    end loop;
  end loop;
end
$function$
;

CREATE OR REPLACE FUNCTION public.census_cutoff(now_at timestamp with time zone, census_days integer)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
AS $function$
  -- Only what the hours have taken up, and never the newest census.
  select least(
    now_at - make_interval(days => census_days),
    coalesce((select min(date_trunc('hour', r.at, 'UTC')) from census_runs r where r.rolled < 2 and r.rolled = 0), 'infinity'),
    coalesce((select max(r.at) from census_runs r), '-infinity')
  )
$function$
;

CREATE OR REPLACE FUNCTION public.census_figures()
 RETURNS TABLE(network text, cut text, key text[], population text, time_window text, ids integer, ips integer)
 LANGUAGE plpgsql
 STABLE
 SET work_mem TO '128MB'
AS $function$
#variable_conflict use_column
begin
  return query
  select coalesce(n.word, 'all'), f.cut,
    case p.parts
      when 0 then '{}'::text[]
      when 1 then array[coalesce(a.word, '')]
      when 2 then array[coalesce(a.word, ''), coalesce(b.word, '')]
      else array[coalesce(a.word, ''), coalesce(b.word, ''), coalesce(c.word, '')]
    end,
    f.population, f.time_window, f.ids::integer, f.ips::integer
  from (
    select e.scope, e.cut, e.k1, e.k2, e.k3, p.population, p.time_window, sum(e.ids) as ids, sum(e.ips) as ips
    from census_cells e
    join (values
      ('seen', 'now', 1), ('seen', 'day', 512), ('alive', 'now', 2), ('alive', 'day', 4),
      ('reachable', 'now', 8), ('reachable', 'day', 16), ('inboundOnly', 'now', 32), ('inboundOnly', 'day', 64),
      ('identified', 'now', 128), ('identified', 'day', 256)
    ) as p (population, time_window, flag) on e.flags & p.flag > 0
    where p.population <> 'seen' or e.cut in ('total', 'network')
    group by e.scope, e.cut, e.k1, e.k2, e.k3, p.population, p.time_window
  ) f
  join (select cut, cardinality(parts) as parts from cuts) p using (cut)
  left join census_words n on n.no = f.scope
  left join census_words a on a.no = f.k1
  left join census_words b on b.no = f.k2
  left join census_words c on c.no = f.k3;
end
$function$
;

CREATE OR REPLACE FUNCTION public.census_flags(pattern integer)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select case when pattern & 256 = 0 then 0 else
    pattern & 1
    | case when pattern & 2 > 0 then 2 else 0 end | case when pattern & 512 > 0 then 4 else 0 end
    | case when pattern & 4 > 0 then 8 else 0 end | case when pattern & 1024 > 0 then 16 else 0 end
    | case when pattern & 12 = 8 then 32 else 0 end | case when pattern & 3072 = 2048 then 64 else 0 end
    | case when pattern & 16 > 0 and pattern & 12 > 0 then 128 else 0 end
    | case when pattern & 4096 > 0 and pattern & 3072 > 0 then 256 else 0 end
    | 512
  end
$function$
;

CREATE OR REPLACE FUNCTION public.census_history(earliest numeric, head numeric)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select case
    when earliest is null then ''
    when earliest <= 1 then 'genesis'
    when head is null or head < earliest then ''
    when head - earliest >= 1000000 then '1000000'
    when head - earliest >= 90000 then '90000'
    else '0'
  end
$function$
;

CREATE OR REPLACE FUNCTION public.census_look(census_at timestamp with time zone, horizon timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET work_mem TO '128MB'
AS $function$
#variable_conflict use_column
declare
  -- Of the windows `now` and `day`.
  h timestamptz := census_at - interval '2 hours';
  d timestamptz := census_at - interval '24 hours';
begin
  create temp table census_nodes on commit drop as
  select n.node_no, hashinetextended(n.ip, 0) as ip,
    case when x.client_no is not null or x.fork_no is not null
      then hashinetextended(set_masklen(n.ip, case family(n.ip) when 4 then 24 else 48 end), 0) end as subnet,
    x.client_no, x.fork_no, x.rest,
    hash_record_extended(row(x.rest, x.client_no, x.fork_no), 0) as kind,
    case when n.last_seen > h then 257 when n.last_seen > d then 256 else 0 end
    + case when n.last_alive > h then 514 when n.last_alive > d then 512 else 0 end
    + case when n.last_reachable > h then 1028 when n.last_reachable > d then 1024 else 0 end
    + case when n.last_inbound > h then 2056 when n.last_inbound > d then 2048 else 0 end
    + case when n.last_identified > h then 4112 when n.last_identified > d then 4096 else 0 end
    + case when n.first_seen > h then 8224 when n.first_seen > d then 8192 else 0 end
    + case when n.last_pinged > h then 16448 when n.last_pinged > d then 16384 else 0 end
    + case when n.last_dialled > h then 32896 when n.last_dialled > d then 32768 else 0 end
    + case when n.udp_port > 0 then 65536 else 0 end
    + case when n.tcp_port > 0 then 131072 else 0 end
    + case when n.last_pinged is null and n.last_dialled is null then 262144 else 0 end
    + case when n.last_alive is null and n.last_reachable is null and n.last_inbound is null then 0 else 524288
      + case when n.last_alive < n.last_pinged then 1048576 else 0 end
      + case when n.last_reachable < n.last_dialled then 2097152 else 0 end
      + case when n.last_identified < n.last_dialled then 4194304 else 0 end
      + case when n.last_alive >= n.last_pinged or n.last_reachable >= n.last_dialled then 8388608 else 0 end
    end as pattern
  from (
    select o.*, greatest(o.last_alive, o.last_reachable, o.last_inbound) > d as proved
    from nodes o where o.last_seen > least(horizon, d)
  ) n
  cross join lateral (
    -- What nobody proves today is counted by network alone.
    select case when n.proved then n.client_no end as client_no, case when n.proved then n.fork_no end as fork_no,
      case when n.proved then hash_record_extended(row(
        n.network, n.network_ambiguous, n.network_candidates, n.network_relative, n.other_network_id, n.network_source, n.crawler,
        n.fork_source, n.fork_class, n.synced, n.capabilities, census_history(n.earliest_block, n.head_number),
        case when n.network_relative or n.other_network_id then n.network_id end,
        n.last_discv4 > d, n.last_discv5 > d, n.last_alive > d, n.layer
      ), 0) else hash_record_extended(row(n.network, n.network_ambiguous), 0) end as rest
    offset 0
  ) x;

  create temp table census_sums on commit drop as
  select kind, pattern, count(*) as ids, min(rest) as rest, min(client_no) as client_no, min(fork_no) as fork_no,
    min(node_no) as node_no
  from census_nodes group by kind, pattern;

  create temp table census_patterns on commit drop as
  select p.pattern, census_flags(p.pattern) as flags, census_looks(p.pattern) + (census_looks(((p.pattern >> 8) & 255) | (p.pattern & -65536)) << 25) as looks
  from (select distinct pattern from census_sums) p;
  analyze census_patterns;

  create temp table census_ips on commit drop as
  select n.ip, min(n.kind) as kind, min(n.kind) <> max(n.kind) as mixed, bit_or(p.flags) as flags, bit_or(p.looks) as looks
  from census_nodes n join census_patterns p using (pattern)
  where n.ip is not null group by n.ip;

  -- By themselves they are few, and looked up rather than sorted beside all nodes.
  create temp table census_mixed_ips on commit drop as select i.ip from census_ips i where i.mixed;
  analyze census_mixed_ips;
  create temp table census_mixed on commit drop as
  select i.ip, n.kind, min(n.rest) as rest, min(n.client_no) as client_no, min(n.fork_no) as fork_no,
    bit_or(p.flags) as flags, bit_or(p.looks) as looks
  from census_nodes n join census_mixed_ips i using (ip) join census_patterns p using (pattern)
  group by i.ip, n.kind;

  create temp table census_groups on commit drop as
  with kinds as materialized (
    select kind, min(rest) as rest, min(client_no) as client_no, min(fork_no) as fork_no from census_sums group by kind
  )
  select g.rest, g.client_no, g.fork_no, g.flags, g.looks, sum(g.ids)::bigint as ids, sum(g.ips)::bigint as ips
  from (
    select s.rest, s.client_no, s.fork_no, p.flags, p.looks, s.ids, 0 as ips from census_sums s join census_patterns p using (pattern)
    union all
    select k.rest, k.client_no, k.fork_no, i.flags, i.looks, 0, i.ips
    from (select kind, flags, looks, count(*) as ips from census_ips where not mixed group by kind, flags, looks) i
    join kinds k using (kind)
  ) g
  group by g.rest, g.client_no, g.fork_no, g.flags, g.looks;

  create temp table census_rests on commit drop as
  with samples as (select rest, min(node_no) as node_no from census_sums group by rest)
  select s.rest, n.network,
    coalesce(n.network, case when n.network_ambiguous then 'ambiguous' else '' end) as network_key,
    -- Those that could be on a network, or claim it, stand beside its members.
    array(select n.network where n.network is not null union select unnest(n.network_candidates)) as scopes,
    case
      when n.crawler then 'crawler'
      when n.network_relative then 'relative'
      when n.network_ambiguous then case n.fork_class when 'atGenesis' then 'atGenesis' else 'ambiguous' end
      when n.other_network_id then 'otherNetworkId'
      when n.network is not null then case coalesce(n.fork_source, n.network_source) when 'enr' then 'hint' else 'status' end
      when n.network_source = 'status' then 'foreign'
      else ''
    end as identity,
    case when n.network_relative or n.other_network_id then n.network_id end as told_id,
    coalesce(n.fork_class, '') as fork_class,
    case n.synced when true then 'synced' when false then 'lagging' else '' end as synced,
    census_history(n.earliest_block, n.head_number) as history,
    -- Who speaks one protocol is asked by the other one every few hours, so what is told is of a day, whatever the window.
    case
      when n.last_discv5 > d then case when n.last_discv4 > d then 'both' else 'discv5' end
      when n.last_alive > d then 'discv4'
      else ''
    end as discovery,
    coalesce(n.layer, '') as layer,
    array(
      -- A peer can name what it likes: names without a place of their own are one.
      select distinct case when name ~ '^(eth|snap|les|wit|istanbul|bsc|diff|trust|bor)/[0-9]{1,3}$' then name else 'other' end
      from unnest(n.capabilities) as g (name)
    ) as capabilities
  from samples s join nodes n using (node_no);
  analyze census_rests;
  drop table census_sums, census_ips, census_mixed_ips;
end
$function$
;

CREATE OR REPLACE FUNCTION public.census_looks(pattern integer)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select (
    j.due_udp::int + (j.due_udp and j.looked_udp)::int * 2 + j.due::int * 4 + (j.due and j.looked_tcp)::int * 8
    + (j.due and (j.looked_tcp or b.told and b.called))::int * 16 + b.called::int * 32 + (b.called and j.looked_tcp)::int * 64
    + b.seen::int * 128 + (b.alive or b.reached)::int * 256 + ((b.alive or b.reached) and b.new)::int * 512
    + (b.reached or b.called)::int * 1024 + (j.due and not b.met)::int * 2048
    -- Who was there, and was not at the last look; who might be of them and counts no more; who came.
    + (b.alive and b.silent)::int * 4096 + (j.due_udp and j.looked_udp and not b.alive)::int * 8192 + (b.alive and b.new)::int * 16384
    + (b.reached and b.shut)::int * 32768 + (j.due and j.looked_tcp and not b.reached)::int * 65536 + (b.reached and b.new)::int * 131072
    + (b.told and b.mute)::int * 262144 + (j.due and j.looked_tcp and not b.told)::int * 524288 + (b.told and b.new)::int * 1048576
    -- Not looked at in the way that a population wants.
    + (j.due_udp and not j.looked_udp)::int * 2097152 + (j.due and not j.looked_tcp)::int * 4194304
    + (j.due and not (j.looked_tcp or b.told and b.called))::int * 8388608 + (b.called and not j.looked_tcp)::int * 16777216
  )::bigint
  from (
    select pattern & 1 > 0 as seen, pattern & 2 > 0 as alive, pattern & 4 > 0 as reached, pattern & 8 > 0 as called,
      pattern & 16 > 0 as told, pattern & 32 > 0 as new, pattern & 64 > 0 as pinged, pattern & 128 > 0 as dialled,
      pattern & 65536 > 0 as has_udp, pattern & 196608 > 0 as has_port, pattern & 262144 > 0 as unlooked,
      pattern & 524288 > 0 as met, pattern & 1048576 > 0 as silent, pattern & 2097152 > 0 as shut, pattern & 4194304 > 0 as mute,
      pattern & 8388608 > 0 as answered
  ) b
  cross join lateral (
    -- Who was ever met is due while he is named, and in any case if his last look was answered. Of those who never
    -- answered only those are due at whom nobody has looked: the others are taken for what they seem to be.
    select case when b.met then b.seen or b.answered else b.seen and b.unlooked end as due,
      b.has_udp and case when b.met then b.seen or b.answered else b.seen and b.unlooked end as due_udp,
      b.pinged or b.alive as looked_udp, b.dialled or b.reached or not b.has_port as looked_tcp
  ) j
$function$
;

CREATE OR REPLACE FUNCTION public.census_names(places integer DEFAULT 50, version_places integer DEFAULT 300, fork_places integer DEFAULT 100)
 RETURNS void
 LANGUAGE plpgsql
 SET work_mem TO '128MB'
AS $function$
#variable_conflict use_column
declare
  names bigint;
  versions bigint;
  forks bigint;
begin
  create temp table census_clients on commit drop as
  select c.client_no, c.name, coalesce(c.version, '') as version
  from (select distinct client_no from census_groups) g join clients c using (client_no);
  create temp table census_forks on commit drop as
  select f.fork_no, encode(f.hash, 'hex') as hash, f.next::text as next
  from (select distinct fork_no from census_groups) g join fork_ids f using (fork_no);
  select count(distinct c.name), count(distinct (c.name, c.version)) into names, versions from census_clients c;
  select count(*) into forks from census_forks;

  if names > places or versions > version_places or forks > fork_places then
    create temp table census_told on commit drop as
    select r.network, n.client_no, n.fork_no, n.subnet from census_nodes n join census_rests r using (rest)
    where n.subnet is not null group by 1, 2, 3, 4;
    analyze census_told;
    with told as (
      select t.network, t.name, count(*) as subnets
      from (select distinct t.network, c.name, t.subnet from census_told t join census_clients c using (client_no)) t group by 1, 2
    ), ranked as (
      select t.*, row_number() over (partition by t.network order by t.subnets desc, t.name) as place from told t
    )
    update census_clients c set name = 'other', version = 'other'
    where c.name not in (
      select r.name from ranked r where r.place <= places or r.subnets >= 4 and r.place <= 1000
    );
    with told as (
      select t.network, t.name, count(*) as subnets
      from (select distinct t.network, c.name || ' ' || c.version as name, t.subnet from census_told t join census_clients c using (client_no)) t group by 1, 2
    ), ranked as (
      select t.*, row_number() over (partition by t.network order by t.subnets desc, t.name) as place from told t
    )
    update census_clients c set version = 'other'
    where c.name <> 'other' and c.name || ' ' || c.version not in (
      select r.name from ranked r where r.place <= version_places or r.subnets >= 4 and r.place <= 1000
    );
    with told as (
      select t.network, t.name, count(*) as subnets
      from (select distinct t.network, t.fork_no as name, t.subnet from census_told t where t.fork_no is not null) t group by 1, 2
    ), ranked as (
      select t.*, row_number() over (partition by t.network order by t.subnets desc, t.name) as place from told t
    )
    update census_forks f set hash = 'other', next = ''
    where f.fork_no not in (
      select r.name from ranked r where r.place <= fork_places or r.subnets >= 4 and r.place <= 1000
    );
    drop table census_told;
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION public.census_write(census_at timestamp with time zone, OUT points integer, OUT zeros integer)
 RETURNS record
 LANGUAGE plpgsql
 SET work_mem TO '128MB'
 SET enable_nestloop TO 'off'
AS $function$
#variable_conflict use_column
begin
  create temp table census_points on commit drop as
  select s.series_no, g.ids, g.ips, g.network, g.population, g.time_window, g.cut, g.key
  from census_figures g left join count_series s using (network, cut, population, time_window, key);
  get diagnostics points = row_count;
  if exists (select from census_points where series_no is null) then
    with new as (
      insert into count_series (network, population, time_window, cut, key)
      select p.network, p.population, p.time_window, p.cut, p.key from census_points p where p.series_no is null
      returning series_no, network, population, time_window, cut, key
    )
    update census_points p set series_no = n.series_no from new n
    where p.series_no is null and p.network = n.network and p.cut = n.cut and p.population = n.population
      and p.time_window = n.time_window and p.key = n.key;
  end if;
  -- What has vanished since the census before gets one zero. Its series has ended until it comes back.
  insert into census_points (series_no, ids, ips)
  select s.series_no, 0, 0 from count_series s
  where s.ids > 0 and not exists (select from census_points c where c.series_no = s.series_no);
  get diagnostics zeros = row_count;
  perform create_count_partition('census_counts', census_at);
  insert into census_counts (at, series_no, ids, ips)
  select census_at, series_no, ids, ips from census_points order by series_no;
  update count_series s
  set ids = c.ids, ips = c.ips, ended_at = case when c.ids > 0 or s.cut = 'total' then null when s.ids > 0 then census_at else s.ended_at end
  from census_points c
  where s.series_no = c.series_no
    and (s.ids <> c.ids or s.ips <> c.ips or (s.ended_at is null) = (c.ids = 0 and s.cut <> 'total'));
end
$function$
;

CREATE OR REPLACE FUNCTION public.counts_between(since_at timestamp with time zone, before_at timestamp with time zone)
 RETURNS TABLE(at timestamp with time zone, resolution text, network text, population text, time_window text, cut text, key text[], ids integer, ips integer, ids_low integer, ids_high integer)
 LANGUAGE sql
 STABLE
AS $function$
  select p.at, p.resolution, s.network, s.population, s.time_window, s.cut, s.key, p.ids, p.ips, p.ids_low, p.ids_high
  from (
    select c.series_no, 'census'::text as resolution, c.at, c.ids, c.ips, null::integer as ids_low, null::integer as ids_high
    from census_counts c where c.at >= since_at and c.at < before_at
    union all
    select h.series_no, 'hour', h.from_at + (u.n - 1) * interval '1 hour', u.ids, u.ips, u.ids_low, u.ids_high
    from hour_counts h
    cross join lateral unnest(h.ids, h.ips, h.ids_low, h.ids_high) with ordinality as u (ids, ips, ids_low, ids_high, n)
    where h.from_at > since_at - interval '24 hours' and h.from_at < before_at and u.ids is not null
    union all
    select d.series_no, 'day', d.from_at + (u.n - 1) * interval '24 hours', u.ids, u.ips, u.ids_low, u.ids_high
    from day_counts d
    cross join lateral unnest(d.ids, d.ips, d.ids_low, d.ids_high) with ordinality as u (ids, ips, ids_low, ids_high, n)
    where d.from_at > since_at - interval '31 days' and d.from_at < before_at and u.ids is not null
    union all
    select b.series_no, b.resolution, b.at, b.ids, b.ips, b.ids_low, b.ids_high from count_points_before b
    where b.at >= since_at and b.at < before_at
  ) p
  join count_series s using (series_no)
  where p.at >= since_at and p.at < before_at
$function$
;

CREATE OR REPLACE FUNCTION public.coverage_horizon(census_at timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
AS $function$
  select coalesce(
    (
      select lower(span) + make_interval(secs => worked - 86400)
      from (
        select span, sum(extract(epoch from upper(span) - lower(span))) over (order by span desc)::float8 as worked
        from unnest((
          select range_agg(tstzrange(from_at, least(until_at, census_at))) from crawl_spans where heard and from_at < census_at
        )) as spans (span)
      ) added
      where worked >= 86400
      order by span desc limit 1
    ),
    census_at - interval '30 days'
  )
$function$
;

CREATE OR REPLACE FUNCTION public.create_count_partition(of_table text, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  unit text := case of_table when 'census_counts' then 'day' when 'hour_counts' then 'month' when 'day_counts' then 'year' end;
  from_at timestamptz := date_trunc(unit, at, 'UTC');
  until_at timestamptz := (from_at at time zone 'UTC' + ('1 ' || unit)::interval) at time zone 'UTC';
  part text := of_table || '_'
    || to_char(from_at at time zone 'UTC', case unit when 'day' then 'YYYYMMDD' when 'month' then 'YYYYMM' else 'YYYY' end);
begin
  if unit is null then
    raise exception 'there are no partitions of %', of_table using errcode = 'invalid_parameter_value';
  end if;
  if to_regclass(part) is not null then
    return false;
  end if;
  perform pg_advisory_xact_lock(hashtext('forkscope.counts'), 0);
  if to_regclass(part) is not null then
    return false;
  end if;
  -- Created apart and attached: that does not block readers.
  execute format('create table %I (like %I including defaults including constraints)', part, of_table);
  if of_table <> 'census_counts' then
    -- Rows of the day or month that is being filled grow with each point.
    execute format('alter table %I set (autovacuum_vacuum_scale_factor = 0.02, fillfactor = 90)', part);
  end if;
  execute format(
    'alter table %I attach partition %I for values from (%L) to (%L)', of_table, part, from_at::text, until_at::text
  );
  return true;
exception
  -- Who waited for the lock still believes what was there before.
  when duplicate_table then
    return false;
end
$function$
;

CREATE OR REPLACE FUNCTION public.create_visit_partition(day date)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  part text := 'visit_log_' || to_char(day, 'YYYYMMDD');
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
  execute format('create table %I (like visit_log including defaults including constraints)', part);
  execute format(
    'alter table visit_log attach partition %I for values from (%L) to (%L)',
    part, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00'
  );
  return true;
exception
  -- Who waited for the lock still believes what was there before.
  when duplicate_table then
    return false;
end
$function$
;

CREATE OR REPLACE FUNCTION public.follow_sessions(now_at timestamp with time zone)
 RETURNS TABLE(came integer, went integer)
 LANGUAGE plpgsql
 SET work_mem TO '128MB'
AS $function$
#variable_conflict use_column
declare
  is_first boolean;
  came_count integer := 0;
  back_count integer := 0;
  went_count integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.sessions'), 0) then
    return;
  end if;
  is_first := not exists (select from sessions);

  -- Silent twice in a row. While we hear nobody, nobody leaves.
  if exists (select from crawl_spans where heard and until_at > now_at - interval '10 minutes') then
    update sessions s
    set until_at = greatest(s.from_at, g.proved_at + (g.silent_at - g.proved_at) / 2), proved_at = g.proved_at
    from (
      select o.node_no, p.proved_at, q.silent_at
      from sessions o
      join frontier f using (node_no)
      join nodes n using (node_no)
      cross join lateral (select greatest(n.last_alive, n.last_reachable) as proved_at) p
      cross join lateral (
        select min(l.at) as silent_at, count(*) as looks
        from (
          select l.at from looks l
          where l.node_no = n.node_no and l.at > p.proved_at and l.at <= f.visited_at and not l.answered
            and (f.home is null or l.vantage = f.home)
          order by l.at limit 2
        ) l
      ) q
      where o.until_at is null and f.failures >= 2 and f.visited_at > p.proved_at and q.looks = 2
    ) g
    where s.node_no = g.node_no and s.until_at is null;
    get diagnostics went_count = row_count;
  end if;

  create temp table arrivals on commit drop as
  select n.node_no, n.network, a.lower_at, b.first_at, l.from_at as last_from, l.proved_at as last_proved,
    -- Whoever was silent only while we were away or heard nobody, as far as is known now, has not been away.
    l.until_at > now_at - interval '2 days' and b.silent < 2 as stayed
  from frontier f
  join nodes n using (node_no)
  cross join lateral (select greatest(n.last_alive, n.last_reachable) as proved_at) p
  left join lateral (
    select s.from_at, s.until_at, s.proved_at from sessions s where s.node_no = n.node_no order by s.from_at desc limit 1
  ) l on true
  cross join lateral (
    select greatest(coalesce(l.proved_at, n.first_seen), max(k.at)) as lower_at, count(*) as silent
    from looks k
    where k.node_no = n.node_no and k.at > coalesce(l.proved_at, n.first_seen - interval '1 second') and k.at < p.proved_at
      and not k.answered
  ) a
  cross join lateral (
    select least(p.proved_at, min(k.at)) as first_at, a.silent
    from looks k where k.node_no = n.node_no and k.at >= a.lower_at and k.answered
  ) b
  where f.failures = 0 and f.visited_at > now_at - interval '1 day'
    and not exists (select from sessions o where o.node_no = f.node_no and o.until_at is null)
    and p.proved_at > now_at - interval '1 day' and (l.proved_at is null or p.proved_at > l.proved_at)
    and not n.crawler
    -- Whom nobody can reach is heard when he calls, and is not gone in between.
    and not coalesce(n.last_inbound > now_at - interval '1 day'
      and coalesce(n.last_reachable <= now_at - interval '1 day', true), false);

  update sessions s set until_at = null, proved_at = null
  from arrivals a where a.stayed and s.node_no = a.node_no and s.from_at = a.last_from;
  get diagnostics back_count = row_count;

  insert into sessions (node_no, from_at, begun)
  select a.node_no, case when b.begun then a.lower_at + (a.first_at - a.lower_at) / 2 else a.first_at end, b.begun
  from arrivals a
  cross join lateral (
    -- What was there before anybody looked is found in the first two hours.
    select a.last_from is not null or not is_first and a.lower_at >= interval '2 hours' + coalesce(
      (select min(c.from_at) from crawl_spans c where c.heard and a.network = any (c.networks)),
      (select min(c.from_at) from crawl_spans c where c.heard),
      'infinity'
    ) as begun
  ) b
  where a.stayed is not true
  on conflict do nothing;
  get diagnostics came_count = row_count;
  drop table arrivals;
  return query select came_count + back_count, went_count;
end
$function$
;

CREATE OR REPLACE FUNCTION public.keep_visits(given visit_log[])
 RETURNS integer
 LANGUAGE plpgsql
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
#variable_conflict use_column
declare
  from_at timestamptz;
  until_at timestamptz;
  kept integer;
begin
  select min(g.at), max(g.at) into from_at, until_at from unnest(given) g;
  insert into visit_log
  select distinct on (g.visit_key) g.* from unnest(given) g
  where not exists (
    select from visit_log o
    where o.node_no = g.node_no and o.at = g.at and o.at between from_at and until_at and o.visit_key = g.visit_key
  ) and not exists (
    select from visits_before o
    where o.node_no = g.node_no and o.at = g.at and o.at between from_at and until_at and o.visit_key = g.visit_key
  );
  get diagnostics kept = row_count;
  return kept;
end
$function$
;

CREATE OR REPLACE FUNCTION public.node_presence(of_node bigint, now_at timestamp with time zone)
 RETURNS TABLE(time_window text, up_s double precision, watched_s double precision, sessions integer)
 LANGUAGE sql
 STABLE
AS $function$
  with watch as (
    select w.edges, w.sums from watch_edges(now_at) w
    where w.scope = coalesce((select n.network from nodes n where n.node_no = of_node), 'all')
  ), own as (
    select t.from_at, least(t.until_at, now_at) as until_at from session_times t where t.node_no = of_node and t.from_at < now_at
  )
  select s.name,
    coalesce(sum(watched_before(o.until_at, w.edges, w.sums) - watched_before(greatest(o.from_at, now_at - s.length), w.edges, w.sums))
      filter (where o.until_at > now_at - s.length), 0),
    watched_before(now_at, w.edges, w.sums)
      - watched_before(greatest(now_at - s.length, min(o.from_at)), w.edges, w.sums),
    (count(*) filter (where o.until_at > now_at - s.length))::integer
  from (values ('day', interval '24 hours'), ('week', interval '7 days'), ('month', interval '30 days')) as s (name, length)
  cross join watch w cross join own o
  group by s.name, s.length, w.edges, w.sums
$function$
;

CREATE OR REPLACE FUNCTION public.node_visits(of_node bigint, most integer)
 RETURNS SETOF visit_rows
 LANGUAGE plpgsql
 STABLE
AS $function$
#variable_conflict use_column
declare
  before_at timestamptz := 'infinity';
  since_at timestamptz;
  first_at timestamptz;
  days integer := 1;
  got integer;
  told integer := 0;
begin
  select date_trunc('day', greatest(n.last_visit, n.last_seen), 'UTC'), n.first_seen - interval '1 day' into since_at, first_at
  from nodes n where n.node_no = of_node;
  while told < most and before_at > first_at loop
    return query execute format(
      'select * from visit_rows v where v.node_no = $1 and v.at >= %L and v.at < %L order by v.at desc limit $2', since_at, before_at
    ) using of_node, most - told;
    get diagnostics got = row_count;
    told := told + got;
    before_at := since_at;
    since_at := since_at - days * interval '24 hours';
    days := days * 2;
  end loop;
end
$function$
;

CREATE OR REPLACE FUNCTION public.pack_points(resolution text)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  packed text := case pack_points.resolution when 'hour' then 'hour_counts' else 'day_counts' end;
  span text := case pack_points.resolution when 'hour' then 'day' else 'month' end;
  step interval := case pack_points.resolution when 'hour' then interval '1 hour' else interval '24 hours' end;
  slot record;
  added integer;
  point_count integer := 0;
begin
  -- Instant by instant: nearly always there is one, and each series has a row for it to go into.
  for slot in
    select p.at, date_trunc(span, p.at, 'UTC') as from_at,
      1 + (extract(epoch from p.at - date_trunc(span, p.at, 'UTC')) / extract(epoch from step))::integer as n
    from (select distinct at from rolled_points) p order by p.at
  loop
    perform create_count_partition(packed, slot.at);
    execute format(
      $sql$
        insert into %1$I as old (from_at, series_no, ids, ips, ids_low, ids_high)
        select $1, p.series_no, array_fill(null::integer, array[%2$s - 1]) || p.ids, array_fill(null::integer, array[%2$s - 1]) || p.ips,
          array_fill(null::integer, array[%2$s - 1]) || p.ids_low, array_fill(null::integer, array[%2$s - 1]) || p.ids_high
        from rolled_points p where p.at = $2 order by p.series_no
        on conflict (series_no, from_at) do update set ids[%2$s] = excluded.ids[%2$s], ips[%2$s] = excluded.ips[%2$s],
          ids_low[%2$s] = excluded.ids_low[%2$s], ids_high[%2$s] = excluded.ids_high[%2$s]
      $sql$, packed, slot.n
    ) using slot.from_at, slot.at;
    get diagnostics added = row_count;
    point_count := point_count + added;
  end loop;
  return point_count;
end
$function$
;

CREATE OR REPLACE FUNCTION public.remove_old(what text, now_at timestamp with time zone, visit_days integer, census_days integer, unproven_days integer, unproven_nodes integer DEFAULT 1000000, most integer DEFAULT 20000)
 RETURNS bigint
 LANGUAGE plpgsql
 SET work_mem TO '64MB'
AS $function$
#variable_conflict use_variable
declare
  census_cutoff timestamptz;
  gone bigint;
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.retention'), 0) then
    return null;
  end if;
  if what in ('census_points', 'coverage_points') then
    census_cutoff := census_cutoff(now_at, census_days);
  end if;

  case what
  when 'census_points' then
    -- Of those before migration 49; now their day goes whole.
    delete from count_points_before p where p.ctid = any (array(
      select o.ctid from count_points_before o where o.resolution = 'census' and o.at < census_cutoff limit most
    ));
  when 'coverage_points' then
    delete from coverage_points p where p.ctid = any (array(
      select o.ctid from coverage_points o where o.resolution = 'census' and o.at < census_cutoff limit most
    ));
  when 'crawl_spans' then
    -- As long as the longest window of churn, and a day.
    delete from crawl_spans s where s.ctid = any (array(
      select o.ctid from crawl_spans o where o.until_at < now_at - make_interval(days => greatest(visit_days, 31)) limit most
    ));
  when 'sessions' then
    delete from sessions s where s.ctid = any (array(
      select o.ctid from sessions o where o.until_at < now_at - interval '31 days' limit most
    ));
  when 'churn_points' then
    delete from churn_points c where c.ctid = any (array(
      select o.ctid from churn_points o
      where o.at < now_at - case o.cut when 'total' then interval '366 days' else interval '2 days' end
      limit most
    ));
  when 'endpoints' then
    delete from endpoints e where e.ctid = any (array(
      select o.ctid from endpoints o
      where o.last_pong is null and o.last_handshake is null and o.last_seen < now_at - make_interval(days => unproven_days)
      limit most
    ));
  when 'nodes' then
    -- Names that nothing ever stood behind. Their visits stay until their day goes.
    delete from nodes n where n.node_no = any (array(
      select o.node_no from nodes o
      where o.last_seen < now_at - make_interval(days => unproven_days)
        and o.last_alive is null and o.last_reachable is null and o.last_inbound is null
      limit most
    ));
  when 'gone_nodes' then
    -- Who was there is remembered for as long as he was there, at least for a month and at most for a year: an IP that
    -- makes up keys must not fill the database. What was counted of them stays.
    delete from nodes n where n.node_no = any (array(
      select o.node_no from nodes o
      cross join lateral (select greatest(o.last_alive, o.last_reachable, o.last_inbound) as proved_at) p
      where o.last_seen < now_at - interval '31 days'
        and p.proved_at < now_at - least(interval '366 days', greatest(interval '31 days', p.proved_at - o.first_seen))
      limit most
    ));
  when 'crowded_nodes' then
    -- Of names without proof only so many: whoever names more pushes out those that were named longest ago.
    delete from nodes n where n.node_no = any (array(
      select o.node_no from nodes o
      where o.last_alive is null and o.last_reachable is null and o.last_inbound is null
      order by o.last_seen desc, o.node_no desc offset unproven_nodes limit most
    ));
  when 'clients' then
    -- Neither a node nor a visit names it any more, and whoever hears it again looks it up at least once a day.
    delete from clients c where c.client_no = any (array(
      select o.client_no from clients o
      where coalesce(o.last_used, o.first_seen) < now_at - make_interval(days => visit_days + 2)
        and not exists (select from nodes n where n.client_no = o.client_no)
      limit most
    ));
  when 'fork_ids' then
    delete from fork_ids f where f.fork_no = any (array(
      select o.fork_no from fork_ids o
      where coalesce(o.last_used, o.first_seen) < now_at - make_interval(days => visit_days + 2)
        and not exists (select from nodes n where n.fork_no = o.fork_no)
      limit most
    ));
  when 'head_estimates' then
    -- Of old ones the last of each hour stays for good, as of the counts.
    delete from head_estimates h where h.ctid = any (array(
      select o.ctid from (
        select e.ctid, e.at, lead(e.at) over (partition by e.network order by e.at) as next_at
        from head_estimates e where e.at < date_trunc('hour', now_at - make_interval(days => census_days), 'UTC')
      ) o
      where o.next_at < date_trunc('hour', o.at, 'UTC') + interval '1 hour'
      limit most
    ));
  when 'block_facts' then
    -- The judges of a network that is watched clear up behind themselves; this is for those that nobody watches any more.
    delete from block_facts b where b.ctid = any (array(
      select o.ctid from block_facts o where o.at < now_at - make_interval(days => visit_days) limit most
    ));
  when 'rpc_heads' then
    delete from rpc_heads r where r.ctid = any (array(
      select o.ctid from rpc_heads o where o.at < now_at - make_interval(days => visit_days) limit most
    ));
  end case;
  get diagnostics gone = row_count;
  return gone;
end
$function$
;

CREATE OR REPLACE FUNCTION public.repair_future(now_at timestamp with time zone, longest_wait interval)
 RETURNS TABLE(what text, repaired bigint)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  -- Clocks that are apart by less count as equal.
  latest constant timestamptz := now_at + interval '5 seconds';
  gone bigint;
begin
  -- Such a clock marks all that it touches, so that it shows in what is small or has an index. Else of the large
  -- tables only frontier is read whole.
  if coalesce(greatest(
    (select max(n.last_seen) from nodes n),
    (select greatest(max(f.visited_at), max(f.due_at) - longest_wait, max(f.lease_until) - interval '1 hour') from frontier f),
    (select max(s.until_at) from crawl_spans s),
    (select max(greatest(v.last_beat, v.started_at, v.unwritten_since)) from vantages v),
    (select max(c.at) from census_runs c),
    (select max(p.at) from churn_points p),
    (select max(s.until_at) from sessions s),
    (select max(w.judged_at) from fork_watches w),
    (select max(s.ended_at) from count_series s),
    (select max(greatest(c.first_seen, c.last_used)) from clients c),
    (select max(greatest(f.first_seen, f.last_used)) from fork_ids f)
  ) <= latest, true) then
    return;
  end if;

  -- How long the next visit is after the last stays as it was: rows come as they went, not all at once.
  update frontier f set
    due_at = least(case when f.visited_at > latest then now_at + (f.due_at - f.visited_at) else f.due_at end, now_at + longest_wait),
    visited_at = case when f.visited_at > now_at then now_at else f.visited_at end,
    lease_until = case when f.lease_until > now_at + interval '1 hour' then now_at + interval '1 hour' else f.lease_until end
  where f.visited_at > latest or f.due_at > latest + longest_wait or f.lease_until > latest + interval '1 hour';
  get diagnostics repaired = row_count;
  what := 'frontier';
  return next;

  update nodes n set
    first_seen = least(n.first_seen, now_at), last_seen = least(n.last_seen, now_at),
    last_alive = case when n.last_alive > now_at then now_at else n.last_alive end,
    last_discv4 = case when n.last_discv4 > now_at then now_at else n.last_discv4 end,
    last_discv5 = case when n.last_discv5 > now_at then now_at else n.last_discv5 end,
    last_reachable = case when n.last_reachable > now_at then now_at else n.last_reachable end,
    last_inbound = case when n.last_inbound > now_at then now_at else n.last_inbound end,
    last_identified = case when n.last_identified > now_at then now_at else n.last_identified end,
    last_status = case when n.last_status > now_at then now_at else n.last_status end,
    last_visit = case when n.last_visit > now_at then now_at else n.last_visit end,
    last_pinged = case when n.last_pinged > now_at then now_at else n.last_pinged end,
    last_dialled = case when n.last_dialled > now_at then now_at else n.last_dialled end,
    head_at = case when n.head_at > now_at then now_at else n.head_at end,
    silent_since = case when n.silent_since > now_at then now_at else n.silent_since end,
    fork_at = case when n.fork_at > now_at then now_at else n.fork_at end
  where greatest(n.last_seen, n.last_visit, n.last_alive, n.last_reachable, n.last_inbound, n.last_identified, n.last_status,
    n.last_pinged, n.last_dialled, n.head_at, n.silent_since, n.fork_at, n.first_seen, n.last_discv4, n.last_discv5) > latest;
  get diagnostics repaired = row_count;
  what := 'nodes';
  return next;

  update reachability r set
    last_visit = case when r.last_visit > now_at then now_at else r.last_visit end,
    last_alive = case when r.last_alive > now_at then now_at else r.last_alive end,
    last_dialled = case when r.last_dialled > now_at then now_at else r.last_dialled end,
    last_reachable = case when r.last_reachable > now_at then now_at else r.last_reachable end,
    last_inbound = case when r.last_inbound > now_at then now_at else r.last_inbound end,
    look_at = case when r.last_visit > latest then now_at + (r.look_at - r.last_visit) else r.look_at end
  where greatest(r.last_visit, r.last_alive, r.last_dialled, r.last_reachable, r.last_inbound) > latest;
  get diagnostics repaired = row_count;
  what := 'reachability';
  return next;

  update endpoints e set
    first_seen = least(e.first_seen, now_at), last_seen = least(e.last_seen, now_at),
    last_pong = case when e.last_pong > now_at then now_at else e.last_pong end,
    last_handshake = case when e.last_handshake > now_at then now_at else e.last_handshake end
  where greatest(e.last_seen, e.last_pong, e.last_handshake) > latest;
  get diagnostics repaired = row_count;
  what := 'endpoints';
  return next;

  update clients c set first_seen = least(c.first_seen, now_at), last_used = case when c.last_used > now_at then now_at else c.last_used end
  where greatest(c.first_seen, c.last_used) > latest;
  get diagnostics repaired = row_count;
  what := 'clients';
  return next;

  update fork_ids f set first_seen = least(f.first_seen, now_at), last_used = case when f.last_used > now_at then now_at else f.last_used end
  where greatest(f.first_seen, f.last_used) > latest;
  get diagnostics repaired = row_count;
  what := 'fork_ids';
  return next;

  -- Who was at work at a time that has not come was not.
  delete from crawl_spans s where s.from_at > latest;
  get diagnostics gone = row_count;
  update crawl_spans s set until_at = now_at where s.until_at > latest;
  get diagnostics repaired = row_count;
  repaired := repaired + gone;
  what := 'crawl_spans';
  return next;

  update vantages v set
    last_beat = least(v.last_beat, now_at), started_at = least(v.started_at, now_at),
    unwritten_since = case when v.unwritten_since > now_at then now_at else v.unwritten_since end
  where greatest(v.last_beat, v.started_at, v.unwritten_since) > latest;
  get diagnostics repaired = row_count;
  what := 'vantages';
  return next;

  -- A census of a time to come would be the newest until then, and keep others from being taken.
  delete from census_runs c where c.at > latest;
  get diagnostics repaired = row_count;
  what := 'census_runs';
  return next;

  delete from census_counts p where p.at > latest;
  get diagnostics repaired = row_count;
  delete from count_points_before p where p.resolution in ('census', 'hour', 'day') and p.at > latest;
  get diagnostics gone = row_count;
  repaired := repaired + gone;
  delete from hour_counts p where p.from_at > latest;
  get diagnostics gone = row_count;
  repaired := repaired + gone;
  delete from day_counts p where p.from_at > latest;
  get diagnostics gone = row_count;
  repaired := repaired + gone;
  -- Of the day and the month that are under way what has begun stays.
  update hour_counts p set ids = p.ids[:begun], ips = p.ips[:begun], ids_low = p.ids_low[:begun], ids_high = p.ids_high[:begun]
  from (select 1 + extract(hour from latest at time zone 'UTC')::integer as begun) b
  where p.from_at = date_trunc('day', latest, 'UTC') and cardinality(p.ids) > begun;
  get diagnostics gone = row_count;
  repaired := repaired + gone;
  update day_counts p set ids = p.ids[:begun], ips = p.ips[:begun], ids_low = p.ids_low[:begun], ids_high = p.ids_high[:begun]
  from (select extract(day from latest at time zone 'UTC')::integer as begun) b
  where p.from_at = date_trunc('month', latest, 'UTC') and cardinality(p.ids) > begun;
  get diagnostics gone = row_count;
  repaired := repaired + gone;
  what := 'count_points';
  return next;

  -- What ended with such a census was counted by the newest that is left, and shows that.
  update count_series s
  set ended_at = case when s.ended_at > latest then null else s.ended_at end, ids = o.ids, ips = o.ips
  from (
    select a.series_no, coalesce(n.ids, 0) as ids, coalesce(n.ips, 0) as ips
    from count_series a left join (
      select p.series_no, p.ids, p.ips from count_points p
      where p.resolution = 'census' and p.at = (select max(r.at) from census_runs r)
    ) n using (series_no)
  ) o
  where s.series_no = o.series_no and (s.ended_at > latest or s.ids <> o.ids or s.ips <> o.ips);
  get diagnostics repaired = row_count;
  what := 'count_series';
  return next;

  delete from coverage_points p where p.at > latest;
  get diagnostics repaired = row_count;
  what := 'coverage_points';
  return next;

  delete from churn_points p where p.at > latest;
  get diagnostics repaired = row_count;
  what := 'churn_points';
  return next;

  -- What was told of chains holds; when it was told is at the latest now.
  delete from head_estimates h where h.at > latest;
  get diagnostics repaired = row_count;
  what := 'head_estimates';
  return next;

  update block_facts b set at = now_at where b.at > latest;
  get diagnostics repaired = row_count;
  what := 'block_facts';
  return next;

  update learned_forks l set seen_at = now_at where l.seen_at > latest;
  get diagnostics repaired = row_count;
  what := 'learned_forks';
  return next;

  update fork_watches w set judged_at = now_at where w.judged_at > latest;
  get diagnostics repaired = row_count;
  what := 'fork_watches';
  return next;

  delete from sessions s where s.from_at > latest;
  get diagnostics gone = row_count;
  update sessions s set until_at = greatest(s.from_at, now_at), proved_at = least(s.proved_at, now_at) where s.until_at > latest;
  get diagnostics repaired = row_count;
  repaired := repaired + gone;
  what := 'sessions';
  return next;
end
$function$
;

CREATE OR REPLACE FUNCTION public.retire_partition(of_table text, before_day date)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET lock_timeout TO '50ms'
AS $function$
declare
  part text;
begin
  if of_table not in ('visit_log', 'visits_before', 'census_counts') then
    raise exception 'partitions of % stay', of_table using errcode = 'invalid_parameter_value';
  end if;
  if not pg_try_advisory_xact_lock(hashtext('forkscope.retention'), 0) then
    return null;
  end if;
  select c.relname into part from pg_class c
  where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
    and c.relname ~ ('^gone_' || of_table || '_[0-9]{8}$') limit 1;
  if part is not null then
    -- It takes time to remove, and nobody can see it any more.
    execute format('drop table %I', part);
    return 'dropped';
  end if;
  select c.relname into part from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where i.inhparent = of_table::regclass and c.relname ~ ('^' || of_table || '_[0-9]{8}$')
    and to_date(right(c.relname, 8), 'YYYYMMDD') < before_day
  order by 1 limit 1;
  if part is null then
    return 'none';
  end if;
  execute format('alter table %I detach partition %I', of_table, part);
  -- Its name is free for visits that come late.
  execute format('alter table %I rename to %I', part, 'gone_' || part);
  return 'detached';
exception
  when lock_not_available then
    return 'busy';
end
$function$
;

CREATE OR REPLACE FUNCTION public.roll_up_counts(until_at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.rollup'), 0) then
    return null;
  end if;
  return roll_up_to('hour', until_at) + roll_up_to('day', until_at);
end
$function$
;

CREATE OR REPLACE FUNCTION public.roll_up_to(coarse text, until_at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  fine text := case coarse when 'hour' then 'census' else 'hour' end;
  end_at timestamptz := date_trunc(coarse, until_at, 'UTC');
  -- What census_runs.rolled says of those that are to be taken up.
  stage smallint := case coarse when 'hour' then 0 else 1 end;
  span record;
  point_count integer;
begin
  -- All of each span in which something is new, so that what came late changes what was there.
  create temp table rolled_instants on commit drop as
  with spans as (
    select distinct date_trunc(coarse, r.at, 'UTC') as span_at from census_runs r
    where r.rolled < 2 and r.rolled = stage and r.at < end_at
  )
  select distinct case coarse when 'hour' then r.at else date_trunc('hour', r.at, 'UTC') end as at, s.span_at
  from spans s join census_runs r on r.at >= s.span_at and r.at < s.span_at + ('1 ' || coarse)::interval and r.rolled >= stage
    and r.at < end_at;
  analyze rolled_instants;

  -- For each series the instants that stand for a span: the complete ones, or all where none is.
  create temp table rolled_looks on commit drop as
  with marked as (
    select c.network, c.population, c.time_window, c.at, i.span_at
    from coverage_points c join rolled_instants i on i.at = c.at
    where c.resolution = fine and c.partial is not null
  ), spans as (
    select span_at, count(*) as looks, max(at) as last_at from rolled_instants group by span_at
  ), complete as (
    select m.network, m.population, m.time_window, m.span_at, count(i.at) as looks, max(i.at) as last_at
    from (select distinct network, population, time_window, span_at from marked) m
    left join rolled_instants i on i.span_at = m.span_at and not exists (
      select from marked x
      where x.network = m.network and x.population = m.population and x.time_window = m.time_window and x.at = i.at
    )
    group by m.network, m.population, m.time_window, m.span_at
  )
  select s.network, s.population, s.time_window, h.span_at,
    case when k.looks > 0 then k.looks else h.looks end as looks,
    case when k.looks > 0 then k.last_at else h.last_at end as last_at,
    coalesce(k.looks, 0) > 0 as only_complete
  from (select distinct network, population, time_window from count_series) s
  cross join spans h
  left join complete k using (network, population, time_window, span_at);
  analyze rolled_looks;

  create temp table rolled_fine (series_no integer, at timestamptz, ids integer, ips integer, ids_low integer, ids_high integer) on commit drop;
  for span in select distinct i.span_at, i.span_at + ('1 ' || coarse)::interval as until_at from rolled_instants i loop
    if coarse = 'hour' then
      insert into rolled_fine
      select p.series_no, p.at, p.ids, p.ips, p.ids, p.ids from census_counts p
      where p.at >= span.span_at and p.at < span.until_at and p.at in (select i.at from rolled_instants i);
    else
      insert into rolled_fine
      select p.series_no, p.from_at + (u.n - 1) * interval '1 hour', u.ids, u.ips, u.ids_low, u.ids_high
      from hour_counts p
      cross join lateral unnest(p.ids, p.ips, p.ids_low, p.ids_high) with ordinality as u (ids, ips, ids_low, ids_high, n)
      where p.from_at = span.span_at and u.ids is not null;
    end if;
    insert into rolled_fine
    select p.series_no, p.at, p.ids, p.ips, coalesce(p.ids_low, p.ids), coalesce(p.ids_high, p.ids) from count_points_before p
    where p.resolution = fine and p.at >= span.span_at and p.at < span.until_at
      and (coarse <> 'hour' or p.at in (select i.at from rolled_instants i));
  end loop;
  analyze rolled_fine;

  create temp table rolled_points on commit drop as
  select p.series_no, l.span_at as at, coalesce(max(p.ids) filter (where p.at = l.last_at), 0) as ids,
    coalesce(max(p.ips) filter (where p.at = l.last_at), 0) as ips,
    case when count(*) < l.looks then 0 else min(p.ids_low) end as ids_low, max(p.ids_high) as ids_high
  from rolled_looks l
  join count_series s using (network, population, time_window)
  join rolled_fine p on p.series_no = s.series_no and date_trunc(coarse, p.at, 'UTC') = l.span_at
  where not l.only_complete or not exists (
    select from coverage_points c
    where c.network = l.network and c.population = l.population and c.time_window = l.time_window
      and c.resolution = fine and c.at = p.at and c.partial is not null
  )
  group by p.series_no, l.span_at, l.looks, l.last_at;
  point_count := pack_points(coarse);
  -- From here on they are there, and no longer among those of before.
  delete from count_points_before p using (select distinct span_at from rolled_looks) l
  where p.resolution = coarse and p.at = l.span_at;

  insert into coverage_points as old (
    network, population, time_window, resolution, at, due, looked, watched, unknown_ids, unknown_ips, whole_ids, whole_ips, partial
  )
  select c.network, c.population, c.time_window, coarse, l.span_at, c.due, c.looked, c.watched, c.unknown_ids, c.unknown_ips,
    c.whole_ids, c.whole_ips, c.partial
  from rolled_looks l
  join coverage_points c using (network, population, time_window)
  where c.resolution = fine and c.at = l.last_at
  on conflict (network, population, time_window, resolution, at) do update
    set due = excluded.due, looked = excluded.looked, watched = excluded.watched, unknown_ids = excluded.unknown_ids,
      unknown_ips = excluded.unknown_ips, whole_ids = excluded.whole_ids, whole_ips = excluded.whole_ips,
      partial = excluded.partial;
  -- What was read, and no census that came since: the next roll-up takes that up.
  update census_runs r set rolled = stage + 1 from rolled_instants i
  where i.at = case coarse when 'hour' then r.at else date_trunc('hour', r.at, 'UTC') end and r.rolled >= stage and r.at < end_at;
  drop table rolled_instants, rolled_looks, rolled_fine, rolled_points;
  return point_count;
end
$function$
;

CREATE OR REPLACE FUNCTION public.series_oldest(of_series integer, of_resolution text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  first_at timestamptz;
begin
  case of_resolution
  when 'census' then select min(p.at) into first_at from census_counts p where p.series_no = of_series;
  when 'hour' then select min(p.from_at) into first_at from hour_counts p where p.series_no = of_series;
  when 'day' then select min(p.from_at) into first_at from day_counts p where p.series_no = of_series;
  end case;
  if of_resolution <> 'census' then
    select min(p.at) into first_at from series_points(of_series, of_resolution, first_at, first_at + interval '31 days') p;
  end if;
  return least(
    first_at, (select min(p.at) from count_points_before p where p.series_no = of_series and p.resolution = of_resolution)
  );
end
$function$
;

CREATE OR REPLACE FUNCTION public.series_points(of_series integer, of_resolution text, since_at timestamp with time zone, before_at timestamp with time zone)
 RETURNS TABLE(at timestamp with time zone, ids integer, ips integer, ids_low integer, ids_high integer)
 LANGUAGE sql
 STABLE
AS $function$
  select p.at, p.ids, p.ips, null::integer, null::integer from census_counts p
  where of_resolution = 'census' and p.series_no = of_series and p.at >= since_at and p.at < before_at
  union all
  select p.from_at + (u.n - 1) * interval '1 hour', u.ids, u.ips, u.ids_low, u.ids_high
  from hour_counts p
  cross join lateral unnest(p.ids, p.ips, p.ids_low, p.ids_high) with ordinality as u (ids, ips, ids_low, ids_high, n)
  where of_resolution = 'hour' and p.series_no = of_series
    and p.from_at > since_at - interval '24 hours' and p.from_at < before_at
    and p.from_at + (u.n - 1) * interval '1 hour' >= since_at and p.from_at + (u.n - 1) * interval '1 hour' < before_at
    and u.ids is not null
  union all
  select p.from_at + (u.n - 1) * interval '24 hours', u.ids, u.ips, u.ids_low, u.ids_high
  from day_counts p
  cross join lateral unnest(p.ids, p.ips, p.ids_low, p.ids_high) with ordinality as u (ids, ips, ids_low, ids_high, n)
  where of_resolution = 'day' and p.series_no = of_series
    and p.from_at > since_at - interval '31 days' and p.from_at < before_at
    and p.from_at + (u.n - 1) * interval '24 hours' >= since_at and p.from_at + (u.n - 1) * interval '24 hours' < before_at
    and u.ids is not null
  union all
  select p.at, p.ids, p.ips, p.ids_low, p.ids_high from count_points_before p
  where p.series_no = of_series and p.resolution = of_resolution and p.at >= since_at and p.at < before_at
$function$
;

CREATE OR REPLACE FUNCTION public.share_of_window(spans tstzmultirange, from_at timestamp with time zone, until_at timestamp with time zone)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select coalesce(sum(extract(epoch from upper(span) - lower(span))), 0) / extract(epoch from until_at - from_at)
  from unnest(spans * tstzmultirange(tstzrange(from_at, until_at))) as covered (span)
$function$
;

CREATE OR REPLACE FUNCTION public.take_census(census_at timestamp with time zone, taken_by text, asked_at timestamp with time zone DEFAULT clock_timestamp(), next_within_ms bigint DEFAULT NULL::bigint)
 RETURNS TABLE(points integer, nodes integer, duration_ms integer)
 LANGUAGE plpgsql
 SET work_mem TO '128MB'
AS $function$
#variable_conflict use_column
declare
  -- A stopwatch, which decides nothing: what was counted follows from census_at.
  began timestamptz := clock_timestamp();
  took interval;
  point_count integer;
  zero_count integer;
  node_count integer;
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.census'), 0) then
    return;
  end if;
  if exists (select from census_runs r where r.at >= census_at) then
    return;
  end if;

  perform census_look(census_at, coverage_horizon(census_at));
  perform census_names();
  perform census_add_up();

  create temp table census_figures on commit drop as
  select g.network, g.cut, g.key, g.population, g.time_window, g.ids, g.ips from census_figures() g
  union all
  select v.* from vantage_figures(census_at) v;
  -- Totals are always there: a chart must tell nothing found from not looked.
  insert into census_figures
  select s.scope, 'total', '{}'::text[], p.population, w.time_window, 0, 0
  from (select 'all' as scope union all select slug from watched_networks) s
  cross join (values ('seen'), ('alive'), ('reachable'), ('inboundOnly'), ('identified')) as p (population)
  cross join (values ('now'), ('day')) as w (time_window)
  where not exists (
    select from census_figures k
    where k.cut = 'total' and k.network = s.scope and k.population = p.population and k.time_window = w.time_window
  );
  -- How many they are is all that the planner needs.
  analyze census_figures (cut);

  select w.points, w.zeros into point_count, zero_count from census_write(census_at) w;
  perform write_coverage(census_at);

  select coalesce(max(g.ids), 0) into node_count from census_figures g
  where g.network = 'all' and g.cut = 'total' and g.population = 'seen' and g.time_window = 'day';
  point_count := point_count + zero_count;
  drop table census_nodes, census_patterns, census_mixed, census_groups, census_rests, census_clients, census_forks, census_words,
    census_client_words, census_fork_words, census_rest_words, census_rest_groups, census_rest_mixed, census_cells, census_figures, census_points;
  took := clock_timestamp() - began;
  insert into census_runs (at, started_at, finished_at, duration_ms, points, nodes, source, interval_ms)
  values (
    census_at, asked_at, asked_at + took, (extract(epoch from took) * 1000)::integer, point_count, node_count, taken_by,
    next_within_ms
  );
  return query select point_count, node_count, (extract(epoch from took) * 1000)::integer;
end
$function$
;

CREATE OR REPLACE FUNCTION public.take_churn(now_at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SET work_mem TO '128MB'
AS $function$
#variable_conflict use_column
declare
  point_count integer := 0;
  added integer;
  watch record;
  span record;
begin
  if not pg_try_advisory_xact_lock(hashtext('forkscope.churn'), 0) then
    return null;
  end if;

  create temp table stays on commit drop as
  select t.node_no, t.network, coalesce(c.name, '') as client,
    case family(t.ip) when 6 then network(set_masklen(t.ip, 64))::inet else t.ip end as ip,
    t.from_at, t.begun, t.ended, least(t.until_at, now_at) as until_at, min(t.from_at) over (partition by t.node_no) as first_at
  from session_times t left join clients c using (client_no)
  where t.until_at > now_at - interval '30 days' and t.from_at < now_at;
  create index on stays (network);
  analyze stays;

  for watch in
    select w.* from watch_edges(now_at) w where w.scope = 'all' or exists (select from stays s where s.network = w.scope)
      or exists (select from watched_networks n where n.slug = w.scope)
  loop
    for span in
      select w.*, extract(epoch from w.length)::float8 as seconds, now_at - w.length as from_at,
        least(1, (watched_before(now_at, watch.edges, watch.sums) - watched_before(now_at - w.length, watch.edges, watch.sums))
          / extract(epoch from w.length)::float8) as watched
      from (values ('day', interval '24 hours'), ('week', interval '7 days'), ('month', interval '30 days')) as w (name, length)
    loop
      insert into churn_points (
        network, cut, key, time_window, at, nodes, joined_ids, joined_ips, left_ids, left_ips, rotating_ids, sessions,
        median_s, at_least_s, uptime, watched, partial
      )
      with here as materialized (
        select s.node_no, s.client, s.ip, s.first_at, s.begun, s.ended, s.until_at,
          s.begun and s.from_at > span.from_at as came, s.ended and s.until_at > span.from_at as went,
          extract(epoch from s.until_at - s.from_at)::float8 as lasted,
          watched_before(s.until_at, watch.edges, watch.sums)
            - watched_before(greatest(s.from_at, span.from_at), watch.edges, watch.sums) as up
        from stays s
        where (watch.scope = 'all' or s.network = watch.scope) and s.until_at > span.from_at
      ), members as (
        select h.node_no, h.client, h.ip, sum(h.up) as up, bool_or(h.came) as came, bool_or(h.went) as went,
          bool_or(not h.ended) as stays, bool_or(h.begun) and min(h.first_at) > span.from_at as fresh,
          watched_before(now_at, watch.edges, watch.sums)
            - watched_before(greatest(min(h.first_at), span.from_at), watch.edges, watch.sums) as member
        from here h group by h.node_no, h.client, h.ip
      ), rotating as materialized (
        -- As the page of a node says it of its IP: half of its IDs are new, and half are gone again.
        select m.ip from members m where m.ip is not null group by m.ip
        having count(*) >= 8 and count(*) filter (where m.fresh) * 2 >= count(*) and count(*) filter (where m.stays) * 2 <= count(*)
      ), ranked as (
        select m.client, case when row_number() over (order by count(*) desc, m.client) <= 50 then m.client else 'other' end as key
        from members m where m.client <> '' group by m.client
      ), per_ip as (
        -- Unique addresses by two plain aggregations instead of count(distinct).
        select k.cut, k.key, t.ip, count(*) as nodes, count(*) filter (where t.came) as came, count(*) filter (where t.went) as went,
          count(*) filter (where t.rotates) as rotating, sum(t.up) filter (where not t.rotates) as up,
          sum(t.member) filter (where not t.rotates) as member
        from (
          select m.*, coalesce(r.key, '') as key, coalesce(m.ip in (select ip from rotating), false) as rotates
          from members m left join ranked r using (client)
        ) t
        cross join lateral (values ('total', ''), ('client', t.key)) as k (cut, key)
        group by k.cut, k.key, t.ip
      ), sums as (
        select p.cut, p.key, sum(p.nodes) as nodes, sum(p.came) as joined_ids, count(p.ip) filter (where p.came > 0) as joined_ips,
          sum(p.went) as left_ids, count(p.ip) filter (where p.went > 0) as left_ips, sum(p.rotating) as rotating_ids,
          sum(p.up) as up, sum(p.member) as member
        from per_ip p group by p.cut, p.key
      ), survival as (
        -- Kaplan and Meier: of those that lasted as long or longer, which share lasts longer still. Ends come before those
        -- that go on and have lasted as long.
        select x.cut, x.key, x.lasted, x.ended,
          count(*) over (partition by x.cut, x.key) as sessions,
          sum(case when not x.ended then 0 when x.at_risk = 1 then -1e3 else ln(1 - 1.0::float8 / x.at_risk) end)
            over (partition by x.cut, x.key order by x.at_risk desc) as log_share
        from (
          select k.cut, k.key, h.lasted, h.ended,
            row_number() over (partition by k.cut, k.key order by h.lasted desc, h.ended, h.node_no) as at_risk
          from here h left join ranked r using (client)
          cross join lateral (values ('total', ''), ('client', coalesce(r.key, ''))) as k (cut, key)
          where h.came and (h.ip in (select ip from rotating)) is not true
        ) x
      ), lengths as (
        select v.cut, v.key, max(v.sessions) as sessions, min(v.lasted) filter (where v.ended and v.log_share <= ln(0.5::float8) + 1e-9) as median_s,
          max(v.lasted) as longest_s
        from survival v group by v.cut, v.key
      ), all_keys as (
        select s.cut, s.key from sums s union select 'total', ''
      )
      select watch.scope, a.cut, a.key, span.name, now_at, coalesce(s.nodes, 0), coalesce(s.joined_ids, 0), coalesce(s.joined_ips, 0),
        coalesce(s.left_ids, 0), coalesce(s.left_ips, 0), coalesce(s.rotating_ids, 0), coalesce(l.sessions, 0), l.median_s,
        case when l.median_s is null then l.longest_s end,
        case when s.member > 0 then least(1, greatest(0, s.up / s.member)) end, span.watched,
        case
          when span.watched < 0.95 then (
            select why_unwatched(span.watched, r.before, r.deaf, 0)
            from (select
              share_of_window(tstzmultirange(tstzrange(null, coalesce(watch.first_at, now_at))), span.from_at, now_at) as before,
              share_of_window(watch.deaf, span.from_at, now_at) as deaf
            ) r
          )
          else (
            select c.partial from coverage_points c
            where c.network = watch.scope and c.population = 'alive' and c.time_window = 'day' and c.resolution = 'census'
            order by c.at desc limit 1
          )
        end
      from all_keys a left join sums s using (cut, key) left join lengths l using (cut, key)
      on conflict do nothing;
      get diagnostics added = row_count;
      point_count := point_count + added;
    end loop;
  end loop;
  drop table stays;
  return point_count;
end
$function$
;

CREATE OR REPLACE FUNCTION public.vantage_figures(census_at timestamp with time zone)
 RETURNS TABLE(network text, cut text, key text[], population text, time_window text, ids integer, ips integer)
 LANGUAGE plpgsql
 STABLE
 SET work_mem TO '128MB'
AS $function$
#variable_conflict use_column
declare
  d timestamptz := census_at - interval '24 hours';
begin
  return query
  with per_ip as materialized (
    -- Unique addresses by plain aggregations instead of count(distinct).
    select r.vantage, t.network, n.ip, count(*) filter (where r.last_alive > d) as alive,
      count(*) filter (where r.last_reachable > d) as reachable,
      count(*) filter (where r.last_inbound > d and coalesce(r.last_reachable <= d, true)) as inbound_only
    from reachability r join census_nodes n using (node_no) join census_rests t using (rest)
    where greatest(r.last_alive, r.last_reachable, r.last_inbound) > d and n.pattern & 256 > 0
    group by 1, 2, 3
  ), scoped as (
    select 'all' as scope, p.vantage, p.ip, sum(p.alive) as alive, sum(p.reachable) as reachable, sum(p.inbound_only) as inbound_only
    from per_ip p group by p.vantage, p.ip
    union all
    select p.network, p.vantage, p.ip, p.alive, p.reachable, p.inbound_only from per_ip p where p.network is not null
  ), sums as (
    select s.scope, s.vantage, sum(s.alive) as alive, count(s.ip) filter (where s.alive > 0) as alive_ips,
      sum(s.reachable) as reachable, count(s.ip) filter (where s.reachable > 0) as reachable_ips,
      sum(s.inbound_only) as inbound_only, count(s.ip) filter (where s.inbound_only > 0) as inbound_only_ips
    from scoped s group by s.scope, s.vantage
  )
  select s.scope, 'vantage', array[s.vantage], p.population, 'day', p.ids::integer, p.ips::integer
  from sums s
  cross join lateral (values
    ('alive', s.alive, s.alive_ips), ('reachable', s.reachable, s.reachable_ips),
    ('inboundOnly', s.inbound_only, s.inbound_only_ips)
  ) as p (population, ids, ips)
  where p.ids > 0;
end
$function$
;

CREATE OR REPLACE FUNCTION public.watch_edges(until_at timestamp with time zone)
 RETURNS TABLE(scope text, edges timestamp with time zone[], sums double precision[], first_at timestamp with time zone, deaf tstzmultirange)
 LANGUAGE sql
 STABLE
AS $function$
  with spans as materialized (
    select c.networks, c.heard, c.from_at, tstzrange(c.from_at, least(c.until_at, watch_edges.until_at)) as span
    from crawl_spans c where c.from_at < watch_edges.until_at
  ), watches as (
    select s.scope, min(p.from_at) as first_at,
      coalesce(range_agg(p.span) filter (where p.heard), '{}') as heard,
      coalesce(range_agg(p.span) filter (where not p.heard), '{}') as deaf
    from (
      select 'all' as scope union all select n.slug from networks n
    ) s
    left join spans p on s.scope = 'all' or s.scope = any (p.networks)
      or not exists (select from spans o where s.scope = any (o.networks))
    group by s.scope
  )
  select w.scope, coalesce(e.edges, '{}'), coalesce(e.sums, '{}'), w.first_at, w.deaf - w.heard
  from watches w
  left join lateral (
    select array_agg(x.at order by x.span, x.place) as edges, array_agg(x.sum order by x.span, x.place) as sums
    from (
      select r.span, t.place, t.at, t.sum
      from (
        select h.span, sum(extract(epoch from upper(h.span) - lower(h.span))) over (order by h.span)::float8 as sum
        from unnest(w.heard) as h (span)
      ) r
      cross join lateral (values
        (1, lower(r.span), r.sum - extract(epoch from upper(r.span) - lower(r.span))::float8), (2, upper(r.span), r.sum)
      ) as t (place, at, sum)
    ) x
  ) e on true
$function$
;

CREATE OR REPLACE FUNCTION public.watched_before(t timestamp with time zone, edges timestamp with time zone[], sums double precision[])
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select coalesce(
    sums[width_bucket(t, edges)] + width_bucket(t, edges) % 2 * extract(epoch from t - edges[width_bucket(t, edges)])::float8, 0
  )
$function$
;

CREATE OR REPLACE FUNCTION public.why_unwatched(watched double precision, before double precision, deaf double precision, late double precision)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select case
    when before >= greatest(deaf, late, away) then 'firstHours'
    when deaf >= greatest(late, away) then 'lineDown'
    when late >= away then 'starved'
    else 'crawlerAway'
  end
  from (select 1 - watched - deaf - before - late as away) rest
$function$
;

CREATE OR REPLACE FUNCTION public.with_chance(expected numeric)
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select ceil(expected + 2 * sqrt(expected))
$function$
;

CREATE OR REPLACE FUNCTION public.write_coverage(census_at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SET work_mem TO '128MB'
AS $function$
#variable_conflict use_column
begin
  insert into coverage_points (
    network, population, time_window, resolution, at, due, looked, watched, unknown_ids, unknown_ips, whole_ids, whole_ips, partial
  )
  with windows (time_window, length, from_at, shift) as (
    select w.time_window, w.length, census_at - w.length, w.shift
    from (values ('now', interval '2 hours', 0), ('day', interval '24 hours', 25)) as w (time_window, length, shift)
  ), spans as materialized (
    select c.vantage, c.networks, c.heard, c.late_ms, c.from_at, tstzrange(c.from_at, least(c.until_at, census_at)) as span
    from crawl_spans c where c.from_at < census_at
  ), watches as (
    -- A network that nobody watches is met on the way by whoever is at work.
    select s.scope, min(p.from_at) as first_at,
      coalesce(range_agg(p.span) filter (where p.heard), '{}') as heard,
      -- By the window for which that is too late: a twentieth of it.
      coalesce(range_agg(p.span) filter (where p.heard and p.late_ms >= 360000), '{}') as late_now,
      coalesce(range_agg(p.span) filter (where p.heard and p.late_ms >= 4320000), '{}') as late_day,
      coalesce(range_agg(p.span) filter (where not p.heard), '{}') as deaf
    from (select distinct network as scope from count_series where cut = 'total') s
    left join spans p on s.scope = 'all' or s.scope = any (p.networks)
      or not exists (select from spans o where s.scope = any (o.networks))
    group by s.scope
  ), watched as (
    select h.scope, w.time_window, w.length, extract(epoch from w.length) as seconds, least(1, share_of_window(h.heard - l.late, w.from_at, census_at)) as watched,
      share_of_window(l.late, w.from_at, census_at) as late,
      share_of_window(h.deaf - h.heard, w.from_at, census_at) as deaf,
      -- What is before the first of them.
      share_of_window(tstzmultirange(tstzrange(null, coalesce(h.first_at, census_at))), w.from_at, census_at) as before
    from watches h cross join windows w
    cross join lateral (select case w.time_window when 'now' then h.late_now else h.late_day end) as l (late)
  ), crawlers as (
    select coalesce(bool_or(v.unwritten_since < census_at - interval '1 minute'), false) as behind,
      min(v.ping_within_ms) * interval '1 millisecond' as ping_within,
      min(v.dial_within_ms) * interval '1 millisecond' as dial_within
    from vantages v where v.last_beat > census_at - interval '5 minutes'
  ), joining as materialized (
    -- Those at work that were not for all of the window, where there is more than one: what only they can see is missing yet.
    select v.vantage, w.time_window
    from vantages v cross join windows w
    where v.last_beat > census_at - interval '5 minutes' and exists (
        -- A name that was at work before the window only may be an old one of the same crawler.
        select from vantages o where o.vantage <> v.vantage and o.last_beat > w.from_at
      )
      and share_of_window(
        coalesce((select range_agg(p.span) from spans p where p.vantage = v.vantage and p.heard), '{}'), w.from_at, census_at
      ) < 0.95
  ), told as (
    -- Bits of both windows, as census_looks says, with the nodes and addresses for which they hold together. A name on no
    -- network is unplaced, one on a network is not.
    select 'all' as scope, g.looks & case when r.network is null then -1 else ~(2048::bigint << 25 | 2048) end as looks, g.ids, g.ips
    from census_groups g join census_rests r using (rest)
    union all
    select r.network, g.looks, g.ids, g.ips from census_groups g join census_rests r using (rest) where r.network is not null
    union all
    select 'all', m.looks, 0, count(*) from (
      select m.ip, bit_or(m.looks & case when r.network is null then -1 else ~(2048::bigint << 25 | 2048) end) as looks
      from census_mixed m join census_rests r using (rest) group by m.ip
    ) m group by m.looks
    union all
    select m.network, m.looks, 0, count(*) from (
      select r.network, m.ip, bit_or(m.looks) as looks
      from census_mixed m join census_rests r using (rest) where r.network is not null group by r.network, m.ip
    ) m group by m.network, m.looks
  ), hidden as materialized (
    -- Whom one of those that join has not looked at yet, or saw when it looked last, before the window. Who is due and not
    -- looked at is unknown already.
    select s.scope, n.time_window,
      count(*) filter (where n.hidden_udp and n.looks & 2097152 = 0) as hidden_udp,
      count(*) filter (where n.hidden_tcp and n.looks & 4194304 = 0) as hidden_tcp,
      count(*) filter (where (n.hidden_udp or n.hidden_tcp) and n.looks & 4 = 0 and not n.met and n.network is null) as hidden_unplaced
    from (
      select n.node_no, t.network, w.time_window, (p.looks >> w.shift) & 33554431 as looks, n.pattern & 524288 > 0 as met,
        bool_or(case
          when r.last_visit is null then b.bits & 1 > 0
          else r.last_visit <= w.from_at and coalesce(r.last_alive >= r.last_visit, false)
        end) and b.bits & 2 = 0 and n.pattern & 65536 > 0 as hidden_udp,
        bool_or(case
          when r.last_visit is null then b.bits & 1 > 0
          when r.last_dialled is null then coalesce(r.last_alive >= r.last_visit, false) and n.pattern & 131072 > 0
          else r.last_visit <= w.from_at and coalesce(r.last_reachable >= r.last_dialled, false)
        end) and b.bits & 4 = 0 and n.pattern & 196608 > 0 as hidden_tcp
      from joining j
      join windows w using (time_window)
      cross join census_nodes n
      join census_patterns p using (pattern)
      join census_rests t using (rest)
      cross join lateral (select case w.shift when 0 then n.pattern else n.pattern >> 8 end as bits) b
      left join reachability r on r.node_no = n.node_no and r.vantage = j.vantage
      group by n.node_no, t.network, w.time_window, w.shift, p.looks, n.pattern, b.bits
    ) n
    cross join lateral (values ('all'), (n.network)) as s (scope)
    where s.scope is not null
    group by s.scope, n.time_window
  ), sums as (
    select b.*, coalesce(h.hidden_udp, 0) as hidden_udp, coalesce(h.hidden_tcp, 0) as hidden_tcp,
      coalesce(h.hidden_unplaced, 0) as hidden_unplaced
    from (
      select t.scope, w.time_window,
        coalesce(sum(t.ids) filter (where b.bits & 1 > 0), 0) as due_udp, coalesce(sum(t.ids) filter (where b.bits & 2 > 0), 0) as looked_udp,
        coalesce(sum(t.ids) filter (where b.bits & 4 > 0), 0) as due_tcp, coalesce(sum(t.ids) filter (where b.bits & 8 > 0), 0) as looked_tcp,
        coalesce(sum(t.ids) filter (where b.bits & 16 > 0), 0) as looked_told, coalesce(sum(t.ids) filter (where b.bits & 32 > 0), 0) as due_called,
        coalesce(sum(t.ids) filter (where b.bits & 64 > 0), 0) as looked_called, coalesce(sum(t.ids) filter (where b.bits & 128 > 0), 0) as seen_ids,
        coalesce(sum(t.ids) filter (where b.bits & 256 > 0), 0) as there_ids, coalesce(sum(t.ids) filter (where b.bits & 512 > 0), 0) as new_there,
        coalesce(sum(t.ids) filter (where b.bits & 1024 > 0), 0) as contacted_ids, coalesce(sum(t.ids) filter (where b.bits & 2048 > 0), 0) as unplaced_ids,
        coalesce(sum(t.ids) filter (where b.bits & 4096 > 0), 0) as gone_udp, coalesce(sum(t.ids) filter (where b.bits & 8192 > 0), 0) as away_udp,
        coalesce(sum(t.ids) filter (where b.bits & 16384 > 0), 0) as new_udp, coalesce(sum(t.ids) filter (where b.bits & 32768 > 0), 0) as gone_tcp,
        coalesce(sum(t.ids) filter (where b.bits & 65536 > 0), 0) as away_tcp, coalesce(sum(t.ids) filter (where b.bits & 131072 > 0), 0) as new_tcp,
        coalesce(sum(t.ids) filter (where b.bits & 262144 > 0), 0) as gone_told, coalesce(sum(t.ids) filter (where b.bits & 524288 > 0), 0) as away_told,
        coalesce(sum(t.ids) filter (where b.bits & 1048576 > 0), 0) as new_told, coalesce(sum(t.ips) filter (where b.bits & 128 > 0), 0) as seen_ips,
        coalesce(sum(t.ips) filter (where b.bits & 256 > 0), 0) as there_ips, coalesce(sum(t.ips) filter (where b.bits & 1024 > 0), 0) as contacted_ips,
        coalesce(sum(t.ips) filter (where b.bits & 2048 > 0), 0) as unplaced_ips, coalesce(sum(t.ips) filter (where b.bits & 2097152 > 0), 0) as unknown_udp_ips,
        coalesce(sum(t.ips) filter (where b.bits & 4194304 > 0), 0) as unknown_tcp_ips, coalesce(sum(t.ips) filter (where b.bits & 8388608 > 0), 0) as unknown_told_ips,
        coalesce(sum(t.ips) filter (where b.bits & 16777216 > 0), 0) as unknown_called_ips
      from told t cross join windows w
      cross join lateral (select t.looks >> w.shift as bits) b
      group by t.scope, w.time_window
    ) b
    left join hidden h using (scope, time_window)
  ), placed as (
    -- A name at which nobody has looked is on no network yet: each network gets its part of them, by what is known so far.
    select w.scope, w.time_window, s.due_udp, s.looked_udp, s.due_tcp, s.looked_tcp, s.looked_told, s.due_called, s.looked_called,
      s.unknown_udp_ips, s.unknown_tcp_ips, s.unknown_told_ips, s.unknown_called_ips, s.seen_ids, s.seen_ips,
      s.there_ids, s.there_ips, s.contacted_ids, s.contacted_ips,
      -- Who has gone may be back since he was looked at last, and as many as came lately may have come since: looks do not
      -- see either. A node that was silent is looked at again after 108 minutes at most, a new one within 42.
      coalesce(least(s.away_udp, with_chance(s.gone_udp * least(1, 6480 / w.seconds))) + with_chance(s.new_udp * 2520 / w.seconds), 0) as unseen_udp,
      coalesce(least(s.away_tcp, with_chance(s.gone_tcp * least(1, 6480 / w.seconds))) + with_chance(s.new_tcp * 2520 / w.seconds), 0) as unseen_tcp,
      coalesce(least(s.away_told, with_chance(s.gone_told * least(1, 6480 / w.seconds))) + with_chance(s.new_told * 2520 / w.seconds), 0) as unseen_told,
      -- Whom nobody has named yet. Who only was named is no measure of who comes: anybody can make up names.
      coalesce(with_chance(s.new_there * 2520 / w.seconds), 0) as unnamed,
      case when w.scope = 'all' then 0 else coalesce(round(a.unplaced_ids * p.part), 0) end as more_ids,
      case when w.scope = 'all' then 0 else coalesce(round(a.unplaced_ips * p.part), 0) end as more_ips,
      coalesce(s.hidden_udp, 0) + h.ids as hidden_udp, coalesce(s.hidden_tcp, 0) + h.ids as hidden_tcp, h.ids as hidden_seen
    from watched w
    left join sums s on s.scope = w.scope and s.time_window = w.time_window
    left join sums a on a.scope = 'all' and a.time_window = w.time_window
    cross join lateral (
      select case when a.looked_udp > 0 then coalesce(s.looked_udp, 0) / a.looked_udp else 1 end as part
    ) p
    cross join lateral (
      select case when w.scope = 'all' then 0 else coalesce(least(a.hidden_unplaced, with_chance(a.hidden_unplaced * p.part)), 0) end as ids
    ) h
  ), figures as (
    select w.scope, w.time_window, w.length, w.watched, w.deaf, w.before, w.late, f.*
    from watched w
    join placed p on p.scope = w.scope and p.time_window = w.time_window
    cross join lateral (values
      -- Whether a name was looked at changes nothing of its being seen, only of the network where it is.
      ('seen', coalesce(p.due_udp, 0) + p.more_ids, p.looked_udp, p.unnamed + p.more_ids + p.hidden_seen, p.unnamed + p.more_ips + p.hidden_seen, null::numeric, null::numeric, false),
      ('alive', coalesce(p.due_udp, 0) + p.more_ids, p.looked_udp, coalesce(p.due_udp, 0) + p.more_ids - coalesce(p.looked_udp, 0) + p.unseen_udp + p.hidden_udp, coalesce(p.unknown_udp_ips, 0) + p.more_ips + p.unseen_udp + p.hidden_udp, p.seen_ids, p.seen_ips, false),
      ('reachable', coalesce(p.due_tcp, 0) + p.more_ids, p.looked_tcp, coalesce(p.due_tcp, 0) + p.more_ids - coalesce(p.looked_tcp, 0) + p.unseen_tcp + p.hidden_tcp, coalesce(p.unknown_tcp_ips, 0) + p.more_ips + p.unseen_tcp + p.hidden_tcp, p.there_ids, p.there_ips, true),
      ('identified', coalesce(p.due_tcp, 0) + p.more_ids, p.looked_told, coalesce(p.due_tcp, 0) + p.more_ids - coalesce(p.looked_told, 0) + p.unseen_told + p.hidden_tcp, coalesce(p.unknown_told_ips, 0) + p.more_ips + p.unseen_told + p.hidden_tcp, p.contacted_ids, p.contacted_ips, true),
      ('inboundOnly', p.due_called, p.looked_called, coalesce(p.due_called, 0) - coalesce(p.looked_called, 0), p.unknown_called_ips, null, null, true)
    ) as f (population, due, looked, unknown_ids, unknown_ips, whole_ids, whole_ips, by_dial)
  )
  select f.scope, f.population, f.time_window, 'census', census_at, coalesce(f.due, 0), coalesce(f.looked, 0), f.watched,
    coalesce(f.unknown_ids, 0), coalesce(f.unknown_ips, 0),
    case when f.population in ('alive', 'reachable', 'identified') then coalesce(f.whole_ids, 0) end,
    case when f.population in ('alive', 'reachable', 'identified') then coalesce(f.whole_ips, 0) end,
    case
      when f.watched < 0.95 then
        why_unwatched(f.watched, f.before, f.deaf, f.late)
      when coalesce(f.looked, 0) < 0.95 * coalesce(f.due, 0) then
        case
          when c.behind then 'databaseAway'
          when case when f.by_dial then c.dial_within else c.ping_within end > f.length then 'uncovered'
          else 'starved'
        end
    end
  from figures f cross join crawlers c;
end
$function$
;
