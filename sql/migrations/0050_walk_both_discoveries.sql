-- Nodes are asked by discv4 and by discv5: by which they answer, by whom they were told of, and which layer they are of.
alter table nodes
  add column last_discv4 timestamptz,
  add column last_discv5 timestamptz,
  add column found_by text[] not null default '{}',
  add column layer text,
  add column consensus_network text,
  add column consensus_digest bytea,
  add column consensus_readiness text,
  add column record_client text,
  add constraint nodes_found_by_known check (found_by <@ '{bootnode,discv4,discv5,dns,file,ping}'),
  add constraint nodes_layer_known check (layer in ('execution', 'consensus', 'both', 'relative')),
  add constraint nodes_consensus_digest_shape check (octet_length(consensus_digest) = 4);
comment on column nodes.last_discv4 is 'Last PONG by discv4, from any vantage; null for one that answered last before Forkscope spoke discv5.';
comment on column nodes.last_discv5 is 'Last PONG by discv5, from any vantage.';
comment on column nodes.found_by is 'How it became known, as far as it was told: discv4, discv5 = another node named it by this protocol; ping = it sent us one itself; bootnode, file, dns = a list.';
comment on column nodes.layer is 'Layer by its record or its Status: execution, consensus, both, or relative = of another family of chains, without eth; null = it told nothing of that.';
comment on column nodes.consensus_network is 'Network whose beacon chain has the fork digest of its record; null = none, or none that we know.';
comment on column nodes.consensus_digest is 'Fork digest in the entry eth2 of its record, 4 bytes.';
comment on column nodes.consensus_readiness is 'Whether it knows the next step of its beacon chain, judged when its record was read.';
comment on column nodes.record_client is 'Client that its record names (EIP-7636), as it wrote it: name/version, at most 200 characters.';
alter table endpoints drop constraint endpoints_source_known;
alter table endpoints add constraint endpoints_source_known check (
  source in ('bootnode', 'file', 'dns', 'neighbour', 'discv5', 'ping', 'pong', 'dial', 'enr', 'inbound')
);
insert into cuts (cut, parts, description) values
  ('discovery', '{protocols}', 'By which discovery protocols a node answered within 24 hours: discv4, discv5, both; empty = by none, it was reached without'),
  ('layer', '{layer}', 'Layer of the node: execution, consensus, both, relative; empty = it told nothing of that');
