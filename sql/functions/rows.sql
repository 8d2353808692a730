-- Rows as the API shows them: interned values spelled out. Inner columns keep their indexes; filter and page on those.

-- Columns stand in the middle, which `replace` refuses.
drop view if exists node_rows;
create or replace view node_rows as
select n.node_no, n.id, n.id_hash,
       n.first_seen, n.last_seen, n.last_alive, n.last_reachable, n.last_inbound, n.last_identified, n.last_status,
       n.last_visit, ls.code as last_stage, lc.code as last_code, n.last_remote_reason,
       n.ip, n.udp_port, n.tcp_port, n.country, n.asn, a.name as asn_name,
       n.client_no, c.raw as client_raw, c.name as client_name, c.version as client_version,
       c.os as client_os, c.arch as client_arch, c.language as client_language,
       n.capabilities, n.network, n.network_source, n.network_ambiguous, n.network_candidates,
       n.network_relative, n.other_network_id, n.crawler, n.network_id, n.genesis_hash,
       n.fork_no, f.hash as fork_hash, f.next as fork_next, n.fork_class, n.fork_source, n.fork_at,
       n.eth_version, n.head_number, n.head_hash, n.head_at, n.total_difficulty, n.earliest_block, n.synced, n.enr, n.enr_seq,
       n.hello_shortened, n.clock_skew_s, n.found_by, n.last_discv4, n.last_discv5, n.layer,
       n.consensus_network, n.consensus_digest, n.consensus_readiness, n.record_client
from nodes n
left join codes ls on ls.code_no = n.last_stage_no
left join codes lc on lc.code_no = n.last_code_no
left join clients c on c.client_no = n.client_no
left join fork_ids f on f.fork_no = n.fork_no
left join asns a on a.asn = n.asn;
comment on view node_rows is 'Nodes with client, fork ID and codes spelled out.';
