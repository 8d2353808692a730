import { toDate } from '../../lib/time.ts';
import { hexToBytes } from '../../p2p/wire/bytes.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import { column, type Sql, storableText, textArrayLiteral } from '../../sql/client.ts';
import { forkSourceOf, type NodeUpdate, tcpPort } from './foldVisits.ts';
import { clientKey } from './interner.ts';
import { toBigint, toBytes, type VisitRow } from './visitRow.ts';

/** Numbers of everything interned that a batch refers to. */
export interface Interned {
  readonly clients: ReadonlyMap<string, number>;
  readonly forkIds: ReadonlyMap<string, number>;
  readonly codes: ReadonlyMap<string, number>;
}

/**
 * Creates and updates nodes. Each fact is replaced only by a newer one of its kind, so batches may come twice and in any
 * order. Returns id, node_no and last_visit of each, and
 * whether it was ever met.
 */
export function nodesStatement(
  sql: Sql,
  vantage: string,
  updates: readonly NodeUpdate[],
  { clients, forkIds, codes }: Interned,
) {
  const ids = updates.map(({ id }) => hexToBytes(id));
  const time = (read: (update: NodeUpdate) => number | null) =>
    column(
      'timestamptz',
      updates.map((u) => toDate(read(u))),
    );
  const text = (read: (update: NodeUpdate) => string | null | undefined) =>
    column(
      'text',
      updates.map((u) => read(u) ?? null),
    );
  const int = (read: (update: NodeUpdate) => number | null | undefined) =>
    column(
      'int4',
      updates.map((u) => read(u) ?? null),
    );
  const uint = (read: (update: NodeUpdate) => string | null | undefined) =>
    column(
      'numeric',
      updates.map((u) => toBigint(read(u))),
    );
  const hash = (read: (update: NodeUpdate) => string | null | undefined) =>
    column(
      'bytea',
      updates.map((u) => toBytes(read(u))),
    );
  const address = ({ proof, newest }: NodeUpdate): VisitRow => proof ?? newest;
  const newer = sql`excluded.last_visit >= coalesce(n.last_visit, '-infinity')`;
  // What another vantage than its home fails to see is no news of the node, nor a look that it left unanswered.
  const ownSight = sql`not exists (
    select from frontier h where h.node_no = n.node_no and h.home <> ${vantage} and h.home_rank > case
      when excluded.last_reachable is not null or excluded.last_inbound is not null then 2
      when excluded.last_alive is not null then 1 else 0 end)`;
  const newSight = sql`${newer} and ${ownSight}`;
  const newHello = sql`excluded.last_identified >= coalesce(n.last_identified, '-infinity')`;
  const newStatus = sql`excluded.last_status >= coalesce(n.last_status, '-infinity')`;
  // A PONG proves an address; a handshake alone counts only while there is nothing better: one that we dialled proves a
  // port, one that the node dialled only its IP.
  const newAddress = sql`
    case when excluded.last_alive is not null then excluded.last_alive >= coalesce(n.last_alive, '-infinity')
         else n.ip is null or n.last_alive is null and (excluded.last_reachable is not null
           or excluded.last_inbound is not null and n.last_reachable is null
             and (excluded.tcp_port is not null or n.tcp_port is null or n.ip is distinct from excluded.ip)) end`;
  // A Status outranks an ENR, however new the ENR.
  const newNetwork = sql`
    case excluded.network_source when 'status' then n.network_source is distinct from 'status' or ${newStatus}
         when 'enr' then n.network_source is null or (n.network_source = 'enr' and ${newer}) else false end`;
  // Of a fork ID too, unless the record was written after it: its sequence number is above that of the record that came
  // with the Status.
  const newFork = sql`
    excluded.fork_no is not null and (n.fork_no is null or case
      when excluded.last_status is not null
        then n.last_status is null or (${newStatus} and excluded.fork_at >= coalesce(n.fork_at, '-infinity'))
      when n.fork_source = 'status' then ${newer} and excluded.enr_seq > n.enr_base
      else ${newer} end)`;
  const newBase = sql`
    case when excluded.last_status is not null then case when ${newStatus} then excluded.enr_base else n.enr_base end
         when n.last_status is not null and n.enr_base is null and ${newer} then excluded.enr_seq else n.enr_base end`;
  const status = sql`greatest(n.last_status, excluded.last_status)`;
  const silentSince = sql`case when ${status} is null then least(n.silent_since, excluded.silent_since) end`;
  // By its name; or because it only ever dials and waits, an hour apart and more.
  const crawler = sql`
    (case when ${newHello} then excluded.crawler else n.crawler end
      or coalesce(greatest(n.last_reachable, excluded.last_reachable) is null
        and greatest(n.last_inbound, excluded.last_inbound) >= ${silentSince} + interval '1 hour', false))`;
  // A head is its number, hash and time: one without a number (up to eth/68, headers not answered) replaces none, and
  // gives way to one with a number whichever of the two was written first.
  const newHead = sql`
    case when excluded.head_number is null then ${newStatus} and n.head_number is null
         else ${newStatus} or n.head_number is null end`;
  const newEnr = sql`excluded.enr_seq >= coalesce(n.enr_seq, 0)`;

  return sql`
    insert into nodes as n (
      id, id_hash, first_seen, last_seen, last_alive, last_discv4, last_discv5, last_pinged, last_dialled, last_reachable, last_inbound, last_identified, last_status,
      last_visit, last_stage_no, last_code_no, last_remote_reason, ip, udp_port, tcp_port, client_no, capabilities,
      network, network_source, network_ambiguous, network_candidates, network_relative, other_network_id, crawler,
      silent_since, fork_no, fork_source, fork_at, fork_class, enr_base,
      eth_version, network_id, genesis_hash, head_number, head_hash, earliest_block, total_difficulty, head_at, synced, enr, enr_seq, hello_shortened, clock_skew_s,
      layer, consensus_network, consensus_digest, consensus_readiness, record_client
    )
    select id, id_hash, first_seen, greatest(first_seen, last_alive, last_reachable, last_inbound), last_alive,
      last_discv4, last_discv5, last_pinged, last_dialled, last_reachable, last_inbound, last_identified, last_status, last_visit, last_stage_no, last_code_no,
      last_remote_reason, ip, udp_port, tcp_port, client_no, capabilities::text[], network, network_source,
      network_ambiguous, network_candidates::text[], network_relative, other_network_id, crawler, silent_since, fork_no,
      fork_source, fork_at, fork_class, enr_base, eth_version, network_id, genesis_hash, head_number, head_hash,
      earliest_block, total_difficulty, head_at, synced, enr, enr_seq, hello_shortened, clock_skew_s,
      layer, consensus_network, consensus_digest, consensus_readiness, record_client
    from unnest(
      ${column('bytea', ids)}::bytea[], ${column('bytea', ids.map(keccak256))}::bytea[],
      ${time((u) => u.firstAt)}::timestamptz[], ${time((u) => u.aliveAt)}::timestamptz[],
      ${time((u) => u.discv4At)}::timestamptz[], ${time((u) => u.discv5At)}::timestamptz[],
      ${time((u) => u.pingedAt)}::timestamptz[], ${time((u) => u.dialledAt)}::timestamptz[],
      ${time((u) => u.reachableAt)}::timestamptz[], ${time((u) => u.inboundAt)}::timestamptz[],
      ${time((u) => u.identifiedAt)}::timestamptz[], ${time((u) => u.statusAt)}::timestamptz[],
      ${time((u) => u.newest.at)}::timestamptz[], ${int((u) => codes.get(u.newest.stage))}::int2[],
      ${int((u) => codes.get(u.newest.code))}::int2[], ${int((u) => u.newest.remoteReason)}::int2[],
      ${column(
        'inet',
        updates.map((u) => address(u).ip),
      )}::inet[], ${int((u) => address(u).udp)}::int4[],
      ${int((u) => tcpPort(address(u)))}::int4[],
      ${int((u) => (u.hello?.client ? clients.get(clientKey(u.hello.client)) : null))}::int4[],
      ${text((u) => u.hello?.hello && textArrayLiteral(u.hello.hello.capabilities.map(storableText)))}::text[],
      ${text((u) => (isCrawlerNow(u) ? null : u.network?.network?.slug))}::text[], ${text((u) => u.network?.network?.source)}::text[],
      ${column(
        'bool',
        updates.map((u) => u.network?.network?.ambiguous ?? false),
      )}::bool[],
      ${text((u) => candidatesOf(u))}::text[],
      ${column(
        'bool',
        updates.map((u) => u.network?.network?.relative ?? false),
      )}::bool[],
      ${column(
        'bool',
        updates.map((u) => u.network?.network?.otherNetworkId ?? false),
      )}::bool[],
      ${column('bool', updates.map(isCrawlerNow))}::bool[],
      ${time((u) => u.silentAt)}::timestamptz[],
      ${int((u) => (u.fork?.forkId ? forkIds.get(`${u.fork.forkId.hash}/${u.fork.forkId.next}`) : null))}::int4[],
      ${text((u) => u.fork && forkSourceOf(u.fork))}::text[], ${time((u) => u.fork?.at ?? null)}::timestamptz[],
      ${text((u) => u.fork?.forkClass)}::text[], ${uint((u) => u.enrBase)}::numeric[], ${int((u) => u.status?.status?.ethVersion)}::int2[],
      ${uint((u) => u.status?.status?.networkId)}::numeric[], ${hash((u) => u.status?.status?.genesisHash)}::bytea[],
      ${uint((u) => u.head?.status?.headNumber)}::numeric[], ${hash((u) => u.head?.status?.headHash)}::bytea[],
      ${uint((u) => u.status?.status?.earliestNumber)}::numeric[],
      ${uint((u) => u.status?.status?.totalDifficulty)}::numeric[],
      ${time((u) => u.head?.headAt ?? null)}::timestamptz[],
      ${column(
        'bool',
        updates.map((u) => u.head?.synced ?? null),
      )}::bool[],
      ${text((u) => u.enr?.enr?.text)}::text[], ${uint((u) => u.enr?.enr?.seq)}::numeric[],
      ${column(
        'bool',
        updates.map((u) => u.hello?.hello?.shortened ?? false),
      )}::bool[], ${int((u) => u.clockSkewS)}::int4[], ${text((u) => u.layer?.layer)}::text[],
      ${text((u) => u.enr?.consensus?.network)}::text[], ${hash((u) => u.enr?.consensus?.digest)}::bytea[],
      ${text((u) => u.enr?.consensus?.readiness)}::text[], ${text((u) => u.enr?.recordClient)}::text[]
    ) as u (
      id, id_hash, first_seen, last_alive, last_discv4, last_discv5, last_pinged, last_dialled, last_reachable, last_inbound, last_identified, last_status, last_visit,
      last_stage_no, last_code_no, last_remote_reason, ip, udp_port, tcp_port, client_no, capabilities, network,
      network_source, network_ambiguous, network_candidates, network_relative, other_network_id, crawler, silent_since,
      fork_no, fork_source, fork_at, fork_class, enr_base, eth_version, network_id, genesis_hash, head_number,
      head_hash, earliest_block, total_difficulty, head_at, synced, enr, enr_seq, hello_shortened, clock_skew_s,
      layer, consensus_network, consensus_digest, consensus_readiness, record_client
    )
    order by id
    on conflict (id) do update set
      first_seen = least(n.first_seen, excluded.first_seen),
      last_seen = greatest(n.last_seen, excluded.last_alive, excluded.last_reachable, excluded.last_inbound),
      last_alive = greatest(n.last_alive, excluded.last_alive),
      last_discv4 = greatest(n.last_discv4, excluded.last_discv4),
      last_discv5 = greatest(n.last_discv5, excluded.last_discv5),
      last_pinged = case when ${ownSight} or excluded.last_alive is not null
        then greatest(n.last_pinged, excluded.last_pinged) else n.last_pinged end,
      last_dialled = case when ${ownSight} then greatest(n.last_dialled, excluded.last_dialled) else n.last_dialled end,
      last_reachable = greatest(n.last_reachable, excluded.last_reachable),
      last_inbound = greatest(n.last_inbound, excluded.last_inbound),
      last_identified = greatest(n.last_identified, excluded.last_identified),
      last_status = greatest(n.last_status, excluded.last_status),
      last_visit = greatest(n.last_visit, excluded.last_visit),
      last_stage_no = case when ${newSight} then excluded.last_stage_no else n.last_stage_no end,
      last_code_no = case when ${newSight} then excluded.last_code_no else n.last_code_no end,
      last_remote_reason = case when ${newSight} then excluded.last_remote_reason else n.last_remote_reason end,
      ip = case when ${newAddress} then excluded.ip else n.ip end,
      udp_port = case when ${newAddress} then excluded.udp_port else n.udp_port end,
      tcp_port = case when ${newAddress} then excluded.tcp_port else n.tcp_port end,
      country = case when ${newAddress} and n.ip is distinct from excluded.ip then null else n.country end,
      asn = case when ${newAddress} and n.ip is distinct from excluded.ip then null else n.asn end,
      client_no = case when ${newHello} and excluded.client_no is not null then excluded.client_no else n.client_no end,
      capabilities = case when ${newHello} then excluded.capabilities else n.capabilities end,
      network = case when ${crawler} then null when ${newNetwork} then excluded.network else n.network end,
      network_source = case when ${newNetwork} then excluded.network_source else n.network_source end,
      network_ambiguous = not ${crawler}
        and case when ${newNetwork} then excluded.network_ambiguous else n.network_ambiguous end,
      network_candidates = case
        when ${crawler} then coalesce(
          excluded.network_candidates, n.network_candidates,
          nullif(array_remove(array[coalesce(excluded.network, n.network)], null), '{}'))
        when ${newNetwork} then excluded.network_candidates else n.network_candidates end,
      network_relative = not ${crawler}
        and case when ${newNetwork} then excluded.network_relative else n.network_relative end,
      other_network_id = not ${crawler}
        and case when ${newNetwork} then excluded.other_network_id else n.other_network_id end,
      crawler = ${crawler},
      silent_since = ${silentSince},
      fork_no = case when ${newFork} then excluded.fork_no else n.fork_no end,
      fork_source = case when ${newFork} then excluded.fork_source else n.fork_source end,
      fork_at = case when ${newFork} then excluded.fork_at else n.fork_at end,
      enr_base = ${newBase},
      fork_class = case when ${newFork} then excluded.fork_class else n.fork_class end,
      eth_version = case when ${newStatus} then excluded.eth_version else n.eth_version end,
      network_id = case when ${newStatus} then excluded.network_id else n.network_id end,
      genesis_hash = case when ${newStatus} then excluded.genesis_hash else n.genesis_hash end,
      head_number = case when ${newHead} then excluded.head_number else n.head_number end,
      head_hash = case when ${newHead} then excluded.head_hash else n.head_hash end,
      earliest_block = case when ${newStatus} then excluded.earliest_block else n.earliest_block end,
      total_difficulty = case when ${newStatus} then excluded.total_difficulty else n.total_difficulty end,
      head_at = case when ${newHead} then excluded.head_at else n.head_at end,
      synced = case when ${newHead} and excluded.synced is not null then excluded.synced else n.synced end,
      enr = case when ${newEnr} then excluded.enr else n.enr end,
      enr_seq = case when ${newEnr} then excluded.enr_seq else n.enr_seq end,
      layer = case when excluded.layer is not null and (n.layer is null or ${newer}) then excluded.layer else n.layer end,
      consensus_network = case when ${newEnr} then excluded.consensus_network else n.consensus_network end,
      consensus_digest = case when ${newEnr} then excluded.consensus_digest else n.consensus_digest end,
      consensus_readiness = case when ${newEnr} then excluded.consensus_readiness else n.consensus_readiness end,
      record_client = case when ${newEnr} then excluded.record_client else n.record_client end,
      hello_shortened = case when ${newHello} then excluded.hello_shortened else n.hello_shortened end,
      clock_skew_s = case when excluded.last_alive >= coalesce(n.last_alive, '-infinity') then excluded.clock_skew_s
                          else n.clock_skew_s end
    returning id, node_no, last_visit,
      n.last_alive is not null or n.last_reachable is not null or n.last_inbound is not null as met`;
}

function isCrawlerNow({ hello }: NodeUpdate): boolean {
  return hello?.crawler ?? false;
}

/** A crawler is no node of the network that it names. */
function candidatesOf(update: NodeUpdate): string | null {
  const { candidates = [], slug = null } = update.network?.network ?? {};
  const claimed = isCrawlerNow(update) && slug !== null ? [slug] : candidates;
  return claimed.length === 0 ? null : textArrayLiteral(claimed);
}
